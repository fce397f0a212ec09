import fc from 'fast-check';
import { expect, test } from 'vitest';
import { prepareName, prepareQuery, RANK, rankOf, typoRankOf } from './name-match.ts';

const ann = prepareName('Ann-Marie Löfgren', 'annie.l');
const rank = (text: string) =>
  rankOf(prepareQuery(text), ann) ?? typoRankOf(prepareQuery(text), ann);

test.each([
  ['ann-marie lofgren', RANK.exact],
  ['@ANNIE.L', RANK.exact],
  ['Ann', RANK.start],
  ['marie', RANK.wordStart],
  ['löf', RANK.wordStart],
  ['lof ann', RANK.words],
  ['gren', RANK.part],
  ['aml', RANK.initials],
  ['al', null],
  ['lofgern', RANK.oneTypo],
  ['mraie', RANK.oneTypo],
  ['lofgrenn', RANK.oneTypo],
  ['lofgxren', RANK.oneTypo],
  ['lofxxren', RANK.twoTypos],
  ['axn', null],
  ['zzzz', null],
])('%j is of rank %s', (text, expected) => {
  expect(rank(text)).toBe(expected);
});

test('any text is compared with any name', () => {
  const any = fc.string({ unit: 'binary', maxLength: 60 });
  fc.assert(
    fc.property(any, any, (text, name) => {
      const query = prepareQuery(text);
      rankOf(query, prepareName(name));
      typoRankOf(query, prepareName(name));
      if (prepareQuery(name).text === prepareName(name).name) {
        expect(rankOf(prepareQuery(name), prepareName(name))).toBe(RANK.exact);
      }
    }),
  );
});
