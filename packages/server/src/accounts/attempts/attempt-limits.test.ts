import { describe, expect, test } from 'vitest';
import { emailKey, usernameKey } from '../users/names.ts';
import { addressKey, lockedOut, nameKey } from './attempt-limits.ts';

describe('what counts as one address', () => {
  test.each([
    ['203.0.113.9', '203.0.113.9'],
    ['::ffff:203.0.113.9', '203.0.113.9'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2'],
    ['2001:0db8:0001:0002::1', '2001:db8:1:2'],
    ['2001:db8::1', '2001:db8:0:0'],
    ['::1', '0:0:0:0'],
    ['fe80::1%eth0', 'fe80:0:0:0'],
  ])('%s: %s', (address, key) => expect(addressKey(address)).toBe(key));
});

describe('names that are one', () => {
  test.each([
    ['Ann', 'ANN'],
    ['Straße', 'STRASSE'],
    ['Ａｎｎ', 'ann'],
    ['ΟΔΟΣ', 'οδος'],
    ['ﬁn', 'FIN'],
    ['é', 'e\u0301'],
  ])('%s and %s', (a, b) => expect(usernameKey(a)).toBe(usernameKey(b)));

  test('and names that are not', () => {
    expect(usernameKey('ann.b')).not.toBe(usernameKey('annb'));
    expect(usernameKey('é')).not.toBe(usernameKey('e'));
    expect(emailKey(' Ann@Example.org ')).toBe('ann@example.org');
  });
});

test.each([
  ['a:01a219d7-b234-739a-a62b-a0e911804877 192.0.2.1', true, '192.0.2.1'],
  ['a:01a219d7-b234-739a-a62b-a0e911804877 2001:db8:0:1', true, '2001:db8:0:1'],
  ['a:01a219d7-b234-739a-a62b-a0e911804877 AAAAAAAAAAAAAAAAAAAAAA', true, null],
  ['a:01a219d7-b234-739a-a62b-a0e911804877', true, null],
  ['01a219d7-b234-739a-a62b-a0e911804877', true, null],
  [`${nameKey('unknown')} 192.0.2.1`, false, '192.0.2.1'],
  ['192.0.2.1', false, '192.0.2.1'],
])('reports the account and the address of a lock: %s', (key, known, address) => {
  expect(lockedOut('wrongPassword', key, 60)).toEqual({
    event: 'locked_out',
    outcome: 'denied',
    account: known ? '01a219d7-b234-739a-a62b-a0e911804877' : null,
    actor: null,
    address,
    details: { limit: 'wrongPassword', seconds: 60 },
  });
});
