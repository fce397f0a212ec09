import { describe, expect, test } from 'vitest';
import { checkPackages, patternsOf, problemOf } from './check-patterns.mjs';

describe('regular expressions', () => {
  test('are found wherever a source has them', () => {
    const source = [
      'const a = /a+b/gu;',
      "const b = new RegExp('c+', 'i');",
      'const c = RegExp(name);',
      'const d = 4 / 2 / 1; type E = `/a/`; // /not one/',
      'const f = <p title="/no/">{text.replace(/d/, "/e/")}</p>;',
    ].join('\n');
    expect(patternsOf(source, 'a.tsx')).toEqual([
      { source: 'a+b', flags: 'gu', file: 'a.tsx', line: 1 },
      { source: 'c+', flags: 'i', file: 'a.tsx', line: 2 },
      { source: null, flags: '', file: 'a.tsx', line: 3 },
      { source: 'd', flags: '', file: 'a.tsx', line: 5 },
    ]);
  });

  test('that take quadratic time are reported', async () => {
    // The pattern that once cut the punctuation behind an address.
    const problem = await problemOf({ source: '[.,;:!?)]+$', flags: '', file: 'a.ts', line: 1 });
    expect(problem).toMatch(/^2nd degree polynomial/);
  });

  test('of all packages take linear time', { timeout: 300_000 }, async () => {
    const { problems, checked } = await checkPackages();
    expect(problems).toEqual([]);
    expect(checked).toBeGreaterThan(80);
  });
});
