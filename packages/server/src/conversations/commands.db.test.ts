import type {
  AccountId,
  ConversationId,
  EventData,
  LinkId,
  MinimumRoles,
  Seq,
} from '@parley/protocol';
import {
  LIMITS,
  SYSTEM,
  streamOfAccount,
  streamOfConversation,
  WORKSPACE_STREAM,
} from '@parley/protocol';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startTestDatabase } from '../../test/support/database.ts';
import {
  aBootstrappedAppend,
  about,
  aDirect,
  aRealGroup,
  asking,
  conversationIn,
  says,
  stored,
  suspendedMeanwhile,
  testAudit,
  verdict,
} from '../../test/support/domain-builders.ts';
import {
  aClientId,
  anAccount,
  anAppend,
  headOf,
  logOf,
  upTo,
} from '../../test/support/stream-builders.ts';
import { registerAccount } from '../accounts/registration/register.ts';
import { banAccount, unbanAccount } from '../admission/bans.ts';
import {
  createGroupLink,
  joinByLink,
  type LinkLimits,
  revokeGroupLink,
} from '../admission/links.ts';
import { bansOf, groupOfLink, linksOf } from '../admission/queries.ts';
import { blockAccount, blocksOf, unblockAccount } from '../blocks/blocks.ts';
import { examine } from '../doctor/doctor.ts';
import { Vault } from '../encryption/vault.ts';
import { addReaction, deleteMessage, editMessage, postMessage } from '../messages/commands.ts';
import { eventsFor, history } from '../messages/history/queries.ts';
import { authorize as authorizeOnMessages } from '../messages/policy.ts';
import { minimumRolesOf } from '../permissions/minimum-roles.ts';
import type { Database } from '../storage/database.ts';
import type { Append, Outcome } from '../stream/append.ts';
import { createGroup, deleteGroup, openDirect } from './commands.ts';
import { bootstrapEveryone, EVERYONE } from './everyone.ts';
import {
  addMember,
  changeMemberRole,
  joinGroup,
  leaveGroup,
  removeMember,
  transferOwnership,
  withdrawMember,
} from './members.ts';
import { authorize, type ConversationType, permissionsOf } from './policy.ts';
import { memberOf, membersOf, publicGroups } from './queries.ts';
import {
  archiveGroup,
  changeMinimumRoles,
  renameGroup,
  restoreGroup,
  updateGroup,
} from './settings.ts';
import { conversationFor, conversationsOf } from './snapshot.ts';

let server: Awaited<ReturnType<typeof startTestDatabase>>;
let db: Database;
let append: Append;

beforeAll(async () => {
  server = await startTestDatabase();
  db = await server.open();
  append = await aBootstrappedAppend(db.pool);
});
afterAll(() => server.stop());

const vault = new Vault('a secret of at least 32 characters, for tests');
const NO_LIMITS = { expiresAt: null, maxUses: null };
const newLink = (actor: AccountId, id: ConversationId, limits: Partial<LinkLimits> = {}) =>
  createGroupLink({ append, vault }, about(actor, id), { ...NO_LIMITS, ...limits });
const join = async (actor: AccountId, token: string): Promise<Outcome> =>
  (await joinByLink({ append, pool: db.pool }, asking(actor), token)) ?? {
    kind: 'refused',
    refusal: { code: 'not_found', message: '' },
  };
const users = async <N extends number>(n: N) =>
  (await Promise.all(upTo(n).map(() => anAccount(db.pool)))) as [AccountId, ...AccountId[]] &
    AccountId[];
const logTypes = async (stream: string) =>
  (await logOf(db.pool, stream as ConversationId)).map((e) => e.type);
const countOf = async (conversation: ConversationId) => {
  const { rows } = await db.pool.query(
    `select c.member_count, (select count(*)::int from memberships m
       where m.conversation_id = c.id and m.left_seq is null) as rows
     from conversations c where c.id = $1`,
    [conversation],
  );
  expect(rows[0].member_count).toBe(rows[0].rows);
  return rows[0].member_count as number;
};

describe('a group', () => {
  test('a group starts with its creator as owner and an event for each member', async () => {
    const [ann, bob, cem] = await users(3);
    const workspace = await headOf(db.pool, WORKSPACE_STREAM);

    const outcome = await createGroup(append, asking(ann), {
      name: 'Garden',
      visibility: 'public',
      members: [bob as AccountId, cem as AccountId, ann],
    });

    const id = conversationIn(outcome);
    expect(await logOf(db.pool, id)).toMatchObject([
      { seq: 1, type: 'conversation.created', data: { kind: 'group', name: 'Garden' } },
      { seq: 2, type: 'member.joined', data: { account: ann, role: 'owner' } },
      { seq: 3, type: 'member.joined', data: { account: bob, role: 'member' } },
      { seq: 4, type: 'member.joined', data: { account: cem, role: 'member' } },
    ]);
    expect(
      await logOf(db.pool, streamOfAccount(cem as AccountId) as string as ConversationId),
    ).toMatchObject([{ seq: 1, type: 'conversation.joined', data: { conversation: id, seq: 4 } }]);
    expect(await headOf(db.pool, WORKSPACE_STREAM)).toBe(workspace + 1);
    expect(await conversationFor(db.pool, bob as AccountId, id)).toMatchObject({
      id,
      kind: 'group',
      name: 'Garden',
      visibility: 'public',
      isEveryone: false,
      peer: null,
      peerReadSeq: null,
      memberCount: 3,
      role: 'member',
      permissions: ['post', 'reply_in_threads', 'mention_everyone', 'leave', 'add_member'],
      minimumRoles: minimumRolesOf('public', {}),
      messagePermissions: { own: ['edit', 'delete', 'react', 'pin'], others: ['react', 'pin'] },
      joinedSeq: 3,
      readSeq: 3,
      unread: 0,
      lastSeq: 4,
      lastMessage: null,
    });
    expect(await countOf(id)).toBe(3);
  });

  test('a group is created once per client id, over concurrent requests on two nodes', async () => {
    const [ann] = await users(1);
    const other = anAppend(db.pool);
    const request = { actor: ann, clientId: aClientId() };
    const group = { name: 'once', visibility: 'private' as const, members: [] };

    const outcomes = await Promise.all(
      [append, other, append, other].map((node) => createGroup(node, request, group)),
    );
    outcomes.push(await createGroup(other, request, group));

    expect(new Set(outcomes.map(conversationIn)).size).toBe(1);
    expect(await conversationsOf(db.pool, ann)).toHaveLength(1);
  });

  test('refuses a group with a member that does not exist', async () => {
    const [ann] = await users(1);
    const unknown = aClientId() as string as AccountId;
    const outcome = await createGroup(append, asking(ann), {
      name: 'x',
      visibility: 'private',
      members: [unknown],
    });
    expect(verdict(outcome)).toBe('account_not_found');
    expect(await conversationsOf(db.pool, ann)).toEqual([]);
  });

  test('the last owner leaves a group only after a transfer of ownership', async () => {
    const [ann, bob, cem] = (await users(3)) as [AccountId, AccountId, AccountId];
    const id = await aRealGroup(append, [ann, bob, cem]);

    expect(verdict(await leaveGroup(append, about(ann, id)))).toBe('last_group_owner');
    expect(verdict(await changeMemberRole(append, about(ann, id), ann, 'admin'))).toBe(
      'last_group_owner',
    );
    stored(await transferOwnership(append, about(ann, id), bob));
    stored(await leaveGroup(append, about(ann, id)));
    expect((await logOf(db.pool, id)).slice(-3)).toMatchObject([
      { seq: 5, type: 'member.role_changed', data: { account: bob, role: 'owner' } },
      { seq: 6, type: 'member.role_changed', data: { account: ann, role: 'admin' } },
      { seq: 7, type: 'member.left', data: { account: ann } },
    ]);
    expect(await conversationFor(db.pool, bob, id)).toMatchObject({
      role: 'owner',
      permissions: [
        'post',
        'reply_in_threads',
        'skip_slow_mode',
        'mention_everyone',
        ...permissionsOf('owner', 'private', minimumRolesOf('private', {})),
      ],
    });
    expect((await logTypes(ann)).at(-1)).toBe('conversation.left');

    // All leave; the first to rejoin owns it.
    stored(await leaveGroup(append, about(cem, id)));
    stored(await leaveGroup(append, about(bob, id)));
    expect(await countOf(id)).toBe(0);
    await joinGroup(append, about(cem, id));
    expect(await conversationFor(db.pool, cem, id)).toMatchObject({ role: 'owner' });
  });

  test('a group keeps an active owner', async () => {
    const [ann, bob, cem] = (await users(3)) as [AccountId, AccountId, AccountId];
    const alone = await aRealGroup(append, [ann]);
    for (const role of ['member', 'admin'] as const) {
      expect(verdict(await changeMemberRole(append, about(ann, alone), ann, role))).toBe(
        'last_group_owner',
      );
    }
    stored(await leaveGroup(append, about(ann, alone)));

    const id = await aRealGroup(append, [ann, bob, cem]);
    stored(await changeMemberRole(append, about(ann, id), bob, 'owner'));
    await db.pool.query('update accounts set is_active = false where id = $1', [bob]);
    expect(verdict(await leaveGroup(append, about(ann, id)))).toBe('last_group_owner');
    expect(verdict(await changeMemberRole(append, about(ann, id), ann, 'admin'))).toBe(
      'last_group_owner',
    );
    expect(verdict(await transferOwnership(append, about(ann, id), bob))).toBe('account_not_found');
    stored(await changeMemberRole(append, about(ann, id), bob, 'member'));
    expect(verdict(await changeMemberRole(append, about(ann, id), bob, 'admin'))).toBe(
      'account_not_found',
    );
    stored(await withdrawMember(append, about(ann, id)));
    expect(await conversationFor(db.pool, cem, id)).toMatchObject({ role: 'owner' });
  });

  test('a group has each member once, through any joins, additions, removals and leaves', async () => {
    const [ann, bob] = (await users(2)) as [AccountId, AccountId];
    const id = await aRealGroup(append, [ann]);
    const joined = stored(await addMember(append, about(ann, id), bob)).seq;
    expect(stored(await addMember(append, about(ann, id), bob)).seq).toBe(joined);
    expect(stored(await joinGroup(append, about(bob, id))).seq).toBe(joined);
    const log = await logOf(db.pool, id);
    expect(log.filter((e) => e.type === 'member.joined')).toHaveLength(2);
    const left = stored(await removeMember(append, about(ann, id), bob)).seq;
    expect(stored(await removeMember(append, about(ann, id), bob)).seq).toBe(left);
    expect(stored(await leaveGroup(append, about(bob, id))).seq).toBe(left);
    expect(await logTypes(bob)).toEqual(['conversation.joined', 'conversation.left']);
    expect(await logOf(db.pool, bob as string as ConversationId)).toMatchObject([
      { data: { conversation: id, seq: joined } },
      { data: { conversation: id, seq: left } },
    ]);
    expect(await countOf(id)).toBe(1);
  });

  test('rejects the id of another command about the same member', async () => {
    const [ann, bob] = (await users(2)) as [AccountId, AccountId];
    const id = await aRealGroup(append, [ann, bob]);
    const request = about(ann, id);
    stored(await changeMemberRole(append, request, bob, 'owner'));
    expect(verdict(await transferOwnership(append, request, bob))).toBe('client_id_reused');
    expect(verdict(await changeMemberRole(append, request, bob, 'admin'))).toBe('client_id_reused');
    const other = about(ann, id);
    stored(await changeMinimumRoles(append, other, { post: 'admin' }));
    expect(verdict(await changeMinimumRoles(append, other, { pin: 'admin' }))).toBe(
      'client_id_reused',
    );
    expect(stored(await changeMinimumRoles(append, other, { post: 'admin' })).repeated).toBe(true);
    for (const action of ['post', 'invite', 'pin', 'deleteOthers', 'rename'] as const) {
      const one = about(ann, id);
      stored(await changeMinimumRoles(append, one, { [action]: 'owner' }));
      const answer = await changeMinimumRoles(append, one, { [action]: 'admin' });
      expect(verdict(answer), action).toBe('client_id_reused');
    }
  });

  test('only owners transfer a group, and only to members', async () => {
    const [ann, bob, cem, dee] = (await users(4)) as [AccountId, AccountId, AccountId, AccountId];
    const id = await aRealGroup(append, [ann, bob, cem]);
    const transfer = (actor: AccountId, to: AccountId) =>
      transferOwnership(append, about(actor, id), to);
    stored(await changeMemberRole(append, about(ann, id), bob, 'admin'));
    expect(verdict(await transfer(bob, cem))).toBe('forbidden');
    expect(verdict(await transfer(dee, cem))).toBe('conversation_not_found');
    expect(verdict(await transfer(ann, dee))).toBe('account_not_found');
    const head = await headOf(db.pool, streamOfConversation(id));
    expect(stored(await transfer(ann, ann)).seq).toBe(head);
    expect(await headOf(db.pool, streamOfConversation(id))).toBe(head);
    // Of two transfers at the same moment one makes the actor an admin, and the other is refused.
    const both = await Promise.all([transfer(ann, bob), transfer(ann, cem)]);
    expect(both.map(verdict).sort()).toEqual(['forbidden', 'yes']);
    const { rows } = await db.pool.query<{ role: string }>(
      `select role from memberships where conversation_id = $1 and left_seq is null order by role`,
      [id],
    );
    expect(rows.map((row) => row.role).sort()).toContain('owner');
    expect(await conversationFor(db.pool, ann, id)).toMatchObject({ role: 'admin' });
  });

  test('admins of a group remove members, but no owner and no other admin', async () => {
    const [ann, bob, cem, dee] = (await users(4)) as [AccountId, AccountId, AccountId, AccountId];
    const id = await aRealGroup(append, [ann, bob, cem, dee]);
    for (const admin of [bob, cem]) {
      stored(await changeMemberRole(append, about(ann, id), admin, 'admin'));
    }
    const remove = async (actor: AccountId, target: AccountId) =>
      verdict(await removeMember(append, about(actor, id), target));
    expect(await remove(bob, ann)).toBe('forbidden');
    expect(await remove(bob, cem)).toBe('forbidden');
    expect(await remove(bob, dee)).toBe('yes');
    expect(await remove(ann, cem)).toBe('yes');
  });

  test('the minimum roles of a group decide who may do what, and every member sees the result', async () => {
    const [ann, bob, cem] = (await users(3)) as [AccountId, AccountId, AccountId];
    const id = await aRealGroup(append, [ann, bob, cem]);
    stored(await changeMemberRole(append, about(ann, id), bob, 'admin'));
    const decide = (minimumRoles: Partial<MinimumRoles>) =>
      changeMinimumRoles(append, about(ann, id), minimumRoles);
    const all = stored(await decide({ post: 'admin', pin: 'owner' }));
    expect(stored(await decide({ pin: 'owner' })).seq).toBe(all.seq);
    stored(await decide({ invite: 'admin' }));
    expect(await logOf(db.pool, id)).toMatchObject([
      ...Array.from({ length: 5 }, () => ({})),
      { type: 'conversation.updated', data: { minimumRoles: { post: 'admin', pin: 'owner' } } },
      { type: 'conversation.updated', data: { minimumRoles: { invite: 'admin' } } },
    ]);
    const minimumRoles = {
      post: 'admin',
      invite: 'admin',
      pin: 'owner',
      deleteOthers: 'admin',
      rename: 'admin',
    };
    expect(await conversationFor(db.pool, cem, id)).toMatchObject({
      minimumRoles,
      permissions: ['leave'],
      messagePermissions: { own: ['edit', 'delete', 'react'], others: ['react'] },
    });
    expect(await conversationFor(db.pool, bob, id)).toMatchObject({
      minimumRoles,
      permissions: [
        'post',
        'reply_in_threads',
        'skip_slow_mode',
        'mention_everyone',
        'leave',
        'add_member',
        'remove_member',
        'ban',
        'rename',
        'slow_mode',
      ],
      messagePermissions: {
        own: ['edit', 'delete', 'react', 'hide'],
        others: ['delete', 'react', 'hide'],
      },
    });
    const answers = [];
    for (const actor of [ann, bob, cem]) {
      answers.push(verdict(await postMessage(append, about(actor, id), 'x')));
    }
    expect(answers).toEqual(['yes', 'yes', 'forbidden']);
  });

  test('the topic, description and visibility of a group have separate permissions', async () => {
    const [ann, bob, cem] = (await users(3)) as [AccountId, AccountId, AccountId];
    const id = await aRealGroup(append, [ann, bob, cem]);
    stored(await changeMemberRole(append, about(ann, id), bob, 'admin'));
    const update = async (actor: AccountId, settings: Parameters<typeof updateGroup>[2]) =>
      verdict(await updateGroup(append, about(actor, id), settings));
    expect(await update(bob, { topic: 'Today', description: 'What\nand why' })).toBe('yes');
    expect(await update(cem, { topic: 'x' })).toBe('forbidden');
    expect(await update(bob, { topic: 'x', visibility: 'private' })).toBe('forbidden');
    expect(await update(bob, { slowModeSeconds: 10 })).toBe('yes');
    expect(await update(cem, { slowModeSeconds: 0 })).toBe('forbidden');
    expect(await conversationFor(db.pool, cem, id)).toMatchObject({
      topic: 'Today',
      description: 'What\nand why',
      slowModeSeconds: 10,
      visibility: 'public',
    });
    expect(await update(ann, { visibility: 'private', topic: 'Today' })).toBe('yes');
    const [changed] = (await logOf(db.pool, id)).slice(-1);
    // The event says what members may do now: the default of `invite` differs.
    expect(changed?.data).toEqual({
      visibility: 'private',
      access: {
        minimumRoles: minimumRolesOf('private', {}),
        byRole: {
          owner: expect.objectContaining({ removableRoles: ['owner', 'admin', 'member'] }),
          admin: expect.objectContaining({ permissions: expect.arrayContaining(['add_member']) }),
          member: expect.objectContaining({
            permissions: ['post', 'reply_in_threads', 'mention_everyone', 'leave'],
          }),
          guest: expect.objectContaining({ permissions: ['post', 'reply_in_threads', 'leave'] }),
        },
      },
    });
    const { access } = (changed as { data: EventData<'conversation.updated'> }).data;
    for (const account of [ann, bob, cem]) {
      const seen = await conversationFor(db.pool, account, id);
      expect(seen).toMatchObject(access?.byRole[seen?.actingRole ?? 'member'] ?? {});
    }
  });

  test('a group is not listed while it is private or archived', async () => {
    const [ann, bob] = (await users(2)) as [AccountId, AccountId];
    const before = await headOf(db.pool, WORKSPACE_STREAM);
    const id = await aRealGroup(append, [ann]);
    const steps = [
      () => archiveGroup(append, about(ann, id)),
      () => archiveGroup(append, about(ann, id)),
      () => restoreGroup(append, about(ann, id)),
      () => updateGroup(append, about(ann, id), { visibility: 'private' }),
      () => updateGroup(append, about(ann, id), { visibility: 'public', name: 'Other' }),
      () => updateGroup(append, about(ann, id), { name: 'Third' }),
    ];
    const listed = [];
    for (const step of steps) {
      stored(await step());
      const { items } = await publicGroups(db.pool, bob, { after: null, limit: 200 });
      listed.push(items.some((group) => group.id === id));
    }
    expect(listed).toEqual([false, false, true, false, true, true]);
    const { rows } = await db.pool.query<{ type: string }>(
      `select type from events where stream_id = $1 and seq > $2 and data::text like $3 order by seq`,
      [WORKSPACE_STREAM, before, `%${id}%`],
    );
    expect(rows.map((row) => row.type.split('.')[1])).toEqual([
      'created',
      'deleted',
      'created',
      'deleted',
      'created',
      'updated',
    ]);
  });

  test('a former member never owns a group, which keeps its owner while it has one', async () => {
    const [ann, bob, cem, dee] = (await users(4)) as [AccountId, AccountId, AccountId, AccountId];
    const id = await aRealGroup(append, [ann, bob, cem, dee]);
    // Of the members after the owner, the first has left and the second has joined again.
    stored(await leaveGroup(append, about(bob, id)));
    stored(await leaveGroup(append, about(cem, id)));
    stored(await joinGroup(append, about(cem, id)));
    // Like an erasure: an owner who leaves must transfer the group.
    const left = stored(await withdrawMember(append, about(ann, id))).seq;
    const roles = async () => {
      const { rows } = await db.pool.query<{ account_id: string; role: string }>(
        `select account_id, role from memberships
         where conversation_id = $1 and left_seq is null order by joined_seq`,
        [id],
      );
      return rows.map((row) => [row.account_id, row.role]);
    };
    expect(await roles()).toEqual([
      [dee, 'owner'],
      [cem, 'member'],
    ]);
    const changes = async () => {
      const { rows } = await db.pool.query<{ seq: number; data: object }>(
        `select seq, data from events where stream_id = $1 and type = 'member.role_changed'
         order by seq`,
        [id],
      );
      return rows;
    };
    expect(await changes()).toEqual([{ seq: left + 1, data: { account: dee, role: 'owner' } }]);
    // A member who leaves or joins again changes no role.
    stored(await joinGroup(append, about(ann, id)));
    stored(await leaveGroup(append, about(cem, id)));
    expect(await changes()).toHaveLength(1);
    expect(await roles()).toEqual([
      [dee, 'owner'],
      [ann, 'member'],
    ]);
  });

  test.each([
    ['public', ['group.created', 'group.updated', 'group.deleted']],
    ['private', []],
  ] as const)('that is %s adds %j to the workspace stream', async (visibility, expected) => {
    const [ann] = (await users(1)) as [AccountId];
    const before = await headOf(db.pool, WORKSPACE_STREAM);
    const id = await aRealGroup(append, [ann], visibility);
    stored(await renameGroup(append, about(ann, id), 'another name'));
    stored(await deleteGroup(append, about(ann, id)));
    const { rows } = await db.pool.query<{ type: string }>(
      `select type from events where stream_id = $1 and seq > $2 and data::text like $3 order by seq`,
      [WORKSPACE_STREAM, before, `%${id}%`],
    );
    expect(rows.map((row) => row.type)).toEqual(expected);
  });

  test('answers a retried command as the first time', async () => {
    const [ann, bob, cem] = (await users(3)) as [AccountId, AccountId, AccountId];
    const id = await aRealGroup(append, [ann, bob]);
    const commands: [AccountId, (r: ReturnType<typeof about>) => Promise<Outcome>][] = [
      [bob, (r) => leaveGroup(append, r)],
      [bob, (r) => joinGroup(append, r)],
      [ann, (r) => addMember(append, r, cem)],
      [ann, (r) => removeMember(append, r, cem)],
      [ann, (r) => renameGroup(append, r, 'another name')],
      [ann, (r) => deleteGroup(append, r)],
    ];
    for (const [actor, run] of commands) {
      const request = about(actor, id);
      const first = stored(await run(request));
      const again = stored(await run(request));
      expect([first.repeated, again]).toEqual([false, { ...first, repeated: true }]);
    }
  });

  test('a second join or leave is answered with the seq of the first', async () => {
    const [ann, bob] = (await users(2)) as [AccountId, AccountId];
    const id = await aRealGroup(append, [ann]);
    const first = stored(await joinGroup(append, about(bob, id)));
    const request = about(bob, id);
    const second = stored(await joinGroup(append, request));
    const retried = stored(await joinGroup(append, request));
    expect([second.seq, retried.seq]).toEqual([first.seq, first.seq]);

    const left = stored(await leaveGroup(append, about(bob, id)));
    expect(stored(await leaveGroup(append, about(bob, id))).seq).toBe(left.seq);
    expect(stored(await removeMember(append, about(ann, id), bob)).seq).toBe(left.seq);
    expect(await headOf(db.pool, streamOfConversation(id))).toBe(left.seq);
    // That of its last membership.
    stored(await joinGroup(append, about(bob, id)));
    const later = stored(await leaveGroup(append, about(bob, id)));
    expect(later.seq).toBeGreaterThan(left.seq);
    expect(stored(await leaveGroup(append, about(bob, id))).seq).toBe(later.seq);
  });

  test('a new name of a group is announced in the workspace stream, and an unchanged one is not', async () => {
    const [ann] = await users(1);
    const id = await aRealGroup(append, [ann], 'public', 'old name');
    await renameGroup(append, about(ann, id), 'new name');
    const before = await headOf(db.pool, WORKSPACE_STREAM);
    expect(verdict(await renameGroup(append, about(ann, id), 'new name'))).toBe('yes');
    expect(await headOf(db.pool, WORKSPACE_STREAM)).toBe(before);
    expect(
      (await logOf(db.pool, WORKSPACE_STREAM as string as ConversationId)).at(-1),
    ).toMatchObject({
      type: 'group.updated',
      data: { conversation: id, name: 'new name' },
    });
    expect(await conversationFor(db.pool, ann, id)).toMatchObject({ name: 'new name' });
  });

  test('a deleted group cannot be read, posted to, joined or found', async () => {
    const [ann, bob] = (await users(2)) as [AccountId, AccountId];
    const id = await aRealGroup(append, [ann, bob], 'public', 'doomed');
    await says(append, bob, id, 'last message');

    const end = stored(await deleteGroup(append, about(ann, id)));

    expect(await conversationsOf(db.pool, bob)).toEqual([]);
    expect(await history(db.pool, bob, id, { limit: 10 })).toBeNull();
    expect(verdict(await postMessage(append, about(bob, id), 'x'))).toBe('conversation_not_found');
    expect(verdict(await joinGroup(append, about(bob, id)))).toBe('conversation_not_found');
    expect(verdict(await deleteGroup(append, about(ann, id)))).toBe('conversation_not_found');
    const found = await publicGroups(db.pool, ann, { search: 'doomed', after: null, limit: 10 });
    expect(found.items).toEqual([]);
    // Its deletion is the last event that its members may see.
    const seen = await eventsFor(db.pool, bob, streamOfConversation(id), { after: 0, limit: 100 });
    expect(seen?.lastSeq).toBe(end.seq);
    expect(seen?.items.at(-1)?.type).toBe('conversation.deleted');
  });
});

describe('commands', () => {
  const roles = ['owner', 'admin', 'member', 'non_member'] as const;
  const actions = [
    'join',
    'leave',
    'add_member',
    'remove_member',
    'ban',
    'unban',
    'create_link',
    'change_role',
    'transfer_ownership',
    'rename',
    'configure',
    'archive',
    'slow_mode',
    'delete',
  ] as const;
  /** An announcement group has `post: admin`; the other one lets members do everything. */
  const decisions: (Partial<MinimumRoles> & { archived?: boolean })[] = [
    {},
    { post: 'admin', invite: 'owner', rename: 'owner' },
    { archived: true },
  ];
  const types: ConversationType[] = ['direct', 'public', 'private', 'everyone'];

  for (const type of types) {
    test.each(decisions)(
      `follow the policy in a ${type} conversation with %j`,
      async (decision) => {
        const { archived = false, ...decided } = decision;
        if (type === 'direct' && Object.keys(decision).length > 0) return;
        const minimumRoles = minimumRolesOf(type === 'private' ? 'private' : 'public', decided);
        for (const role of roles) {
          for (const action of [...actions, 'post'] as const) {
            if (type === 'direct' && (role === 'owner' || role === 'admin')) continue;
            if (type === 'everyone' && role === 'admin') continue;
            const [owner, admin, member, outsider, newcomer, second] = (await users(
              6,
            )) as AccountId[] as [AccountId, AccountId, AccountId, AccountId, AccountId, AccountId];
            const id = await conversationOf(type, { owner, admin, member, second }, decided);
            if (archived) stored(await archiveGroup(append, about(owner, id)));
            const actor = { owner, admin, member, non_member: outsider }[role];
            const expected =
              action === 'post'
                ? whileArchived(archived, authorizeOnMessages(role, 'post', 'own', minimumRoles))
                : authorize(role, type, policyAction(action), minimumRoles, archived);
            if (role !== 'non_member') {
              // The command allows exactly what the member is shown.
              const seen = await conversationFor(db.pool, actor, id);
              expect(seen).toMatchObject({
                permissions: expect.arrayContaining(
                  permissionsOf(role, type, minimumRoles, archived),
                ),
              });
              if (action === 'post') {
                expect(seen?.permissions.includes('post')).toBe(expected === 'yes');
              }
            }
            const target = actor === member ? owner : member;
            const outcome = await act(
              action,
              actor,
              id,
              action === 'add_member' ? newcomer : target,
            );
            expect(`${role} ${action} ${verdict(outcome)}`).toBe(`${role} ${action} ${expected}`);
            if (type === 'everyone') await restoreGroup(append, about(owner, id));
          }
        }
      },
    );
  }

  const whileArchived = (archived: boolean, found: string) =>
    archived && found === 'yes' ? 'conversation_archived' : found;
  const policyAction = (action: (typeof actions)[number]) => {
    if (action === 'transfer_ownership') return 'change_role';
    if (action === 'unban') return 'ban';
    return action === 'create_link' ? 'add_member' : action;
  };

  async function conversationOf(
    type: ConversationType,
    { owner, admin, member, second }: Record<'owner' | 'admin' | 'member' | 'second', AccountId>,
    decided: Partial<MinimumRoles>,
  ): Promise<ConversationId> {
    if (type === 'direct') return aDirect(append, owner, member);
    if (type !== 'everyone') {
      const id = await aRealGroup(append, [owner, admin, member, second], type);
      stored(await changeMemberRole(append, about(owner, id), admin, 'admin'));
      // With a second owner the first one may leave.
      stored(await changeMemberRole(append, about(owner, id), second, 'owner'));
      stored(await changeMinimumRoles(append, about(owner, id), decided));
      return id;
    }
    await joinGroup(append, about(owner, EVERYONE));
    await joinGroup(append, about(member, EVERYONE));
    await db.pool.query(`update accounts set role = 'admin' where id = $1`, [owner]);
    stored(
      await changeMinimumRoles(append, about(owner, EVERYONE), minimumRolesOf('public', decided)),
    );
    return EVERYONE;
  }

  function act(
    action: (typeof actions)[number] | 'post',
    actor: AccountId,
    id: ConversationId,
    target: AccountId,
  ): Promise<Outcome> {
    const request = about(actor, id);
    switch (action) {
      case 'join':
        return joinGroup(append, request);
      case 'leave':
        return leaveGroup(append, request);
      case 'add_member':
        return addMember(append, request, target);
      case 'remove_member':
        return removeMember(append, request, target);
      case 'ban':
        return banAccount(append, request, target);
      case 'unban':
        return unbanAccount(append, request, target);
      case 'create_link':
        return newLink(actor, id).then(({ outcome }) => outcome);
      case 'change_role':
        return changeMemberRole(append, request, target, 'admin');
      case 'transfer_ownership':
        return transferOwnership(append, request, target);
      case 'configure':
        return changeMinimumRoles(append, request, { pin: 'owner', deleteOthers: 'owner' });
      case 'post':
        return postMessage(append, request, 'x');
      case 'rename':
        return renameGroup(append, request, `renamed ${aClientId()}`);
      case 'archive':
        return archiveGroup(append, request);
      case 'slow_mode':
        return updateGroup(append, request, { slowModeSeconds: 0 });
      case 'delete':
        return deleteGroup(append, request);
    }
  }

  test('refuses commands if the account is suspended while they wait for the stream', async () => {
    const [ann, bob, cem] = (await users(3)) as [AccountId, AccountId, AccountId];
    const id = await aRealGroup(append, [ann, bob]);
    const stream = streamOfConversation(id);
    const before = await headOf(db.pool, stream);
    const waiting = actions.filter((action) => action !== 'join' && action !== 'leave');
    const outcomes = await suspendedMeanwhile(db.pool, ann, stream, () =>
      waiting.map((action) => act(action, ann, id, action === 'add_member' ? cem : bob)),
    );
    expect(outcomes.map(verdict)).toEqual(waiting.map(() => 'forbidden'));
    expect(await headOf(db.pool, stream)).toBe(before);
    for (const action of ['rename', 'configure', 'archive'] as const) {
      expect([action, verdict(await act(action, ann, id, bob))]).toEqual([action, 'yes']);
    }

    const start = () => [
      createGroup(append, asking(ann), { name: 'new', visibility: 'private', members: [bob] }),
      openDirect(append, asking(ann), [bob]),
    ];
    const started = await suspendedMeanwhile(db.pool, ann, streamOfAccount(ann), start);
    expect(started.map(verdict)).toEqual(['forbidden', 'forbidden']);
    expect((await Promise.all(start())).map(verdict)).toEqual(['yes', 'yes']);
  });

  test('answers commands of a non-member as if the conversation did not exist', async () => {
    const [ann, bob] = (await users(2)) as [AccountId, AccountId];
    const secret = await aRealGroup(append, [ann], 'private');
    const nothing = aClientId() as string as ConversationId;
    const answers = async (id: ConversationId) => [
      await joinGroup(append, about(bob, id)),
      await renameGroup(append, about(bob, id), 'x'),
      await postMessage(append, about(bob, id), 'x'),
      await conversationFor(db.pool, bob, id),
      await history(db.pool, bob, id, { limit: 5 }),
      await membersOf(db.pool, bob, id, { after: null, limit: 5 }),
      await memberOf(db.pool, bob, id, ann),
      await eventsFor(db.pool, bob, streamOfConversation(id), { after: 0, limit: 5 }),
    ];
    expect(await answers(secret)).toEqual(await answers(nothing));
    // Nor is the personal stream of another account a conversation.
    expect(await answers(ann as string as ConversationId)).toEqual(await answers(nothing));
  });
});

describe('a banned account', () => {
  test('a banned account is removed, and cannot join, use a link or be added by members', async () => {
    const [ann, bob, cem, dee] = (await users(4)) as AccountId[] as [
      AccountId,
      AccountId,
      AccountId,
      AccountId,
    ];
    const id = await aRealGroup(append, [ann, bob, cem]);
    const { token } = await newLink(ann, id);
    stored(await banAccount(append, about(ann, id), bob));
    const again = await banAccount(append, about(ann, id), bob);
    expect(verdict(again)).toBe('yes');
    expect(await conversationFor(db.pool, bob, id)).toBeNull();
    expect((await logTypes(id)).slice(-2)).toEqual(['member.banned', 'member.left']);
    // It sees the events until it left, and its personal stream says which was the last.
    const { items } = (await eventsFor(db.pool, bob, streamOfConversation(id), {
      after: 0,
      limit: 99,
    })) as { items: { seq: number; type: string }[] };
    const last = items.at(-1);
    expect(last?.type).toBe('member.left');
    const [left] = (await logOf(db.pool, bob as string as ConversationId)).slice(-1);
    expect(left).toMatchObject({ type: 'conversation.left', data: { seq: last?.seq } });

    expect(verdict(await joinGroup(append, about(bob, id)))).toBe('banned');
    expect(verdict(await join(bob, token))).toBe('banned');
    expect(verdict(await addMember(append, about(cem, id), bob))).toBe('account_banned');
    // An account that was never a member can be banned too.
    stored(await banAccount(append, about(ann, id), dee));
    expect(await bansOf(db.pool, id, { after: null, limit: 1 })).toMatchObject({
      items: [{ account: dee, bannedBy: ann }],
      next: expect.any(Number),
    });
    stored(await unbanAccount(append, about(ann, id), dee));
    expect(verdict(await joinGroup(append, about(dee, id)))).toBe('yes');
    // Whoever may lift the ban lifts it by adding the account.
    stored(await addMember(append, about(ann, id), bob));
    expect((await bansOf(db.pool, id, { after: null, limit: 9 })).items).toEqual([]);
    expect(await countOf(id)).toBe(4);
  });

  test('refuses a ban of the actor, of an unknown account, and of one that the actor may not remove', async () => {
    const [ann, bob, cem] = (await users(3)) as [AccountId, AccountId, AccountId];
    const id = await aRealGroup(append, [ann, bob, cem]);
    for (const admin of [bob, cem]) {
      stored(await changeMemberRole(append, about(ann, id), admin, 'admin'));
    }
    const ban = async (target: AccountId) =>
      verdict(await banAccount(append, about(bob, id), target));
    expect([await ban(ann), await ban(cem), await ban(bob)]).toEqual([
      'forbidden',
      'forbidden',
      'forbidden',
    ]);
    expect(await ban(aClientId() as string as AccountId)).toBe('account_not_found');
  });
});

describe('a group link', () => {
  test('a group link is used exactly as often as it allows, even by many at once and twice by one', async () => {
    const [ann, ...others] = (await users(9)) as [AccountId, ...AccountId[]];
    const id = await aRealGroup(append, [ann], 'private');
    const { token } = await newLink(ann, id, { maxUses: 3 });
    const outcomes = await Promise.all([...others, ...others].map((other) => join(other, token)));
    const verdicts = outcomes.map(verdict);
    expect(verdicts.filter((v) => v === 'yes')).toHaveLength(6);
    expect(verdicts.filter((v) => v === 'link_expired')).toHaveLength(10);
    expect(await countOf(id)).toBe(4);
    const { rows } = await db.pool.query('select count(*)::int as uses from group_link_uses');
    expect(rows[0].uses).toBe(3);
    // Used up, it admits no one, not even an account that used it and was removed since.
    const joined = others.filter((_, n) => verdicts[n] === 'yes');
    const [back] = joined as [AccountId];
    stored(await removeMember(append, about(ann, id), back));
    expect(verdict(await join(back, token))).toBe('link_expired');
    const late = others.find((other) => !joined.includes(other)) as AccountId;
    expect(verdict(await join(late, token))).toBe('link_expired');
  });

  test('a group link ends when it expires, is revoked, or its creator may no longer add people', async () => {
    const [ann, bob, cem] = (await users(3)) as [AccountId, AccountId, AccountId];
    const id = await aRealGroup(append, [ann, bob]);
    const expiresAt = '2001-01-01T00:00:00.000Z';
    expect(verdict((await newLink(ann, id, { expiresAt })).outcome)).toBe('time_passed');
    const past = await newLink(ann, id, { expiresAt: '2101-01-01T00:00:00.000Z' });
    await db.pool.query('update group_links set expires_at = $2 where conversation_id = $1', [
      id,
      expiresAt,
    ]);
    expect(verdict(await join(cem, past.token))).toBe('link_expired');
    const link = await newLink(bob, id);
    stored(await changeMinimumRoles(append, about(ann, id), { invite: 'admin' }));
    expect(verdict(await join(cem, link.token))).toBe('link_expired');
    stored(await changeMinimumRoles(append, about(ann, id), { invite: 'member' }));
    const suspend = (until: string) =>
      db.pool.query('update accounts set suspended_until = $2 where id = $1', [bob, until]);
    await suspend('2101-01-01T00:00:00.000Z');
    expect(verdict(await join(cem, link.token))).toBe('link_expired');
    await suspend(expiresAt);
    stored(await archiveGroup(append, about(ann, id)));
    expect(verdict(await join(cem, link.token))).toBe('conversation_archived');
    stored(await restoreGroup(append, about(ann, id)));
    const [listed] = await linksOf(db.pool, id, new Date().toISOString());
    expect(listed).toMatchObject({ createdBy: bob, uses: 0, maxUses: null, expiresAt: null });
    const [shown] = [await groupOfLink(db.pool, cem, link.token, new Date().toISOString())];
    expect(shown).toMatchObject({ id, isMember: false, memberCount: 2 });
    const linkId = listed?.id as LinkId;
    const { token: other } = await newLink(ann, id);
    stored(await revokeGroupLink(append, about(ann, id), linkId));
    expect(verdict(await revokeGroupLink(append, about(bob, id), linkId))).toBe('yes');
    expect(verdict(await join(cem, link.token))).toBe('link_expired');
    expect(verdict(await join(cem, `${other}x`))).toBe('not_found');
    const state = (suspended: string | null, role: string) =>
      db.pool.query('update accounts set suspended_until = $2, role = $3 where id = $1', [
        cem,
        suspended,
        role,
      ]);
    await state('2101-01-01T00:00:00.000Z', 'member');
    expect(verdict(await join(cem, other))).toBe('forbidden');
    await state(null, 'guest');
    expect(verdict(await join(cem, other))).toBe('forbidden');
    await state(null, 'member');
    expect(verdict(await join(cem, other))).toBe('yes');
    const [, own] = [
      await newLink(ann, id),
      (await linksOf(db.pool, id, '2026-01-01T00:00:00Z'))[0],
    ];
    expect(verdict(await revokeGroupLink(append, about(cem, id), own?.id as LinkId))).toBe(
      'forbidden',
    );
    // Members still see where an expired link leads to, until the group is deleted.
    const seen = (by: AccountId, token: string) =>
      groupOfLink(db.pool, by, token, new Date().toISOString());
    const [stranger] = (await users(1)) as [AccountId];
    expect(await seen(stranger, past.token)).toBeNull();
    expect(await seen(bob, past.token)).toMatchObject({ id, isMember: true });
    stored(await deleteGroup(append, about(ann, id)));
    expect(await seen(bob, other)).toBeNull();
  });

  test('a creator who may no longer add people can revoke a group link, also while the group is archived', async () => {
    const [ann, bob, cem] = (await users(3)) as [AccountId, AccountId, AccountId];
    const id = await aRealGroup(append, [ann, bob]);
    for (let n = 0; n < 2; n++) await newLink(bob, id);
    const own = await linksOf(db.pool, id, '2026-01-01T00:00:00Z');
    const [first, second] = own.map((link) => link.id) as [LinkId, LinkId];
    stored(await changeMinimumRoles(append, about(ann, id), { invite: 'admin' }));
    stored(await revokeGroupLink(append, about(bob, id), first));
    stored(await archiveGroup(append, about(ann, id)));
    expect(verdict(await revokeGroupLink(append, about(cem, id), second))).toBe(
      'conversation_not_found',
    );
    stored(await revokeGroupLink(append, about(bob, id), second));
    expect(await linksOf(db.pool, id, '2026-01-01T00:00:00Z')).toEqual([]);
  });

  test('a retry returns the same group link, which is stored as a hash', async () => {
    const [ann] = (await users(1)) as [AccountId];
    const id = await aRealGroup(append, [ann]);
    const request = about(ann, id);
    const create = () => createGroupLink({ append, vault }, request, NO_LIMITS);
    const [first, again] = [await create(), await create()];
    expect(again.token).toBe(first.token);
    expect(stored(again.outcome).seq).toBe(stored(first.outcome).seq);
    const { rows } = await db.pool.query(
      `select to_jsonb(l)::text || e.data::text as text from group_links l, events e
       where l.conversation_id = $1 and e.stream_id = $1 and e.type = 'link.created'`,
      [id],
    );
    expect(rows).toHaveLength(1);
    expect(rows[0].text).not.toContain(first.token);
  });

  test('limits the number of links per group', async () => {
    const [ann] = (await users(1)) as [AccountId];
    const id = await aRealGroup(append, [ann]);
    const all = await Promise.all(upTo(LIMITS.linksPerGroup + 2).map(() => newLink(ann, id)));
    const verdicts = all.map(({ outcome }) => verdict(outcome));
    expect(verdicts.filter((v) => v === 'too_many_links')).toHaveLength(2);
  });
});

describe('a removed member', () => {
  test('a removed member cannot read or post, and sees only the event of the removal', async () => {
    const [ann, bob] = (await users(2)) as [AccountId, AccountId];
    const id = await aRealGroup(append, [ann, bob], 'private');
    await says(append, ann, id, 'before');
    const removal = stored(await removeMember(append, about(ann, id), bob)).seq;
    await says(append, ann, id, 'after');

    expect(verdict(await postMessage(append, about(bob, id), 'x'))).toBe('conversation_not_found');
    expect(await history(db.pool, bob, id, { limit: 5 })).toBeNull();
    expect(await conversationFor(db.pool, bob, id)).toBeNull();
    expect(await memberOf(db.pool, bob, id, ann)).toBeNull();
    expect(await memberOf(db.pool, ann, id, bob)).toBeNull();
    expect(verdict(await joinGroup(append, about(bob, id)))).toBe('conversation_not_found');
    // It has left this group, and no other one.
    const other = await aRealGroup(append, [ann], 'private');
    expect(verdict(await leaveGroup(append, about(bob, other)))).toBe('conversation_not_found');
    const events = await eventsFor(db.pool, bob, streamOfConversation(id), { after: 0, limit: 50 });
    expect(events?.lastSeq).toBe(removal);
    expect(events?.items.map((e) => e.seq)).toEqual([removal]);

    // Added again: the events are those of the membership periods, without the time between.
    const back = stored(await addMember(append, about(ann, id), bob)).seq;
    const again = await eventsFor(db.pool, bob, streamOfConversation(id), { after: 3, limit: 50 });
    expect(again?.items.map((e) => e.seq)).toEqual([4, 5, back]);
    // What was posted meanwhile is unread, and can be read.
    expect(await conversationFor(db.pool, bob, id)).toMatchObject({ unread: 2, joinedSeq: back });
    expect((await history(db.pool, bob, id, { limit: 5 }))?.items).toHaveLength(2);
    // Removed again, it sees the end of the last membership period only.
    const last = stored(await removeMember(append, about(ann, id), bob)).seq;
    const end = await eventsFor(db.pool, bob, streamOfConversation(id), { after: 0, limit: 50 });
    expect(end?.items.map((e) => e.seq)).toEqual([last]);
  });
});

describe('a direct conversation', () => {
  test('a direct conversation is the same if both users open it concurrently', async () => {
    const [ann, bob] = (await users(2)) as [AccountId, AccountId];
    const nodes = [append, anAppend(db.pool)] as const;
    const outcomes = await Promise.all(
      upTo(20).map((n) =>
        n % 2 === 0
          ? openDirect(nodes[0], asking(ann), [bob])
          : openDirect(nodes[1], asking(bob), [ann]),
      ),
    );
    const [id, ...others] = new Set(outcomes.map(conversationIn));
    expect(others).toEqual([]);
    expect(await logTypes(id as string)).toEqual([
      'conversation.created',
      'member.joined',
      'member.joined',
    ]);
    expect(await conversationFor(db.pool, ann, id as ConversationId)).toMatchObject({
      kind: 'direct',
      peer: bob,
      name: null,
      memberCount: 2,
    });
  });

  test('a direct conversation has up to ten users, and is the same for the same users in any order', async () => {
    const all = (await users(10)) as AccountId[] as [AccountId, AccountId, ...AccountId[]];
    const [ann, bob, ...rest] = all;
    const id = conversationIn(await openDirect(append, asking(ann), [bob, ...rest]));
    const again = await openDirect(append, asking(bob), [...rest].reverse().concat(ann));
    expect(conversationIn(again)).toBe(id);
    const seen = await conversationFor(db.pool, bob, id);
    expect(seen).toMatchObject({ kind: 'direct', peer: null, peerReadSeq: null, memberCount: 10 });
    expect(seen?.peers).toEqual(all.filter((account) => account !== bob).sort());
    const pair = conversationIn(await openDirect(append, asking(ann), [bob]));
    expect(pair).not.toBe(id);
    expect((await conversationFor(db.pool, bob, pair))?.peers).toEqual([ann]);
    await says(append, ann, id, 'to all');
    expect(await conversationFor(db.pool, rest[0] as AccountId, id)).toMatchObject({ unread: 1 });
    const ofThis = (f: { table: string }) => ['conversations', 'memberships'].includes(f.table);
    expect((await examine(db.pool)).filter(ofThis)).toEqual([]);
  });

  test('a direct conversation accepts nothing from a blocked user, unlike groups', async () => {
    const [ann, bob, cem] = (await users(3)) as [AccountId, AccountId, AccountId];
    const id = await aDirect(append, ann, bob);
    const three = conversationIn(await openDirect(append, asking(ann), [bob, cem]));
    const group = await aRealGroup(append, [ann, bob]);
    const seq = await says(append, bob, id, 'before');
    const others = await says(append, ann, id, 'an answer');
    stored(await blockAccount(append, asking(ann), bob));
    stored(await blockAccount(append, asking(ann), bob));
    expect(await blocksOf(db.pool, ann)).toMatchObject([{ account: bob }]);
    const answers = async () => [
      verdict(await postMessage(append, about(bob, id), 'x')),
      verdict(await editMessage(append, about(bob, id), seq, 'x')),
      verdict(await addReaction(append, about(bob, id), others, '👎')),
      verdict(await openDirect(append, asking(bob), [ann, (await users(1))[0]])),
    ];
    expect(await answers()).toEqual(['blocked', 'blocked', 'blocked', 'blocked']);
    for (const where of [three, group]) {
      expect(verdict(await postMessage(append, about(bob, where), 'x'))).toBe('yes');
    }
    // Existing messages can still be read; the blocking user may write, and gets answers after
    // unblocking.
    expect(conversationIn(await openDirect(append, asking(bob), [ann]))).toBe(id);
    expect(verdict(await postMessage(append, about(ann, id), 'x'))).toBe('yes');
    expect(verdict(await deleteMessage(append, about(bob, id), seq))).toBe('yes');
    stored(await unblockAccount(append, asking(ann), bob));
    expect(verdict(await postMessage(append, about(bob, id), 'x'))).toBe('yes');
    expect((await logTypes(ann)).slice(-2)).toEqual(['account.blocked', 'account.unblocked']);
    // A block of someone else does not count.
    stored(await blockAccount(append, asking(ann), bob));
    expect(verdict(await openDirect(append, asking(cem), [ann]))).toBe('yes');
    expect(verdict(await blockAccount(append, asking(ann), ann))).toBe('forbidden');
    const unknown = aClientId() as string as AccountId;
    expect(verdict(await blockAccount(append, asking(ann), unknown))).toBe('account_not_found');
    const [gone] = (await users(1)) as [AccountId];
    const erase = (time: string | null) =>
      db.pool.query('update accounts set deleted_at = $2 where id = $1', [gone, time]);
    await erase('2026-01-01T00:00:00.000Z');
    expect(verdict(await blockAccount(append, asking(ann), gone))).toBe('account_not_found');
    await erase(null);
  });

  test('a direct conversation may be with oneself, but not with an unknown account', async () => {
    const [ann] = await users(1);
    const id = await aDirect(append, ann, ann);
    expect(await aDirect(append, ann, ann)).toBe(id);
    expect(await conversationFor(db.pool, ann, id)).toMatchObject({ peer: null, memberCount: 1 });
    const unknown = aClientId() as string as AccountId;
    expect(verdict(await openDirect(append, asking(ann), [unknown]))).toBe('account_not_found');
    // The id of a conversation.
    const outcome = await openDirect(append, asking(ann), [id as string as AccountId]);
    expect(verdict(outcome)).toBe('account_not_found');
  });
});

describe('the default group', () => {
  test('the default group is created once when several nodes start concurrently', async () => {
    const fresh = await (await server.fresh()).open();
    const nodes = upTo(4).map(() => anAppend(fresh.pool));
    await Promise.all(nodes.map((node) => bootstrapEveryone(node)));
    await bootstrapEveryone(anAppend(fresh.pool));
    const { rows } = await fresh.pool.query(
      'select id, is_everyone, created_by from conversations',
    );
    expect(rows).toEqual([{ id: EVERYONE, is_everyone: true, created_by: SYSTEM }]);
    expect(await headOf(fresh.pool, streamOfConversation(EVERYONE))).toBe(1);
  });

  test('the default group has no owner, even when its first member joins', async () => {
    const fresh = await (await server.fresh()).open();
    const node = anAppend(fresh.pool);
    await bootstrapEveryone(node);
    const first = await anAccount(fresh.pool);
    stored(await joinGroup(node, about(first, EVERYONE)));
    expect(await conversationFor(fresh.pool, first, EVERYONE)).toMatchObject({ role: 'member' });
  });

  test('every new account is a member of the default group', async () => {
    const registered = await Promise.all(
      ['dora', 'emil'].map((name) =>
        registerAccount(append, {
          username: name,
          displayName: name,
          email: `${name}@example.org`,
          passwordHash: 'unused',
          audit: testAudit,
        }),
      ),
    );
    for (const { account, outcome } of registered) {
      expect(verdict(outcome)).toBe('yes');
      const [only] = await conversationsOf(db.pool, account);
      expect(only).toMatchObject({ id: EVERYONE, isEveryone: true, role: 'member', unread: 0 });
      const own = await logOf(db.pool, account as string as ConversationId);
      expect(own).toMatchObject([
        { type: 'conversation.joined', data: { conversation: EVERYONE, seq: only?.joinedSeq } },
      ]);
    }
    await countOf(EVERYONE);
  });
});

describe('concurrent joins, leaves and posts', () => {
  test('concurrent joins, leaves and posts keep seqs gapless, membership periods disjoint and the member count right', async () => {
    const accounts = await users(12);
    const nodes = [append, anAppend(db.pool)] as const;
    const id = await aRealGroup(append, [accounts[0]]);

    const outcomes = await Promise.all(
      upTo(240).map(async (n) => {
        const node = nodes[n % 2] as Append;
        const actor = accounts[n % accounts.length] as AccountId;
        const request = about(actor, id);
        if (n % 5 === 0) return joinGroup(node, request);
        if (n % 7 === 0) return leaveGroup(node, request);
        if (n % 11 === 0) return addMember(node, request, accounts[n % 4] as AccountId);
        return postMessage(node, request, `message ${n}`);
      }),
    );

    expect(outcomes.filter((o) => o.kind === 'unknown')).toEqual([]);
    const log = await logOf(db.pool, id);
    expect(log.map((e) => e.seq)).toEqual(upTo(log.length));
    expect(await headOf(db.pool, streamOfConversation(id))).toBe(log.length);
    await countOf(id);
    const periods = await db.pool.query<{ account_id: AccountId; joined_seq: Seq; left_seq: Seq }>(
      'select account_id, joined_seq, left_seq from memberships where conversation_id = $1',
      [id],
    );
    // Every message was posted within one membership period of its author.
    const messages = await db.pool.query<{ author_id: AccountId; seq: Seq }>(
      'select author_id, seq from messages where conversation_id = $1',
      [id],
    );
    for (const { author_id, seq } of messages.rows) {
      const covering = periods.rows.filter(
        (s) => s.account_id === author_id && s.joined_seq < seq && (s.left_seq ?? Infinity) > seq,
      );
      expect(covering).toHaveLength(1);
    }
  });
});
