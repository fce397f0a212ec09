import { expect, test } from 'vitest';
import { addressesIn } from './addresses.ts';

test('addresses are split at spaces, commas, semicolons and lines, and each is kept once', () => {
  expect(
    addressesIn('ann@example.org, ben@example.org;\ncleo@example.org ann@example.org'),
  ).toEqual({ addresses: ['ann@example.org', 'ben@example.org', 'cleo@example.org'], wrong: [] });
});

test('addresses in angle brackets, as email programs copy them, are accepted', () => {
  expect(addressesIn('<ann@example.org>').addresses).toEqual(['ann@example.org']);
});

test('invalid addresses are reported', () => {
  expect(addressesIn('ann@example.org, ben@, @cleo dora')).toEqual({
    addresses: ['ann@example.org'],
    wrong: ['ben@', '@cleo', 'dora'],
  });
  expect(addressesIn(' \n')).toEqual({ addresses: [], wrong: [] });
});
