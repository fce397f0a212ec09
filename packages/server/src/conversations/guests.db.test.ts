import { type ConversationId, WORKSPACE_STREAM } from '@parley/protocol';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startTestCluster, type TestCluster, testLog } from '../../test/support/database.ts';
import { testAudit } from '../../test/support/domain-builders.ts';
import {
  loginAt,
  startTestServer,
  type TestServer,
  type User,
  userOf,
} from '../../test/support/server.ts';
import { until } from '../../test/support/sink.ts';
import { aClientId, anAppend } from '../../test/support/stream-builders.ts';
import { GuestExpiry } from '../admin/guest-expiry.ts';
import { openDatabase } from '../storage/database.ts';
import { EVERYONE } from './everyone.ts';
import { changeMemberRole } from './members.ts';

let cluster: TestCluster;
let server: TestServer;
let owner: User;
/** In a group with the guest. */
let mona: User;
/** In no group with the guest. */
let stan: User;
let guest: User;
let shared: ConversationId;
let listed: ConversationId;
let hidden: ConversationId;
beforeAll(async () => {
  cluster = await startTestCluster();
  server = await startTestServer(cluster, { SMTP_URL: '', LINK_PREVIEWS: '' });
  owner = await server.register('olga');
  mona = await server.register('mona');
  stan = await server.register('stan');
  shared = await owner.group('shared', [mona]);
  listed = await owner.group('listed', [stan], 'public');
  hidden = await stan.group('hidden');
  guest = await invited('gus', [shared]);
});
afterAll(async () => {
  await server.stop();
  await cluster.stop();
});

/** Registers a guest with a new invitation to the groups. */
async function invited(name: string, groups: readonly string[], rest: object = {}): Promise<User> {
  const made = await owner.request('POST', '/admin/invitations', { guest: { groups, ...rest } });
  expect(made.status, JSON.stringify(made.body)).toBe(201);
  const [, invitation] = made.body.link.split('#');
  return server.register(name, { invitation });
}

const change = (user: User, body: object, by = owner) =>
  by.request('PATCH', `/admin/accounts/${user.id}`, body);
const login = async (name: string) => userOf(server.url, name, await loginAt(server.url, name));
const code = async (user: User, method: string, path: string, body?: object) => {
  const answer = await user.request(method, path, body);
  return answer.status < 400 ? answer.status : answer.body.code;
};
const idsOf = (answer: { body: { items: { id: string }[] } }) => answer.body.items.map((i) => i.id);

describe('a guest who registers with an invitation', () => {
  test('a guest is a member of its groups only, with the role and permissions of a guest', async () => {
    const me = (await guest.request('GET', '/me')).body;
    expect(me).toMatchObject({ role: 'guest', permissions: [] });
    const { items } = (await guest.request('GET', '/conversations')).body;
    expect(items).toHaveLength(1);
    expect(items[0]).toMatchObject({ id: shared, role: 'member', actingRole: 'guest' });
    expect(items[0].permissions).toEqual(['post', 'reply_in_threads', 'leave']);
    const seen = (await owner.request('GET', `/users/${guest.id}`)).body;
    expect(seen).toMatchObject({ username: 'gus', isGuest: true });
    expect((await owner.request('GET', `/users/${mona.id}`)).body).not.toHaveProperty('isGuest');
  });

  test('a guest does not join a group that was deleted since the invitation', async () => {
    const gone = await owner.group('gone');
    const [both, only] = await Promise.all(
      [[shared, gone], [gone]].map(
        async (groups) =>
          (await owner.request('POST', '/admin/invitations', { guest: { groups } })).body,
      ),
    );
    await owner.request('DELETE', `/conversations/${gone}`);
    const tokenOf = ({ link }: { link: string }) => link.split('#')[1];
    const gale = await server.register('gale', { invitation: tokenOf(both) });
    expect(idsOf(await gale.request('GET', '/conversations'))).toEqual([shared]);
    await expect(server.register('gina', { invitation: tokenOf(only) })).rejects.toThrow(
      'invitation_expired',
    );
  });

  test('refuses to invite a guest to a private group of others, the default group, or a direct conversation', async () => {
    const direct = (await owner.request('POST', '/conversations/direct', { account: mona.id }))
      .body;
    for (const group of [hidden, EVERYONE, direct.id, WORKSPACE_STREAM]) {
      const guestOf = { groups: [group] };
      expect(await code(owner, 'POST', '/admin/invitations', { guest: guestOf })).toBe(
        'conversation_not_found',
      );
    }
    // Nor to a public group from which the admin is banned.
    const barred = await mona.group('barred', [], 'public');
    const guest = { groups: [barred] };
    expect(await code(owner, 'POST', '/admin/invitations', { guest })).toBe(201);
    await mona.request('PUT', `/conversations/${barred}/bans/${owner.id}`);
    expect(await code(owner, 'POST', '/admin/invitations', { guest })).toBe(
      'conversation_not_found',
    );
    const ended = { groups: [shared], accessEndsAt: '2020-01-01T00:00:00.000Z' };
    expect(await code(owner, 'POST', '/admin/invitations', { guest: ended })).toBe('time_passed');
  });

  test('an admin can create a guest', async () => {
    const body = { username: 'gil', displayName: 'Gil', email: 'gil@example.org', role: 'guest' };
    expect(await code(owner, 'POST', '/admin/accounts', body)).toBe('invalid');
    const groups = { guest: { groups: [listed] } };
    expect(await code(owner, 'POST', '/admin/accounts', { ...body, ...groups })).toBe(201);
    const member = { ...body, ...groups, username: 'max', role: 'member' };
    expect(await code(owner, 'POST', '/admin/accounts', member)).toBe('invalid');
  });
});

describe('what a guest sees', () => {
  test('a guest sees only the users of its conversations', async () => {
    const found = idsOf(await guest.request('GET', '/users'));
    expect(found).toEqual(expect.arrayContaining([guest.id, mona.id, owner.id]));
    expect(found).not.toContain(stan.id);
    expect(idsOf(await guest.request('GET', '/users?search=stan'))).toEqual([]);
    const unknown = '0190aa00-0000-7000-8000-00000000abcd';
    for (const path of ['/users/{id}', '/users/{id}/profile']) {
      const strange = await guest.request('GET', path.replace('{id}', stan.id));
      expect(strange).toMatchObject({ status: 404, body: { code: 'account_not_found' } });
      const none = await guest.request('GET', path.replace('{id}', unknown));
      expect({ ...strange.body, requestId: '' }).toEqual({ ...none.body, requestId: '' });
      expect(await code(guest, 'GET', path.replace('{id}', mona.id))).toBe(200);
    }
    const names = async (text: string) =>
      (
        (await guest.request('GET', `/search/names?query=${text}`)).body.items as {
          kind: string;
          user?: { username: string };
        }[]
      ).flatMap((item) => item.user?.username ?? []);
    expect(await names('stan')).toEqual([]);
    expect(await names('mona')).toEqual(['mona']);
    const suggested = async (text: string) =>
      (await guest.request('GET', `/conversations/${shared}/mention-suggestions?search=${text}`))
        .body;
    expect(await suggested('stan')).toEqual({ items: [], userGroups: [] });
    expect((await suggested('mona')).items).toHaveLength(1);
    for (const account of [stan.id, unknown]) {
      expect(await code(guest, 'PUT', `/me/blocks/${account}`)).toBe('account_not_found');
      expect(await code(guest, 'POST', '/conversations/direct', { account })).toBe(
        'account_not_found',
      );
    }
    const from = (name: string) => guest.request('GET', `/search/messages?query=from:${name}`);
    const [strange, none] = await Promise.all([from('stan'), from('stanley')]);
    expect((await from('mona')).status).toBe(200);
    expect(JSON.stringify(strange.body).replaceAll('stan', '')).toBe(
      JSON.stringify(none.body).replaceAll('stanley', ''),
    );
  });

  test('a guest neither finds, joins nor creates groups other than its own', async () => {
    expect(await code(guest, 'GET', '/groups')).toBe('forbidden');
    expect(await code(guest, 'POST', '/conversations', { name: 'mine' })).toBe('forbidden');
    const names = await guest.request('GET', '/search/names?query=listed');
    expect(names.body.items.map((n: { name?: string }) => n.name)).not.toContain('listed');
    await owner.request('POST', `/conversations/${listed}/archive`);
    const archived = await code(guest, 'POST', `/conversations/${listed}/join`);
    await owner.request('POST', `/conversations/${listed}/restore`);
    expect(archived).toBe('conversation_not_found');
    for (const group of [listed, hidden, EVERYONE, '0190aa00-0000-7000-8000-00000000abcd']) {
      for (const [method, path] of [
        ['GET', ''],
        ['POST', '/join'],
        ['GET', '/members'],
        ['GET', '/messages'],
        ['GET', '/events'],
      ] as const) {
        if (path === '/events') continue;
        expect(await code(guest, method, `/conversations/${group}${path}`), path).toBe(
          'conversation_not_found',
        );
      }
    }
    const link = await owner.request('POST', `/conversations/${listed}/links`, {});
    const token = { token: link.body.url.split('#')[1] };
    expect(await code(guest, 'POST', '/group-links/join', token)).toBe('forbidden');
  });

  test('a guest learns nothing about names of strangers, not even that one is like its own', async () => {
    const named = async (displayName: string) => {
      await guest.request('PATCH', '/me', { displayName });
      const [me, user, list, found] = await Promise.all([
        guest.request('GET', '/me'),
        guest.request('GET', `/users/${guest.id}`),
        guest.request('GET', '/users'),
        guest.request('GET', `/search/names?query=${displayName}`),
      ]);
      const shown = [
        ...list.body.items,
        ...found.body.items.map((item: { user?: object }) => item.user),
      ].filter((one?: { id: string }) => one?.id === guest.id);
      expect(shown).toHaveLength(2);
      return [me.body, user.body, ...shown].map((one) => one.nameIsShared);
    };
    const [stranger, contact] = [await named('stan'), await named('mona')];
    const seen = (await stan.request('GET', `/users/${guest.id}`)).body;
    await guest.request('PATCH', '/me', { displayName: 'gus' });
    expect(stranger).toEqual([false, false, false, false]);
    expect(contact).toEqual([true, true, true, true]);
    expect(seen.nameIsShared).toBe(true);
  });

  test('a guest sees no user groups and no events of the workspace stream', async () => {
    await owner.request('POST', '/admin/user-groups', {
      name: 'designers',
      title: 'Designers',
      members: [mona.id, stan.id],
    });
    expect((await guest.request('GET', '/user-groups')).body.items).toEqual([]);
    expect(await code(guest, 'GET', `/streams/${WORKSPACE_STREAM}/events`)).not.toBe(200);
  });
});

test('a guest leaves its group, but changes nothing else of it, even if all members may', async () => {
  const group = await owner.group('open', [mona]);
  const added = await owner.request('POST', `/conversations/${group}/members`, {
    account: guest.id,
  });
  expect(added.status).toBeLessThan(300);
  const minimum = { invite: 'member', rename: 'member', mentionEveryone: 'member' };
  await owner.request('PATCH', `/conversations/${group}/minimum-roles`, minimum);
  const at = (path: string) => `/conversations/${group}${path}`;
  expect(await code(guest, 'PATCH', at(''), { name: 'mine' })).toBe('forbidden');
  expect(await code(guest, 'POST', at('/members'), { account: mona.id })).toBe('forbidden');
  expect(await code(guest, 'POST', at('/links'), {})).toBe('forbidden');
  const role = at(`/members/${guest.id}`);
  expect(await code(owner, 'PATCH', role, { role: 'admin' })).toBe('forbidden');
  expect(await code(owner, 'POST', at('/owner'), { account: guest.id })).toBe('forbidden');
  const text = '@everyone @here @mona @stan @designers #listed #open';
  const seq = await guest.post(group, text);
  const { body } = await mona.request('GET', at(`/messages/${seq}`));
  expect(body.mentions).toEqual([
    { kind: 'user', name: 'mona', id: mona.id },
    { kind: 'group', name: 'open', id: group },
  ]);
  // What changes a group tells its members what they may do, by their role.
  const events = await guest.request('GET', `/streams/${group}/events`);
  const updated = events.body.items.find(
    (e: { type: string }) => e.type === 'conversation.updated',
  );
  expect(updated.data.access.byRole.guest.permissions).toEqual([
    'post',
    'reply_in_threads',
    'leave',
  ]);
  expect(await code(guest, 'POST', at('/leave'))).toBe(204);
});

test('a guest writes to the users of its conversations, and keeps the names of those who have left', async () => {
  const direct = await guest.request('POST', '/conversations/direct', { account: mona.id });
  expect(direct.status).toBe(200);
  const pat = await server.register('pat');
  const group = await owner.group('passing', [pat]);
  await pat.post(group, 'I was here');
  await owner.request('POST', `/conversations/${group}/members`, { account: guest.id });
  expect(await code(guest, 'POST', '/conversations/direct', { accounts: [pat.id, mona.id] })).toBe(
    200,
  );
  await pat.request('POST', `/conversations/${group}/leave`);
  const other = await server.register('pam');
  const second = await owner.group('second', [other]);
  await other.post(second, 'me too');
  await other.request('POST', `/conversations/${second}/leave`);
  expect(await code(guest, 'GET', `/users/${other.id}`)).toBe('account_not_found');
  await owner.request('POST', `/conversations/${second}/members`, { account: guest.id });
  expect(await code(guest, 'GET', `/users/${other.id}`)).toBe(200);
  await other.request('PATCH', '/me', { title: 'Spy', timeZone: 'Europe/Berlin' });
  await other.request('PATCH', '/me/status', { emoji: null, text: 'on a mission' });
  const profileFor = async (viewer: User) =>
    (await viewer.request('GET', `/users/${other.id}/profile`)).body;
  expect(await profileFor(owner)).toMatchObject({
    title: 'Spy',
    status: { text: 'on a mission' },
  });
  expect(await profileFor(guest)).toMatchObject({
    username: 'pam',
    title: null,
    timeZone: null,
    status: null,
    lastSeenAt: null,
  });
  expect(await code(guest, 'POST', '/conversations/direct', { account: other.id })).toBe(
    'account_not_found',
  );
  expect(idsOf(await guest.request('GET', '/users?search=pam'))).toEqual([]);
});

describe('a member who becomes a guest', () => {
  test('a member who becomes a guest leaves the default group and the public groups that it does not keep', async () => {
    const rita = await server.register('rita');
    const [kept, left] = await Promise.all(
      ['kept', 'left'].map((name) => owner.group(name, [rita], 'public')),
    );
    const own = await rita.group('own', [mona]);
    const { body: direct } = await rita.request('POST', '/conversations/direct', {
      account: stan.id,
    });
    const peer = server.peer();
    await peer.hello(rita.accessToken);
    const refused = await change(rita, { role: 'guest', keepGroups: [kept] });
    expect(refused).toMatchObject({ status: 409, body: { code: 'last_group_owner' } });
    await rita.request('POST', `/conversations/${own}/owner`, { account: mona.id });
    const ends = '2100-01-01T00:00:00.000Z';
    const body = { role: 'guest', keepGroups: [kept], accessEndsAt: ends };
    const changed = await change(rita, body);
    expect(changed.body).toMatchObject({ role: 'guest', accessEndsAt: ends });
    expect([1000, 4001, 4003]).not.toContain(await peer.whenClosed());
    expect(await code(rita, 'GET', '/me')).toBe('session_ended');
    const again = await login('rita');
    const conversations = (await again.request('GET', '/conversations')).body.items as {
      id: string;
      role: string;
    }[];
    expect(new Set(conversations.map((c) => c.id))).toEqual(new Set([kept, own, direct.id]));
    expect(new Set(conversations.map((c) => c.role))).toEqual(new Set(['member']));
    const departures = await server.pool.query(
      `select l.type from events p
       left join events l
         on l.stream_id = (p.data ->> 'conversation')::uuid and l.seq = (p.data ->> 'seq')::int8
       where p.stream_id = $1 and p.type = 'conversation.left'`,
      [rita.id],
    );
    expect(departures.rows).toEqual([{ type: 'member.left' }, { type: 'member.left' }]);
    const { rows } = await server.pool.query(
      `select (select count(*)::int from memberships where conversation_id = c.id and left_seq is null)
         = c.member_count as is_right from conversations c where id = $1`,
      [left],
    );
    expect(rows).toEqual([{ is_right: true }]);
    const log = await owner.request('GET', `/admin/audit-log?account=${rita.id}`);
    expect(JSON.stringify(log.body.items)).toContain('role_changed');
  });

  test.each([
    { order: 'before', role: 'owner' },
    { order: 'after', role: 'admin' },
  ] as const)(
    'is no $role of a group, if it becomes a guest just $order another node makes it one',
    async ({ order, role }) => {
      const rosa = await server.register(`rosa${order}`);
      const group = await owner.group('with rosa', [rosa]);
      const connectionString = server.pool.options.connectionString as string;
      const { pool, close } = await openDatabase({ connectionString }, testLog, {
        pipelined: true,
      });
      const otherNode = anAppend(pool);
      const request = { actor: owner.id, clientId: aClientId(), conversation: group };
      const makeGuest = () => change(rosa, { role: 'guest' });
      const promote = () => changeMemberRole(otherNode, request, rosa.id, role);
      const [first, second, writes] =
        order === 'before'
          ? [makeGuest, promote, 'sessions where account_id = $1']
          : [promote, makeGuest, `memberships where account_id = $1 and role = 'member'`];
      const waiting = async () => {
        const { rows } = await server.pool.query(
          `select from pg_stat_activity
         where datname = current_database() and wait_event_type = 'Lock'`,
        );
        return rows.length;
      };
      // The first command waits to write this, after it has read what it decides about.
      const holder = await pool.connect();
      await holder.query('begin');
      await holder.query(`select from ${writes} for update`, [rosa.id]);
      const running = [first()];
      await until(async () => (await waiting()) > 0, 'the first command to wait');
      let hasSettled = false;
      running.push(second().finally(() => (hasSettled = true)));
      await until(async () => hasSettled || (await waiting()) > 1, 'the second command to wait');
      await holder.query('commit');
      holder.release();
      await Promise.all(running);
      await close();
      const { rows } = await server.pool.query(
        `select a.role as server_role, m.role
       from accounts a join memberships m on m.account_id = a.id
       where a.id = $1 and m.conversation_id = $2`,
        [rosa.id, group],
      );
      expect(rows).toEqual([{ server_role: 'guest', role: 'member' }]);
    },
  );

  test('a guest who becomes a member joins the default group, and finds everyone', async () => {
    const vera = await server.register('vera');
    await change(vera, { role: 'guest' });
    const asGuest = await login('vera');
    expect(idsOf(await asGuest.request('GET', '/conversations'))).toEqual([]);
    const peer = server.peer();
    const ready = await peer.hello(asGuest.accessToken);
    expect(ready.streams.map((s) => s.kind)).toEqual(['personal']);
    expect((await change(vera, { role: 'member' })).body).toMatchObject({ role: 'member' });
    await peer.whenClosed();
    const asMember = await login('vera');
    expect(idsOf(await asMember.request('GET', '/conversations'))).toEqual([EVERYONE]);
    expect(await code(asMember, 'GET', `/users/${stan.id}`)).toBe(200);
    expect((await asMember.request('GET', '/conversations')).body.items[0].actingRole).toBe(
      'member',
    );
  });

  test('an admin makes members guests and guests members, but no one an admin and no service account a guest', async () => {
    const adam = await server.register('adam');
    await change(adam, { role: 'admin' });
    const wim = await server.register('wim');
    expect((await change(wim, { role: 'admin' }, adam)).body.code).toBe('forbidden');
    expect((await change(wim, { role: 'guest' }, adam)).status).toBe(200);
    expect((await change(wim, { role: 'admin' }, adam)).body.code).toBe('forbidden');
    expect((await change(wim, { role: 'member' }, adam)).status).toBe(200);
    expect((await change(wim, { accessEndsAt: '2100-01-01T00:00:00.000Z' }, adam)).body.code).toBe(
      'invalid',
    );
    const robot = await owner.request('POST', '/admin/service-accounts', {
      username: 'robot',
      displayName: 'Robot',
    });
    expect((await change({ ...wim, id: robot.body.id }, { role: 'guest' })).body.code).toBe(
      'forbidden',
    );
    expect((await change(owner, { role: 'guest' })).body.code).toBe('last_owner');
  });
});

test('an admin lists the public groups of an account, which it can stay in as a guest', async () => {
  const paul = await server.register('paul');
  const joined = await owner.group('of paul', [paul], 'public');
  const path = `/groups?member=${paul.id}`;
  const listedFor = async (viewer: User) => idsOf(await viewer.request('GET', path));
  expect(await listedFor(owner)).toEqual([EVERYONE, joined]);
  expect(await listedFor(paul)).toEqual([EVERYONE, joined]);
  expect(await code(mona, 'GET', path)).toBe('forbidden');
  expect(await code(guest, 'GET', path)).toBe('forbidden');
  await paul.request('POST', `/conversations/${joined}/leave`);
  expect(await listedFor(owner)).toEqual([EVERYONE]);
});

test('an invitation ends when the admin who created it is no longer one', async () => {
  const alma = await server.register('alma');
  await change(alma, { role: 'admin' });
  const made = await alma.request('POST', '/admin/invitations', { maxUses: 2 });
  const [, invitation] = made.body.link.split('#');
  await server.register('early', { invitation });
  await change(alma, { role: 'member' });
  await expect(server.register('late', { invitation })).rejects.toThrow('invitation_expired');
});

describe('over the socket', () => {
  test('a guest receives no events of the workspace, but learns which users it must load again', async () => {
    const peer = server.peer();
    const ready = await peer.hello(guest.accessToken, { cursor: { [WORKSPACE_STREAM]: 1 } });
    expect(ready.streams.map((s) => s.kind).sort()).not.toContain('workspace');
    expect(ready.presence).toEqual([]);
    peer.send({ op: 'fill', id: crypto.randomUUID(), stream: WORKSPACE_STREAM, after: 0 });
    expect((await peer.next('nack')).code).toBe('not_found');
    await stan.request('PATCH', '/me', { displayName: 'Stanislaus' });
    await mona.request('PATCH', '/me', { displayName: 'Mona Lisa' });
    expect((await peer.next('changed')).users).toEqual([mona.id]);
    await owner.request('PATCH', '/admin/server-settings', { name: 'Renamed' });
    expect(await peer.next('changed')).toMatchObject({
      users: [],
      settings: ['name'],
      emoji: false,
    });
    expect(peer.of('event').filter((e) => e.stream === WORKSPACE_STREAM)).toEqual([]);
    peer.close();
  });

  test('a guest receives the presence of the users of its conversations only', async () => {
    const others = [server.peer(), server.peer()] as const;
    await others[0].hello(mona.accessToken);
    await others[1].hello(stan.accessToken);
    const peer = server.peer();
    const ready = await peer.hello(guest.accessToken, { presence: [mona.id, stan.id] });
    expect(ready.presence.map((p) => p.account)).not.toContain(stan.id);
    await peer.next('presence', ({ changes }) => changes.some((c) => c.account === mona.id));
    peer.send({ op: 'watch', accounts: [stan.id, owner.id] });
    const answer = await peer.next('presence', ({ changes }) =>
      changes.some((c) => c.account === owner.id),
    );
    expect(answer.changes.map((c) => c.account)).toEqual([owner.id]);
    others[1].close();
    peer.send({ op: 'watch', accounts: [stan.id, mona.id] });
    await peer.next('presence', ({ changes }) => changes.some((c) => c.account === mona.id));
    expect(
      peer
        .of('presence')
        .flatMap((f) => f.changes)
        .map((c) => c.account),
    ).not.toContain(stan.id);
    for (const p of [peer, ...others]) p.close();
  });
});

test('the end of a guest’s access is in the future, and kept until it is changed', async () => {
  const accessEndsAt = '2100-01-01T00:00:00.000Z';
  const gina = await invited('gina', [shared], { accessEndsAt });
  expect((await change(gina, { accessEndsAt: '2001-01-01T00:00:00.000Z' })).body.code).toBe(
    'time_passed',
  );
  const renamed = await change(gina, { displayName: 'Gina G.', role: 'guest' });
  expect(renamed.body).toMatchObject({ displayName: 'Gina G.', accessEndsAt });
  // Nor does a node whose clock is ahead end it, or log the guest out.
  const loggedOut: string[] = [];
  const append = anAppend(server.pool);
  await new GuestExpiry({
    pool: server.pool,
    append,
    clock: { now: () => Date.parse('2101-01-01T00:00:00.000Z') },
    log: testLog,
    audit: testAudit.log,
    sessions: { endAll: async (account) => void loggedOut.push(account) },
    keys: { closeAll: async () => undefined },
  }).deactivateDue();
  await append.close();
  expect(loggedOut).toEqual([]);
  const { body } = await owner.request('GET', `/admin/accounts/${gina.id}`);
  expect(body).toMatchObject({ isActive: true, accessEndsAt });
});

test('a guest whose access has ended is deactivated, and is let in again without an end', async () => {
  const gwen = await invited('gwen', [shared], { accessEndsAt: '2100-01-01T00:00:00.000Z' });
  const peer = server.peer();
  await peer.hello(gwen.accessToken);
  await server.pool.query(
    `update accounts set access_ends_at = now() - interval '1 s' where id = $1`,
    [gwen.id],
  );
  await peer.whenClosed(60_000);
  expect((await loginAt(server.url, 'gwen')).status).toBe(401);
  // Nothing that began before can be used once the guest is let in again.
  const { rows } = await server.pool.query(
    `select credentials_version > 0 as is_new,
       (select count(*)::int from sessions where account_id = a.id) as sessions
     from accounts a where id = $1`,
    [gwen.id],
  );
  expect(rows).toEqual([{ is_new: true, sessions: 0 }]);
  const shown = (await owner.request('GET', `/admin/accounts/${gwen.id}`)).body;
  expect(shown).toMatchObject({ isActive: false, role: 'guest' });
  const back = await owner.request('POST', `/admin/accounts/${gwen.id}/reactivate`);
  expect(back.body).toMatchObject({ isActive: true, role: 'guest', accessEndsAt: null });
  expect((await loginAt(server.url, 'gwen')).status).toBe(200);
}, 90_000);
