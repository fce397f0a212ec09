import { describe, expect, test } from 'vitest';
import { after, field } from '../../lib/field-text.test-support.ts';
import { lineBreakChange } from './line-break.ts';

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
    ['- one\n- |two', '- one\n- \n- |two'],
    ['1. |one', '1. \n2. |one'],
    ['> |', '\n|'],
    ['```\n- code\n```\n- one|', '```\n- code\n```\n- one\n- |'],
  ])('continues or ends %j', (marked, expected) => {
    expect(broken(marked)).toBe(expected);
  });

  test.each(['text|', '|', '-|', '1.|', '-no list|', '2026|', '**bold**|', '```\n- code|'])(
    'is left alone in %j',
    (marked) => {
      expect(broken(marked)).toBe(null);
    },
  );
});
