import { spawn, spawnSync } from 'node:child_process';
import { cpus } from 'node:os';
import { fileURLToPath } from 'node:url';
import type { Load, LoadResult } from './generator.ts';
import type { WindowLoad, WindowResult } from './window-generator.ts';

const GENERATOR = fileURLToPath(new URL('./generator.js', import.meta.url));
const WINDOW_GENERATOR = fileURLToPath(new URL('./window-generator.js', import.meta.url));

/** Whether processes can be pinned to cores here. */
export const canPin = spawnSync('taskset', ['-c', '0', 'true']).status === 0 && cpus().length > 1;

/** Runs the generator in its own process; `pinned` on its own core, where that works. */
export function generate(load: Load, { pinned = false } = {}): Promise<LoadResult> {
  return run<LoadResult>(GENERATOR, load, pinned);
}

/** Like {@link generate}, for a load with a window over all conversations. */
export function generateWindow(load: WindowLoad): Promise<WindowResult> {
  return run<WindowResult>(WINDOW_GENERATOR, load, true);
}

function run<R>(program: string, load: object, pinned: boolean): Promise<R> {
  const command = [process.execPath, program];
  if (pinned && canPin) command.unshift('taskset', '-c', '1');
  const child = spawn(command[0] as string, command.slice(1), {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  // A generator that ends before it has read everything is reported by its exit code.
  child.stdin.on('error', () => undefined);
  child.stdin.end(JSON.stringify(load));
  return new Promise((resolve, reject) => {
    let output = '';
    child.stdout.on('data', (bytes: Buffer) => {
      output += bytes.toString();
    });
    child.once('exit', (code) => {
      if (code === 0) resolve(JSON.parse(output) as R);
      else reject(new Error(`The load generator ended with ${code}`));
    });
  });
}
