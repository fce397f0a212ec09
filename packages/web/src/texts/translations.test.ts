import { describe, expect, test } from 'vitest';
import { en } from './en.ts';
import { LANGUAGES } from './languages.ts';

const PLURAL = /_(zero|one|two|few|many|other)$/;

const flat = (catalog: object): Map<string, string> =>
  new Map(
    Object.entries(catalog).flatMap(([section, texts]) =>
      Object.entries(texts as Record<string, string>).map(
        ([name, text]) => [`${section}.${name}`, text] as const,
      ),
    ),
  );

const english = flat(en);
const isPlural = (key: string) => PLURAL.test(key) && english.has(key.replace(PLURAL, '_other'));
const baseOf = (key: string) => (isPlural(key) ? key.replace(PLURAL, '') : key);
const inEnglish = (key: string) => english.get(key) ?? english.get(`${baseOf(key)}_other`) ?? '';
const placeholders = (text: string) =>
  [...text.matchAll(/\{\{[^}]*\}\}|<[^>]*>/g)].map(String).sort();

/** The number itself: `shown` is the formatted count of new messages. */
const isNumber = (placeholder: string) => /^\{\{(count|shown)\b/.test(placeholder);

/** The plural forms that stand for one number alone, as “رسالتان” does: their texts need not contain it. */
const exactForms = (tag: string) => {
  const plurals = new Intl.PluralRules(tag);
  const selected = Array.from({ length: 1000 }, (_, number) => plurals.select(number));
  return new Set(
    plurals
      .resolvedOptions()
      .pluralCategories.filter((form) => selected.filter((one) => one === form).length === 1),
  );
};

describe.each(Object.entries(LANGUAGES).filter(([tag]) => tag !== 'en'))(
  'in %s',
  (tag, { load }) => {
    test('there are the texts of English and no others, in every plural form', async () => {
      const texts = flat((await load()).texts);
      const forms = new Intl.PluralRules(tag).resolvedOptions().pluralCategories;
      const expected = new Set(
        [...english.keys()].flatMap((key) =>
          isPlural(key) ? forms.map((form) => `${baseOf(key)}_${form}`) : [key],
        ),
      );
      expect(
        [...expected].filter((key) => !texts.has(key)),
        'missing',
      ).toEqual([]);
      expect(
        [...texts.keys()].filter((key) => !expected.has(key)),
        'unused',
      ).toEqual([]);
    });

    test('texts have the placeholders and tags of English', async () => {
      const exact: ReadonlySet<string | undefined> = exactForms(tag);
      for (const [key, text] of flat((await load()).texts)) {
        const expected = placeholders(inEnglish(key));
        const found = placeholders(text);
        if (isPlural(key) && exact.has(PLURAL.exec(key)?.[1]) && !found.some(isNumber)) {
          expect(found, key).toEqual(expected.filter((one) => !isNumber(one)));
        } else expect(found, key).toEqual(expected);
      }
    });

    test('texts are trimmed and typographic', async () => {
      for (const [key, text] of flat((await load()).texts)) {
        expect(text, key).toMatch(/^\S(.*\S)?$/);
        expect(text, key).not.toMatch(/'|\.\.\./);
      }
    });
  },
);
