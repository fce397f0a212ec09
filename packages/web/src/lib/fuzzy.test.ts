import { expect, test } from 'vitest';
import { fold, scoreOf } from './fuzzy.ts';

const best = (query: string, texts: readonly string[]) =>
  texts
    .map((text) => ({ text, score: scoreOf(fold(query), fold(text)) }))
    .filter(({ score }) => score > 0)
    .sort((a, b) => b.score - a.score)
    .map(({ text }) => text);

test('matches at the start of the name rank before the start of a word, and those before others', () => {
  expect(best('des', ['Codes', 'Web design', 'Design', 'Sales'])).toEqual([
    'Design',
    'Web design',
    'Codes',
  ]);
});

test('letters may be left out, and words may be in another order', () => {
  expect(best('dsgn', ['Design', 'Dashing group night'])).toEqual(['Design']);
  expect(best('wd', ['Web design', 'Sales'])).toEqual(['Web design']);
  expect(best('lovelace ada', ['Ada Lovelace', 'Ada Byron'])).toEqual(['Ada Lovelace']);
});

test('case and accents make no difference', () => {
  expect(best('jose', ['José Álvarez'])).toEqual(['José Álvarez']);
  expect(best('ÁLV', ['José Álvarez'])).toEqual(['José Álvarez']);
});

test('the shorter of two equal matches comes first', () => {
  expect(best('team', ['Team of the north', 'Team'])).toEqual(['Team', 'Team of the north']);
});

test('a missing letter does not match', () => {
  expect(best('xyz', ['Design', ''])).toEqual([]);
  expect(scoreOf('', 'anything')).toBeGreaterThan(0);
});
