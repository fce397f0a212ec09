import { readFileSync } from 'node:fs';
import {
  AccountId,
  type CustomEmoji,
  EmojiId,
  emojiReference,
  ImageId,
  Seq,
} from '@parley/protocol';
import { EMOJI_GROUPS } from '@parley/protocol/emoji';
import fc from 'fast-check';
import { expect, test } from 'vitest';
// @ts-expect-error a script without types
import { emojiData, FILE } from '../../../../scripts/emoji-data.mjs';
import { emojiNamed, searchEmoji } from './emoji-search.ts';
import { SKIN_TONES } from './skin-tone.ts';

const custom = (
  n: number,
  name: string,
  aliases: string[] = [],
  isDeleted = false,
): CustomEmoji => ({
  id: EmojiId.parse(`0197a000-0000-7000-8000-00000000000${n}`),
  name,
  aliases,
  image: isDeleted ? null : ImageId.parse('0197a000-0000-7000-8000-0000000000f1'),
  creator: AccountId.parse('0197a000-0000-7000-8000-00000000000a'),
  createdAt: '2027-03-01T09:00:00.000Z',
  changedSeq: Seq.parse(1),
});
const PARROT = custom(1, 'party-parrot', ['tadaa']);
const search = (text: string, own: readonly CustomEmoji[] = [], limit = 5) =>
  searchEmoji(text, { custom: own, tone: '', limit }).map(({ text: found }) => found);

test('the file is what scripts/emoji-data.mjs writes', async () => {
  expect(readFileSync(FILE, 'utf8')).toBe(await emojiData());
  expect(EMOJI_GROUPS.map(({ name }) => name)).toHaveLength(9);
});

test.each([
  ['tada', '🎉'],
  ['ta', '🎉'],
  ['fi', '🔥'],
  ['thu', '👍'],
  ['+1', '👍'],
  ['thumbsup', '👍'],
  ['heart', '❤️'],
  ['red heart', '❤️'],
  ['smile', '😄'],
  ['rocket', '🚀'],
  [':eyes:', '👀'],
])('the first that is found for %j is %s', (text, emoji) => {
  expect(search(text)[0]).toBe(emoji);
  expect(emojiNamed('tada', '')).toBe('🎉');
});

test('names rank before words, and custom emoji before equal matches; deleted ones are never found', () => {
  expect(search('tada', [PARROT]).slice(0, 2)).toEqual(['🎉', ':party-parrot:']);
  expect(search('party', [PARROT])[0]).toBe(':party-parrot:');
  expect(search('parrot', [PARROT], 9).slice(0, 2)).toEqual(['🦜', ':party-parrot:']);
  expect(search('party-parrot', [custom(2, 'party-parrot', [], true)])).toEqual([]);
  const [found] = searchEmoji('tadaa', { custom: [PARROT], tone: '', limit: 1 });
  expect(found).toMatchObject({
    emoji: emojiReference(PARROT.id),
    names: ['party-parrot', 'tadaa'],
  });
});

test('an emoji that was found by another name is shown with that one', () => {
  const [found] = searchEmoji('thumbsup', { custom: [], tone: '', limit: 1 });
  expect(found).toMatchObject({ emoji: '👍', names: expect.arrayContaining(['thumbsup', '+1']) });
  expect(found?.names[0]).toBe('thumbsup');
  expect(searchEmoji('+1', { custom: [], tone: '', limit: 1 })[0]?.names[0]).toBe('+1');
});

test('results have the user’s skin tone', () => {
  const [found] = searchEmoji('+1', { custom: [], tone: SKIN_TONES[1], limit: 1 });
  expect(found?.emoji).toBe('👍🏻');
  expect(emojiNamed('rocket', SKIN_TONES[1])).toBe('🚀');
  expect(emojiNamed('no-such-name', '')).toBeNull();
});

test('any text can be searched, with at most the requested number of results', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), fc.integer({ min: 1, max: 9 }), (text, limit) => {
      expect(search(text, [PARROT], limit).length).toBeLessThanOrEqual(limit);
    }),
  );
  expect(search('  ')).toEqual([]);
});
