import {
  createHmac,
  createPrivateKey,
  createPublicKey,
  createSign,
  type KeyObject,
} from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { CLOSE } from '@parley/protocol';
import { decodeJwt, decodeProtectedHeader } from 'jose';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Vault } from '../src/encryption/vault.ts';
import { startTestCluster, type TestCluster } from './support/database.ts';
import { call, startTestServer, type TestServer, type User } from './support/server.ts';

/** Forged tokens are rejected by both entry points: a request, and the hello of a socket. */

const SECRET = 'a secret that only this test knows of';
let cluster: TestCluster;
/** Decrypts a stored signing key with the server’s secret. */
function openedKey(stored: string): KeyObject {
  const sealed = Buffer.from(stored.slice('sealed:'.length), 'base64');
  const text = new Vault(SECRET).open('signing-key', sealed);
  return createPrivateKey(text.slice(text.indexOf('\n') + 1));
}

let server: TestServer;
let ann: User;
let ours: KeyObject;
/** A server that offers its own key and counts the requests for it. */
let elsewhere: Server;
let asked = 0;
beforeAll(async () => {
  cluster = await startTestCluster();
  server = await startTestServer(cluster, { PARLEY_SECRET: SECRET });
  ann = await server.register('ann');
  const [row] = await server.rows('select private_pem from signing_keys');
  ours = openedKey(row?.private_pem as string);
  elsewhere = createServer((_request, response) => {
    asked++;
    response.end(JSON.stringify({ keys: [createPublicKey(foreign).export({ format: 'jwk' })] }));
  });
  await new Promise<void>((resolve) => elsewhere.listen(0, '127.0.0.1', resolve));
});
afterAll(async () => {
  elsewhere.close();
  await server.stop();
  await cluster.stop();
});

const { privateKey: foreign } = await import('node:crypto').then(({ generateKeyPairSync }) =>
  generateKeyPairSync('rsa', { modulusLength: 2048 }),
);
const b64 = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
const partsOf = (header: object, claims: object) => {
  const head = { ...decodeProtectedHeader(ann.accessToken), ...header };
  return `${b64(head)}.${b64({ ...decodeJwt(ann.accessToken), ...claims })}`;
};
const signed = (header: object, claims: object, key: KeyObject) => {
  const body = partsOf(header, claims);
  return `${body}.${createSign('RSA-SHA256').update(body).sign(key).toString('base64url')}`;
};
const hmac = (header: object, secret: string | Buffer) => {
  const body = partsOf(header, {});
  return `${body}.${createHmac('sha256', secret).update(body).digest('base64url')}`;
};
const there = () => `http://127.0.0.1:${(elsewhere.address() as AddressInfo).port}`;
const publicPem = () =>
  createPublicKey(ours as Parameters<typeof createPublicKey>[0]).export({
    type: 'spki',
    format: 'pem',
  });
const jwk = () => createPublicKey(foreign).export({ format: 'jwk' });
const soon = () => Math.floor(Date.now() / 1000) + 600;

const FORGED: Record<string, () => string> = {
  'with the algorithm none': () => `${partsOf({ alg: 'none' }, {})}.`,
  'with no signature': () => `${partsOf({}, {})}.`,
  'by HS256 with the public key': () => hmac({ alg: 'HS256' }, publicPem()),
  'by HS256 with the published JWK': () =>
    hmac({ alg: 'HS256' }, JSON.stringify(createPublicKey(publicPem()).export({ format: 'jwk' }))),
  'by a foreign key': () => signed({}, {}, foreign),
  'with a key in its header': () => signed({ jwk: jwk() }, {}, foreign),
  'with a key in its header and no kid': () => signed({ jwk: jwk(), kid: undefined }, {}, foreign),
  'with jku': () => signed({ jku: `${there()}/jwks.json` }, {}, foreign),
  'with jku, by our own key': () => signed({ jku: `${there()}/jwks.json` }, {}, ours),
  'with x5u': () => signed({ x5u: `${there()}/cert.pem` }, {}, foreign),
  'with x5c': () => signed({ x5c: ['MIIB'] }, {}, foreign),
  'with an address as kid': () => signed({ kid: `${there()}/key.pem` }, {}, foreign),
  'with a path as kid': () => signed({ kid: '../../../../dev/null' }, {}, foreign),
  'with SQL as kid': () => signed({ kid: "' union select '' --" }, {}, foreign),
  'with a property of all objects as kid': () => signed({ kid: '__proto__' }, {}, foreign),
  'for another audience': () => signed({}, { aud: 'elsewhere' }, ours),
  'of another issuer': () => signed({}, { iss: 'https://evil.example' }, ours),
  'of another type': () => signed({ typ: 'JWT' }, {}, ours),
  'of no type': () => signed({ typ: undefined }, {}, ours),
  'with a critical extension': () => signed({ crit: ['exp'] }, {}, ours),
  'without an end': () => signed({}, { exp: undefined }, ours),
  'with a text as its end': () => signed({}, { exp: String(soon()) }, ours),
  'that has expired': () => signed({}, { exp: Math.floor(Date.now() / 1000) - 1 }, ours),
  'that is not good yet': () => signed({}, { nbf: soon() }, ours),
  'without a session': () => signed({}, { sid: undefined }, ours),
  'of a session that does not exist': () =>
    signed({}, { sid: '00000000-0000-7000-8000-00000000beef' }, ours),
  'of another account': () => signed({}, { sub: '00000000-0000-7000-8000-00000000beef' }, ours),
  'with two signatures': () => `${ann.accessToken}.${ann.accessToken.split('.')[2]}`,
  'with padding': () => `${ann.accessToken}=`,
  'in the other alphabet of base64': () =>
    ann.accessToken.replaceAll('-', '+').replaceAll('_', '/'),
  'cut short': () => ann.accessToken.slice(0, -10),
  'that is a session token': () => ann.sessionToken,
};

test('a token that the test signs with the server’s own key is accepted', async () => {
  const token = signed({}, {}, ours);
  const headers = { authorization: `Bearer ${token}` };
  expect((await call(server.url, 'GET', '/me', { headers })).status).toBe(200);
  await server.peer().hello(token);
});

test.each(Object.entries(FORGED))(
  'a token %s is rejected by requests and sockets',
  async (_what, forge) => {
    const token = forge();
    // A token in the other alphabet may happen to have none of its letters.
    if (token === ann.accessToken) return;
    const headers = { authorization: `Bearer ${token}` };
    const answer = await call(server.url, 'GET', '/me', { headers });
    expect(answer.status).toBe(401);
    const socket = server.peer();
    await socket.until(() => socket.ws.readyState === 1, 'open');
    socket.send({ op: 'hello', token });
    expect([CLOSE.unauthenticated, CLOSE.sessionEnded]).toContain(await socket.whenClosed());
    expect(socket.of('ready')).toEqual([]);
    // The server requested no key from elsewhere.
    expect(asked).toBe(0);
  },
);
