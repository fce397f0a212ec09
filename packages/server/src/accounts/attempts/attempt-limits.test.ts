import type pg from 'pg';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { emailKey, usernameKey } from '../users/names.ts';
import { AttemptLimits, accountKey, addressKey, lockedOut, nameKey } from './attempt-limits.ts';

describe('what counts as one address', () => {
  test.each([
    ['203.0.113.9', '203.0.113.9'],
    ['::ffff:203.0.113.9', '203.0.113.9'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2'],
    ['2001:0db8:0001:0002::1', '2001:db8:1:2'],
    ['2001:db8::1', '2001:db8:0:0'],
    ['::1', '0:0:0:0'],
    ['fe80::1%eth0', 'fe80:0:0:0'],
    ['::ffff:cb00:7109', '203.0.113.9'],
    ['0:0:0:0:0:FFFF:203.0.113.9', '203.0.113.9'],
    ['203.0.113.9:50123', '203.0.113.9'],
    ['[2001:db8:1:2::1]:50123', '2001:db8:1:2'],
    ['[2001:db8:1:2::1]', '2001:db8:1:2'],
    ['unknown', 'invalid'],
    ['203.0.113.9:x', 'invalid'],
    ['', 'invalid'],
  ])('%s: %s', (address, key) => expect(addressKey(address)).toBe(key));
});

describe('names that count as one', () => {
  test.each([
    ['Ann', 'ANN'],
    ['Straße', 'STRASSE'],
    ['Ａｎｎ', 'ann'],
    ['ΟΔΟΣ', 'οδος'],
    ['ﬁn', 'FIN'],
    ['é', 'e\u0301'],
  ])('%s and %s', (a, b) => expect(usernameKey(a)).toBe(usernameKey(b)));

  test('and names that do not', () => {
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
])('a lock is reported with its account and address: %s', (key, known, address) => {
  expect(lockedOut('wrongPassword', key, 60)).toEqual({
    event: 'locked_out',
    outcome: 'denied',
    account: known ? '01a219d7-b234-739a-a62b-a0e911804877' : null,
    actor: null,
    address,
    details: { limit: 'wrongPassword', seconds: 60 },
  });
});

describe('a limit that is counted in this process', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());
  // It needs no database.
  const limits = (on: boolean) => new AttemptLimits({} as pg.Pool, on);

  test('refuses what exceeds it, with the time to wait', async () => {
    const counted = limits(true);
    for (let n = 0; n < 60; n++) await counted.take('token', 'session');
    vi.advanceTimersByTime(20_500);
    await expect(counted.take('token', 'session')).rejects.toMatchObject({
      refusal: { code: 'rate_limited', retryAfter: 40 },
    });
    await counted.take('token', 'another session');
    vi.advanceTimersByTime(40_000);
    await counted.take('token', 'session');
  });

  test('allows another attempt after a refund, and all after a reset', async () => {
    const counted = limits(true);
    for (let n = 0; n < 60; n++) await counted.take('token', 'session');
    await counted.refund('token', 'session');
    await counted.take('token', 'session');
    await expect(counted.take('token', 'session')).rejects.toThrow();
    await counted.clear('token', 'session');
    for (let n = 0; n < 60; n++) await counted.take('token', 'session');
  });

  test('refuses nothing with RATE_LIMITS=off', async () => {
    const off = limits(false);
    for (let n = 0; n < 100; n++) await off.take('token', 'session');
    await off.take('login', '192.0.2.1');
    await off.refund('login', '192.0.2.1');
    await off.clear('login', '192.0.2.1');
  });
});

test('names and addresses are counted under keys from which they cannot be read', () => {
  expect(nameKey('ann')).toMatch(/^n:[\w-]{43}$/);
  expect(nameKey('ann')).toBe(nameKey('ann'));
  expect(nameKey('ann')).not.toBe(nameKey('bob'));
  expect(accountKey('id' as never)).toBe('a:id');
});
