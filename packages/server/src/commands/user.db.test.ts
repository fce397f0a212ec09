import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { ask, eventually } from '../../test/support/backups.ts';
import { startTestCluster, type TestCluster } from '../../test/support/database.ts';
import { call, startTestServer, type TestServer } from '../../test/support/server.ts';
import { user } from './user.ts';

let cluster: TestCluster;
let server: TestServer;
let url: string;
beforeAll(async () => {
  cluster = await startTestCluster();
  server = await startTestServer(cluster);
  const [row] = await ask<{ name: string }>(
    cluster.embedded.connection,
    `select datname as name from pg_stat_activity where application_name = 'parley' and datname like 'test%'`,
  );
  const { host, port, user: role } = cluster.embedded.connection;
  url = `postgres://${role}@localhost/${row?.name}?host=${encodeURIComponent(host)}&port=${port}`;
});
afterAll(async () => {
  await server.stop();
  await cluster.stop();
});

let written: string;
beforeEach(() => {
  written = '';
  vi.stubEnv('DATABASE_URL', url);
  vi.stubEnv('PUBLIC_URL', 'https://chat.example.org');
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    written += String(text);
    return true;
  });
  vi.spyOn(process.stderr, 'write').mockImplementation(() => true);
});
afterEach(() => {
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
});

const setPassword = (password: string) => {
  const [, token] = /^https:\/\/chat\.example\.org\/reset#(\S+)\n$/.exec(written) ?? [];
  return call(server.url, 'POST', '/auth/reset', { body: { token, password } });
};
const logIn = (login: string, password: string) =>
  call(server.url, 'POST', '/auth/login', { body: { login, password } });

test('an admin can be created while the server is running, and clients are notified', async () => {
  const ann = await server.register('ann');
  const peer = server.peer();
  await peer.hello(ann.accessToken);

  expect(await user(['add', 'boss', 'boss@example.org', 'admin'])).toBe(0);

  await peer.until(
    () => peer.of('event').some((e) => e.type === 'user.registered' && e.data.username === 'boss'),
    'the event',
  );
  expect((await setPassword('a long enough passphrase')).status).toBe(204);
  const login = await logIn('boss', 'a long enough passphrase');
  expect([login.status, login.body.me.role]).toEqual([200, 'admin']);
});

test('a guest, who would have no groups, is not created', async () => {
  for (const role of ['guest', 'king']) {
    await expect(user(['add', 'gus', 'gus@example.org', role])).rejects.toThrow(
      'ROLE must be one of member, admin, owner',
    );
  }
  expect(await ask(url, `select id from accounts where username = 'gus'`)).toEqual([]);
});

test('a link for a lost password can be created, which ends the sessions', async () => {
  const bob = await server.register('bob');
  await user(['link', 'BOB']);
  expect((await setPassword('quite another passphrase')).status).toBe(204);
  expect((await setPassword('once more a passphrase')).status).not.toBe(204);
  expect((await bob.request('GET', '/me')).status).toBe(401);
  expect((await logIn('bob', 'quite another passphrase')).status).toBe(200);
});

test('a lost second factor can be removed', async () => {
  const eve = await server.register('eve');
  await ask(
    url,
    `insert into passkeys
       (id, account_id, credential_id, public_key, counter, transports, name, created_at)
     values (gen_random_uuid(), $1, '\\x01', '\\x02', 0, '', 'a key', now())`,
    [eve.id],
  );
  await user(['drop-factors', 'eve']);
  expect(await ask(url, 'select id from passkeys where account_id = $1', [eve.id])).toEqual([]);
  await eventually(
    async () => (await eve.request('GET', '/me')).status === 401,
    'the session to end',
  );
});

test('unsuspends an account, even the only owner', async () => {
  const [{ id, username } = { id: '', username: '' }] = await ask<{ id: string; username: string }>(
    url,
    `update accounts set suspended_until = now() + interval '1 hour', suspension_reason = 'spam'
     where role = 'owner' returning id, username`,
  );
  await user(['list']);
  expect(written).toMatch(new RegExp(`^${username}\\towner\\tsuspended\\t`, 'm'));
  expect(await user(['unsuspend', username])).toBe(0);
  expect(process.stderr.write).toHaveBeenLastCalledWith(`${username} is no longer suspended.\n`);
  expect(
    await ask(url, 'select suspended_until, suspension_reason from accounts where id = $1', [id]),
  ).toEqual([{ suspended_until: null, suspension_reason: null }]);
  expect(
    await ask(
      url,
      `select account_id, actor_id from audit_log where event = 'account_unsuspended'`,
    ),
  ).toEqual([{ account_id: id, actor_id: null }]);
  // A second time, it changes nothing.
  expect(await user(['unsuspend', username])).toBe(0);
  expect(process.stderr.write).toHaveBeenLastCalledWith(`${username} is not suspended.\n`);
  await expect(user(['unsuspend', 'zoe'])).rejects.toThrow('There is no account named zoe.');
});

test('accounts are listed, and errors are reported', async () => {
  await server.register('zed');
  await user(['list']);
  expect(written).toMatch(/^zed\tmember\tactive\tzed@example\.org$/m);
  await expect(user(['link', 'zoe'])).rejects.toThrow('There is no account named zoe.');
  await expect(user(['add', 'zed', 'zed@example.org'])).rejects.toThrow(
    /^This username is taken\nAn account with this email address already exists$/,
  );
  await expect(user(['add', 'x y', 'no address'])).rejects.toThrow(/letters.*\n.*email/);
  await expect(user(['add', 'new'])).rejects.toThrow('Missing argument: EMAIL');
  await expect(user(['drop'])).rejects.toThrow('Unknown subcommand: drop');
  await expect(user([])).rejects.toThrow('Missing subcommand');
});
