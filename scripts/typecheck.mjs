// npm run typecheck: the packages, their tests, and the web client.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { root, tsc } from './run.mjs';

let code = await tsc('-b');
// The tests use the types of the packages that were just built.
if (code === 0) code = await tsc('-p', 'tsconfig.test.json');
if (code === 0 && existsSync(join(root, 'packages/web/tsconfig.json'))) {
  code = await tsc('-p', 'packages/web', '--noEmit');
}
process.exitCode = code;
