import fc from 'fast-check';
import { expect, test } from 'vitest';
import { prepareName, prepareQuery, RANK, rankOf, slipRankOf } from './name-match.ts';

const ann = prepareName('Ann-Marie Löfgren', 'annie.l');
const rank = (text: string) =>
  rankOf(prepareQuery(text), ann) ?? slipRankOf(prepareQuery(text), ann);

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
  ['lofgern', RANK.oneSlip],
  ['mraie', RANK.oneSlip],
  ['lofgrenn', RANK.oneSlip],
  ['lofgxren', RANK.oneSlip],
  ['lofxxren', RANK.twoSlips],
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
      slipRankOf(query, prepareName(name));
      if (prepareQuery(name).text === prepareName(name).name) {
        expect(rankOf(prepareQuery(name), prepareName(name))).toBe(RANK.exact);
      }
    }),
  );
});
