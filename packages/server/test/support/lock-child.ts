// Test program: takes the lock of the given folder, reports it, and keeps it until killed.
import { lockFolder } from '../../src/storage/lock.ts';

const [dataDir = ''] = process.argv.slice(2);
try {
  await lockFolder(dataDir);
  console.log('locked');
  process.stdin.resume();
} catch (error) {
  console.log((error as Error).message);
}
