import type { SessionId } from '@parley/protocol';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { describe, expect, test } from 'vitest';
import { SessionCookie } from './session-cookie.ts';
import {
  boxSuccessor,
  isOfFamily,
  newFamilyKey,
  newToken,
  openSuccessor,
  type ParsedToken,
  parseToken,
} from './session-tokens.ts';

const session = '01890000-0000-7000-8000-00000000000a' as SessionId;

describe('a session token', () => {
  test('names its session, and has 256 random bits that are stored as a hash only', () => {
    const key = newFamilyKey();
    expect(key).toHaveLength(32);
    const [one, two] = [newToken(session, key), newToken(session, key)];
    expect(one.text).toMatch(/^ps_[\w-]{86}$/);
    expect(one.bytes).toHaveLength(64);
    expect(one.hash).toHaveLength(32);
    expect(one.bytes.subarray(16, 48).equals(two.bytes.subarray(16, 48))).toBe(false);
    expect(parseToken(one.text)).toEqual(one);
    expect(one.session).toBe(session);
    expect(one.hash.equals(two.hash)).toBe(false);
  });

  test('has exactly one form', () => {
    const { text, bytes } = newToken(session, newFamilyKey());
    const last = text.at(-1) as string;
    const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
    // The bits at the end that belong to no byte.
    const other = alphabet[alphabet.indexOf(last) ^ 1] as string;
    expect(Buffer.from(`${text.slice(3, -1)}${other}`, 'base64url').equals(bytes)).toBe(true);
    for (const malformed of [
      `${text.slice(0, -1)}${other}`,
      `${text}=`,
      `${text}A`,
      text.slice(0, -1),
      text.slice(3),
      ` ${text}`,
      `${text}\n`,
      `PS_${text.slice(3)}`,
      `${text.slice(0, -1)}+`,
      '',
    ]) {
      expect(parseToken(malformed)).toBeNull();
    }
  });

  test('is recognized as one that its session had, and a guessed one is not', () => {
    const [key, otherKey] = [newFamilyKey(), newFamilyKey()];
    const token = newToken(session, key);
    expect(isOfFamily(token, key)).toBe(true);
    expect(isOfFamily(token, otherKey)).toBe(false);
    for (const place of [0, 20, 47, 48, 63]) {
      const bytes = Buffer.from(token.bytes);
      bytes[place] = (bytes[place] as number) ^ 1;
      const guessed = parseToken(`ps_${bytes.toString('base64url')}`) as ParsedToken;
      expect(isOfFamily(guessed, key)).toBe(false);
    }
  });

  test('opens the box of its successor, and no other token does', () => {
    const key = newFamilyKey();
    const [token, successor, other] = [1, 2, 3].map(() => newToken(session, key)) as [
      ParsedToken,
      ParsedToken,
      ParsedToken,
    ];
    const box = boxSuccessor(token, successor);
    expect(openSuccessor(token, box)).toBe(successor.text);
    expect(box.equals(boxSuccessor(token, successor))).toBe(false);
    expect(box.includes(successor.text)).toBe(false);
    expect(() => openSuccessor(other, box)).toThrow();
    // What is stored of the token does not open it either.
    expect(() => openSuccessor({ ...token, bytes: token.hash }, box)).toThrow();
    for (let place = 0; place < box.length; place += 9) {
      const changed = Buffer.from(box);
      changed[place] = (changed[place] as number) ^ 1;
      expect(() => openSuccessor(token, changed)).toThrow();
    }
  });
});

describe('the session cookie', () => {
  const HTTPS = '__Host-parley_session';
  const HTTP = 'parley_session';
  const request = (protocol: string) =>
    ({
      protocol,
      cookies: { [HTTP]: 'by http', [HTTPS]: 'by https' },
    }) as unknown as FastifyRequest;
  /** Records the cookies that a response sets. */
  function reply() {
    const cookies: unknown[][] = [];
    const record = (...cookie: unknown[]) => cookies.push(cookie);
    return { cookies, it: { setCookie: record, clearCookie: record } as unknown as FastifyReply };
  }

  test.each([
    [undefined, 'https', true],
    [undefined, 'http', false],
    ['https://chat.example', 'http', true],
    ['http://chat.example', 'https', false],
  ])('with PUBLIC_URL %s and a request by %s: secure %s', (publicUrl, protocol, secure) => {
    const cookie = new SessionCookie(publicUrl);
    const { cookies, it } = reply();
    const name = secure ? HTTPS : HTTP;
    const attributes = { path: '/', httpOnly: true, sameSite: 'strict', secure };
    expect(cookie.read(request(protocol))).toBe(secure ? 'by https' : 'by http');
    cookie.set(request(protocol), it, 'token', 5_000);
    cookie.clear(request(protocol), it);
    expect(cookies).toEqual([
      [name, 'token', { ...attributes, expires: new Date(5_000) }],
      [name, attributes],
    ]);
  });
});
