import { expect, test } from 'vitest';
import { addressesIn } from './addresses.ts';

test('splits addresses at spaces, commas, semicolons and lines, and keeps each once', () => {
  expect(
    addressesIn('ann@example.org, ben@example.org;\ncleo@example.org ann@example.org'),
  ).toEqual({ addresses: ['ann@example.org', 'ben@example.org', 'cleo@example.org'], wrong: [] });
});

test('accepts addresses in angle brackets, as email programs copy them', () => {
  expect(addressesIn('<ann@example.org>').addresses).toEqual(['ann@example.org']);
});

test('reports invalid addresses', () => {
  expect(addressesIn('ann@example.org, ben@, @cleo dora')).toEqual({
    addresses: ['ann@example.org'],
    wrong: ['ben@', '@cleo', 'dora'],
  });
  expect(addressesIn(' \n')).toEqual({ addresses: [], wrong: [] });
});
