import { EmojiName } from '@parley/protocol';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { nameOfFile } from './name-of-file.ts';

test.each([
  ['Party Parrot.gif', 'party-parrot'],
  ['__Süß (1).tar.png', 'su-1-tar'],
  ['+1.png', '+1'],
  ['日本.webp', ''],
  ['a'.repeat(60), 'a'.repeat(32)],
])('the file %j gives the name %j', (file, name) => {
  expect(nameOfFile(file)).toBe(name);
});

test('a name of two characters or more can be that of an emoji', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), (file) => {
      const name = nameOfFile(file);
      if (name.length >= 2) expect(EmojiName.safeParse(name).success).toBe(true);
    }),
  );
});
