// Test program: a whole server with the settings of its environment, which tests kill. Prints its
// address on standard output.
import { loadConfig } from '../../src/config/config.ts';
import { startParley } from '../../src/main.ts';
import { testLog } from './test-log.ts';

// The test may be gone before it could end this process.
process.stdin.resume().on('end', () => process.exit(1));
const loaded = loadConfig(process.env);
if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems));
const { address } = await startParley(loaded.config, testLog);
console.log(address);
