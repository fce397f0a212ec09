import type { AccountId, ConversationId, SessionId } from '@parley/protocol';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startTestCluster, type TestCluster } from '../../test/support/database.ts';
import { testAudit } from '../../test/support/domain-builders.ts';
import { call, startTestServer, type TestServer, type User } from '../../test/support/server.ts';
import { until } from '../../test/support/sink.ts';
import { aClientId } from '../../test/support/stream-builders.ts';
import { ApiKeys } from '../accounts/api-keys/api-keys.ts';

let cluster: TestCluster;
let server: TestServer;
let owner: User;
let member: User;
beforeAll(async () => {
  cluster = await startTestCluster();
  server = await startTestServer(cluster);
  owner = await server.register('olga');
  member = await server.register('mona');
});
afterAll(async () => {
  await server.stop();
  await cluster.stop();
});

let made = 0;
async function createServiceAccount(role = 'member'): Promise<string> {
  made += 1;
  const body = { username: `robot${made}`, displayName: 'Robot' };
  const answer = await owner.request('POST', '/admin/service-accounts', body);
  expect(answer.status).toBe(201);
  if (role !== 'member') {
    await owner.request('PATCH', `/admin/accounts/${answer.body.id}`, { role });
  }
  return answer.body.id;
}

const ALL = [
  'users:read',
  'conversations:read',
  'conversations:write',
  'messages:read',
  'messages:write',
];
async function createKey(account: string, more: object = {}): Promise<{ key: string; id: string }> {
  const body = { name: 'ci', scopes: ALL, ...more };
  const answer = await owner.request('POST', `/admin/service-accounts/${account}/keys`, body);
  expect(answer.status, JSON.stringify(answer.body)).toBe(201);
  return answer.body;
}
const as = (key: string, method: string, path: string, body?: object) =>
  call(server.url, method, path, {
    ...(body && { body }),
    headers: { authorization: `Bearer ${key}` },
  });

describe('an API key', () => {
  test('is shown once, and stored as a hash', async () => {
    const account = await createServiceAccount();
    const { key, id } = await createKey(account, { scopes: [...ALL, ...ALL] });
    expect(key).toMatch(/^pk_[A-Za-z0-9_-]{43}$/);
    const { body } = await owner.request('GET', `/admin/service-accounts/${account}/keys`);
    expect(body.items).toHaveLength(1);
    expect(body.items[0]).toMatchObject({
      id,
      name: 'ci',
      scopes: ALL,
      hint: key.slice(0, 8),
      lastUsedAt: null,
    });
    expect(JSON.stringify(body)).not.toContain(key.slice(8));
  });

  test('authenticates REST requests as its service account', async () => {
    const account = await createServiceAccount();
    const { key } = await createKey(account);
    const me = await as(key, 'GET', '/me');
    expect(me.body).toMatchObject({ id: account, email: '', role: 'member' });
    const group = await owner.group('builds');
    expect((await as(key, 'GET', `/conversations/${group}`)).status).toBe(404);
    await owner.request('POST', `/conversations/${group}/members`, { account });
    const posted = await as(key, 'POST', `/conversations/${group}/messages`, { body: 'green' });
    expect(posted.status).toBe(201);
    expect(posted.body.author).toBe(account);
  });

  test('posts with an incoming webhook, which only needs the URL', async () => {
    const account = await createServiceAccount();
    const group = await owner.group('alerts');
    const { key } = await createKey(account, { scopes: ['messages:write'] });
    const send = (secret: string, body: object, conversation = group) =>
      fetch(new URL(`/api/v1/webhooks/${conversation}/${secret}`, server.url), {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
      });
    const body = { text: '*Build 217* failed: <https://ci.example/217|log>', username: 'ci' };
    expect((await send(key, body)).status).toBe(404);
    await owner.request('POST', `/conversations/${group}/members`, { account });
    const answer = await send(key, body);
    expect([answer.status, await answer.text()]).toEqual([200, 'ok']);
    const { body: page } = await owner.request('GET', `/conversations/${group}/messages`);
    expect(page.items.at(-1)).toMatchObject({
      author: account,
      body: '**Build 217** failed: [log](https://ci.example/217)',
    });
    const sendForm = (fields: Record<string, string>) =>
      fetch(new URL(`/api/v1/webhooks/${group}/${key}`, server.url), {
        method: 'POST',
        body: new URLSearchParams(fields),
      });
    expect((await sendForm({ payload: '{"text": "1 + 1 = 2 & ü"}' })).status).toBe(200);
    const { body: after } = await owner.request('GET', `/conversations/${group}/messages`);
    expect(after.items.at(-1)).toMatchObject({ author: account, body: '1 + 1 = 2 & ü' });
    expect((await sendForm({ payload: '{"text": ' })).status).toBe(400);
    expect((await sendForm({ text: 'not JSON' })).status).toBe(400);
    expect((await send(key, { text: ' ' })).status).toBe(422);
    expect((await send(key, {})).status).toBe(422);
    expect((await send(`pk_${'x'.repeat(43)}`, body)).status).toBe(401);
    // Access tokens are not accepted in a URL: they are longer than a part of a path may be.
    expect((await send(owner.accessToken, body)).status).toBe(404);
    expect((await send('not-a-key', body)).status).toBe(401);
    const reader = await createKey(account, { scopes: ['messages:read'] });
    expect((await send(reader.key, body)).status).toBe(403);
  });

  test('authenticates a socket, limited to its scopes', async () => {
    const account = await createServiceAccount();
    const group = await owner.group('ops');
    await owner.request('POST', `/conversations/${group}/members`, { account });
    const reader = await createKey(account, { scopes: ['conversations:read', 'messages:read'] });
    const peer = server.peer();
    const ready = await peer.hello(reader.key);
    expect(ready.me.id).toBe(account);
    const id = aClientId();
    peer.send({ op: 'post', id, conversation: group, body: 'hello' });
    expect(await peer.next('nack')).toMatchObject({ id, code: 'insufficient_scope' });
    await owner.post(group, 'for you');
    await peer.next('event', (e) => e.type === 'message.posted');

    const writer = server.peer();
    await writer.hello((await createKey(account)).key);
    writer.send({ op: 'post', id, conversation: group, body: 'hello' });
    expect(await writer.next('ack')).toMatchObject({ id });
  });

  test.each([['messages:write'], ['messages:read'], ['conversations:read']])(
    'cannot open a socket with %s alone',
    async (scope) => {
      const { key } = await createKey(await createServiceAccount(), { scopes: [scope] });
      const peer = server.peer();
      await peer.until(() => peer.ws.readyState === 1, 'open');
      peer.send({ op: 'hello', token: key });
      expect((await peer.next('nack')).code).toBe('insufficient_scope');
      expect(await peer.whenClosed()).toBe(4003);
      expect(peer.of('ready')).toEqual([]);
    },
  );

  test('gets no text of messages with a conversation without messages:read', async () => {
    const account = await createServiceAccount();
    const group = await owner.group('texts');
    await owner.request('POST', `/conversations/${group}/members`, { account });
    await owner.request('PATCH', `/conversations/${group}/members/${account}`, { role: 'admin' });
    await owner.request('POST', `/conversations/${group}/messages`, { body: 'not for the key' });
    const blind = await createKey(account, {
      scopes: ['conversations:read', 'conversations:write', 'messages:write'],
    });
    const requests = [
      ['GET', '/conversations'],
      ['GET', `/conversations/${group}`],
      ['POST', `/conversations/${group}/join`],
      ['PATCH', `/conversations/${group}`, { topic: 'builds' }],
    ] as const;
    for (const [method, path, body] of requests) {
      const answer = await as(blind.key, method, path, body);
      expect(answer.status, path).toBe(200);
      const [found] = (answer.body.items ?? [answer.body]).filter(
        ({ id }: { id: string }) => id === group,
      );
      expect(found.lastMessage, path).toBeNull();
      expect(JSON.stringify(answer.body)).not.toContain('not for the key');
    }
    const { key } = await createKey(account);
    const seen = await as(key, 'GET', `/conversations/${group}`);
    expect(seen.body.lastMessage.body).toBe('not for the key');
  });

  test('stops working when it is revoked, and its socket closes', async () => {
    const account = await createServiceAccount();
    const { key, id } = await createKey(account);
    const peer = server.peer();
    await peer.hello(key);
    const other = await createServiceAccount();
    const ofOther = await owner.request('DELETE', `/admin/service-accounts/${other}/keys/${id}`);
    expect(ofOther.status).toBe(404);
    expect((await as(key, 'GET', '/me')).status).toBe(200);
    const gone = await owner.request('DELETE', `/admin/service-accounts/${account}/keys/${id}`);
    expect(gone.status).toBe(204);
    expect((await as(key, 'GET', '/me')).body.code).toBe('session_ended');
    expect(await peer.whenClosed()).toBe(4004);
    const again = await owner.request('DELETE', `/admin/service-accounts/${account}/keys/${id}`);
    expect(again.status).toBe(404);
  });

  test('stops working when it expires, and its socket closes', async () => {
    const account = await createServiceAccount();
    const expiresAt = new Date(Date.now() + 3_000).toISOString();
    const { key } = await createKey(account, { expiresAt });
    const peer = server.peer();
    await peer.hello(key);
    expect([4003, 4004]).toContain(await peer.whenClosed());
    expect((await as(key, 'GET', '/me')).status).toBe(401);
    const past = { name: 'past', scopes: ALL, expiresAt: '2020-01-01T00:00:00Z' };
    const refused = await owner.request('POST', `/admin/service-accounts/${account}/keys`, past);
    expect(refused.status).toBe(422);
  });

  test('records its last use at most once a minute', async () => {
    const account = await createServiceAccount();
    const { key } = await createKey(account);
    const lastUse = async () =>
      (await owner.request('GET', `/admin/service-accounts/${account}/keys`)).body.items[0]
        .lastUsedAt;
    await as(key, 'GET', '/me');
    const first = await lastUse();
    expect(first).not.toBeNull();
    await as(key, 'GET', '/me');
    await as(key, 'GET', '/users');
    expect(await lastUse()).toBe(first);
  });

  test('needs users:read for the presence and the statuses of accounts', async () => {
    await owner.request('PATCH', '/me/status', { text: 'only for readers of users' });
    const account = await createServiceAccount();
    const scopes = ['conversations:read', 'messages:read'];
    const denied = server.peer();
    await denied.hello((await createKey(account, { scopes })).key, { presence: [owner.id] });
    expect(denied.of('nack')).toMatchObject([{ id: null, code: 'insufficient_scope' }]);
    expect(denied.of('ready')[0]?.presence).toEqual([]);
    denied.send({ op: 'watch', accounts: [owner.id] });
    await denied.until(() => denied.of('nack').length === 2, 'the second rejection');
    expect(denied.of('presence')).toEqual([]);
    const admitted = server.peer();
    const { key } = await createKey(account, { scopes: [...scopes, 'users:read'] });
    await admitted.hello(key, { presence: [owner.id] });
    expect(admitted.of('ready')[0]?.presence).toMatchObject([
      { account: owner.id, status: { text: 'only for readers of users' } },
    ]);
    expect(admitted.of('nack')).toEqual([]);
  });

  test('stops working while its service account is deactivated', async () => {
    const account = await createServiceAccount();
    const { key } = await createKey(account);
    const peer = server.peer();
    await peer.hello(key);
    await owner.request('POST', `/admin/accounts/${account}/deactivate`);
    expect((await as(key, 'GET', '/me')).status).toBe(401);
    expect(await peer.whenClosed()).toBe(4004);
    await owner.request('POST', `/admin/accounts/${account}/reactivate`);
    expect((await as(key, 'GET', '/me')).status).toBe(200);
  });
});

test('ended keys are found by other nodes, those of a suspended account and expired ones too', async () => {
  const account = await createServiceAccount();
  const expiresAt = new Date(Date.now() + 3_600_000).toISOString();
  const [lasting, ending] = [await createKey(account), await createKey(account, { expiresAt })];
  const listed = (await owner.request('GET', '/admin/service-accounts')).body.items;
  expect(listed.map((one: { kind: string }) => one.kind)).not.toContain('user');
  const { body } = await owner.request('GET', `/admin/service-accounts/${account}/keys`);
  expect(body.items.map(({ id }: { id: string }) => id)).toEqual([ending.id, lasting.id]);
  const ids = [lasting.id, ending.id] as SessionId[];
  const alive = async (ms: number) =>
    [...(await new ApiKeys(server.pool, { now: () => Date.now() + ms }).alive(ids))].sort();
  expect(await alive(0)).toEqual([...ids].sort());
  expect(await alive(3_600_001)).toEqual([lasting.id]);
  const suspend = (until: string | null) =>
    server.pool.query('update accounts set suspended_until = $2 where id = $1', [account, until]);
  await suspend(expiresAt);
  expect(await alive(0)).toEqual([]);
  await suspend(null);
  const keys = new ApiKeys(server.pool, { now: Date.now });
  const told: SessionId[] = [];
  keys.onEnded((id) => told.push(id));
  await keys.closeAll(account as AccountId);
  expect(told.sort()).toEqual([...ids].sort());
  // Another service account has no such key.
  const end = (of: string) => {
    const note = testAudit.log.note({ event: 'api_key_revoked', address: null });
    return keys.end(of as AccountId, lasting.id, note);
  };
  told.length = 0;
  expect([await end(await createServiceAccount()), told]).toEqual([false, []]);
  expect(await alive(0)).toEqual([...ids].sort());
  expect([await end(account), told]).toEqual([true, [lasting.id]]);
});

describe('a service account', () => {
  test('cannot log in with any password', async () => {
    const body = { username: 'quiet', displayName: 'Quiet' };
    const { status } = await owner.request('POST', '/admin/service-accounts', body);
    expect(status).toBe(201);
    for (const password of ['', ' ', 'null', 'undefined', 'quiet']) {
      const answer = await call(server.url, 'POST', '/auth/login', {
        body: { login: 'quiet', password },
      });
      expect([401, 422], password).toContain(answer.status);
    }
  });

  test('can have API keys, users cannot', async () => {
    const body = { name: 'mine', scopes: ALL };
    const paths = [
      `/admin/service-accounts/${member.id}/keys`,
      `/admin/service-accounts/${owner.id}/keys`,
    ];
    for (const path of paths) {
      const answer = await owner.request('POST', path, body);
      expect([answer.status, answer.body.code]).toEqual([404, 'account_not_found']);
    }
  });

  test('gets API keys from owners only when it is an admin', async () => {
    const admin = await server.register('adam');
    await owner.request('PATCH', `/admin/accounts/${admin.id}`, { role: 'admin' });
    const strong = await createServiceAccount('admin');
    const weak = await createServiceAccount();
    const body = { name: 'k', scopes: ['admin'] };
    const ask = (id: string) => admin.request('POST', `/admin/service-accounts/${id}/keys`, body);
    expect((await ask(strong)).status).toBe(403);
    expect((await ask(weak)).status).toBe(201);
    const key = await owner.request('POST', `/admin/service-accounts/${strong}/keys`, body);
    expect((await as(key.body.key, 'GET', '/admin/accounts')).status).toBe(200);
  });

  test('cannot become an owner', async () => {
    const account = await createServiceAccount();
    const answer = await owner.request('PATCH', `/admin/accounts/${account}`, { role: 'owner' });
    expect(answer.status).toBe(403);
  });

  test.each([
    ['no scope', { scopes: [] }],
    ['an unknown scope', { scopes: ['everything'] }],
    ['no name', { name: ' ' }],
    ['an expiry that is not a time', { expiresAt: 'tomorrow' }],
    ['an expiry in the past', { expiresAt: '2026-01-01T00:00:00.000Z' }],
  ])('is refused an API key with %s', async (_what, wrong) => {
    const path = `/admin/service-accounts/${await createServiceAccount()}/keys`;
    const answer = await owner.request('POST', path, { name: 'k', scopes: ALL, ...wrong });
    expect(answer.status).toBe(422);
  });

  test('cannot read conversations that it is not a member of', async () => {
    const { key } = await createKey(await createServiceAccount());
    const group = (await member.group('private')) as ConversationId;
    await until(async () => (await as(key, 'GET', '/me')).status === 200, 'the key');
    const answers = [
      await as(key, 'GET', `/conversations/${group}/messages`),
      await as(key, 'POST', `/conversations/${group}/messages`, { body: 'x' }),
    ];
    const missing = await as(key, 'GET', `/conversations/${aClientId()}/messages`);
    for (const answer of answers) {
      expect([answer.status, answer.body.code]).toEqual([missing.status, missing.body.code]);
    }
  });
});
