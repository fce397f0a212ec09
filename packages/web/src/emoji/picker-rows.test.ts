import {
  AccountId,
  type CustomEmoji,
  EmojiId,
  emojiReference,
  ImageId,
  Seq,
} from '@parley/protocol';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  optionAt,
  type PickerSection,
  positionAfterKey,
  rowsOf,
  sectionsOf,
} from './picker-rows.ts';

const option = (name: string) => ({ emoji: name, text: name, names: [name], image: null });
const section = (key: string, count: number): PickerSection => ({
  key,
  items: Array.from({ length: count }, (_, n) => option(`${key}${n}`)),
});
const PARROT: CustomEmoji = {
  id: EmojiId.parse('0197a000-0000-7000-8000-000000000001'),
  name: 'parrot',
  aliases: [],
  image: ImageId.parse('0197a000-0000-7000-8000-0000000000f1'),
  creator: AccountId.parse('0197a000-0000-7000-8000-00000000000a'),
  createdAt: '2027-03-01T09:00:00.000Z',
  changedSeq: Seq.parse(1),
};

test('the picker has recent emoji, custom emoji and the groups of Unicode', () => {
  const all = sectionsOf({ search: '', recent: [], custom: [], tone: '' });
  expect(all.map(({ key }) => key)).toEqual([
    'smileys',
    'people',
    'animals',
    'food',
    'travel',
    'activities',
    'objects',
    'symbols',
    'flags',
  ]);
  const gone = ':0197a000-0000-7000-8000-000000000002:';
  const recent = ['🎉', gone, emojiReference(PARROT.id), '👍🏿'];
  const [first, second] = sectionsOf({ search: '', recent, custom: [PARROT], tone: '' });
  expect(first?.items.map(({ text }) => text)).toEqual(['🎉', ':parrot:', '👍🏿']);
  expect(second).toMatchObject({ key: 'custom', items: [{ text: ':parrot:' }] });
  const found = sectionsOf({ search: 'parrot', recent, custom: [PARROT], tone: '' });
  expect(found).toMatchObject([{ key: 'results', items: [{ text: ':parrot:' }, { text: '🦜' }] }]);
  expect(sectionsOf({ search: 'zzzzzz', recent, custom: [PARROT], tone: '' })).toEqual([]);
});

test('arrow keys move in the grid over sections, and up from it', () => {
  // a0 a1 a2 / a3 / b0 b1
  const rows = rowsOf([section('a', 4), section('b', 2)], 3);
  const from = (position: number, key: string) => {
    const to = positionAfterKey(rows, position, key);
    return to === null || to < 0 ? to : optionAt(rows, to)?.text;
  };
  expect(from(-1, 'ArrowDown')).toBe('a0');
  expect(from(-1, 'ArrowRight')).toBeNull();
  expect(from(2, 'ArrowRight')).toBe('a3');
  expect(from(2, 'ArrowDown')).toBe('a3');
  expect(from(3, 'ArrowDown')).toBe('b0');
  expect(from(5, 'ArrowUp')).toBe('a3');
  expect(from(5, 'ArrowRight')).toBe('b1');
  expect(from(5, 'ArrowDown')).toBe('b1');
  expect(from(1, 'ArrowUp')).toBe(-1);
  expect(from(0, 'ArrowLeft')).toBe(-1);
  expect(from(1, 'Home')).toBe('a0');
  expect(from(1, 'End')).toBe('a2');
  expect(from(5, 'PageUp')).toBe('a1');
  expect(from(1, 'PageDown')).toBe('b1');
  expect(from(1, 'x')).toBeNull();
  expect(positionAfterKey(rowsOf([], 3), -1, 'ArrowDown')).toBeNull();
});

test('keys leave the grid only upwards', () => {
  const keys = fc.constantFrom(
    'ArrowUp',
    'ArrowDown',
    'ArrowLeft',
    'ArrowRight',
    'Home',
    'End',
    'PageUp',
    'PageDown',
  );
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 4 }),
      fc.integer({ min: 1, max: 5 }),
      fc.array(keys, { maxLength: 30 }),
      (sizes, columns, pressed) => {
        const rows = rowsOf(
          sizes.map((size, n) => section(`s${n}-`, size)),
          columns,
        );
        let at = 0;
        for (const key of pressed) {
          const to = positionAfterKey(rows, at, key);
          if (to === null) continue;
          if (to >= 0) expect(optionAt(rows, to)).toBeDefined();
          at = Math.max(0, to);
        }
      },
    ),
  );
});
