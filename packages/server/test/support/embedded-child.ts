// Test program: starts the embedded database on the given folder, prints its pid and socket, and runs
// until it is killed; "stop" on its standard input stops it in order.
import { createLogger } from '../../src/runtime/log.ts';
import { startEmbedded } from '../../src/storage/embedded.ts';

const [dataDir = ''] = process.argv.slice(2);
try {
  const embedded = await startEmbedded({ dataDir, log: createLogger('silent') });
  console.log(JSON.stringify({ pid: embedded.pid, connection: embedded.connection }));
  process.stdin.once('data', async () => {
    await embedded.stop();
    process.exit(0);
  });
} catch (error) {
  console.log(JSON.stringify({ error: (error as Error).message }));
  process.exit(1);
}
