import {
  type AccountId,
  type ConversationId,
  LIMITS,
  type UserGroup,
  type UserGroupId,
} from '@parley/protocol';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startTestCluster, type TestCluster } from '../../test/support/database.ts';
import { startTestServer, type TestServer, type User } from '../../test/support/server.ts';
import { aClientId, anAppend } from '../../test/support/stream-builders.ts';
import { testLog } from '../../test/support/test-log.ts';
import { AuditLog } from '../audit/audit-log.ts';
import { examine } from '../doctor/doctor.ts';
import { systemClock } from '../runtime/clock.ts';
import { openDatabase } from '../storage/database.ts';
import { changeUserGroup } from './commands.ts';

let cluster: TestCluster;
let server: TestServer;
let owner: User;
let admin: User;
let ria: User;
let sam: User;
beforeAll(async () => {
  cluster = await startTestCluster();
  server = await startTestServer(cluster);
  [owner, admin, ria, sam] = [
    await server.register('owner'),
    await server.register('adam'),
    await server.register('ria'),
    await server.register('sam'),
  ];
  await owner.request('PATCH', `/admin/accounts/${admin.id}`, { role: 'admin' });
});
afterAll(async () => {
  await server.stop();
  await cluster.stop();
});

const create = async (name: string, members: readonly AccountId[] = [], by = admin) =>
  by.request('POST', '/admin/user-groups', { name, title: `Title of ${name}`, members });
const created = async (name: string, members?: readonly AccountId[]): Promise<UserGroup> => {
  const { status, body } = await create(name, members);
  expect(status).toBe(201);
  return body;
};
const change = (id: string, body: object, by = admin) =>
  by.request('PATCH', `/admin/user-groups/${id}`, body);
const list = async (by = ria) =>
  (await by.request('GET', '/user-groups')).body.items as UserGroup[];
const mentionsOf = async (by: User, conversation: ConversationId, body: string) => {
  const seq = await by.post(conversation, body);
  return (await by.request('GET', `/conversations/${conversation}/messages/${seq}`)).body.mentions;
};
const unreadMentions = async (of: User, conversation: ConversationId) =>
  (await of.request('GET', `/conversations/${conversation}`)).body.unreadMentions;

describe('user groups', () => {
  test('are managed by admins, seen by everyone, and changed once, with an audit entry', async () => {
    expect((await create('makers', [], ria)).status).toBe(403);
    const key = aClientId();
    const body = { name: 'makers', title: 'Those who make', members: [sam.id, ria.id, sam.id] };
    const send = () =>
      admin.request('POST', '/admin/user-groups', body, { 'idempotency-key': key });
    // The response was lost, and the request is repeated.
    const [first, again] = [await send(), await send()];
    expect(first.body).toMatchObject({ name: 'makers', members: [ria.id, sam.id].sort() });
    expect(again.body).toEqual(first.body);
    const { id, changedSeq } = first.body as UserGroup;
    expect((await list()).map((group) => group.id)).toEqual([id]);

    expect((await change(id, { members: [] }, ria)).status).toBe(403);
    expect((await change(id, { title: body.title })).body.changedSeq).toBe(changedSeq);
    expect((await change(id, { title: 'Makers', changedSeq })).body.title).toBe('Makers');
    // Another admin still sees the previous version of the group.
    expect((await change(id, { members: [], changedSeq }, owner)).body.code).toBe(
      'user_group_changed',
    );
    expect((await ria.request('DELETE', `/admin/user-groups/${id}`)).status).toBe(403);
    expect((await admin.request('DELETE', `/admin/user-groups/${id}`)).status).toBe(204);
    expect((await change(id, { members: [] })).body.code).toBe('user_group_not_found');
    expect(await list()).toEqual([]);
    const audited = await server.rows(
      `select event, details->'fields' as fields from audit_log
       where details->>'userGroup' = '${id}' order by id`,
    );
    expect(audited).toEqual([
      { event: 'user_group_created', fields: null },
      { event: 'user_group_changed', fields: ['title'] },
      { event: 'user_group_deleted', fields: null },
    ]);
  });

  test('share no name, not even a similar-looking one, with users', async () => {
    const { id } = await created('painters');
    for (const name of ['painters', 'PAINTERS', 'pаinters', 'ria', 'Rіa'.normalize()]) {
      const { status } = await create(name);
      expect([name, status === 409 || status === 422]).toEqual([name, true]);
    }
    for (const name of ['everyone', 'Here']) expect((await create(name)).status).toBe(422);
    await expect(server.register('painters')).rejects.toThrow('username_taken');
    const renamed = await owner.request('PATCH', `/admin/accounts/${sam.id}`, {
      username: 'Painters',
    });
    expect(renamed.body.code).toBe('username_taken');
    // It may keep its own name.
    expect((await change(id, { name: 'Painters' })).body.name).toBe('Painters');
    // Two admins give two groups the same name at the same time.
    const both = await Promise.all([create('sculptors'), create('sculptors', [], owner)]);
    expect(both.map(({ status }) => status).sort()).toEqual([201, 409]);
  });

  test('contain existing accounts, up to a limit, and lose deleted ones', async () => {
    const gone = await server.register('gone');
    const { id, changedSeq } = await created('leavers', [gone.id, ria.id]);
    const none = '0197a000-0000-7000-8000-000000000000' as AccountId;
    expect((await change(id, { members: [none] })).body.code).toBe('account_not_found');
    const many = Array.from({ length: LIMITS.userGroupMembers + 1 }, () => ria.id);
    expect((await change(id, { members: many })).status).toBe(422);
    await owner.request('DELETE', `/admin/accounts/${gone.id}?messages=keep`);
    expect((await list()).find((group) => group.id === id)?.members).toEqual([ria.id]);
    // An admin who still sees the deleted account must look again.
    expect((await change(id, { title: 'Gone', changedSeq })).body.code).toBe('user_group_changed');
    const most = await server.rows('select count(*)::int as count from user_groups');
    await server.rows(`insert into user_groups (id, name, name_key, name_skeleton, title, members, seq)
      select gen_random_uuid(), n, n, n, n, '{}', 0
      from (select 'filler-' || n as n from generate_series(1, ${LIMITS.userGroups} - ${most[0]?.count}) n) f`);
    expect((await create('one-more')).body.code).toBe('too_many_user_groups');
    await server.rows(`delete from user_groups where seq = 0`);
  });

  test('are not changed by an admin who is suspended after the request was authenticated', async () => {
    const { id } = await created('auditors', [ria.id]);
    const { pool, close } = await openDatabase(
      { connectionString: server.pool.options.connectionString as string },
      testLog,
      { pipelined: true },
    );
    const append = anAppend(pool);
    const log = new AuditLog({ pool, clock: systemClock, log: testLog });
    const empty = () =>
      changeUserGroup(
        append,
        { actor: admin.id, clientId: aClientId(), audit: { log, address: null } },
        id as UserGroupId,
        { members: [] },
      );
    const suspend = (until: string) =>
      pool.query(`update accounts set suspended_until = ${until} where id = $1`, [admin.id]);
    await suspend(`now() + interval '1 hour'`);
    expect(await empty()).toMatchObject({ kind: 'refused', refusal: { code: 'forbidden' } });
    await suspend('null');
    expect((await empty()).kind).toBe('stored');
    await close();
  });

  test('reach clients as events of the workspace stream that hold the whole group', async () => {
    const peer = server.peer();
    await peer.hello(ria.accessToken);
    const group = await created('listeners', [ria.id]);
    const event = await peer.next('event', (e) => e.type === 'user_group.changed');
    expect(event).toMatchObject({
      seq: group.changedSeq,
      data: {
        userGroup: group.id,
        name: 'listeners',
        title: group.title,
        members: [ria.id],
      },
    });
    await admin.request('DELETE', `/admin/user-groups/${group.id}`);
    const deleted = await peer.next('event', (e) => e.type === 'user_group.deleted');
    expect(deleted.data).toEqual({ userGroup: group.id });
  });
});

describe('a mention of a user group', () => {
  test('mentions its accounts that are in the conversation and do not block the author', async () => {
    const [out, blocking, inactive] = [
      await server.register('outside'),
      await server.register('blocking'),
      await server.register('inactive'),
    ];
    const all = [owner, ria, sam, out, blocking, inactive].map((user) => user.id);
    const group = await created('designers', all);
    const id = await owner.group('design', [ria, sam, blocking, inactive]);
    await blocking.request('PUT', `/me/blocks/${owner.id}`);
    await owner.request('POST', `/admin/accounts/${inactive.id}/deactivate`);
    const seq = await owner.post(id, 'hello @Designers, not `@designers`');
    const path = `/conversations/${id}/messages/${seq}`;
    const { mentions } = (await ria.request('GET', path)).body;
    const accounts = [owner.id, ria.id, sam.id].sort();
    expect(mentions).toEqual([{ kind: 'user_group', name: 'Designers', id: group.id, accounts }]);
    expect(await unreadMentions(ria, id)).toEqual([seq]);
    // Neither the author nor anyone who blocks the author.
    expect(await unreadMentions(owner, id)).toEqual([]);
    expect(await unreadMentions(blocking, id)).toEqual([]);

    // After a rename: the id in the message identifies the group.
    expect((await change(group.id, { name: 'artists' })).status).toBe(200);
    expect((await ria.request('GET', path)).body.mentions).toEqual(mentions);
    expect(await mentionsOf(owner, id, '@designers')).toEqual([]);

    // An edit resolves the text again, and a deletion removes its mentions.
    await change(group.id, { members: [sam.id] });
    await owner.request('PATCH', path, { body: 'hello @artists' });
    expect(await unreadMentions(ria, id)).toEqual([]);
    expect(await unreadMentions(sam, id)).toEqual([seq]);
    await owner.request('DELETE', path);
    expect(await unreadMentions(sam, id)).toEqual([]);
  });

  test('counts an account once, even if it is mentioned in several ways', async () => {
    await created('first-group', [ria.id, sam.id]);
    await created('second-group', [ria.id]);
    const id = await owner.group('twice', [ria, sam]);
    const seq = await owner.post(id, '@first-group @second-group @ria');
    expect(await unreadMentions(ria, id)).toEqual([seq]);
    const names = Array.from({ length: LIMITS.userGroupsPerMessage + 1 }, (_, n) => `many-${n}`);
    for (const name of names) await created(name, [ria.id]);
    const found = await mentionsOf(owner, id, names.map((name) => `@${name}`).join(' '));
    expect(found).toHaveLength(LIMITS.userGroupsPerMessage);
  });

  test('needs the permission to mention everyone if it is large, in a large group', async () => {
    const small = await created('small-group', [ria.id]);
    const large = await created('large-group', [ria.id]);
    await server.rows(`update user_groups set members = members || array(
      select gen_random_uuid() from generate_series(1, ${LIMITS.mentionEveryoneMembers}))
      where id = '${large.id}'`);
    const id = await owner.group('large', [ria, sam]);
    const both = '@small-group @large-group';
    const kinds = async (by: User) =>
      (await mentionsOf(by, id, both)).map((mention: { id: string }) => mention.id);
    const suggested = async (by: User) => {
      const path = `/conversations/${id}/mention-suggestions?search=-group`;
      const { userGroups } = (await by.request('GET', path)).body;
      return userGroups.map((group: { name: string }) => group.name);
    };
    expect(await kinds(sam)).toEqual([small.id, large.id]);
    expect(await suggested(sam)).toContain('large-group');
    await server.rows(`update conversations set member_count = ${LIMITS.mentionEveryoneMembers + 1}
      where id = '${id}'`);
    expect(await kinds(sam)).toEqual([small.id]);
    expect(await suggested(sam)).not.toContain('large-group');
    expect(await suggested(sam)).toContain('small-group');
    expect(await kinds(owner)).toEqual([small.id, large.id]);
    expect(await suggested(owner)).toContain('large-group');

    // In the default group, the role on the server decides.
    const [everyone] = await server.rows('select id from conversations where is_everyone');
    const there = everyone?.id as ConversationId;
    const before = LIMITS.mentionEveryoneMembers + 1;
    await server.rows(`update conversations set member_count = ${before} where is_everyone`);
    expect(await mentionsOf(sam, there, '@large-group')).toEqual([]);
    expect(await mentionsOf(admin, there, '@large-group')).toMatchObject([{ id: large.id }]);
    await server.rows(`update conversations c set member_count =
      (select count(*) from memberships m where m.conversation_id = c.id and m.left_seq is null)`);
    await server.rows(`update user_groups set members = '{${ria.id}}' where id = '${large.id}'`);
  });

  test('is suggested for parts of its name and title, to members only', async () => {
    await created('night-watch', [ria.id]);
    const id = await owner.group('suggesting', [ria]);
    const suggest = (by: User, search: string) =>
      by.request('GET', `/conversations/${id}/mention-suggestions?search=${search}`);
    for (const search of ['night', 'WATCH', 'of%20night']) {
      const { body } = await suggest(ria, search);
      expect(body.userGroups).toMatchObject([{ name: 'night-watch', size: 1 }]);
    }
    expect((await suggest(sam, 'night')).status).toBe(404);
  });
});

test('the tables can be rebuilt from the events', async () => {
  expect(await examine(server.pool)).toEqual([]);
});
