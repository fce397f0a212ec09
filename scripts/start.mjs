// npm start: builds what is stale, then becomes the server; npm run parley -- COMMAND: the same for
// the other commands. Settings come from the environment, then from the file .env at the root.
//
// Standard output has a line for each part that was built and the line with the address; the log goes
// to standard error, as JSON.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build } from './build.mjs';
import { root } from './run.mjs';

const code = await build();
if (code !== 0) process.exit(code);

const file = join(root, '.env');
if (existsSync(file)) process.loadEnvFile(file);

// Under npm this process belongs to npm's: when that is killed, even by -9, the server ends in order.
if (process.env.npm_lifecycle_event !== undefined) {
  const parent = process.ppid;
  const timer = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(timer);
    process.kill(process.pid, 'SIGTERM');
  }, 1_000);
  timer.unref();
}

// In this very process: signals reach the server directly, and memory holds one process fewer.
const cli = join(root, 'packages/server/dist/bundle/cli.js');
const args = process.argv.slice(2);
const asked = args[0] === '--' ? args.slice(1) : ['start', ...args];
process.argv = [process.execPath, cli, ...asked];
await import(pathToFileURL(cli).href);
