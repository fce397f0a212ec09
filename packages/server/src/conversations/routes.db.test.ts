import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startTestCluster, type TestCluster } from '../../test/support/database.ts';
import { startTestServer, type TestServer, type User } from '../../test/support/server.ts';
import { aClientId } from '../../test/support/stream-builders.ts';
import { EVERYONE } from './everyone.ts';

let cluster: TestCluster;
let server: TestServer;
let ann: User;
let bob: User;
let cem: User;

beforeAll(async () => {
  cluster = await startTestCluster();
  server = await startTestServer(cluster);
  ann = await server.register('ann');
  bob = await server.register('bob');
  cem = await server.register('cem');
});
afterAll(async () => {
  await server?.stop();
  await cluster?.stop();
});

const codeOf = ({ status, body }: { status: number; body: { code: string } }) =>
  `${status} ${body.code}`;

describe('groups over REST', () => {
  test('groups are created, found by name, joined, renamed, left and deleted', async () => {
    const made = await ann.request('POST', '/conversations', {
      name: 'Chess 100%',
      visibility: 'public',
    });
    expect(made.status).toBe(201);
    expect(made.body).toMatchObject({ name: 'Chess 100%', role: 'owner', memberCount: 1 });
    const { id } = made.body;

    const found = await bob.request('GET', '/groups?search=CHESS%20100%25');
    expect(found.body).toMatchObject({ items: [{ id, memberCount: 1, isMember: false }] });
    expect((await bob.request('GET', '/groups?search=chess_')).body.items).toEqual([]);

    const joined = await bob.request('POST', `/conversations/${id}/join`);
    expect(joined).toMatchObject({ status: 200, body: { id, role: 'member', memberCount: 2 } });
    const added = await bob.request('POST', `/conversations/${id}/members`, { account: cem.id });
    expect(added).toMatchObject({ status: 201, body: { account: cem.id, username: 'cem' } });

    const refused = await bob.request('PATCH', `/conversations/${id}`, { name: 'Mine' });
    expect(codeOf(refused)).toBe('403 forbidden');
    const renamed = await ann.request('PATCH', `/conversations/${id}`, { name: ' Go ' });
    expect(renamed).toMatchObject({ status: 200, body: { name: 'Go' } });

    expect((await bob.request('POST', `/conversations/${id}/leave`)).status).toBe(204);
    const out = await ann.request('DELETE', `/conversations/${id}/members/${cem.id}`);
    expect(out.status).toBe(204);
    expect((await ann.request('DELETE', `/conversations/${id}`)).status).toBe(204);
    const gone = await ann.request('GET', `/conversations/${id}`);
    expect(codeOf(gone)).toBe('404 conversation_not_found');
  });

  test('owners change roles in groups, and transfer ownership', async () => {
    const id = await ann.group('Roles', [bob, cem]);
    const member = (user: User) => `/conversations/${id}/members/${user.id}`;
    const refused = await bob.request('PATCH', member(cem), { role: 'admin' });
    expect(codeOf(refused)).toBe('403 forbidden');
    const promoted = await ann.request('PATCH', member(bob), { role: 'admin' });
    expect(promoted).toMatchObject({ status: 200, body: { account: bob.id, role: 'admin' } });
    expect(codeOf(await ann.request('PATCH', member(bob), { role: 'god' }))).toBe('422 invalid');
    expect(codeOf(await ann.request('POST', `/conversations/${id}/leave`))).toBe(
      '409 last_group_owner',
    );
    const handed = await ann.request('POST', `/conversations/${id}/owner`, { account: cem.id });
    expect(handed).toMatchObject({ status: 200, body: { role: 'admin' } });
    expect((await ann.request('POST', `/conversations/${id}/leave`)).status).toBe(204);

    const path = `/conversations/${id}/minimum-roles`;
    expect(codeOf(await bob.request('PATCH', path, { post: 'admin' }))).toBe('403 forbidden');
    expect(codeOf(await cem.request('PATCH', path, { shout: 'admin' }))).toBe('422 invalid');
    const decided = await cem.request('PATCH', path, { post: 'owner' });
    expect(decided).toMatchObject({
      status: 200,
      body: { minimumRoles: { post: 'owner', invite: 'admin' } },
    });
    const posted = await bob.request('POST', `/conversations/${id}/messages`, { body: 'x' });
    expect(codeOf(posted)).toBe('403 forbidden');
    await cem.request('DELETE', `/conversations/${id}`);
  });

  test('groups have settings within bounds, and are archived and restored', async () => {
    const id = await ann.group('Settings', [bob], 'public');
    const path = `/conversations/${id}`;
    const set = (body: object) => ann.request('PATCH', path, body);
    expect(await set({ topic: ' On  Friday ', description: ' a\r\nb ' })).toMatchObject({
      status: 200,
      body: { topic: 'On Friday', description: 'a\nb' },
    });
    for (const body of [
      {},
      { topic: 'x'.repeat(251) },
      { topic: 'a\u202eb' },
      { description: 'x'.repeat(1001) },
      { slowModeSeconds: 21_601 },
      { slowModeSeconds: -1 },
      { visibility: 'hidden' },
    ]) {
      expect(codeOf(await set(body)), JSON.stringify(body)).toBe('422 invalid');
    }
    expect(await set({ topic: '' })).toMatchObject({ status: 200, body: { topic: '' } });
    expect(await set({ slowModeSeconds: 60 })).toMatchObject({ body: { slowModeSeconds: 60 } });
    const post = (user: User) => user.request('POST', `${path}/messages`, { body: 'x' });
    expect((await post(bob)).status).toBe(201);
    const slowed = await post(bob);
    expect(codeOf(slowed)).toBe('429 slow_mode');
    expect(slowed.body.retryAfter).toBeGreaterThan(50);
    expect((await post(ann)).status).toBe(201);
    expect((await post(ann)).status).toBe(201);

    expect(codeOf(await bob.request('POST', `${path}/archive`))).toBe('403 forbidden');
    const archived = await ann.request('POST', `${path}/archive`);
    expect(archived).toMatchObject({ status: 200, body: { archivedAt: expect.any(String) } });
    expect(archived.body.permissions).toEqual(['leave', 'archive', 'delete']);
    expect(archived.body.messagePermissions).toEqual({ own: [], others: [] });
    expect(codeOf(await post(ann))).toBe('409 conversation_archived');
    expect(codeOf(await set({ name: 'x' }))).toBe('409 conversation_archived');
    expect(codeOf(await cem.request('POST', `${path}/join`))).toBe('409 conversation_archived');
    const { body } = await bob.request('GET', `${path}/messages`);
    expect(body.items).toHaveLength(3);
    const read = await bob.request('POST', `${path}/read`, { seq: body.asOf });
    expect(read).toMatchObject({ status: 200, body: { unread: 0 } });
    expect((await ann.request('POST', `${path}/restore`)).body).toMatchObject({ archivedAt: null });
    expect((await post(ann)).status).toBe(201);
    await ann.request('DELETE', path);
  });

  test('groups are joined with links, and keep banned accounts out', async () => {
    const id = await ann.group('Links', [bob]);
    const path = `/conversations/${id}`;
    const made = await ann.request('POST', `${path}/links`, { maxUses: 1 });
    expect(made).toMatchObject({ status: 201, body: { link: { maxUses: 1, uses: 0 } } });
    const [, token] = made.body.url.split('/join#');
    expect(token.length).toBeGreaterThan(40);
    for (const body of [{ maxUses: 0 }, { expiresAt: 'soon' }]) {
      expect(codeOf(await ann.request('POST', `${path}/links`, body))).toBe('422 invalid');
    }
    // A private group: members may not add people by default.
    expect(codeOf(await bob.request('GET', `${path}/links`))).toBe('403 forbidden');
    expect(codeOf(await cem.request('GET', `${path}/bans`))).toBe('404 conversation_not_found');
    const shown = await cem.request('POST', '/group-links/show', { token });
    expect(shown).toMatchObject({ status: 200, body: { id, name: 'Links', isMember: false } });
    expect(shown.body).not.toHaveProperty('link');
    const joined = await cem.request('POST', '/group-links/join', { token });
    expect(joined).toMatchObject({ status: 200, body: { id, memberCount: 3 } });
    expect((await ann.request('GET', `${path}/links`)).body.items).toEqual([]);

    expect((await ann.request('PUT', `${path}/bans/${cem.id}`)).status).toBe(204);
    const { body: unused } = await ann.request('POST', `${path}/links`, {});
    for (const { url } of [made.body, unused]) {
      for (const use of ['show', 'join']) {
        const link = { token: url.split('/join#')[1] };
        const answer = await cem.request('POST', `/group-links/${use}`, link);
        expect(codeOf(answer), use).toBe('403 banned');
      }
    }
    const bans = await ann.request('GET', `${path}/bans?limit=1`);
    expect(bans.body).toMatchObject({ items: [{ account: cem.id, username: 'cem' }], next: null });
    expect((await ann.request('DELETE', `${path}/bans/${cem.id}`)).status).toBe(204);
    expect((await ann.request('GET', `${path}/bans`)).body.items).toEqual([]);
    // No longer banned; but the link is used up, and another one is not.
    const used = await cem.request('POST', '/group-links/join', { token });
    expect(codeOf(used)).toBe('410 link_expired');
    const past = { expiresAt: '2001-01-01T00:00:00.000Z' };
    expect(codeOf(await ann.request('POST', `${path}/links`, past))).toBe('422 time_passed');
    const { body: other } = await ann.request('POST', `${path}/links`, {});
    const [, usable] = other.url.split('/join#');
    const back = await cem.request('POST', '/group-links/join', { token: usable });
    expect(back.status).toBe(200);
    for (const use of ['show', 'join']) {
      const unknown = await cem.request('POST', `/group-links/${use}`, { token: 'x' });
      expect(codeOf(unknown)).toBe('410 link_expired');
    }
    await ann.request('DELETE', path);
  });

  test('groups are created once per Idempotency-Key', async () => {
    const key = { 'idempotency-key': aClientId() };
    const body = { name: 'Once', visibility: 'private' };
    const first = await ann.request('POST', '/conversations', body, key);
    const again = await ann.request('POST', '/conversations', body, key);
    expect(again.body.id).toBe(first.body.id);
    const reused = await ann.request(
      'POST',
      `/conversations/${EVERYONE}/messages`,
      { body: 'x' },
      key,
    );
    expect(codeOf(reused)).toBe('422 client_id_reused');
    const bad = await ann.request('POST', '/conversations', body, { 'idempotency-key': 'no' });
    expect(codeOf(bad)).toBe('400 idempotency_key_required');
  });

  test('groups answer 410 to a repeated command whose actor has left since', async () => {
    const id = await ann.group('Passing', [], 'public');
    const commands: (readonly [typeof ann, string, string, object?])[] = [
      [bob, 'POST', `/conversations/${id}/join`],
      [bob, 'POST', `/conversations/${id}/messages`, { body: 'hi' }],
      [ann, 'POST', `/conversations/${id}/members`, { account: cem.id }],
      [ann, 'PATCH', `/conversations/${id}/members/${cem.id}`, { role: 'admin' }],
      [cem, 'PATCH', `/conversations/${id}`, { name: 'Passed' }],
    ];
    const keys = commands.map(() => ({ 'idempotency-key': aClientId() }));
    for (const [n, [user, method, path, body]] of commands.entries()) {
      expect((await user.request(method, path, body, keys[n])).status).toBeLessThan(300);
    }
    for (const member of [bob, cem]) {
      await ann.request('DELETE', `/conversations/${id}/members/${member.id}`);
    }
    for (const [n, [user, method, path, body]] of commands.entries()) {
      const repeated = await user.request(method, path, body, keys[n]);
      expect(codeOf(repeated), path).toBe('410 no_longer_member');
    }
    await ann.request('DELETE', `/conversations/${id}`);
  });

  test('private groups are answered to non-members and former members as if they did not exist', async () => {
    const id = await ann.group('Secret', [cem]);
    await cem.request('POST', `/conversations/${id}/leave`);
    const nothing = aClientId();
    const paths = (of: string): [string, string, object?][] => [
      ['GET', `/conversations/${of}`],
      ['PATCH', `/conversations/${of}`, { name: 'x' }],
      ['DELETE', `/conversations/${of}`],
      ['POST', `/conversations/${of}/join`],
      ['POST', `/conversations/${of}/leave`],
      ['GET', `/conversations/${of}/members`],
      ['POST', `/conversations/${of}/members`, { account: bob.id }],
      ['DELETE', `/conversations/${of}/members/${ann.id}`],
      ['GET', `/conversations/${of}/timeline-events`],
      ['GET', `/conversations/${of}/messages`],
      ['POST', `/conversations/${of}/messages`, { body: 'x' }],
      ['GET', `/conversations/${of}/messages/1`],
      ['PATCH', `/conversations/${of}/messages/1`, { body: 'x' }],
      ['DELETE', `/conversations/${of}/messages/1`],
      ['PUT', `/conversations/${of}/messages/1/reactions/${encodeURIComponent('👍')}`],
      ['PUT', `/conversations/${of}/messages/1/pin`],
      ['DELETE', `/conversations/${of}/messages/1/pin`],
      ['GET', `/conversations/${of}/pins`],
      ['POST', `/conversations/${of}/read`, { seq: 1 }],
    ];
    for (const [i, [method, path, body]] of paths(id).entries()) {
      const hidden = await bob.request(method, path, body);
      const [, absentPath] = paths(nothing)[i] as [string, string];
      const absent = await bob.request(method, absentPath, body);
      const { requestId: _a, ...told } = hidden.body;
      const { requestId: _b, ...known } = absent.body;
      expect([method, path, hidden.status, told]).toEqual([method, path, 404, known]);
      expect(told.code).toBe('conversation_not_found');
      if (method === 'GET')
        expect(codeOf(await cem.request(method, path)), path).toBe('404 conversation_not_found');
    }
    const events = await bob.request('GET', `/streams/${id}/events`);
    expect(codeOf(events)).toBe('404 not_found');
  });

  test('groups list their members in pages, with their read cursors', async () => {
    const id = await ann.group('Pages', [bob, cem]);
    const seen: string[] = [];
    let next: string | null = '';
    while (next !== null) {
      const page = await bob.request(
        'GET',
        `/conversations/${id}/members?limit=2${next ? `&after=${next}` : ''}`,
      );
      expect(page.status).toBe(200);
      seen.push(...page.body.items.map((m: { username: string }) => m.username));
      next = page.body.next;
    }
    expect(seen).toEqual(['ann', 'bob', 'cem']);
    const found = await bob.request('GET', `/conversations/${id}/members?search=CE`);
    expect(found.body.items).toMatchObject([{ account: cem.id, readSeq: 4 }]);
    const wrong = await bob.request('GET', `/conversations/${id}/members?after=nonsense`);
    expect(codeOf(wrong)).toBe('422 invalid');
  });

  test('groups are listed in pages by name, each once', async () => {
    const names = ['äpfel', 'Birnen', 'apfel', 'Zimt', 'birnen', '苹果'];
    for (const name of names) await cem.group(name, [], 'public');
    const seen: string[] = [];
    let next: string | null = '';
    while (next !== null) {
      const page = await cem.request('GET', `/groups?limit=2${next ? `&after=${next}` : ''}`);
      seen.push(...page.body.items.map((g: { name: string }) => g.name));
      next = page.body.next;
    }
    expect(seen.sort()).toEqual([...names, 'everyone'].sort());
  });
});

describe('direct conversations and everyone over REST', () => {
  test('a direct conversation is the same for both users and is not a group', async () => {
    const mine = await ann.request('POST', '/conversations/direct', { account: bob.id });
    const his = await bob.request('POST', '/conversations/direct', { account: ann.id });
    expect(mine).toMatchObject({ status: 200, body: { kind: 'direct', peer: bob.id } });
    expect(his.body).toMatchObject({ id: mine.body.id, peer: ann.id });
    const left = await ann.request('POST', `/conversations/${mine.body.id}/leave`);
    expect(codeOf(left)).toBe('409 not_a_group');
    // The conversation has the read cursor of the other user.
    const seq = await ann.post(mine.body.id, 'hello');
    await bob.request('POST', `/conversations/${mine.body.id}/read`, { seq });
    const after = await ann.request('GET', `/conversations/${mine.body.id}`);
    expect(after.body.peerReadSeq).toBe(seq);
  });

  test('everyone cannot be left, and is renamed by owners and admins of the server', async () => {
    const left = await bob.request('POST', `/conversations/${EVERYONE}/leave`);
    expect(codeOf(left)).toBe('409 everyone_group');
    const refused = await bob.request('PATCH', `/conversations/${EVERYONE}`, { name: 'x' });
    expect(codeOf(refused)).toBe('403 forbidden');
    const seen = await bob.request('GET', `/conversations/${EVERYONE}`);
    expect(seen.body).toMatchObject({
      permissions: ['post', 'reply_in_threads', 'mention_everyone'],
      actingRole: 'member',
    });
    // The first account that registers owns the server.
    const renamed = await ann.request('PATCH', `/conversations/${EVERYONE}`, { name: 'Lobby' });
    expect(renamed.body).toMatchObject({
      name: 'Lobby',
      isEveryone: true,
      memberCount: 3,
      permissions: [
        'post',
        'reply_in_threads',
        'skip_slow_mode',
        'mention_everyone',
        'rename',
        'configure',
        'archive',
        'slow_mode',
      ],
    });
    // Limited to posts by admins.
    const limit = (user: User, post: string) =>
      user.request('PATCH', `/conversations/${EVERYONE}/minimum-roles`, { post });
    expect(codeOf(await limit(bob, 'member'))).toBe('403 forbidden');
    expect((await limit(ann, 'admin')).body.minimumRoles.post).toBe('admin');
    const say = (user: User) =>
      user.request('POST', `/conversations/${EVERYONE}/messages`, { body: 'x' });
    expect(codeOf(await say(bob))).toBe('403 forbidden');
    expect((await say(ann)).status).toBe(201);
    const limited = await bob.request('GET', `/conversations/${EVERYONE}`);
    expect(limited.body.permissions).toEqual([]);
    expect((await limit(ann, 'member')).status).toBe(200);
    await ann.request('PATCH', `/conversations/${EVERYONE}`, { name: 'everyone' });
    const hidden = await ann.request('PATCH', `/conversations/${EVERYONE}`, {
      visibility: 'private',
    });
    expect(codeOf(hidden)).toBe('409 everyone_group');

    // Archived, which keeps its members and its history.
    const off = (user: User) => user.request('POST', `/conversations/${EVERYONE}/archive`);
    expect(codeOf(await off(bob))).toBe('403 forbidden');
    expect((await off(ann)).status).toBe(200);
    expect(codeOf(await say(ann))).toBe('409 conversation_archived');
    const late = await server.register('late');
    const seenLate = await late.request('GET', `/conversations/${EVERYONE}`);
    expect(seenLate.body).toMatchObject({ permissions: [], memberCount: 4 });
    expect((await ann.request('POST', `/conversations/${EVERYONE}/restore`)).status).toBe(200);
    expect((await say(late)).status).toBe(201);
  });

  /** What accounts of each role on the server may do with the default group, in this order. */
  const COMMANDS: readonly (readonly [method: string, path: string, body: object | undefined])[] = [
    ['PATCH', '', { name: 'All hands' }],
    ['PATCH', '', { topic: 'News' }],
    ['PATCH', '', { slowModeSeconds: 10 }],
    ['PATCH', '/minimum-roles', { post: 'admin' }],
    ['PATCH', '/minimum-roles', { post: 'member' }],
    ['POST', '/archive', undefined],
    ['POST', '/restore', undefined],
    ['PATCH', '', { name: 'everyone', topic: '', slowModeSeconds: 0 }],
  ];
  test.each([
    ['owner', 200],
    ['admin', 200],
    ['member', 403],
  ] as const)(
    'an %s changes, limits, switches off and restores everyone: %i',
    async (role, status) => {
      const user = await server.register(`every-${role}`);
      await ann.request('PATCH', `/admin/accounts/${user.id}`, { role });
      const statuses: number[] = [];
      for (const [method, path, body] of COMMANDS) {
        statuses.push(
          (await user.request(method, `/conversations/${EVERYONE}${path}`, body)).status,
        );
      }
      expect(statuses).toEqual(COMMANDS.map(() => status));
      const { body } = await user.request('GET', `/conversations/${EVERYONE}`);
      expect(body).toMatchObject({ name: 'everyone', archivedAt: null, slowModeSeconds: 0 });
    },
  );
});

describe('messages over REST', () => {
  test('messages are scheduled once per Idempotency-Key, also if they were sent since', async () => {
    const id = await ann.group('scheduled');
    const sendAt = new Date(Date.now() + 3_600_000).toISOString();
    const key = { 'idempotency-key': aClientId() };
    const body = { conversation: id, body: 'later', sendAt };
    const schedule = () => ann.request('POST', '/me/scheduled', body, key);
    const first = await schedule();
    expect(first.status).toBe(201);
    expect(first.body).not.toHaveProperty('sent');
    const path = `/me/scheduled/${first.body.id}`;
    const again = { 'idempotency-key': aClientId() };
    const change = () => ann.request('PATCH', path, { body: 'now' }, again);
    expect((await change()).status).toBe(200);
    const { seq, at } = (await ann.request('POST', `${path}/send`)).body;
    expect(await schedule()).toMatchObject({
      status: 201,
      body: { id: first.body.id, conversation: id, body: 'now', sendAt, sent: { seq, at } },
    });
    expect(await change()).toMatchObject({ status: 200, body: { sent: { seq } } });
    const late = await ann.request('PATCH', path, { body: 'too late' });
    expect(codeOf(late)).toBe('404 scheduled_not_found');
  });

  test('messages are posted once per Idempotency-Key, read, edited, reacted to and deleted', async () => {
    const id = await ann.group('Messages', [bob]);
    const path = `/conversations/${id}/messages`;
    const key = { 'idempotency-key': aClientId() };
    const posted = await ann.request('POST', path, { body: 'hi' }, key);
    expect(posted).toMatchObject({ status: 201, body: { seq: 4, author: ann.id, body: 'hi' } });
    const one = `${path}/${posted.body.seq}`;
    // The answer to the post equals what is read afterwards.
    expect((await bob.request('GET', one)).body).toEqual(posted.body);

    expect(codeOf(await bob.request('PATCH', one, { body: 'no' }))).toBe('403 forbidden');
    const edited = await ann.request('PATCH', one, { body: 'hi!' });
    expect(edited.body).toMatchObject({ body: 'hi!', changedSeq: 5 });
    const again = await ann.request('POST', path, { body: 'hi' }, key);
    expect(again).toMatchObject({ status: 201, body: { seq: 4, body: 'hi!' } });

    const thumb = `${one}/reactions/${encodeURIComponent('👍🏽')}`;
    expect((await bob.request('PUT', thumb)).body).toMatchObject({ stream: id, seq: 6 });
    expect((await bob.request('PUT', thumb)).body).toMatchObject({ seq: 6 });
    expect((await ann.request('GET', one)).body.reactions).toEqual([
      { emoji: '👍🏽', accounts: [bob.id] },
    ]);
    expect((await bob.request('DELETE', thumb)).body).toMatchObject({ seq: 7 });
    expect(codeOf(await bob.request('PUT', `${one}/reactions/ab`))).toBe('404 not_found');

    const pinKey = { 'idempotency-key': aClientId() };
    const pinned = await bob.request('PUT', `${one}/pin`, undefined, pinKey);
    expect(pinned.body).toMatchObject({ id: pinKey['idempotency-key'], stream: id, seq: 8 });
    expect((await bob.request('PUT', `${one}/pin`, undefined, pinKey)).body).toEqual(pinned.body);
    const list = await ann.request('GET', `/conversations/${id}/pins`);
    expect(list.body.items).toEqual([(await ann.request('GET', one)).body]);
    expect(list.body.items[0].pinned).toEqual({ by: bob.id, at: pinned.body.at });
    expect((await ann.request('DELETE', `${one}/pin`)).body).toMatchObject({ seq: 9 });
    expect((await ann.request('GET', `/conversations/${id}/pins`)).body).toEqual({
      items: [],
      next: null,
    });

    expect((await ann.request('DELETE', one)).body).toMatchObject({ stream: id, seq: 10 });
    expect(codeOf(await ann.request('PATCH', one, { body: 'x' }))).toBe('409 message_deleted');
    expect(codeOf(await ann.request('PUT', `${one}/pin`))).toBe('409 message_deleted');
    expect(codeOf(await ann.request('GET', `${path}/99`))).toBe('404 message_not_found');
    expect(codeOf(await ann.request('GET', `${path}/abc`))).toBe('404 not_found');
  });

  test('messages with an invalid body are refused with a specific code', async () => {
    const id = await ann.group('Bad');
    const post = (body: object) => ann.request('POST', `/conversations/${id}/messages`, body);
    expect(codeOf(await post({ body: '  ' }))).toBe('422 body_empty');
    expect(codeOf(await post({ body: 'x'.repeat(16_001) }))).toBe('422 body_too_long');
    expect(codeOf(await post({ body: 'a\u0000b' }))).toBe('422 text_invalid');
    expect((await post({})).status).toBe(422);
    // A reply to an event that is not a message, to a missing one, and to an invalid seq.
    expect(codeOf(await post({ body: 'x', replyTo: 1 }))).toBe('404 message_not_found');
    const last = Number.MAX_SAFE_INTEGER;
    expect(codeOf(await post({ body: 'x', replyTo: last }))).toBe('404 message_not_found');
    for (const replyTo of [-1, 1.5, last + 1, '4', null]) {
      expect((await post({ body: 'x', replyTo })).status, `${replyTo}`).toBe(422);
    }
  });

  test('messages are read in pages, events in order, read cursors with their version', async () => {
    const id = await ann.group('Pages of history', [bob]);
    for (let n = 0; n < 5; n++) await ann.post(id, `m${n}`);
    const page = await bob.request('GET', `/conversations/${id}/messages?limit=2`);
    expect(page.body).toMatchObject({ hasOlder: true, hasNewer: false, asOf: 8 });
    expect(page.body.items.map((m: { seq: number }) => m.seq)).toEqual([7, 8]);
    const both = await bob.request('GET', `/conversations/${id}/messages?before=5&after=3`);
    expect(both.status).toBe(422);
    expect((await bob.request('GET', `/conversations/${id}/messages?limit=201`)).status).toBe(422);

    const events = await bob.request('GET', `/streams/${id}/events?after=6&limit=500`);
    expect(events.body.lastSeq).toBe(8);
    expect(events.body.items).toMatchObject([
      { op: 'event', seq: 7, type: 'message.posted', actor: ann.id, data: { body: 'm3' } },
      { op: 'event', seq: 8 },
    ]);

    // The items of activities raise the version in the background, so only a lower bound is exact.
    const before = (await bob.request('GET', '/me/cursors')).body.readVersion;
    const moved = await bob.request('POST', `/conversations/${id}/read`, { seq: 6 });
    expect(moved.body).toMatchObject({ conversation: id, readSeq: 6, unread: 2, asOf: 8 });
    const cursors = await bob.request('GET', '/me/cursors');
    expect(cursors.body.readVersion).toBeGreaterThan(before);
    expect(cursors.body.items).toContainEqual(moved.body);
  });

  test('messages are refused without an access token', async () => {
    for (const path of [
      '/conversations',
      '/groups',
      '/me/cursors',
      `/streams/${EVERYONE}/events`,
    ]) {
      const answer = await ann.request('GET', path, undefined, { authorization: '' });
      expect(codeOf(answer)).toBe('401 unauthenticated');
    }
  });
});
