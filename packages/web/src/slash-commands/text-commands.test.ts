import { expect, test } from 'vitest';
import { messageOf } from './text-commands.ts';

test.each([
  ['me', 'waves at everyone!', '_waves at everyone!_'],
  ['me', 'waves\n\n  and leaves ', '_waves_\n\n_and leaves_'],
  ['shrug', '', '¯\\\\\\_(ツ)\\_/¯'],
  ['shrug', 'No idea', 'No idea ¯\\\\\\_(ツ)\\_/¯'],
] as const)('/%s %j', (name, rest, message) => {
  expect(messageOf({ name, rest })).toBe(message);
});

test('/me needs a text, and other commands write no message', () => {
  expect(messageOf({ name: 'me', rest: '' })).toBeNull();
  expect(messageOf({ name: 'topic', rest: 'colors' })).toBeNull();
});
