import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import type { AccountId, SessionId } from '@parley/protocol';
import { type JWTPayload, SignJWT } from 'jose';
import { beforeAll, describe, expect, test } from 'vitest';
import { AccessTokens } from './access-tokens.ts';
import type { SigningKeys } from './signing-keys.ts';

const account = '01890000-0000-7000-8000-00000000000a' as AccountId;
const session = '01890000-0000-7000-8000-00000000000b' as SessionId;
const ISSUER = 'https://chat.example';
const START = Date.parse('2026-01-01T00:00:00.500Z');
const TEN_MINUTES = 600_000;

let privateKey: KeyObject;
let publicKey: KeyObject;
let now = START;
let tokens: AccessTokens;

beforeAll(() => {
  ({ privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 }));
  const keys = {
    current: { kid: 'key-1', privateKey },
    jwks: { keys: [] },
    publicKey: async (kid: string) => (kid === 'key-1' ? publicKey : undefined),
  };
  const clock = { now: () => now };
  tokens = new AccessTokens(keys as unknown as SigningKeys, () => ISSUER, clock);
});

/** Signs a token with our key that differs from ours in some way. */
function forged(header: object = {}, claims: object = {}): Promise<string> {
  const seconds = Math.floor(START / 1000);
  const payload: JWTPayload = {
    iss: ISSUER,
    aud: 'parley',
    sub: account,
    sid: session,
    jti: 'id',
    iat: seconds,
    exp: seconds + 600,
    ...claims,
  };
  const defined = Object.fromEntries(Object.entries(payload).filter(([, v]) => v !== undefined));
  return new SignJWT(defined)
    .setProtectedHeader({ alg: 'RS256', typ: 'at+jwt', kid: 'key-1', ...header })
    .sign(privateKey);
}
const verdictOf = async (token: string) => {
  const result = await tokens.verify(token);
  return 'refusal' in result ? result.refusal.code : result.claims;
};
const claims = { account, session, expiresAt: START - 500 + TEN_MINUTES };

describe('an access token', () => {
  test('names the account and the session, for ten minutes', async () => {
    now = START;
    const { token, expiresAt } = await tokens.sign(account, session);
    expect(expiresAt).toBe(claims.expiresAt);
    expect(await verdictOf(token)).toEqual(claims);
    now = expiresAt - 1_000;
    expect(await verdictOf(token)).toEqual(claims);
    now = expiresAt;
    expect(await verdictOf(token)).toBe('token_expired');
    now = START;
    const other = await tokens.sign(account, session);
    expect(other.token).not.toBe(token);
    expect(tokens.jwks).toEqual({ keys: [] });
  });

  test('that we would have signed is valid, and the forged ones below differ from it in one way', async () => {
    now = START;
    expect(await verdictOf(await forged())).toEqual(claims);
  });

  test.each([
    ['of another kind', { typ: 'JWT' }, {}],
    ['of an unknown key', { kid: 'key-2' }, {}],
    ['without a key id', { kid: undefined }, {}],
    ['with another algorithm', { alg: 'RS512' }, {}],
    ['with a key in the header', { jwk: {} }, {}],
    ['with the address of a key', { jku: 'https://elsewhere.example' }, {}],
    ['with a certificate', { x5c: [] }, {}],
    ['with the address of a certificate', { x5u: 'https://elsewhere.example' }, {}],
    ['with a thumbprint', { x5t: 'x' }, {}],
    ['with a SHA-256 thumbprint', { 'x5t#S256': 'x' }, {}],
    ['of another issuer', {}, { iss: 'https://elsewhere.example' }],
    ['for another audience', {}, { aud: 'elsewhere' }],
    ['without a session', {}, { sid: undefined }],
    ['with a session that is no text', {}, { sid: 7 }],
    ['without an account', {}, { sub: undefined }],
    ['with an account that is no text', {}, { sub: 7 }],
    ['without an end', {}, { exp: undefined }],
    ['without an id', {}, { jti: undefined }],
  ])('%s is rejected', async (_what, header, changed) => {
    now = START;
    expect(await verdictOf(await forged(header, changed))).toBe('unauthenticated');
  });

  test('has exactly one text', async () => {
    now = START;
    const { token } = await tokens.sign(account, session);
    const [head, body, signature] = token.split('.') as [string, string, string];
    for (const text of [
      `${token}=`,
      ` ${token}`,
      `${token}.`,
      `${head}.${body}`,
      `${head}.${body}.`,
      `.${body}.${signature}`,
      `${head}.${body}.${signature.slice(0, -2)}\n${signature.slice(-2)}`,
      `${head}=.${body}.${signature}`,
      '',
    ]) {
      expect(await verdictOf(text)).toBe('unauthenticated');
    }
  });

  test('whose key cannot be loaded is not reported as invalid', async () => {
    const broken = {
      current: { kid: 'key-1', privateKey },
      publicKey: async () => {
        throw new Error('The database does not answer');
      },
    };
    const failing = new AccessTokens(broken as unknown as SigningKeys, () => ISSUER, {
      now: () => START,
    });
    const { token } = await failing.sign(account, session);
    await expect(failing.verify(token)).rejects.toThrow('does not answer');
  });
});
