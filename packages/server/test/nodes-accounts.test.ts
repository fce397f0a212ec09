import { afterAll, beforeAll, expect, test } from 'vitest';
import { startTestCluster, type TestCluster } from './support/database.ts';
import { prepareTestNodes } from './support/nodes.ts';
import { call, registerAt } from './support/server.ts';
import { until } from './support/sink.ts';

/**
 * Ending an account’s access on one node closes its sockets on the other nodes within two seconds,
 * also without Redis.
 */

let cluster: TestCluster;
beforeAll(async () => {
  cluster = await startTestCluster();
});
afterAll(() => cluster.stop());

test('deactivation, suspension, deletion, revoking an API key and removing a second factor take effect on every node', async () => {
  // Nothing listens on this port.
  const nodes = await prepareTestNodes(cluster, 'redis://127.0.0.1:1');
  try {
    const [here, there] = [await nodes.node(), await nodes.node()];
    const owner = await registerAt(here.address, 'olga');
    const admin = (method: string, path: string, body?: object) =>
      call(here.address, method, path, {
        ...(body && { body }),
        headers: { authorization: `Bearer ${owner.accessToken}` },
      });
    const robot = await admin('POST', '/admin/service-accounts', {
      username: 'robot',
      displayName: 'Robot',
    });
    const keys = `/admin/service-accounts/${robot.body.id}/keys`;
    const scopes = ['conversations:read', 'messages:read'];
    const key = (await admin('POST', keys, { name: 'k', scopes })).body;
    const users = [];
    for (const name of ['ann', 'bob', 'cat', 'dan'])
      users.push(await registerAt(here.address, name));
    const [ann, bob, cat, dan] = users as [typeof owner, typeof owner, typeof owner, typeof owner];
    const suspension = { until: '2100-01-01T00:00:00.000Z', reason: '' };

    const ends = [
      [ann.accessToken, () => admin('POST', `/admin/accounts/${ann.id}/deactivate`)],
      [bob.accessToken, () => admin('DELETE', `/admin/accounts/${bob.id}?messages=keep`)],
      [cat.accessToken, () => admin('POST', `/admin/accounts/${cat.id}/reset-second-factor`)],
      [dan.accessToken, () => admin('POST', `/admin/accounts/${dan.id}/suspend`, suspension)],
      [key.key as string, () => admin('DELETE', `${keys}/${key.id}`)],
    ] as const;
    for (const [token, end] of ends) {
      const peer = nodes.peer(there);
      await peer.hello(token);
      const answer = await end();
      expect(answer.status).toBeLessThan(300);
      const startedAt = performance.now();
      expect(await peer.whenClosed()).toBe(4004);
      // Two seconds, and the delays of a busy machine: the token would be valid for ten minutes.
      expect(performance.now() - startedAt).toBeLessThan(10_000);
      const asked = await call(there.address, 'GET', '/conversations', {
        headers: { authorization: `Bearer ${token}` },
      });
      expect(asked.status).toBe(401);
    }

    // So do settings that admins change, and an account that may no longer register is refused at once.
    const peer = nodes.peer(there);
    await peer.hello(owner.accessToken);
    const closed = { registration: { mode: 'closed', domains: [] }, name: 'Lab' };
    expect((await admin('PATCH', '/admin/server-settings', closed)).status).toBe(200);
    const late = { username: 'eve', displayName: 'Eve', email: 'eve@example.org' };
    const refused = await call(there.address, 'POST', '/auth/register', {
      body: { ...late, password: 'seven purple walruses' },
    });
    expect(refused.body.code).toBe('registration_closed');
    await until(
      () => peer.of('event').some(({ type }) => type === 'server.updated'),
      'the event on the other node',
    );
  } finally {
    await nodes.stop();
  }
});
