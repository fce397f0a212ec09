import type { CustomEmoji } from '@parley/protocol';
import { expect, test } from 'vitest';
import { quickReactionOf } from './quick-reaction.ts';

const PARROT = {
  id: '01980000-0000-7000-8000-000000000001',
  name: 'parrot',
  aliases: ['bird'],
  image: '01980000-0000-7000-8000-000000000002',
} as unknown as CustomEmoji;
const REFERENCE = `:${PARROT.id}:`;

test.each([
  ['+🎉', '🎉'],
  [' +👍🏽 ', '👍🏽'],
  ['+👩‍💻', '👩‍💻'],
  ['+🇩🇪', '🇩🇪'],
  ['+:parrot:', REFERENCE],
  ['+:bird:', REFERENCE],
])('%j reacts to the last message', (text, emoji) => {
  expect(quickReactionOf(text, [PARROT])).toBe(emoji);
});

test.each(['+1', '+', '+ 🎉', '🎉', '+🎉 great', '+:unknown:', '+49', '++', '+#'])(
  '%j is a message',
  (text) => {
    expect(quickReactionOf(text, [PARROT])).toBeNull();
    expect(quickReactionOf('+:parrot:', [{ ...PARROT, image: null }])).toBeNull();
  },
);
