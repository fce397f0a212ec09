import {
  type AccountId,
  SERVER_SETTINGS_DEFAULTS,
  SETUP_STEPS,
  WORKSPACE_STREAM,
} from '@parley/protocol';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { PASSWORD } from '../../test/support/credentials.ts';
import { startTestCluster, type TestCluster } from '../../test/support/database.ts';
import { testAudit, verdict } from '../../test/support/domain-builders.ts';
import {
  call,
  loginAt,
  startTestServer,
  type TestServer,
  type User,
} from '../../test/support/server.ts';
import { until } from '../../test/support/sink.ts';
import { aClientId, anAppend } from '../../test/support/stream-builders.ts';
import { withTransaction } from '../storage/database.ts';
import { changeServerSettings } from './change-settings.ts';
import { deactivateAccount } from './commands.ts';
import { deleteAccount } from './delete-account.ts';
import { requirePermission } from './queries.ts';
import { suspendAccount } from './suspend-account.ts';

let cluster: TestCluster;
let server: TestServer;
let owner: User;
let admin: User;
let member: User;
beforeAll(async () => {
  cluster = await startTestCluster();
  server = await startTestServer(cluster, {
    SMTP_URL: '',
    LINK_PREVIEWS: '',
    PARLEY_SECRET: 's'.repeat(40),
  });
  owner = await server.register('olga');
  admin = await server.register('adam');
  member = await server.register('mona');
  await owner.request('PATCH', `/admin/accounts/${admin.id}`, { role: 'admin' });
});
afterAll(async () => {
  await server.stop();
  await cluster.stop();
});

const login = (name: string, password?: string) => loginAt(server.url, name, password);
const list = async (query: string) =>
  (await admin.request('GET', `/admin/accounts?${query}`)).body.items as {
    username: string;
    email: string;
  }[];

describe('listing accounts', () => {
  test('searches names and email addresses', async () => {
    await server.register('zoe');
    expect((await list('search=zoe')).map((a) => a.email)).toEqual(['zoe@example.org']);
    expect((await list('search=ZOE%40exam')).map((a) => a.username)).toEqual(['zoe']);
    expect(await list('search=%25')).toEqual([]);
  });

  test('says what the caller may do', async () => {
    const pia = await server.register('pia');
    const seenBy = async (caller: User, id: string) =>
      (await caller.request('GET', `/admin/accounts/${id}`)).body;
    expect(await seenBy(owner, pia.id)).toMatchObject({
      permissions: [
        'update',
        'set_role',
        'deactivate',
        'suspend',
        'unlock',
        'end_sessions',
        'delete_messages',
        'delete',
      ],
      assignableRoles: ['owner', 'admin', 'member', 'guest'],
    });
    expect(await seenBy(admin, pia.id)).toMatchObject({
      permissions: [
        'update',
        'set_role',
        'deactivate',
        'suspend',
        'unlock',
        'end_sessions',
        'delete_messages',
        'delete',
      ],
      assignableRoles: ['member', 'guest'],
    });
    expect(await seenBy(admin, owner.id)).toMatchObject({ permissions: [], assignableRoles: [] });
    const pages = [owner, admin].map((caller) => caller.request('GET', '/admin/accounts'));
    expect((await Promise.all(pages)).map((page) => page.body.creatableRoles)).toEqual([
      ['owner', 'admin', 'member', 'guest'],
      ['member', 'guest'],
    ]);
    // They depend on the state.
    const changed = await owner.request('POST', `/admin/accounts/${pia.id}/deactivate`);
    expect(changed.body.permissions).toEqual([
      'update',
      'set_role',
      'reactivate',
      'unlock',
      'delete_messages',
      'delete',
    ]);
  });

  test('filters and pages', async () => {
    const admins = await list('filter=admins');
    expect(admins.map((a) => a.username).sort()).toEqual(['adam', 'olga']);
    const first = await admin.request('GET', '/admin/accounts?limit=2');
    const next = await admin.request('GET', `/admin/accounts?limit=2&after=${first.body.next}`);
    const names = [...first.body.items, ...next.body.items].map((a) => a.username);
    expect(new Set(names).size).toBe(4);
  });

  test('fills every page of users when there are service accounts', async () => {
    for (const name of ['aa-bot', 'ab-bot', 'ac-bot']) {
      const body = { username: name, displayName: name };
      const answer = await owner.request('POST', '/admin/service-accounts', body);
      expect(answer.status, JSON.stringify(answer.body)).toBe(201);
    }
    const kinds: string[] = [];
    let after: string | null = '';
    while (after !== null) {
      const query: string = `kind=user&limit=2${after && `&after=${after}`}`;
      const { body } = await admin.request('GET', `/admin/accounts?${query}`);
      kinds.push(...body.items.map((a: { kind: string }) => a.kind));
      if (body.next !== null) expect(body.items).toHaveLength(2);
      after = body.next;
    }
    expect(kinds.length).toBeGreaterThanOrEqual(4);
    expect(new Set(kinds)).toEqual(new Set(['user']));
    const bots = await list('kind=service&filter=active');
    expect(bots.map((a) => a.username)).toEqual(['aa-bot', 'ab-bot', 'ac-bot']);
  });

  test('returns no hash and no secret', async () => {
    const { body } = await owner.request('GET', '/admin/accounts');
    expect(JSON.stringify(body)).not.toMatch(/argon2|hash|secret|sealed/i);
  });
});

describe('creating an account', () => {
  test('creates a member who can log in', async () => {
    const body = {
      username: 'nina',
      displayName: 'Nina',
      email: 'nina@example.org',
      password: PASSWORD,
    };
    const key = { 'idempotency-key': aClientId() };
    const made = await admin.request('POST', '/admin/accounts', body, key);
    expect(made.status, JSON.stringify(made.body)).toBe(201);
    expect(made.body).toMatchObject({ username: 'nina', role: 'member', kind: 'user' });
    expect((await login('nina')).status).toBe(200);
    const again = await admin.request('POST', '/admin/accounts', body, key);
    expect(again.body.id).toBe(made.body.id);
  });

  test('lists every taken field', async () => {
    const taken = { username: 'MONA', displayName: 'x', email: 'Mona@Example.org' };
    const answer = await admin.request('POST', '/admin/accounts', taken);
    expect(answer.status).toBe(409);
    const fields = answer.body.errors.map((e: { field: string }) => e.field);
    expect(fields).toEqual(['username', 'email']);
  });

  test('rejects the admin role unless an owner creates the account', async () => {
    const body = {
      username: 'boss',
      displayName: 'Boss',
      email: 'boss@example.org',
      role: 'admin',
    };
    expect((await admin.request('POST', '/admin/accounts', body)).status).toBe(403);
    expect((await owner.request('POST', '/admin/accounts', body)).body.role).toBe('admin');
  });

  test('ignores unknown fields', async () => {
    const more = {
      isActive: false,
      verified: true,
      kind: 'service',
      id: member.id,
      passwordHash: 'x',
    };
    const body = { username: 'mass', displayName: 'Mass', email: 'mass@example.org', ...more };
    const made = await admin.request('POST', '/admin/accounts', body);
    expect(made.body).toMatchObject({ isActive: true, verified: false, kind: 'user' });
    expect(made.body.id).not.toBe(member.id);
  });
});

describe('mass assignment', () => {
  test.each([['register', { role: 'owner', isActive: true, verified: true, kind: 'service' }]])(
    '%s ignores role and status',
    async (_route, more) => {
      const answer = await call(server.url, 'POST', '/auth/register', {
        body: {
          username: 'sly',
          displayName: 'Sly',
          email: 'sly@example.org',
          password: PASSWORD,
          ...more,
        },
        headers: { 'parley-session': 'token' },
      });
      expect(answer.body.me).toMatchObject({ role: 'member', isActive: true });
      const { body } = await admin.request('GET', `/admin/accounts/${answer.body.me.id}`);
      expect(body).toMatchObject({ role: 'member', kind: 'user', verified: false });
    },
  );
});

test('a user cannot change their own role or status', async () => {
  const more = {
    role: 'owner',
    isActive: false,
    verified: true,
    kind: 'service',
    email: 'x@y.example',
  };
  await member.request('PATCH', '/me', { displayName: 'Mona', ...more });
  expect((await member.request('GET', '/me')).body).toMatchObject({
    displayName: 'Mona',
    role: 'member',
    isActive: true,
    verified: false,
    email: 'mona@example.org',
  });
});

describe('updating an account', () => {
  test('publishes an event and makes the new name searchable', async () => {
    const bob = await server.register('bob');
    const peer = server.peer();
    await peer.hello(member.accessToken);
    const change = { username: 'robert', displayName: 'Robert', email: 'robert@example.org' };
    const answer = await admin.request('PATCH', `/admin/accounts/${bob.id}`, change);
    expect(answer.body).toMatchObject(change);
    const event = await peer.next('event', (e) => e.type === 'user.updated');
    expect(event.data).toEqual({ account: bob.id, username: 'robert', displayName: 'Robert' });
    expect(JSON.stringify(event)).not.toContain('@');
    const found = await member.request('GET', '/users?search=robert');
    expect(found.body.items.map((p: { id: string }) => p.id)).toEqual([bob.id]);
    expect((await login('bob')).status).toBe(401);
    expect((await login('robert@example.org')).status).toBe(200);
  });

  test('rejects a username and an email address that are taken', async () => {
    const answer = await admin.request('PATCH', `/admin/accounts/${member.id}`, {
      username: 'OLGA',
      email: 'adam@example.org',
    });
    expect(answer.status).toBe(409);
    expect(answer.body.errors).toHaveLength(2);
  });

  test('lets only owners change roles, effective with the next request', async () => {
    const vera = await server.register('vera');
    const promote = { role: 'admin' };
    expect((await admin.request('PATCH', `/admin/accounts/${vera.id}`, promote)).status).toBe(403);
    expect((await vera.request('PATCH', `/admin/accounts/${vera.id}`, promote)).status).toBe(403);
    expect((await vera.request('GET', '/admin/accounts')).status).toBe(403);
    const peer = server.peer();
    await peer.hello(vera.accessToken);
    expect((await owner.request('PATCH', `/admin/accounts/${vera.id}`, promote)).body.role).toBe(
      'admin',
    );
    const event = await peer.next('event', (e) => e.type === 'user.role_changed');
    expect(event.data).toEqual({ account: vera.id, role: 'admin' });
    expect((await vera.request('GET', '/admin/accounts')).status).toBe(200);
    await owner.request('PATCH', `/admin/accounts/${vera.id}`, { role: 'member' });
    expect((await vera.request('GET', '/admin/accounts')).status).toBe(403);
  });

  test('keeps at least one owner when two owners step down concurrently', async () => {
    const alone = await owner.request('PATCH', `/admin/accounts/${owner.id}`, { role: 'member' });
    expect([alone.status, alone.body.code]).toEqual([409, 'last_owner']);
    expect((await owner.request('POST', `/admin/accounts/${owner.id}/deactivate`)).body.code).toBe(
      'last_owner',
    );
    const second = await server.register('otto');
    await owner.request('PATCH', `/admin/accounts/${second.id}`, { role: 'owner' });
    const answers = await Promise.all([
      owner.request('PATCH', `/admin/accounts/${second.id}`, { role: 'member' }),
      second.request('PATCH', `/admin/accounts/${owner.id}`, { role: 'member' }),
    ]);
    expect(answers.filter((a) => a.status === 200)).toHaveLength(1);
    const winner = answers[0]?.status === 200 ? owner : second;
    await winner.request('PATCH', `/admin/accounts/${owner.id}`, { role: 'owner' });
    if (winner === second)
      await owner.request('PATCH', `/admin/accounts/${second.id}`, { role: 'member' });
    expect((await owner.request('GET', '/me')).body.role).toBe('owner');
  });

  test('rejects changes of owners and admins by an admin', async () => {
    for (const target of [owner, admin]) {
      const paths = ['', '/deactivate', '/reactivate'];
      for (const path of paths) {
        const method = path === '' ? 'PATCH' : 'POST';
        const body = path === '' ? { email: 'evil@example.org' } : undefined;
        const answer = await admin.request(method, `/admin/accounts/${target.id}${path}`, body);
        expect(answer.status, path).toBe(403);
      }
    }
  });

  test('gives members the same answer whether the account exists or not', async () => {
    const strip = ({ requestId: _, ...rest }: Record<string, unknown>) => rest;
    for (const path of ['', '/deactivate', '/reactivate']) {
      const method = path === '' ? 'PATCH' : 'POST';
      const there = await member.request(method, `/admin/accounts/${admin.id}${path}`, {});
      const nowhere = await member.request(method, `/admin/accounts/${aClientId()}${path}`, {});
      expect(strip(there.body)).toEqual(strip(nowhere.body));
      const missing = await admin.request(method, `/admin/accounts/${aClientId()}${path}`, {
        displayName: 'x',
      });
      expect([missing.status, missing.body.code]).toEqual([404, 'account_not_found']);
    }
  });
});

describe('ending the sessions of an account', () => {
  const endSessions = (actor: User, target: User) =>
    actor.request('POST', `/admin/accounts/${target.id}/end-sessions`);

  test('ends sessions and their sockets', async () => {
    const hal = await server.register('hal');
    await login('hal');
    const peer = server.peer();
    await peer.hello(hal.accessToken);
    expect((await endSessions(member, hal)).body.code).toBe('forbidden');
    expect((await endSessions(hal, hal)).body.code).toBe('forbidden');
    expect((await endSessions(admin, owner)).body.code).toBe('forbidden');
    expect((await hal.request('GET', '/me')).status).toBe(200);
    const answer = await endSessions(admin, hal);
    expect([answer.status, answer.body.id]).toEqual([200, hal.id]);
    expect(await peer.whenClosed()).toBe(4004);
    expect((await hal.request('GET', '/me')).status).toBe(401);
    expect(await server.rows(`select from sessions where account_id = '${hal.id}'`)).toEqual([]);
    // Admins still see when the user was here, once the node has recorded it.
    const at = '2026-01-02T03:04:05.000Z';
    await server.rows(`insert into last_seen (account_id, at) values ('${hal.id}', '${at}')`);
    const { body } = await admin.request('GET', `/admin/accounts/${hal.id}`);
    expect(body.lastSeen).toBe(at);
    expect((await login('hal')).status).toBe(200);
  });

  test('ends unfinished logins and keeps the caller’s own session', async () => {
    const ida = await server.register('ida');
    const { body } = await owner.request('GET', `/admin/accounts/${ida.id}`);
    expect(body.isActive).toBe(true);
    const version = async () =>
      (await server.rows(`select credentials_version as n from accounts where id = '${ida.id}'`))[0]
        ?.n;
    expect(await version()).toBe(0);
    expect((await endSessions(owner, ida)).status).toBe(200);
    expect(await version()).toBe(1);
    const second = (await login('olga')).body;
    expect((await endSessions(owner, owner)).status).toBe(200);
    expect((await owner.request('GET', '/me')).status).toBe(200);
    const headers = { authorization: `Bearer ${second.accessToken}` };
    expect((await call(server.url, 'GET', '/me', { headers })).status).toBe(401);
  });

  test('requires a recent login of the caller', async () => {
    const jon = await server.register('jon');
    await server.rows(
      `update sessions set authenticated_at = now() - interval '11 minutes'
       where account_id = '${admin.id}'`,
    );
    expect((await endSessions(admin, jon)).body.code).toBe('reauthentication_required');
    expect((await jon.request('GET', '/me')).status).toBe(200);
    const confirmed = await admin.request('POST', '/me/reauthenticate', { password: PASSWORD });
    expect(confirmed.status).toBe(204);
    expect((await endSessions(admin, jon)).status).toBe(200);
    const missing = await admin.request('POST', `/admin/accounts/${aClientId()}/end-sessions`);
    expect([missing.status, missing.body.code]).toEqual([404, 'account_not_found']);
  });
});

describe('a deactivated account', () => {
  test('is logged out everywhere at once, and an event is published', async () => {
    const bea = await server.register('bea');
    const group = await bea.group('hers', [member]);
    await bea.post(group, 'stays');
    const socket = server.peer();
    await socket.hello(bea.accessToken);
    const watcher = server.peer();
    await watcher.hello(member.accessToken);
    const startedAt = performance.now();
    const answer = await admin.request('POST', `/admin/accounts/${bea.id}/deactivate`);
    expect(answer.body.isActive).toBe(false);
    expect(await socket.whenClosed()).toBe(4004);
    // At once, and the delays of a busy machine: the token would be valid for ten minutes.
    expect(performance.now() - startedAt).toBeLessThan(10_000);
    await watcher.next('event', (e) => e.type === 'user.deactivated' && e.data.account === bea.id);

    expect((await bea.request('GET', '/me')).body.code).toBe('session_ended');
    const renewed = await call(server.url, 'POST', '/auth/token', {
      headers: { authorization: `Bearer ${bea.sessionToken}` },
    });
    expect(renewed.status).toBe(401);
    const again = server.peer();
    await again.until(() => again.ws.readyState === 1, 'open');
    again.send({ op: 'hello', token: bea.accessToken });
    expect(await again.whenClosed()).toBe(4004);
    const strip = ({ requestId: _, ...rest }: Record<string, unknown>) => rest;
    expect(strip((await login('bea')).body)).toEqual(strip((await login('no-such-user')).body));

    // No longer found, but still named beside her messages.
    const found = await member.request('GET', '/users?search=bea');
    expect(found.body.items).toEqual([]);
    expect((await member.request('GET', `/users/${bea.id}`)).body.isActive).toBe(false);
    const history = await member.request('GET', `/conversations/${group}/messages`);
    expect(history.body.items.map((m: { body: string }) => m.body)).toEqual(['stays']);
    // No direct conversation can be started with her.
    const direct = await member.request('POST', '/conversations/direct', { account: bea.id });
    expect(direct.status).toBe(404);

    // A session that a killed server has left ends as well.
    await server.pool.query('update accounts set is_active = true where id = $1', [bea.id]);
    const { sessionToken } = (await login('bea')).body;
    await server.pool.query('update accounts set is_active = false where id = $1', [bea.id]);
    await admin.request('POST', `/admin/accounts/${bea.id}/reactivate`);
    expect((await bea.request('GET', '/me')).status).toBe(401);
    const left = await call(server.url, 'POST', '/auth/token', {
      headers: { authorization: `Bearer ${sessionToken}` },
    });
    expect(left.status).toBe(401);
    expect((await login('bea')).status).toBe(200);
  });

  test('has no session from a login that was in progress during the deactivation', async () => {
    const racer = await server.register('racer');
    const { body: me } = await admin.request('GET', `/admin/accounts/${racer.id}`);
    expect(me.isActive).toBe(true);
    const logins = Array.from({ length: 6 }, () => login('racer'));
    const answer = await admin.request('POST', `/admin/accounts/${racer.id}/deactivate`);
    expect(answer.status).toBe(200);
    const outcomes = await Promise.all(logins);
    for (const { status, body } of outcomes) {
      if (status !== 200) continue;
      const asked = await call(server.url, 'GET', '/me', {
        headers: { authorization: `Bearer ${body.accessToken}` },
      });
      expect(asked.status).toBe(401);
      const peer = server.peer();
      await peer.until(() => peer.ws.readyState === 1, 'open');
      peer.send({ op: 'hello', token: body.accessToken });
      await peer.whenClosed();
      expect(peer.of('ready')).toEqual([]);
    }
  });
});

test('admins see the lock after too many wrong passwords and can remove it', async () => {
  const limited = await startTestServer(cluster, { RATE_LIMITS: 'on' });
  try {
    const boss = await limited.register('boss');
    const { id } = await limited.register('lou');
    const wrong = { login: 'lou', password: 'not this one' };
    const codes: string[] = [];
    for (let n = 0; n < 12; n++) {
      codes.push((await call(limited.url, 'POST', '/auth/login', { body: wrong })).body.code);
    }
    expect(codes.at(-1)).toBe('rate_limited');
    const locked = await boss.request('GET', '/admin/accounts?search=lou');
    expect(Date.parse(locked.body.items[0].lockedUntil)).toBeGreaterThan(Date.now());
    const right = { login: 'lou', password: PASSWORD };
    expect((await call(limited.url, 'POST', '/auth/login', { body: right })).status).toBe(429);
    const answer = await boss.request('POST', `/admin/accounts/${id}/unlock`);
    expect(answer.body.lockedUntil).toBeNull();
    expect((await call(limited.url, 'POST', '/auth/login', { body: right })).status).toBe(200);
  } finally {
    await limited.stop();
  }
});

test('admins see the emails in the outbox, and only owners see those to owners', async () => {
  const outbox = await startTestServer(cluster);
  try {
    const boss = await outbox.register('boss');
    const aide = await outbox.register('aide');
    const plain = await outbox.register('plain');
    await boss.request('PATCH', `/admin/accounts/${aide.id}`, { role: 'admin' });
    for (const name of ['boss', 'plain']) {
      await call(outbox.url, 'POST', '/auth/forgot', { body: { email: `${name}@example.org` } });
    }
    const shown = async (reader: User) => {
      const { body } = await reader.request('GET', '/admin/emails');
      const items = body.items as {
        recipient: string;
        purpose: string;
        sentAt: string | null;
        text: string | null;
      }[];
      return items.filter((m) => m.purpose === 'reset' && m.sentAt !== null);
    };
    await until(async () => (await shown(boss)).length === 2, 'both emails');
    for (const { text } of await shown(boss)) expect(text).toMatch(/\/reset#[\w-]{40,}/);
    const seen = new Map((await shown(aide)).map((m) => [m.recipient, m.text]));
    expect(seen.get('boss@example.org')).toBeNull();
    expect(seen.get('plain@example.org')).toContain('/reset#');
    expect((await plain.request('GET', '/admin/emails')).status).toBe(403);
  } finally {
    await outbox.stop();
  }
});

describe('listing settings', () => {
  test('shows admins all settings but no secrets', async () => {
    const { status, body } = await admin.request('GET', '/admin/environment');
    expect(status).toBe(200);
    const byName = new Map(body.items.map((i: { name: string }) => [i.name, i]));
    expect(byName.get('REGISTRATION')).toMatchObject({ value: null, isSet: false });
    expect(byName.get('HOST')).toMatchObject({ value: '127.0.0.1', secret: false, isSet: true });
    expect(byName.get('PARLEY_SECRET')).toMatchObject({ value: null, secret: true, isSet: true });
    expect(byName.get('DATABASE_URL')).toMatchObject({ value: null, isSet: true });
    expect(byName.get('SMTP_URL')).toMatchObject({ value: null, isSet: false });
    expect(JSON.stringify(body)).not.toContain('ssss');
    expect((await member.request('GET', '/admin/environment')).status).toBe(403);
  });
});

describe('settings of the server', () => {
  const path = '/admin/server-settings';
  // The first account is the owner's: no step of the setup guide is complete yet.
  const initial = { ...SERVER_SETTINGS_DEFAULTS, setupSteps: [...SETUP_STEPS] };
  const change = (by: User, body: object) => by.request('PATCH', path, body);
  const register = (name: string) =>
    call(server.url, 'POST', '/auth/register', {
      body: {
        username: name,
        displayName: name,
        email: `${name}@example.org`,
        password: PASSWORD,
      },
    });

  test('have defaults, and are changed by admins only', async () => {
    const { body } = await admin.request('GET', path);
    expect(body).toEqual({ settings: initial, overridden: [] });
    expect((await member.request('GET', path)).status).toBe(403);
    expect((await change(member, { name: 'Mine' })).status).toBe(403);
    expect((await member.request('GET', '/server-settings')).body).toEqual(initial);
  });

  test('are validated', async () => {
    for (const wrong of [
      { name: '  ' },
      { registration: { mode: 'domain', domains: ['a\ud800'] } },
      { registration: { mode: 'domain', domains: ['a\0'] } },
      { name: 'x'.repeat(61) },
      { registration: { mode: 'domain', domains: [] } },
      { registration: { mode: 'open', domains: ['example.org'] } },
      { registration: { mode: 'domain', domains: ['a@b'] } },
      { registration: { mode: 'domain', domains: ['\udc00a'] } },
      { messageEditWindow: -1 },
      { messageEditWindow: 1e12 },
      { groupCreation: 'some' },
      { linkPreviews: 'on' },
    ]) {
      expect([wrong, (await change(admin, wrong)).status]).toEqual([wrong, 422]);
    }
  });

  test('take effect at once, and are announced to everyone and audited', async () => {
    const window = { messageEditWindow: 900, messageDeleteWindow: 0 };
    const first = await change(admin, { name: 'Lab', ...window });
    expect(first.body.settings).toEqual({ ...initial, name: 'Lab', ...window });
    const seq = async () =>
      (await server.pool.query('select last_seq from streams where id = $1', [WORKSPACE_STREAM]))
        .rows[0].last_seq;
    const head = await seq();
    // Setting the current value is not a change.
    expect((await change(admin, { name: 'Lab' })).status).toBe(200);
    expect(await seq()).toBe(head);
    const { rows } = await server.pool.query(
      `select data from events where stream_id = $1 and type = 'server.updated' order by seq`,
      [WORKSPACE_STREAM],
    );
    expect(rows.map(({ data }) => data)).toEqual([
      { setupSteps: [...SETUP_STEPS] },
      { name: 'Lab', ...window },
    ]);
    const audited = await server.pool.query(
      `select account_id, details from audit_log where event = 'settings_changed'`,
    );
    expect(audited.rows).toEqual([
      {
        account_id: admin.id,
        details: { name: '"Lab"', messageEditWindow: '900', messageDeleteWindow: '0' },
      },
    ]);
    expect((await call(server.url, 'GET', '/auth/options')).body.name).toBe('Lab');
  });

  test('decide who may register', async () => {
    expect((await change(admin, { registration: { mode: 'closed', domains: [] } })).status).toBe(
      200,
    );
    expect((await register('rita')).body.code).toBe('registration_closed');
    const domain = { mode: 'domain', domains: ['Elsewhere.example'] };
    const { body } = await change(admin, { registration: domain });
    expect(body.settings.registration.domains).toEqual(['elsewhere.example']);
    expect((await register('rita')).body.errors).toMatchObject([{ code: 'domain_refused' }]);
    await change(admin, { registration: { mode: 'open', domains: [] } });
    expect((await register('rita')).status).toBe(201);
  });

  test('decide who may create groups', async () => {
    const create = (by: User) =>
      by.request('POST', '/conversations', { name: 'g', visibility: 'private', members: [] });
    const permissions = async () => (await member.request('GET', '/me')).body.permissions;
    expect(await permissions()).toEqual(['create_groups', 'browse_groups', 'add_emoji']);
    await change(owner, { groupCreation: 'admins' });
    expect((await create(member)).body.code).toBe('forbidden');
    expect(await permissions()).toEqual(['browse_groups', 'add_emoji']);
    expect((await create(admin)).status).toBe(201);
    await change(owner, { groupCreation: 'everyone' });
    expect((await create(member)).status).toBe(201);
  });

  test('keep the name of the server out of passwords', async () => {
    const weak = 'ZanzibarWorks-2026';
    const registered = () =>
      call(server.url, 'POST', '/auth/register', {
        body: {
          username: 'yasmin',
          displayName: 'Yasmin',
          email: 'yasmin@example.org',
          password: weak,
        },
      });
    const changed = () => member.request('POST', '/me/password', { current: PASSWORD, next: weak });
    expect((await change(admin, { name: 'Zanzibar Works' })).status).toBe(200);
    for (const answer of [await registered(), await changed()]) {
      expect(answer.status).toBe(422);
      expect(answer.body.errors).toMatchObject([{ code: 'password_weak' }]);
    }
    expect((await change(admin, { name: 'Lab' })).status).toBe(200);
    expect((await registered()).status).toBe(201);
  });
});

describe('suspension', () => {
  const inMs = (ms: number) => new Date(Date.now() + ms).toISOString();
  const suspend = (by: User, id: string, until: string | null, reason = 'spam') =>
    by.request('POST', `/admin/accounts/${id}/suspend`, { until, reason });
  const events = async (id: string) => {
    const { rows } = await server.pool.query(
      `select type from events where stream_id = $1 and data ->> 'account' = $2 and type like 'user.%su%'
       order by seq`,
      [WORKSPACE_STREAM, id],
    );
    return rows.map(({ type }) => type);
  };

  test('ends sessions, is explained at the login, and expires', async () => {
    const sam = await server.register('sam');
    const end = inMs(3_000);
    const version = async () =>
      (await server.pool.query('select credentials_version from accounts where id = $1', [sam.id]))
        .rows[0].credentials_version;
    const before = await version();
    const answer = await suspend(admin, sam.id, end);
    // Unfinished logins cannot be completed, not even after it.
    expect(await version()).toBe(before + 1);
    expect(answer.body).toMatchObject({
      isActive: true,
      suspendedUntil: end,
      suspensionReason: 'spam',
    });
    expect((await sam.request('GET', '/me')).status).toBe(401);
    const denied = await login('sam');
    expect([denied.status, denied.body.code]).toEqual([403, 'account_suspended']);
    expect(denied.body.detail ?? denied.body.title).toContain('spam');
    // Without the password, nothing is revealed.
    expect((await login('sam', 'a wrong password')).body.code).toBe('invalid_credentials');
    expect((await list('filter=suspended')).map((a) => a.username)).toEqual(['sam']);
    // Nothing needs to run when it expires: no event, no timer.
    await until(async () => (await login('sam')).status === 200, 'the end of the suspension');
    expect(Date.now()).toBeGreaterThanOrEqual(Date.parse(end) - 100);
    expect(await events(sam.id)).toEqual(['user.suspended']);
    expect((await list('filter=suspended')).length).toBe(0);
  });

  test('without an end lasts until an admin ends it', async () => {
    const ian = await server.register('ian');
    const { body } = await suspend(admin, ian.id, null);
    expect(body).toMatchObject({
      isSuspended: true,
      suspendedUntil: null,
      suspensionReason: 'spam',
    });
    expect(body.permissions).toContain('unsuspend');
    expect((await ian.request('GET', '/me')).status).toBe(401);
    const denied = await login('ian');
    expect(denied.body).toMatchObject({
      code: 'account_suspended',
      detail: 'This account is suspended: spam',
    });
    expect((await list('filter=suspended')).map((a) => a.username)).toEqual(['ian']);
    const audited = await server.pool.query(
      `select details from audit_log where account_id = $1 and event = 'account_suspended'`,
      [ian.id],
    );
    expect(audited.rows).toEqual([{ details: {} }]);
    const lifted = await admin.request('POST', `/admin/accounts/${ian.id}/unsuspend`);
    expect(lifted.body).toMatchObject({ isSuspended: false, suspensionReason: null });
    expect((await login('ian')).status).toBe(200);
    expect(await events(ian.id)).toEqual(['user.suspended', 'user.unsuspended']);
  });

  test('is changed and lifted by admins, who cannot suspend admins or themselves', async () => {
    const tim = await server.register('tim');
    expect((await suspend(tim, member.id, inMs(60_000))).status).toBe(403);
    expect((await suspend(admin, owner.id, inMs(60_000))).status).toBe(403);
    expect((await suspend(owner, owner.id, inMs(60_000))).status).toBe(403);
    expect((await suspend(admin, tim.id, inMs(-1_000))).body.code).toBe('time_passed');
    await suspend(admin, tim.id, inMs(60_000));
    const later = inMs(120_000);
    expect((await suspend(admin, tim.id, later, 'more')).body.suspendedUntil).toBe(later);
    const lift = () => admin.request('POST', `/admin/accounts/${tim.id}/unsuspend`);
    expect((await lift()).body).toMatchObject({ suspendedUntil: null, suspensionReason: null });
    expect((await lift()).status).toBe(200);
    expect((await login('tim')).status).toBe(200);
    expect(await events(tim.id)).toEqual(['user.suspended', 'user.suspended', 'user.unsuspended']);
    const audited = await server.pool.query(
      'select event from audit_log where account_id = $1 and actor_id = $2 order by id',
      [tim.id, admin.id],
    );
    expect(audited.rows.map(({ event }) => event)).toEqual([
      'account_suspended',
      'account_suspended',
      'account_unsuspended',
    ]);
  });

  test('of other owners leaves one who can act', async () => {
    const una = await server.register('una');
    await owner.request('PATCH', `/admin/accounts/${una.id}`, { role: 'owner' });
    expect((await suspend(owner, una.id, inMs(60_000))).status).toBe(200);
    const demote = () => owner.request('PATCH', `/admin/accounts/${owner.id}`, { role: 'member' });
    expect((await demote()).body.code).toBe('last_owner');
    const leave = { password: PASSWORD, messages: 'keep' };
    expect((await owner.request('POST', '/me/delete', leave)).body.code).toBe('last_owner');
    // The suspended one may lose the role.
    const demoted = await owner.request('PATCH', `/admin/accounts/${una.id}`, { role: 'member' });
    expect(demoted.status).toBe(200);
  });

  test('of the actor refuses what was requested before it', async () => {
    const [vic, wes] = [await server.register('vic'), await server.register('wes')];
    await owner.request('PATCH', `/admin/accounts/${vic.id}`, { role: 'admin' });
    await suspend(owner, vic.id, inMs(60_000));
    const append = anAppend(server.pool);
    const [actor, target] = [vic.id as AccountId, wes.id as AccountId];
    const request = () => ({ actor, target, clientId: aClientId(), audit: testAudit });
    const outcomes = [
      await deactivateAccount(append, request()),
      await suspendAccount(append, request(), { until: inMs(60_000), reason: '' }),
      await deleteAccount(append, request(), 'keep'),
      await deleteAccount(append, { ...request(), target: actor }, 'keep'),
      await changeServerSettings(append, { ...request(), change: { name: 'Mine' } }),
    ];
    expect(outcomes.map(verdict)).toEqual(outcomes.map(() => 'forbidden'));
    await withTransaction(server.pool, async (client) => {
      await expect(requirePermission(client, actor, target, 'unlock')).rejects.toThrow();
      await expect(requirePermission(client, actor, actor, 'end_sessions')).rejects.toThrow();
    });
    await append.close();
  });

  test('rejects API keys of a service account, which then work again', async () => {
    const made = await owner.request('POST', '/admin/service-accounts', {
      username: 'spambot',
      displayName: 'Bot',
    });
    const keys = `/admin/service-accounts/${made.body.id}/keys`;
    const { key } = (await owner.request('POST', keys, { name: 'k', scopes: ['users:read'] })).body;
    const me = async () =>
      (await call(server.url, 'GET', '/me', { headers: { authorization: `Bearer ${key}` } }))
        .status;
    expect(await me()).toBe(200);
    await suspend(owner, made.body.id, inMs(60_000));
    expect(await me()).toBe(401);
    await owner.request('POST', `/admin/accounts/${made.body.id}/unsuspend`);
    expect(await me()).toBe(200);
  });
});
