import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  type FieldChange,
  type FieldText,
  formatChange,
  lineBreakChange,
  pasteChange,
} from './format-keys.ts';

/** Reads a field whose selection is between two bars, or at one. */
function field(marked: string): FieldText {
  const start = marked.indexOf('|');
  const end = marked.lastIndexOf('|');
  return { text: marked.replaceAll('|', ''), start, end: end === start ? start : end - 1 };
}

/** Writes a field after a change in the same way; null if nothing changes. */
function after({ text }: FieldText, change: FieldChange | null): string | null {
  if (!change) return null;
  const next = text.slice(0, change.from) + change.text + text.slice(change.to);
  const [start, end] = change.select;
  const bars = start === end ? '|' : `|${next.slice(start, end)}|`;
  return next.slice(0, start) + bars + next.slice(end);
}

const key = (name: string, more: object = {}) => ({
  key: name,
  shiftKey: false,
  ctrlKey: true,
  metaKey: false,
  altKey: false,
  isComposing: false,
  ...more,
});
const pressed = (marked: string, event: ReturnType<typeof key>) =>
  after(field(marked), formatChange(event, field(marked)));

describe('keys of Markdown', () => {
  test('put a marker around the selection, and remove it', () => {
    expect(pressed('a |word| b', key('b'))).toBe('a **|word|** b');
    expect(pressed('a **|word|** b', key('b'))).toBe('a |word| b');
    expect(pressed('a | b', key('i'))).toBe('a _|_ b');
    expect(pressed('|x|', key('E'))).toBe('`|x|`');
    expect(pressed('|x|', key('X', { shiftKey: true }))).toBe('~~|x|~~');
    expect(pressed('|x|', key('b', { ctrlKey: false, metaKey: true }))).toBe('**|x|**');
  });

  test('are left alone without Ctrl or ⌘, with both, and while an input method composes', () => {
    expect(pressed('|x|', key('b', { ctrlKey: false }))).toBe(null);
    expect(pressed('|x|', key('b', { metaKey: true }))).toBe(null);
    expect(pressed('|x|', key('b', { isComposing: true }))).toBe(null);
    expect(pressed('|x|', key('x'))).toBe(null);
  });

  test('pressed twice change nothing', () => {
    const names = fc.constantFrom('b', 'i', 'e');
    fc.assert(
      fc.property(fc.string(), fc.nat(), fc.nat(), names, (text, a, b, name) => {
        const [start, end] = [a % (text.length + 1), b % (text.length + 1)].sort((x, y) => x - y);
        const before = { text, start: start as number, end: end as number };
        const first = formatChange(key(name), before) as FieldChange;
        const changed = text.slice(0, first.from) + first.text + text.slice(first.to);
        const [from, to] = first.select;
        const second = formatChange(key(name), { text: changed, start: from, end: to });
        const { from: f, to: t, text: inner, select } = second as FieldChange;
        expect(changed.slice(0, f) + inner + changed.slice(t)).toBe(text);
        expect(select).toEqual([start, end]);
      }),
    );
  });
});

describe('a line break', () => {
  const broken = (marked: string) => after(field(marked), lineBreakChange(field(marked)));
  test.each([
    ['- one|', '- one\n- |'],
    ['  * one|', '  * one\n  * |'],
    ['text\n9. nine|', 'text\n9. nine\n10. |'],
    ['1) one| two', '1) one\n2) | two'],
    ['> said|', '> said\n> |'],
    ['> - a|', '> - a\n> - |'],
    ['- one\n- |', '- one\n\n|'],
    ['> |', '\n|'],
  ])('continues or ends %j', (marked, expected) => {
    expect(broken(marked)).toBe(expected);
  });

  test.each(['text|', '|', '-|', '1.|', '-no list|', '2026|', '**bold**|'])(
    'is left alone in %j',
    (marked) => {
      expect(broken(marked)).toBe(null);
    },
  );
});

test('a URL that is pasted over a word makes a link of it', () => {
  const pasted = (marked: string, url: string) =>
    after(field(marked), pasteChange(url, field(marked)));
  expect(pasted('see |this| page', 'https://a.example/x')).toBe(
    'see [this](https://a.example/x)| page',
  );
  expect(pasted('see | page', 'https://a.example/x')).toBe(null);
  expect(pasted('see |this|', 'no url')).toBe(null);
  expect(pasted('|https://b.example|', 'https://a.example')).toBe(null);
  expect(pasted('|a]b|', 'https://a.example')).toBe(null);
});
