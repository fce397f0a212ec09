import { CLOSE } from '@parley/protocol';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type LocalRedis, startRedis, whyNoRedis } from '../../../chaos/src/processes/redis.ts';
import type { Parley } from '../src/main.ts';
import { bearer, PASSWORD } from './support/credentials.ts';
import { startTestCluster, type TestCluster } from './support/database.ts';
import { prepareTestNodes, type TestNodes } from './support/nodes.ts';
import { call, loginAt, registerAt, type User } from './support/server.ts';
import { type EmailSink, startEmailSink } from './support/smtp-server.ts';

/** Sockets of an ended session close within two seconds; the rest is tolerance for the test itself. */
const ENDED_MS = 2_400;
const NEXT = 'seven purple walruses';
const without = whyNoRedis();

let cluster: TestCluster;
let sink: EmailSink;
let redis: LocalRedis | null = null;
/** For unique usernames and email addresses. */
let count = 0;
beforeAll(async () => {
  [cluster, sink] = await Promise.all([startTestCluster(), startEmailSink()]);
  if (without === null) redis = await startRedis();
});
afterAll(async () => {
  await redis?.stop();
  await sink.stop();
  await cluster.stop();
});

/** The acting parties: a user on node `one`, and an admin. */
interface Scene {
  readonly one: Parley;
  readonly owner: User;
  readonly user: User;
}
const login = (node: Parley, name: string) => loginAt(node.address, name);

/** What ends a session; each returns the status of its last request. */
const CAUSES: Record<string, (scene: Scene) => Promise<number>> = {
  'a logout': async ({ user }) =>
    (await user.request('POST', '/auth/logout', undefined, bearer(user.sessionToken))).status,
  'its removal in the list of sessions': async ({ one, user }) => {
    const { accessToken } = (await login(one, user.name)).body;
    const { items } = (await user.request('GET', '/me/sessions')).body;
    const { id } = items.find((session: { current: boolean }) => session.current);
    const headers = bearer(accessToken);
    return (await user.request('DELETE', `/me/sessions/${id}`, undefined, headers)).status;
  },
  'ending all other sessions': async ({ one, user }) => {
    const headers = bearer((await login(one, user.name)).body.accessToken);
    return (await user.request('POST', '/me/sessions/end-others', undefined, headers)).status;
  },
  'a new password elsewhere': async ({ one, user }) => {
    const headers = bearer((await login(one, user.name)).body.accessToken);
    const body = { current: PASSWORD, next: NEXT };
    return (await user.request('POST', '/me/password', body, headers)).status;
  },
  'a new password by link': async ({ one, user }) => {
    const email = `${user.name}@example.org`;
    await call(one.address, 'POST', '/auth/forgot', { body: { email } });
    await sink.code(email);
    const token = await sink.token(email);
    const body = { token, password: NEXT };
    return (await call(one.address, 'POST', '/auth/reset', { body })).status;
  },
  'the reuse of an old session token': async ({ one, user }) => {
    let token = user.sessionToken;
    for (let i = 0; i < 2; i++) {
      const answer = await call(one.address, 'POST', '/auth/token', { headers: bearer(token) });
      token = answer.body.sessionToken;
    }
    const headers = bearer(user.sessionToken);
    const reused = await call(one.address, 'POST', '/auth/token', { headers });
    return reused.status === 401 ? 204 : reused.status;
  },
  'a deactivation': async ({ owner, user }) =>
    (await owner.request('POST', `/admin/accounts/${user.id}/deactivate`)).status,
};

describe.each([
  ['with Redis', () => redis?.url ?? null],
  ['with Redis down', () => 'redis://127.0.0.1:1'],
])('the sockets of a session on two nodes, %s', (_name, urlOf) => {
  let nodes: TestNodes;
  let one: Parley;
  let two: Parley;
  let owner: User;
  beforeAll(async () => {
    const url = urlOf();
    if (url === null) return;
    nodes = await prepareTestNodes(cluster, url);
    const env = { SMTP_URL: sink.url, VERIFY_EMAIL: 'off' };
    [one, two] = [await nodes.node(env), await nodes.node(env)];
    if (url === redis?.url) await nodes.connected(one, two);
    owner = await registerAt(one.address, `owner${url.length}`);
  });
  afterAll(() => nodes?.stop());

  test.each(Object.entries(CAUSES))('close on %s', async (_cause, end) => {
    if (urlOf() === null) return;
    const user = await registerAt(one.address, `person${++count}x`);
    const bystander = nodes.peer(two);
    await bystander.hello(owner.accessToken);
    const sockets = [nodes.peer(one), nodes.peer(two), nodes.peer(two)];
    for (const socket of sockets) await socket.hello(user.accessToken);
    expect(await end({ one, owner, user })).toBeLessThan(300);
    const closed = await Promise.all(sockets.map((socket) => socket.whenClosed(ENDED_MS)));
    expect(closed).toEqual(sockets.map(() => CLOSE.sessionEnded));
    expect(bystander.closed).toBeNull();
    // No new socket opens either, on any node.
    for (const node of [one, two]) {
      const late = nodes.peer(node);
      await late.until(() => late.ws.readyState === 1, 'open');
      late.send({ op: 'hello', token: user.accessToken });
      expect([CLOSE.sessionEnded, CLOSE.unauthenticated]).toContain(await late.whenClosed());
      expect(late.of('ready')).toEqual([]);
    }
  });

  test('no session survives from a login that races with a deactivation or a new password', async () => {
    if (urlOf() === null) return;
    for (const way of ['a deactivation', 'a new password elsewhere']) {
      const user = await registerAt(one.address, `racer${++count}x`);
      const before = (await login(two, user.name)).body.accessToken;
      const racing = Array.from({ length: 6 }, async (_, i) => {
        const answer = await login(i % 2 === 0 ? one : two, user.name);
        if (answer.status !== 200) return null;
        const socket = nodes.peer(i % 2 === 0 ? two : one);
        await socket.until(() => socket.ws.readyState === 1, 'open');
        socket.send({ op: 'hello', token: answer.body.accessToken });
        return { socket, token: answer.body.accessToken as string };
      });
      const change =
        way === 'a deactivation'
          ? owner.request('POST', `/admin/accounts/${user.id}/deactivate`)
          : user.request('POST', '/me/password', { current: PASSWORD, next: NEXT });
      const [changed, ...raced] = await Promise.all([change, ...racing]);
      expect(changed.status).toBeLessThan(300);
      for (const racer of raced) {
        if (racer === null) continue;
        expect(await racer.socket.whenClosed(ENDED_MS)).toBe(CLOSE.sessionEnded);
      }
      const me = await call(two.address, 'GET', '/me', { headers: bearer(before) });
      expect(me.status).toBe(401);
      expect((await login(one, user.name)).status).toBe(401);
    }
  });
});
