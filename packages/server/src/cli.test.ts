import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { startCli } from '../test/support/child.ts';

test('the command line prints the version', async () => {
  const file = readFileSync(new URL('../package.json', import.meta.url), 'utf8');
  const child = startCli(['--version']);
  expect(await child.line()).toBe((JSON.parse(file) as { version: string }).version);
  expect(await child.ended).toBe(0);
});

test.each([
  [['begin'], 'Unknown command: begin'],
  // Not a command of its own: npm start passes its arguments to the server.
  [['start', 'doctor'], 'Unexpected argument: doctor'],
])('%j is incorrect usage', async (args, message) => {
  const child = startCli(args);
  expect(await child.ended).toBe(2);
  expect(child.stderr()).toContain(message);
});
