import { expect, test } from 'vitest';
import { keyProblems, keysOf, keysOfCatalog } from './catalog-keys.mjs';
import { sourcesOfWeb } from './check-texts.mjs';

const problemsOf = (
  keys: readonly string[],
  source: string,
  chosen: Record<string, readonly string[] | '*'> = {},
) => keyProblems(new Set(keys), [{ file: 'a.tsx', source }], chosen);

test('plural forms share one key', () => {
  const source = `export const en = { a: { b: 'B', c_one: '1', c_other: 'C' } } as const;`;
  expect([...keysOf(source)]).toEqual(['a.b', 'a.c']);
});

test.each([
  ['a call', `const a = t('a.b');`],
  ['a branch of a call', `const a = t(isNew ? 'a.b' : 'a.b', { name });`],
  ['a tag', `const a = <RichText text="a.b" />;`],
  ['a constant that holds keys', `const KEYS = { x: 'a.b' };`],
])('a text is used by %s', (_, source) => {
  expect(problemsOf(['a.b'], source)).toEqual([]);
});

test('a text that no source uses is found', () => {
  expect(problemsOf(['a.b', 'a.c'], `// t('a.c')\nt('a.b');`)).toEqual(['No source uses “a.c”']);
});

test.each([`t('a.c')`, `t(isNew ? 'a.c' : 'a.b')`, `<RichText text="a.c" />`])(
  'the key without a text in %s is found',
  (use) => {
    expect(problemsOf(['a.b'], `const a = [t('a.b'), ${use}];`)).toEqual([
      'a.tsx: “a.c” has no text',
    ]);
  },
);

test('a text that is chosen while running has to be declared', () => {
  const source = `t(\`roles.\${role}\`);`;
  expect(problemsOf(['roles.owner'], source, { roles: '*' })).toEqual([]);
  expect(problemsOf(['roles.owner'], source, { roles: ['owner'] })).toEqual([]);
  expect(problemsOf(['roles.owner'], source)).toEqual([
    'a.tsx: texts of “roles” are chosen while running; declare them',
    'No source uses “roles.owner”',
  ]);
  expect(problemsOf(['roles.owner', 'roles.title'], source, { roles: ['owner'] })).toEqual([
    'No source uses “roles.title”',
  ]);
});

test('declarations of texts that do not exist, or that no source chooses, are found', () => {
  expect(problemsOf(['a.b'], `t(\`a.\${name}\`);`, { a: ['b', 'c'] })).toEqual([
    '“a.c” is declared and has no text',
  ]);
  expect(problemsOf(['a.b'], `t('a.b');`, { a: '*' })).toEqual([
    'No source chooses texts of “a” while running, but they are declared',
  ]);
});

test('the web client uses all texts of its catalog, and no others', () => {
  expect(keyProblems(keysOfCatalog(), sourcesOfWeb())).toEqual([]);
});
