import type { ConversationId } from '@parley/protocol';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startTestCluster, type TestCluster } from '../../test/support/database.ts';
import { call, startTestServer, type TestServer, type User } from '../../test/support/server.ts';
import { until } from '../../test/support/sink.ts';
import { aClientId } from '../../test/support/stream-builders.ts';

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
async function aProgram(role = 'member'): Promise<string> {
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
async function aKey(program: string, more: object = {}): Promise<{ key: string; id: string }> {
  const body = { name: 'ci', scopes: ALL, ...more };
  const answer = await owner.request('POST', `/admin/service-accounts/${program}/keys`, body);
  expect(answer.status, JSON.stringify(answer.body)).toBe(201);
  return answer.body;
}
const as = (key: string, method: string, path: string, body?: object) =>
  call(server.url, method, path, {
    ...(body && { body }),
    headers: { authorization: `Bearer ${key}` },
  });

describe('a key', () => {
  test('is shown once, and stored as a hash', async () => {
    const program = await aProgram();
    const { key, id } = await aKey(program);
    expect(key).toMatch(/^pk_[A-Za-z0-9_-]{43}$/);
    const { body } = await owner.request('GET', `/admin/service-accounts/${program}/keys`);
    expect(body.items).toHaveLength(1);
    expect(body.items[0]).toMatchObject({
      id,
      name: 'ci',
      hint: key.slice(0, 8),
      lastUsedAt: null,
    });
    expect(JSON.stringify(body)).not.toContain(key.slice(8));
  });

  test('acts over REST as the program’s account', async () => {
    const program = await aProgram();
    const { key } = await aKey(program);
    const me = await as(key, 'GET', '/me');
    expect(me.body).toMatchObject({ id: program, email: '', role: 'member' });
    const group = await owner.group('builds');
    expect((await as(key, 'GET', `/conversations/${group}`)).status).toBe(404);
    await owner.request('POST', `/conversations/${group}/members`, { account: program });
    const posted = await as(key, 'POST', `/conversations/${group}/messages`, { body: 'green' });
    expect(posted.status).toBe(201);
    expect(posted.body.author).toBe(program);
  });

  test('acts over the socket, within its scopes', async () => {
    const program = await aProgram();
    const group = await owner.group('ops');
    await owner.request('POST', `/conversations/${group}/members`, { account: program });
    const reader = await aKey(program, { scopes: ['conversations:read', 'messages:read'] });
    const peer = server.peer();
    const ready = await peer.hello(reader.key);
    expect(ready.me.id).toBe(program);
    const id = aClientId();
    peer.send({ op: 'post', id, conversation: group, body: 'hello' });
    expect(await peer.next('nack')).toMatchObject({ id, code: 'insufficient_scope' });
    await owner.post(group, 'for you');
    await peer.next('event', (e) => e.type === 'message.posted');

    const writer = server.peer();
    await writer.hello((await aKey(program)).key);
    writer.send({ op: 'post', id, conversation: group, body: 'hello' });
    expect(await writer.next('ack')).toMatchObject({ id });
  });

  test.each([['messages:write'], ['messages:read'], ['conversations:read']])(
    'with %s alone opens no socket',
    async (scope) => {
      const { key } = await aKey(await aProgram(), { scopes: [scope] });
      const peer = server.peer();
      await peer.until(() => peer.ws.readyState === 1, 'open');
      peer.send({ op: 'hello', token: key });
      expect((await peer.next('nack')).code).toBe('insufficient_scope');
      expect(await peer.whenClosed()).toBe(4003);
      expect(peer.of('ready')).toEqual([]);
    },
  );

  test('that is taken back is good for nothing at once, and its socket closes', async () => {
    const program = await aProgram();
    const { key, id } = await aKey(program);
    const peer = server.peer();
    await peer.hello(key);
    const gone = await owner.request('DELETE', `/admin/service-accounts/${program}/keys/${id}`);
    expect(gone.status).toBe(204);
    expect((await as(key, 'GET', '/me')).body.code).toBe('session_ended');
    expect(await peer.whenClosed(2_000)).toBe(4004);
    const again = await owner.request('DELETE', `/admin/service-accounts/${program}/keys/${id}`);
    expect(again.status).toBe(404);
  });

  test('that has run out is good for nothing, and its socket closes', async () => {
    const program = await aProgram();
    const expiresAt = new Date(Date.now() + 1_500).toISOString();
    const { key } = await aKey(program, { expiresAt });
    const peer = server.peer();
    await peer.hello(key);
    expect([4003, 4004]).toContain(await peer.whenClosed(6_000));
    expect((await as(key, 'GET', '/me')).status).toBe(401);
    const past = { name: 'past', scopes: ALL, expiresAt: '2020-01-01T00:00:00Z' };
    const refused = await owner.request('POST', `/admin/service-accounts/${program}/keys`, past);
    expect(refused.status).toBe(422);
  });

  test('tells when it was last used, written at most once a minute', async () => {
    const program = await aProgram();
    const { key } = await aKey(program);
    const lastUse = async () =>
      (await owner.request('GET', `/admin/service-accounts/${program}/keys`)).body.items[0]
        .lastUsedAt;
    await as(key, 'GET', '/me');
    const first = await lastUse();
    expect(first).not.toBeNull();
    await as(key, 'GET', '/me');
    await as(key, 'GET', '/users');
    expect(await lastUse()).toBe(first);
  });

  test('of a program that is deactivated is out at once, and in again with it', async () => {
    const program = await aProgram();
    const { key } = await aKey(program);
    const peer = server.peer();
    await peer.hello(key);
    await owner.request('POST', `/admin/accounts/${program}/deactivate`);
    expect((await as(key, 'GET', '/me')).status).toBe(401);
    expect(await peer.whenClosed(2_000)).toBe(4004);
    await owner.request('POST', `/admin/accounts/${program}/reactivate`);
    expect((await as(key, 'GET', '/me')).status).toBe(200);
  });
});

describe('a program', () => {
  test('cannot be logged in to, with no password whatever', async () => {
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

  test('has keys, people have none', async () => {
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

  test('that administers gets keys from owners only', async () => {
    const admin = await server.register('adam');
    await owner.request('PATCH', `/admin/accounts/${admin.id}`, { role: 'admin' });
    const strong = await aProgram('admin');
    const weak = await aProgram();
    const body = { name: 'k', scopes: ['admin'] };
    const ask = (id: string) => admin.request('POST', `/admin/service-accounts/${id}/keys`, body);
    expect((await ask(strong)).status).toBe(403);
    expect((await ask(weak)).status).toBe(201);
    const key = await owner.request('POST', `/admin/service-accounts/${strong}/keys`, body);
    expect((await as(key.body.key, 'GET', '/admin/accounts')).status).toBe(200);
  });

  test('cannot own the server', async () => {
    const program = await aProgram();
    const answer = await owner.request('PATCH', `/admin/accounts/${program}`, { role: 'owner' });
    expect(answer.status).toBe(403);
  });

  test.each([
    ['no scope', { scopes: [] }],
    ['an unknown scope', { scopes: ['everything'] }],
    ['no name', { name: ' ' }],
    ['an end that is no time', { expiresAt: 'tomorrow' }],
  ])('gets no key with %s', async (_what, wrong) => {
    const path = `/admin/service-accounts/${await aProgram()}/keys`;
    const answer = await owner.request('POST', path, { name: 'k', scopes: ALL, ...wrong });
    expect(answer.status).toBe(422);
  });

  test('reads nothing of conversations that it is not in', async () => {
    const { key } = await aKey(await aProgram());
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
