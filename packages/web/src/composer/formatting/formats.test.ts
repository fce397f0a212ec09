import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { after, field } from '../../lib/field-text.test-support.ts';
import { codeBlockChange, type Format, formatChange } from './formats.ts';

const set = (format: Format, marked: string) =>
  after(field(marked), formatChange(format, field(marked)));

describe('a format is', () => {
  test.each<[Format, string, string]>([
    ['bold', 'a |word| b', 'a **|word|** b'],
    ['bold', 'a **|word|** b', 'a |word| b'],
    ['italic', 'a | b', 'a _|_ b'],
    ['code', '|x|', '`|x|`'],
    ['strikethrough', '|x|', '~~|x|~~'],
    ['link', 'see |this| page', 'see [this](|) page'],
    ['link', 'see |https://a.example|', 'see [|](https://a.example)'],
    ['link', 'see |', 'see [|]()'],
    ['link', 'see [|this|](https://a.example)', 'see |this|'],
    ['bulleted-list', 'a\n|b\nc|\nd', 'a\n|- b\n- c|\nd'],
    ['bulleted-list', '|- b\n- c|', '|b\nc|'],
    ['bulleted-list', '|1. b\n2. c|', '|- b\n- c|'],
    ['bulleted-list', 'on|e', '- on|e'],
    ['bulleted-list', '|', '- |'],
    ['bulleted-list', '|a\n|b', '|- a|\nb'],
    ['numbered-list', '|a\nb|', '|1. a\n2. b|'],
    ['numbered-list', '|- a\n- b|', '|1. a\n2. b|'],
    ['quote', '|a\n\n- b|', '|> a\n> \n> - b|'],
    ['quote', '|> a\n>b|', '|a\nb|'],
    ['code-block', '|x\ny|', '```\n|x\ny|\n```'],
    ['code-block', '```\n|x|\n```', '|x|'],
    ['code-block', 'a |x| b', 'a \n```\n|x|\n```\n b'],
    ['code-block', 'a\n|', 'a\n```\n|\n```'],
  ])('%s in %j', (format, marked, expected) => {
    expect(set(format, marked)).toBe(expected);
  });
});

test('a block of code can have a language', () => {
  expect(after(field('|x|'), codeBlockChange(field('|x|'), 'ts'))).toBe('```ts\n|x|\n```');
});

test('setting a marker or block twice changes nothing', () => {
  const formats = fc.constantFrom<Format>('bold', 'italic', 'strikethrough', 'code');
  fc.assert(
    fc.property(fc.string(), fc.nat(), fc.nat(), formats, (text, a, b, format) => {
      const [start = 0, end = 0] = [a % (text.length + 1), b % (text.length + 1)].sort(
        (x, y) => x - y,
      );
      const first = formatChange(format, { text, start, end });
      const changed = text.slice(0, first.from) + first.text + text.slice(first.to);
      const [from, to] = first.select;
      const second = formatChange(format, { text: changed, start: from, end: to });
      const { from: f, to: t, text: inner, select } = second;
      expect(changed.slice(0, f) + inner + changed.slice(t)).toBe(text);
      expect(select).toEqual([start, end]);
    }),
  );
});

test('every change and selection is within the field', () => {
  const formats = fc.constantFrom<Format>(
    'bold',
    'link',
    'bulleted-list',
    'numbered-list',
    'quote',
    'code-block',
  );
  const texts = fc.array(fc.constantFrom('a', ' ', '\n', '- ', '1. ', '> ', '```', '[', '](x)'));
  fc.assert(
    fc.property(texts, fc.nat(), fc.nat(), formats, (parts, a, b, format) => {
      const text = parts.join('');
      const [start = 0, end = 0] = [a % (text.length + 1), b % (text.length + 1)].sort(
        (x, y) => x - y,
      );
      const { from, to, text: put, select } = formatChange(format, { text, start, end });
      expect(from).toBeGreaterThanOrEqual(0);
      expect(to).toBeGreaterThanOrEqual(from);
      expect(to).toBeLessThanOrEqual(text.length);
      const length = text.length - (to - from) + put.length;
      expect(select[0]).toBeGreaterThanOrEqual(0);
      expect(select[1]).toBeGreaterThanOrEqual(select[0]);
      expect(select[1]).toBeLessThanOrEqual(length);
    }),
  );
});
