import { describe, expect, test } from 'vitest';
import { pastedCode } from './pasted-code.ts';

describe('a pasted text is code', () => {
  test('pasted text is code if an editor says so, with its language', () => {
    expect(pastedCode('a\nb', '{"version":1,"mode":"typescript"}')).toEqual({
      language: 'typescript',
    });
    expect(pastedCode('a\nb', '{"mode":"my lang`"}')).toEqual({ language: '' });
    expect(pastedCode('a\nb', '{"mode":"markdown"}')).toBe(null);
    expect(pastedCode('a\nb', 'no JSON')).toBe(null);
  });

  test.each([
    'const a = 1;\nconst b = 2;',
    'def f(x):\n    return x',
    '#include <stdio.h>\nint main() {\n  return 0;\n}',
    '<ul>\n  <li>a</li>\n</ul>',
  ])('if its lines look like it: %j', (text) => {
    expect(pastedCode(text, '')).toEqual({ language: '' });
  });

  test.each([
    'Hello all,\nI let you know that we meet at 10;\nbring your notes.',
    'a single line();',
    'import the list\nand send it to Bob\nbefore noon',
    '',
  ])('but not if it is prose: %j', (text) => {
    expect(pastedCode(text, '')).toBe(null);
  });
});
