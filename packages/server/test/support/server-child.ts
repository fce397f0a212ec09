// Test program: a whole server with the settings of its environment, which tests kill. Prints its
// address on standard output.
import { loadConfig } from '../../src/config.ts';
import { startParley } from '../../src/main.ts';
import { testLog } from './test-log.ts';

const loaded = loadConfig(process.env);
if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems));
const { address } = await startParley(loaded.config, testLog);
console.log(address);
