import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** As `npm run simulate` has it: what a schedule leaves is collected in few, large steps, on its own core. */
const MEMORY = ['--min-semi-space-size=32', '--max-semi-space-size=64', '--single-threaded-gc'];
const pathOf = (name: string) => fileURLToPath(new URL(name, import.meta.url));
const BUILT = [pathOf('../dist/main.js')];
const SOURCES = [
  '--conditions=source',
  '--import',
  pathOf('../../packages/server/test/support/typescript.mjs'),
  pathOf('../src/main.ts'),
];

/**
 * Runs the built simulation in its own process: it replaces timers and clocks. During mutation
 * tests it runs from the sources, one of which is changed.
 */
export function simulate(...args: string[]): Promise<{ code: number | null; output: string }> {
  const program = process.env.PARLEY_MUTANT === undefined ? BUILT : SOURCES;
  const child = spawn(process.execPath, [...MEMORY, ...program, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
  }
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => resolve({ code, output }));
  });
}
