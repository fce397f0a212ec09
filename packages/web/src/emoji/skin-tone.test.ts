import { Emoji } from '@parley/protocol';
import { EMOJI_GROUPS } from '@parley/protocol/emoji';
import { expect, test } from 'vitest';
import { SKIN_TONES, withSkinTone } from './skin-tone.ts';

const DARK = SKIN_TONES[5];

test.each([
  ['👍', '👍🏿'],
  ['☝️', '☝🏿'],
  ['🤝', '🤝🏿'],
  ['🧑‍🤝‍🧑', '🧑🏿‍🤝‍🧑🏿'],
  ['👩‍❤️‍💋‍👨', '👩🏿‍❤️‍💋‍👨🏿'],
  ['🕵️‍♀️', '🕵🏿‍♀️'],
])('%s in a dark skin tone', (emoji, expected) => {
  expect(withSkinTone(emoji, DARK)).toBe(expected);
  expect(withSkinTone(emoji, '')).toBe(emoji);
});

test('every emoji is valid in every tone, and differs if it has tones', () => {
  for (const { emoji, hasSkinTones } of EMOJI_GROUPS.flatMap(({ items }) => items)) {
    expect(Emoji.safeParse(emoji).success, emoji).toBe(true);
    if (!hasSkinTones) continue;
    const toned = withSkinTone(emoji, DARK);
    expect(toned, emoji).not.toBe(emoji);
    expect(Emoji.safeParse(toned).success, toned).toBe(true);
  }
});
