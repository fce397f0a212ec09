import { expect, expectTypeOf, test } from 'vitest';
import { en } from './en.ts';
import { locale, t } from './index.ts';
import type { Catalog, PlainKey, TextKey, TextTags } from './keys.ts';

/** All texts with their keys, plural suffixes included. */
function* textsOf(node: object, path = ''): Generator<[key: string, text: string]> {
  for (const [name, value] of Object.entries(node)) {
    const key = path === '' ? name : `${path}.${name}`;
    if (typeof value === 'string') yield [key, value];
    else yield* textsOf(value, key);
  }
}

test('a key has its text', () => {
  expect(t('common.cancel')).toBe('Cancel');
});

test.each(['<b>A & B</b>', '{{name}}', '$t(common.cancel)', '$1 $& {{count, number}}'])(
  'the value %s is inserted as it is',
  (name) => {
    expect(t('login.continueWith', { name })).toBe(`Continue with ${name}`);
    expect(t('passkeys.addedAndUsed', { date: name, ago: name })).toBe(
      `Added ${name}, last used ${name}`,
    );
  },
);

test.each([
  [0, '0 others'],
  [1, '1 other'],
  [2, '2 others'],
  [12_345, '12,345 others'],
])('chooses the plural form for %d and formats the number', (count, text) => {
  expect(t('common.others', { count })).toBe(text);
});

test('the locale is a variant of the language', () => {
  expect(locale).toMatch(/^en\b/);
});

test('every plural text has a form for every plural category of the language', () => {
  const categories = new Intl.PluralRules('en').resolvedOptions().pluralCategories;
  const keys = new Map([...textsOf(en)]);
  const plurals = [...keys.keys()].filter((key) => /_(zero|one|two|few|many|other)$/.test(key));
  for (const key of plurals) {
    const base = key.replace(/_[a-z]+$/, '');
    expect(
      [...categories].filter((c) => !keys.has(`${base}_${c}`)),
      base,
    ).toEqual([]);
  }
});

test('every text is a trimmed, typographic sentence or label', () => {
  for (const [key, text] of textsOf(en)) {
    expect(text, key).toMatch(/^\S(.*\S)?$/);
    expect(text, key).not.toMatch(/'|\.\.\./);
  }
});

test('unknown keys, missing values and unknown values are rejected at compile time', () => {
  expectTypeOf<'common.cancel'>().toExtend<TextKey>();
  expectTypeOf<'common.others'>().toExtend<TextKey>();
  expectTypeOf<'common'>().not.toExtend<TextKey>();
  expectTypeOf<'common.others_one'>().not.toExtend<TextKey>();
  expectTypeOf<'common.others'>().not.toExtend<PlainKey>();
  expectTypeOf<TextTags<'forgot.sent'>>().toEqualTypeOf<'email'>();
  expectTypeOf<typeof en>().toExtend<Catalog>();
  const time: Catalog<(typeof en)['time']> = { ...en.time, days_few: 'dni' };
  expect(time).toHaveProperty('justNow');
  // @ts-expect-error: no such key
  t('common.cancell');
  // @ts-expect-error: the text needs a name
  t('login.continueWith');
  // @ts-expect-error: the value has another name
  t('login.continueWith', { provider: 'x' });
  // @ts-expect-error: the count is a number
  t('common.others', { count: '2' });
  // @ts-expect-error: the text has no values
  t('common.cancel', { count: 2 });
});
