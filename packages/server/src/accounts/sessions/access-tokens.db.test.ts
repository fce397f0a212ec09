import {
  createHmac,
  createPublicKey,
  createSign,
  generateKeyPairSync,
  type KeyObject,
} from 'node:crypto';
import { statSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLocalJWKSet, decodeJwt, decodeProtectedHeader, jwtVerify } from 'jose';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { aTestApi, type TestApi } from '../../../test/support/api.ts';
import { startTestCluster, type TestCluster } from '../../../test/support/database.ts';
import { SECRET } from '../../../test/support/signing-key.ts';
import { loadSecret } from '../../encryption/secret.ts';
import { loadSigningKeys } from './signing-keys.ts';

const PUBLIC_URL = 'https://chat.example.org';
let cluster: TestCluster;
let api: TestApi;
let token: string;
let account: string;
beforeAll(async () => {
  cluster = await startTestCluster();
  api = await aTestApi(await cluster.fresh(), { publicUrl: PUBLIC_URL });
  const answer = await api.register('ann');
  token = answer.accessToken;
  account = answer.me.id;
});
afterAll(async () => {
  await api.close();
  await cluster.stop();
});

const b64 = (value: object | string): string =>
  Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url');
/** A token like ours with other header fields or claims, signed with a key. */
const forge = (header: object, claims: object, key: KeyObject): string => {
  const head = Object.assign(decodeProtectedHeader(token), header);
  const body = `${b64(head)}.${b64(Object.assign(decodeJwt(token), claims))}`;
  return `${body}.${createSign('RSA-SHA256').update(body).sign(key).toString('base64url')}`;
};
const foreign = generateKeyPairSync('rsa', { modulusLength: 2048 });
const ourKey = async () => {
  const { rows } = await api.database.pool.query('select public_jwk from signing_keys');
  return rows[0].public_jwk;
};
const codeFor = async (forged: string) => {
  const answer = await api.get('/api/v1/me', forged);
  return `${answer.statusCode} ${answer.json().code}`;
};

describe('access tokens', () => {
  test('can be verified with the published keys', async () => {
    const published = await api.get('/.well-known/jwks.json');
    expect(published.headers['content-type']).toContain('application/jwk-set+json');
    const jwks = published.json();
    expect(Object.keys(jwks.keys[0]).sort()).toEqual(['alg', 'e', 'kid', 'kty', 'n', 'use']);
    const { payload, protectedHeader } = await jwtVerify(token, createLocalJWKSet(jwks), {
      issuer: PUBLIC_URL,
      audience: 'parley',
      typ: 'at+jwt',
      algorithms: ['RS256'],
    });
    expect(protectedHeader).toEqual({ alg: 'RS256', typ: 'at+jwt', kid: jwks.keys[0].kid });
    expect(payload.sub).toBe(account);
    expect((payload.exp ?? 0) - (payload.iat ?? 0)).toBe(600);
    expect(payload).toMatchObject({ sid: expect.any(String), jti: expect.any(String) });
  });

  test('without a signature are refused', async () => {
    const [, claims] = token.split('.');
    for (const alg of ['none', 'None', 'NONE']) {
      const head = b64({ ...decodeProtectedHeader(token), alg });
      expect(await codeFor(`${head}.${claims}.`)).toBe('401 unauthenticated');
      expect(await codeFor(`${head}.${claims}.AA`)).toBe('401 unauthenticated');
    }
  });

  test('signed by HS256 with our public key as the secret are refused', async () => {
    const pem = createPublicKey({ key: await ourKey(), format: 'jwk' }).export({
      type: 'spki',
      format: 'pem',
    });
    for (const secret of [pem, JSON.stringify(await ourKey())]) {
      const head = b64({ ...decodeProtectedHeader(token), alg: 'HS256' });
      const body = `${head}.${token.split('.')[1]}`;
      const mac = createHmac('sha256', secret).update(body).digest('base64url');
      expect(await codeFor(`${body}.${mac}`)).toBe('401 unauthenticated');
    }
  });

  test('signed by a foreign key are refused, whatever their header offers', async () => {
    const jwk = { ...foreign.publicKey.export({ format: 'jwk' }), alg: 'RS256', use: 'sig' };
    const { kid } = await ourKey();
    for (const header of [
      {},
      { kid: 'theirs' },
      { kid: '../../dev/null' },
      { kid: "' or 1=1 --" },
      { kid: '__proto__' },
      { kid: undefined },
      { jwk },
      { jwk, kid: undefined },
      { jku: 'https://evil.example/jwks.json' },
      { x5u: 'https://evil.example/cert.pem' },
      { x5c: ['MIIB'] },
      { kid, crit: ['exp'] },
      { kid, crit: ['b64'], b64: true },
    ]) {
      const forged = forge(header, {}, foreign.privateKey);
      expect(await codeFor(forged), JSON.stringify(header)).toBe('401 unauthenticated');
    }
  });

  test('with other white space, padding or parts are refused', async () => {
    const [head, claims, signature] = token.split('.');
    for (const text of [
      `${token}=`,
      `${head}=.${claims}.${signature}`,
      `${token}.${signature}`,
      `${head}.${claims}`,
      'nonsense',
      '..',
    ]) {
      expect(await codeFor(text), text).toBe('401 unauthenticated');
    }
    // These never get into a header; the socket's hello could carry them.
    for (const text of [`${head}\n.${claims}.${signature}`, ` ${token}`, `${token}\n`]) {
      expect(await api.accounts.identify(text)).toMatchObject({
        refusal: { code: 'unauthenticated' },
      });
    }
  });
});

describe('base64url', () => {
  test('of a token has one form: unused bits at the end of a part are refused', async () => {
    const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
    const parts = token.split('.');
    let tried = 0;
    for (const [n, part] of parts.entries()) {
      const unused = [0, 0, 4, 2][part.length % 4] ?? 0;
      const last = alphabet.indexOf(part.at(-1) ?? '');
      for (let bits = 1; bits < 2 ** unused; bits++) {
        const changed = [...parts];
        changed[n] = part.slice(0, -1) + alphabet[last | bits];
        expect(Buffer.from(changed[n] ?? '', 'base64url')).toEqual(Buffer.from(part, 'base64url'));
        expect(await codeFor(changed.join('.'))).toBe('401 unauthenticated');
        tried++;
      }
    }
    // 256 bytes of a signature leave four bits.
    expect(tried).toBeGreaterThanOrEqual(15);
  });
});

describe('with our own key', () => {
  let ours: KeyObject;
  beforeAll(async () => {
    const secret = 'x'.repeat(32);
    const fresh = await aTestApi(await cluster.fresh(), { publicUrl: PUBLIC_URL, secret });
    await api.close();
    api = fresh;
    const answer = await api.register('ann');
    token = answer.accessToken;
    ours = (await loadSigningKeys(api.database.pool, secret)).current.privateKey;
  });

  test('a token made like ours is accepted: the forger works', async () => {
    expect((await api.get('/api/v1/me', forge({}, {}, ours))).statusCode).toBe(200);
  });

  test.each([
    ['of another issuer', {}, { iss: 'https://evil.example' }],
    ['for another audience', {}, { aud: 'other' }],
    ['without a session', {}, { sid: undefined }],
    ['without a subject', {}, { sub: undefined }],
    ['without an end', {}, { exp: undefined }],
    ['of another type', { typ: 'JWT' }, {}],
    ['without a type', { typ: undefined }, {}],
    ['not yet valid', {}, { nbf: Math.floor(Date.now() / 1000) + 3600 }],
    ['with a key in its header', { jwk: foreign.publicKey.export({ format: 'jwk' }) }, {}],
    ['with a critical extension', { crit: ['b64'], b64: true }, {}],
  ])('a token %s is refused', async (_what, header, claims) => {
    expect(await codeFor(forge(header, claims, ours))).toBe('401 unauthenticated');
  });

  test('reports an expired token as expired', async () => {
    const exp = Math.floor(Date.now() / 1000) - 1;
    expect(await codeFor(forge({}, { exp }, ours))).toBe('401 token_expired');
  });

  test('rejects a token for a session of another user', async () => {
    const bob = await api.register('bob');
    expect(await codeFor(forge({}, { sub: bob.me.id }, ours))).toBe('401 session_ended');
  });
});

describe('signing keys', () => {
  test('of several nodes that start at once are one key, encrypted in the database', async () => {
    const database = await (await cluster.fresh()).open();
    const secret = 's'.repeat(40);
    const all = await Promise.all(
      Array.from({ length: 5 }, () => loadSigningKeys(database.pool, secret)),
    );
    expect(new Set(all.map((k) => k.current.kid)).size).toBe(1);
    const { rows } = await database.pool.query('select private_pem from signing_keys');
    expect(rows).toHaveLength(1);
    expect(rows[0].private_pem).toMatch(/^sealed:[\w+/]+={0,2}$/);
    await expect(loadSigningKeys(database.pool, 't'.repeat(40))).rejects.toThrow(/PARLEY_SECRET/);
  });

  test('of earlier versions are re-encrypted, and sign as before', async () => {
    const { pool } = await (await cluster.fresh()).open();
    const secret = 's'.repeat(40);
    const pair = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const pem = pair.privateKey.export({
      type: 'pkcs8',
      format: 'pem',
      cipher: 'aes-256-cbc',
      passphrase: secret,
    });
    await pool.query(
      `insert into signing_keys (kid, public_jwk, private_pem, created_at, signs_from)
       values ('old', $1, $2, now(), now())`,
      [JSON.stringify(pair.publicKey.export({ format: 'jwk' })), pem],
    );
    await expect(loadSigningKeys(pool, 't'.repeat(40))).rejects.toThrow(/PARLEY_SECRET/);
    const keys = await loadSigningKeys(pool, secret);
    expect(keys.current.kid).toBe('old');
    const stored = async () =>
      (await pool.query('select private_pem from signing_keys')).rows[0].private_pem;
    expect(await stored()).toMatch(/^sealed:/);
    const again = await loadSigningKeys(pool, secret);
    const text = (key: KeyObject) => key.export({ type: 'pkcs8', format: 'pem' });
    expect(text(again.current.privateKey)).toBe(text(pair.privateKey));
  });

  test('that were changed or moved in the database are refused', async () => {
    const { pool } = await (await cluster.fresh()).open();
    const secret = 's'.repeat(40);
    const keys = await loadSigningKeys(pool, secret);
    const { kid } = keys.current;
    const { rows } = await pool.query('select private_pem from signing_keys');
    const sealed = Buffer.from(rows[0].private_pem.slice('sealed:'.length), 'base64');
    for (const at of [0, 12, 28, sealed.length - 1]) {
      const changed = Buffer.from(sealed);
      changed[at] = (changed[at] ?? 0) ^ 1;
      await pool.query('update signing_keys set private_pem = $1', [
        `sealed:${changed.toString('base64')}`,
      ]);
      await expect(loadSigningKeys(pool, secret), `byte ${at}`).rejects.toThrow(/PARLEY_SECRET/);
    }
    await pool.query('update signing_keys set private_pem = $1, kid = $2', [
      rows[0].private_pem,
      'another',
    ]);
    await expect(loadSigningKeys(pool, secret)).rejects.toThrow(/under the id of another key/);
    await pool.query('update signing_keys set kid = $1', [kid]);
    expect((await loadSigningKeys(pool, secret)).current.kid).toBe(kid);
  });

  test('rotate without logging users out: published before, verified after', async () => {
    let ahead = 0;
    const clock = { now: () => Date.now() + ahead };
    const server = await aTestApi(await cluster.fresh(), { publicUrl: PUBLIC_URL, clock });
    try {
      const { pool } = server.database;
      const secret = SECRET;
      const here = await loadSigningKeys(pool, secret, clock);
      const other = await loadSigningKeys(pool, secret, clock);
      const before = here.current.kid;
      const next = await here.rotate();
      // Known to all, used by none.
      await other.load();
      expect(other.jwks.keys.map((k) => k.kid)).toEqual([next, before]);
      expect([here.current.kid, other.current.kid]).toEqual([before, before]);
      ahead = 10 * 60_000 + 1;
      expect([here.current.kid, other.current.kid]).toEqual([next, next]);
      expect(await other.publicKey(before)).toBeDefined();
      ahead = 29 * 60_000;
      expect(await other.publicKey(before)).toBeDefined();
      ahead = 30 * 60_000 + 1;
      expect(await other.publicKey(before)).toBeUndefined();
      expect(other.jwks.keys.map((k) => k.kid)).toEqual([next]);
      await here.maintain();
      const { rows } = await pool.query('select kid from signing_keys');
      expect(rows).toEqual([{ kid: next }]);
      // By age.
      ahead = 91 * 24 * 3_600_000;
      await Promise.all([here.maintain(), other.maintain()]);
      expect(here.jwks.keys).toHaveLength(2);
      expect(here.current.kid).toBe(next);
    } finally {
      await server.close();
    }
  });

  test('with unknown ids are searched in the database at most once in five seconds', async () => {
    const { pool } = await (await cluster.fresh()).open();
    const keys = await loadSigningKeys(pool, SECRET);
    const query = vi.spyOn(pool, 'query');
    for (let i = 0; i < 20; i++) expect(await keys.publicKey(`unknown-${i}`)).toBeUndefined();
    expect(query.mock.calls.length).toBeLessThanOrEqual(1);
    query.mockRestore();
  });

  test('that have leaked are revoked at once, and sessions continue with new ones', async () => {
    const server = await aTestApi(await cluster.fresh(), { publicUrl: PUBLIC_URL });
    try {
      const { accessToken, sessionToken } = await server.register('ann');
      const besides = await loadSigningKeys(server.database.pool, SECRET);
      const kid = await besides.rotate({ atOnce: true });
      await server.accounts.loadKeys();
      expect((await server.get('/api/v1/me', accessToken)).statusCode).toBe(401);
      const headers = { authorization: `Bearer ${sessionToken}` };
      const renewed = (await server.post('/auth/token', undefined, headers)).json().accessToken;
      expect(decodeProtectedHeader(renewed).kid).toBe(kid);
      expect((await server.get('/api/v1/me', renewed)).statusCode).toBe(200);
    } finally {
      await server.close();
    }
  });

  test('the secret is made once, for its owner only', async () => {
    const parent = await mkdtemp(join(tmpdir(), 'parley-secret-'));
    try {
      const dataDir = join(parent, 'data');
      const secret = loadSecret({ dataDir });
      expect(secret).toMatch(/^[\w-]{43}$/);
      expect(loadSecret({ dataDir })).toBe(secret);
      expect(statSync(join(dataDir, 'secret')).mode & 0o777).toBe(0o600);
      expect(loadSecret({ dataDir, secret: 'of the environment' })).toBe('of the environment');
    } finally {
      await rm(parent, { recursive: true });
    }
  });
});
