// A program for tests: takes the lock of the folder it is given, says so, and stays.
import { lockFolder } from '../../src/storage/lock.ts';

const [dataDir = ''] = process.argv.slice(2);
try {
  await lockFolder(dataDir);
  console.log('locked');
  process.stdin.resume();
} catch (error) {
  console.log((error as Error).message);
}
