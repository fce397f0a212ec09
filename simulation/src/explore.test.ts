import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const MAIN = fileURLToPath(new URL('../dist/main.js', import.meta.url));

/** Schedules of a run of the tests: the same ones each time. */
const COUNT = 300;

test(`${COUNT} schedules keep every guarantee`, async () => {
  const { code, output } = await simulate('--count', String(COUNT), '--seed', '1');
  expect(output).toContain('Every guarantee was kept.');
  expect(code).toBe(0);
}, 300_000);

/** Runs the built simulation in a process of its own: it replaces timers and clocks. */
function simulate(...args: string[]): Promise<{ code: number | null; output: string }> {
  const child = spawn(process.execPath, [MAIN, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
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
