// Shared by the other scripts: paths, and running a program.
import { spawn } from 'node:child_process';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The root of the repository. */
export const root = fileURLToPath(new URL('../', import.meta.url));

/** Runs a program in this terminal; resolves with its exit code (1 after a signal). */
export function run(command, args, options = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd: root, stdio: 'inherit', ...options });
    const forward = (signal) => child.kill(signal);
    process.on('SIGTERM', forward);
    // Ctrl-C reaches the child on its own; this process stays to report how it ended.
    const stay = () => undefined;
    process.on('SIGINT', stay);
    child.on('error', reject);
    child.on('close', (code) => {
      process.off('SIGTERM', forward);
      process.off('SIGINT', stay);
      resolve(code ?? 1);
    });
  });
}

/** Returns the command line script of an installed package, for `node`. */
export function binOf(name, bin = name, from = root) {
  const require = createRequire(join(from, 'package.json'));
  // Not through the package’s exports, which need not include its package.json.
  for (const dir of require.resolve.paths(name) ?? []) {
    try {
      const manifest = require(join(dir, name, 'package.json'));
      const path = typeof manifest.bin === 'string' ? manifest.bin : manifest.bin[bin];
      return join(dirname(join(dir, name, 'package.json')), path);
    } catch {
      // Not in this node_modules; the parent folder is next.
    }
  }
  throw new Error(`${name} is not installed: run npm ci first`);
}

/**
 * Runs the TypeScript compiler, a Go program, with a third less processor time than by default: its memory is collected
 * less often, and two checkers (instead of four) check what files share only twice.
 */
export function tsc(...args) {
  const env = { GOGC: '400', ...process.env };
  return run(process.execPath, [binOf('typescript', 'tsc'), ...args, '--checkers', '2'], { env });
}
