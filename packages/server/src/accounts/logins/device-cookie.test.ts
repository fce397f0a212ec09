import type { AccountId } from '@parley/protocol';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { beforeEach, describe, expect, test } from 'vitest';
import { Vault } from '../../encryption/vault.ts';
import { DeviceCookie } from './device-cookie.ts';

const YEAR_MS = 365 * 86_400_000;
const START = Date.parse('2026-01-01T00:00:00.000Z');
const account = (n: number) => `01890000-0000-7000-8000-00000000000${n}` as AccountId;

let now: number;
beforeEach(() => {
  now = START;
});

/** A browser that keeps the cookies of the responses. */
class Browser {
  readonly cookies: Record<string, string> = {};
  readonly attributes: Record<string, unknown>[] = [];
  readonly #device: DeviceCookie;
  readonly #protocol: string;

  constructor(secret = 'secret', publicUrl: string | undefined = undefined, protocol = 'https') {
    const clock = { now: () => now };
    this.#device = new DeviceCookie({ publicUrl, vault: new Vault(secret), clock });
    this.#protocol = protocol;
  }

  get request(): FastifyRequest {
    return { protocol: this.#protocol, cookies: { ...this.cookies } } as unknown as FastifyRequest;
  }

  logIn(of: AccountId): void {
    const reply = {
      setCookie: (name: string, value: string, attributes: Record<string, unknown>) => {
        this.cookies[name] = value;
        this.attributes.push({ name, ...attributes });
      },
    };
    this.#device.remember(this.request, reply as unknown as FastifyReply, of);
  }

  known(of: AccountId): string | null {
    return this.#device.known(this.request, of);
  }
}

describe('a device', () => {
  test('is known to the accounts that have logged in on it, by an id that does not change', () => {
    const browser = new Browser();
    expect(browser.known(account(1))).toBeNull();
    browser.logIn(account(1));
    const id = browser.known(account(1));
    expect(id).toMatch(/^[\w-]{22}$/);
    expect(browser.known(account(2))).toBeNull();
    browser.logIn(account(2));
    now += 1_000;
    browser.logIn(account(1));
    expect(browser.known(account(1))).toBe(id);
    expect(browser.known(account(2))).not.toBe(id);
    const another = new Browser();
    another.logIn(account(1));
    expect(another.known(account(1))).not.toBe(id);
  });

  test('remembers five accounts, and drops the one with the oldest login', () => {
    const browser = new Browser();
    for (const n of [1, 2, 3, 4, 5, 1, 6]) browser.logIn(account(n));
    const known = [1, 2, 3, 4, 5, 6].filter((n) => browser.known(account(n)) !== null);
    expect(known).toEqual([1, 3, 4, 5, 6]);
  });

  test('is forgotten a year after the last login', () => {
    const browser = new Browser();
    browser.logIn(account(1));
    now = START + YEAR_MS - 1;
    expect(browser.known(account(1))).not.toBeNull();
    now = START + YEAR_MS;
    expect(browser.known(account(1))).toBeNull();
  });

  test('keeps it in a cookie for the server alone', () => {
    const browser = new Browser();
    browser.logIn(account(1));
    expect(browser.attributes).toEqual([
      {
        name: '__Host-parley_device',
        path: '/',
        httpOnly: true,
        sameSite: 'strict',
        secure: true,
        expires: new Date(START + YEAR_MS),
      },
    ]);
    const plain = new Browser('secret', undefined, 'http');
    plain.logIn(account(1));
    expect(plain.attributes).toMatchObject([{ name: 'parley_device', secure: false }]);
    expect(plain.known(account(1))).not.toBeNull();
    const behindProxy = new Browser('secret', 'https://chat.example', 'http');
    behindProxy.logIn(account(1));
    expect(behindProxy.attributes).toMatchObject([{ name: '__Host-parley_device' }]);
  });

  test('is not known by a cookie that this server has not signed', () => {
    const [browser, foreign] = [new Browser(), new Browser('another secret')];
    browser.logIn(account(1));
    const [name, text] = Object.entries(browser.cookies)[0] as [string, string];
    foreign.cookies[name] = text;
    expect(foreign.known(account(1))).toBeNull();
    const [of, id, since, mac] = text.split('.') as [string, string, string, string];
    for (const changed of [
      [account(2), id, since, mac],
      [of, `${id.slice(0, -1)}${id.endsWith('A') ? 'B' : 'A'}`, since, mac],
      [of, id, `${Number(since) + 1}`, mac],
      [of, id, since, `${mac.startsWith('A') ? 'B' : 'A'}${mac.slice(1)}`],
      [of, id, since, mac.slice(1)],
      [of, id, since],
    ]) {
      browser.cookies[name] = changed.join('.');
      expect([1, 2].map((n) => browser.known(account(n)))).toEqual([null, null]);
    }
    // Damaged entries do not hide valid ones.
    browser.cookies[name] = `damaged~${text}`;
    expect(browser.known(account(1))).toBe(id);
    // No more is read than is written.
    browser.cookies[name] = [...Array(5).fill('damaged'), text].join('~');
    expect(browser.known(account(1))).toBeNull();
  });
});
