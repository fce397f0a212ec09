import { expect, test } from 'vitest';
import { insertValues, partsOf, type ValueFormat } from './template.ts';

const format: ValueFormat = { number: (n) => `#${n}`, value: (text) => `[${text}]` };

test.each([
  ['no placeholder', {}, 'no placeholder'],
  ['{{name}} joined', { name: 'Ann' }, '[Ann] joined'],
  ['{{count, number}} of {{most, number}}', { count: 1, most: 20 }, '[#1] of [#20]'],
  ['{{name}}, {{name}}', { name: 'Ann' }, '[Ann], [Ann]'],
  ['{{count}}', { count: 3 }, '[3]'],
  ['{{count, number}}', { count: 'many' }, '[many]'],
])('inserts the values of “%s”', (text, values, shown) => {
  expect(insertValues(text, values as Record<string, string | number>, format)).toBe(shown);
});

test('does not search values for placeholders, and leaves unknown placeholders', () => {
  expect(insertValues('{{a}} {{b}}', { a: '{{b}} $1 $&', b: 'x' }, format)).toBe(
    '[{{b}} $1 $&] [x]',
  );
  expect(insertValues('{{other}}', { a: 'x' }, format)).toBe('{{other}}');
});

test('splits a text at its tags', () => {
  expect(partsOf('plain')).toEqual(['plain']);
  expect(partsOf('')).toEqual([]);
  expect(partsOf('<name/> joined <place/>')).toEqual([
    { tag: 'name', parts: [] },
    ' joined ',
    { tag: 'place', parts: [] },
  ]);
  expect(partsOf('press <keys><key>Ctrl</key> <key>K</key></keys> now')).toEqual([
    'press ',
    {
      tag: 'keys',
      parts: [{ tag: 'key', parts: ['Ctrl'] }, ' ', { tag: 'key', parts: ['K'] }],
    },
    ' now',
  ]);
});
