import { describe, expect, test } from 'vitest';
import { preferredLocale } from './accept-language.ts';
import { en } from './en.ts';
import { LANGUAGES, textsFor } from './texts.ts';

const PLURAL = /_(zero|one|two|few|many|other)$/;
const flat = (catalog: object) =>
  new Map(
    Object.entries(catalog).flatMap(([section, texts]) =>
      Object.entries(texts as Record<string, string>).map(
        ([name, text]) => [`${section}.${name}`, text] as const,
      ),
    ),
  );
const english: ReadonlyMap<string, string> = flat(en);
const baseOf = (key: string) => key.replace(PLURAL, '');
const inEnglish = (key: string) => english.get(key) ?? english.get(`${baseOf(key)}_other`) ?? '';
const placeholders = (text: string) => [...new Set(text.match(/\{\{[^}]*\}\}/g))].sort();

describe.each(Object.entries(LANGUAGES))('in %s', (tag, { catalog }) => {
  const texts = flat(catalog);

  test('a catalog has the keys of the English one, in every plural form', () => {
    const forms = new Intl.PluralRules(tag).resolvedOptions().pluralCategories;
    const expected = [...english.keys()].flatMap((key) =>
      PLURAL.test(key) ? forms.map((form) => `${baseOf(key)}_${form}`) : [key],
    );
    expect([...texts.keys()].sort()).toEqual([...new Set(expected)].sort());
  });

  test('texts have the same placeholders as in English, and short lines', () => {
    for (const [key, text] of texts) {
      // The Arabic forms for zero, one and two are used for that number only.
      const isExact = tag === 'ar' && /_(zero|one|two)$/.test(key);
      if (!isExact) expect(placeholders(text), key).toEqual(placeholders(inEnglish(key)));
      for (const line of key.endsWith('.body') ? text.split('\n') : []) {
        expect(line.length, key).toBeLessThan(100);
      }
    }
  });

  test('links and codes are paragraphs of their own', () => {
    for (const [key, text] of texts) {
      for (const block of text.split('\n\n')) {
        const isAlone = /^\s*(\{\{server\}\}\/\w+|\{\{link\}\}|\{\{code\}\})$/.test(block);
        if (!isAlone) expect(block, key).not.toMatch(/\{\{(link|code)\}\}|\{\{server\}\}\//);
      }
    }
  });
});

test('emails in English are ASCII, and are sent unencoded', () => {
  for (const [key, text] of english) {
    if (/\.(subject|body)$/.test(key)) expect(text, key).toMatch(/^[\n -~]*$/);
  }
});

test('values are inserted unescaped, and names are isolated in Arabic', () => {
  const inviter = '{{server}} $t(push.file) <b>';
  expect(textsFor('en-US').t('invitationFrom.subject', { inviter })).toBe(
    `${inviter} invited you to Parley`,
  );
  expect(textsFor('ar').t('digest.subjectGroup', { name: 'Design (new)' })).toBe(
    'رسائل في \u2068Design (new)\u2069',
  );
  expect(textsFor('ar').t('email.footer', { server: 'https://chat.example.org' })).toBe(
    'أرسله Parley من https://chat.example.org',
  );
});

test.each([
  ['en', 1, 'You have 1 unread message.'],
  ['en', 1_200, 'You have 1,200 unread messages.'],
  ['de-AT', 1, 'Du hast 1 ungelesene Nachricht.'],
  ['ar', 2, 'لديك رسالتان غير مقروءتين.'],
])('chooses the plural form in %s for %d', (locale, count, text) => {
  expect(textsFor(locale).t('digest.intro', { count })).toBe(text);
});

test.each([
  [null, 'en', 'en-GB'],
  ['de-AT', 'de', 'de-AT'],
  ['fr-FR', 'en', 'en-GB'],
  ['en-US', 'en', 'en-US'],
  ['toString', 'en', 'en-GB'],
])('texts for %s are in %s, with dates of %s', (stored, language, locale) => {
  expect(textsFor(stored)).toMatchObject({ language, locale });
});

test.each([
  ['de-at,de;q=0.9,en;q=0.8', 'de-AT'],
  ['fr, es;q=0.5, en;q=0.7', 'en'],
  ['fr', null],
  ['*', null],
  ['de;q=0', null],
  ['en-a', null],
  ['', null],
  [undefined, null],
])('of the header %j, %s is preferred', (header, locale) => {
  expect(preferredLocale(header)).toBe(locale);
});
