import { readFile } from 'node:fs/promises';
import {
  type AccountId,
  type ConversationId,
  LIMITS,
  type Message,
  type Seq,
  streamOfConversation,
} from '@parley/protocol';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { startTestDatabase } from '../../test/support/database.ts';
import {
  aBootstrappedAppend,
  about,
  aRealGroup,
  aUser,
  says,
  stored,
  suspendedMeanwhile,
  verdict,
} from '../../test/support/domain-builders.ts';
import { aClientId, anAccount, headOf } from '../../test/support/stream-builders.ts';
import { meOf } from '../accounts/users/queries.ts';
import { createGroup, deleteGroup } from '../conversations/commands.ts';
import { EVERYONE } from '../conversations/everyone.ts';
import {
  addMember,
  changeMemberRole,
  joinGroup,
  leaveGroup,
  removeMember,
} from '../conversations/members.ts';
import { archiveGroup, changeMinimumRoles, updateGroup } from '../conversations/settings.ts';
import { conversationFor } from '../conversations/snapshot.ts';
import { examine } from '../doctor/doctor.ts';
import type { Database } from '../storage/database.ts';
import type { Append, Outcome } from '../stream/append.ts';
import {
  addReaction,
  deleteMessage,
  editMessage,
  pinMessage,
  postMessage,
  removeReaction,
  unpinMessage,
} from './commands.ts';
import { messageFor, pinnedMessages } from './history/queries.ts';
import { mentionSuggestions } from './routes/mention-suggestions.ts';

let server: Awaited<ReturnType<typeof startTestDatabase>>;
let db: Database;
let append: Append;
let owner: AccountId;
let member: AccountId;
/** A group of both. */
let group: ConversationId;

beforeAll(async () => {
  server = await startTestDatabase();
  db = await server.open();
  append = await aBootstrappedAppend(db.pool);
  [owner, member] = await Promise.all([anAccount(db.pool), anAccount(db.pool)]);
  group = await aRealGroup(append, [owner, member]);
});
afterAll(() => server.stop());

async function shown(seq: number, id = group): Promise<Message> {
  const message = await messageFor(db.pool, owner, id, seq as Seq);
  if (!message) throw new Error(`There is no message ${seq}`);
  return message;
}

describe('commands', () => {
  type Act = (actor: AccountId, id: ConversationId, message: Seq) => Promise<Outcome>;
  const acts: Record<string, Act> = {
    post: (actor, id) => postMessage(append, about(actor, id), 'x'),
    reply: (actor, id, message) => postMessage(append, about(actor, id), 'x', { replyTo: message }),
    edit: (actor, id, message) => editMessage(append, about(actor, id), message, 'y'),
    react: (actor, id, message) => addReaction(append, about(actor, id), message, '👍'),
    unreact: (actor, id, message) => removeReaction(append, about(actor, id), message, '👍'),
    pin: (actor, id, message) => pinMessage(append, about(actor, id), message),
    unpin: (actor, id, message) => unpinMessage(append, about(actor, id), message),
    delete: (actor, id, message) => deleteMessage(append, about(actor, id), message),
  };
  const hidden = 'conversation_not_found';
  const all = (told: string) => Object.fromEntries(Object.keys(acts).map((act) => [act, told]));
  const nothing = all(hidden);
  const everything = all('yes');
  const others = { ...everything, edit: 'forbidden', delete: 'forbidden' };

  /** For each kind of actor: the expected verdicts, and how to make one, in a group with a message. */
  const actors: Record<
    string,
    {
      expected: Record<string, string>;
      make(id: ConversationId, author: AccountId): Promise<AccountId>;
    }
  > = {
    'its author': { expected: everything, make: async (_id, author) => author },
    'another member': { expected: others, make: async () => member },
    'an owner of the group': {
      expected: { ...others, delete: 'yes' },
      make: async () => owner,
    },
    'an admin of the group': {
      expected: { ...others, delete: 'yes' },
      async make(id) {
        stored(await changeMemberRole(append, about(owner, id), member, 'admin'));
        return member;
      },
    },
    'an author in an announcement group': {
      expected: {
        ...everything,
        post: 'forbidden',
        reply: 'forbidden',
        pin: 'forbidden',
        unpin: 'forbidden',
      },
      async make(id, author) {
        const minimumRoles = { post: 'admin', pin: 'admin' } as const;
        stored(await changeMinimumRoles(append, about(owner, id), minimumRoles));
        return author;
      },
    },
    'an admin where only owners delete the messages of others': {
      expected: others,
      async make(id) {
        stored(await changeMemberRole(append, about(owner, id), member, 'admin'));
        stored(await changeMinimumRoles(append, about(owner, id), { deleteOthers: 'owner' }));
        return member;
      },
    },
    'an author who left': {
      expected: nothing,
      async make(id, author) {
        stored(await leaveGroup(append, about(author, id)));
        return author;
      },
    },
    'an author who was removed': {
      expected: nothing,
      async make(id, author) {
        stored(await removeMember(append, about(owner, id), author));
        return author;
      },
    },
    'an author who was added again': {
      expected: everything,
      async make(id, author) {
        stored(await removeMember(append, about(owner, id), author));
        stored(await addMember(append, about(owner, id), author));
        return author;
      },
    },
    'a member who was removed': {
      expected: nothing,
      async make(id) {
        stored(await removeMember(append, about(owner, id), member));
        return member;
      },
    },
    'a non-member': { expected: nothing, make: () => anAccount(db.pool) },
    'an author in a deleted group': {
      expected: nothing,
      async make(id, author) {
        stored(await deleteGroup(append, about(owner, id)));
        return author;
      },
    },
  };

  test.each(Object.keys(actors))('follow the policy for %s', async (name) => {
    const author = await anAccount(db.pool);
    const id = await aRealGroup(append, [owner, author, member]);
    const message = await says(append, author, id, 'hello');
    const { expected, make } = actors[name] as (typeof actors)[string];
    const actor = await make(id, author);
    const verdicts: Record<string, string> = {};
    for (const [act, run] of Object.entries(acts)) {
      const head = await headOf(db.pool, id as string as Parameters<typeof headOf>[1]);
      verdicts[act] = verdict(await run(actor, id, message));
      const moved = (await headOf(db.pool, id as string as Parameters<typeof headOf>[1])) - head;
      expect(moved, act).toBe(verdicts[act] === 'yes' ? 1 : 0);
    }
    expect(verdicts).toEqual(expected);
  });

  test('commands in the default group follow the role on the server', async () => {
    const [author, other, admin] = [
      await aUser(append, 'author'),
      await aUser(append, 'other'),
      await aUser(append, 'server-admin'),
    ];
    await db.pool.query(`update accounts set role = 'admin' where id = $1`, [admin]);
    await db.pool.query(`update accounts set role = 'member' where id <> $1`, [admin]);
    const verdicts: Record<string, string> = {};
    for (const [name, actor] of Object.entries({ other, admin, author })) {
      const seq = await says(append, author, EVERYONE, 'hello');
      verdicts[name] = verdict(await deleteMessage(append, about(actor, EVERYONE), seq));
    }
    expect(verdicts).toEqual({ other: 'forbidden', admin: 'yes', author: 'yes' });
  });

  test('refuses commands if the account is suspended while they wait for the stream', async () => {
    const ann = await anAccount(db.pool);
    const id = await aRealGroup(append, [ann]);
    const seq = await says(append, ann, id, 'hello');
    const names = ['post', 'reply', 'edit', 'react', 'unreact', 'pin', 'unpin', 'delete'];
    const run = () => names.map((name) => (acts[name] as Act)(ann, id, seq));
    const outcomes = await suspendedMeanwhile(db.pool, ann, streamOfConversation(id), run);
    expect(outcomes.map(verdict)).toEqual(names.map(() => 'forbidden'));
    expect(await headOf(db.pool, streamOfConversation(id))).toBe(seq);
    for (const name of names) {
      expect([name, verdict(await (acts[name] as Act)(ann, id, seq))]).toEqual([name, 'yes']);
    }
  });

  test('refuses commands on a message that does not exist', async () => {
    const elsewhere = await aRealGroup(append, [owner, member]);
    const there = await says(append, owner, group, 'there');
    // Event 1 is `conversation.created`, not a message; another conversation has one at `there`.
    for (const seq of [1, there, there + 100]) {
      for (const act of ['reply', 'edit', 'react', 'unreact', 'pin', 'unpin', 'delete']) {
        const outcome = await (acts[act] as Act)(owner, elsewhere, seq as Seq);
        expect(verdict(outcome), act).toBe('message_not_found');
      }
    }
  });
});

test.each([
  ['was suspended', `suspended_until = now() + interval '1 hour'`, 'suspended_until = now()'],
  ['was deactivated', 'is_active = false', 'is_active = true'],
])('the post of a member who %s after it was requested is refused', async (_what, end, restore) => {
  const set = (change: string) =>
    db.pool.query(`update accounts set ${change} where id = $1`, [member]);
  await set(end);
  const [refused, other] = await Promise.all([
    postMessage(append, about(member, group), 'x'),
    postMessage(append, about(owner, group), 'y'),
  ]);
  expect([refused, other].map(verdict)).toEqual(['forbidden', 'yes']);
  await set(restore);
  expect(verdict(await postMessage(append, about(member, group), 'z'))).toBe('yes');
});

test('a retried command gets the same answer as the first time', async () => {
  const seq = await says(append, owner, group, 'x');
  const commands = [
    (r: ReturnType<typeof about>) => postMessage(append, r, 'once'),
    (r: ReturnType<typeof about>) => postMessage(append, r, 'a reply', { replyTo: seq }),
    (r: ReturnType<typeof about>) => editMessage(append, r, seq, 'edited'),
    (r: ReturnType<typeof about>) => addReaction(append, r, seq, '👍'),
    (r: ReturnType<typeof about>) => removeReaction(append, r, seq, '👍'),
    (r: ReturnType<typeof about>) => pinMessage(append, r, seq),
    (r: ReturnType<typeof about>) => unpinMessage(append, r, seq),
    (r: ReturnType<typeof about>) => deleteMessage(append, r, seq),
  ];
  for (const run of commands) {
    const request = about(owner, group);
    const first = stored(await run(request));
    const again = stored(await run(request));
    expect([first.repeated, again]).toEqual([false, { ...first, repeated: true }]);
  }
});

describe('an edit', () => {
  test('an edit changes the body of its own message only', async () => {
    const other = await aRealGroup(append, [owner, member]);
    const [seq, next] = [
      await says(append, owner, group, 'a'),
      await says(append, owner, group, 'b'),
    ];
    // Post until the other group has a message with the same seq.
    while ((await says(append, owner, other, 'same seq')) < seq);
    const edited = stored(await editMessage(append, about(owner, group), seq, 'A'));
    expect(await shown(seq)).toMatchObject({
      body: 'A',
      editedAt: edited.at,
      changedSeq: edited.seq,
      deletedAt: null,
    });
    expect(await shown(next)).toMatchObject({ body: 'b', editedAt: null, changedSeq: next });
    expect(await shown(seq, other)).toMatchObject({ body: 'same seq', editedAt: null });
  });

  test('refuses an edit, a reaction and a pin of a deleted message', async () => {
    const seq = await says(append, owner, group, 'x');
    stored(await deleteMessage(append, about(owner, group), seq));
    expect(verdict(await editMessage(append, about(owner, group), seq, 'y'))).toBe(
      'message_deleted',
    );
    expect(verdict(await addReaction(append, about(member, group), seq, '👍'))).toBe(
      'message_deleted',
    );
    expect(verdict(await pinMessage(append, about(owner, group), seq))).toBe('message_deleted');
    expect(await shown(seq)).toMatchObject({
      body: '',
      editedAt: null,
      reactions: [],
      pinned: null,
    });
  });
});

describe('a deletion', () => {
  test('a deletion removes the text and reactions of its own message only', async () => {
    const other = await aRealGroup(append, [owner, member]);
    const [seq, next] = [
      await says(append, owner, group, 'a'),
      await says(append, owner, group, 'b'),
    ];
    while ((await says(append, owner, other, 'same seq')) < seq);
    for (const [id, message] of [
      [group, seq],
      [group, next],
      [other, seq],
    ] as const) {
      stored(await addReaction(append, about(member, id), message, '👍'));
    }
    const deleted = stored(await deleteMessage(append, about(owner, group), seq));
    expect(await shown(seq)).toMatchObject({
      body: '',
      reactions: [],
      deletedAt: deleted.at,
      changedSeq: deleted.seq,
    });
    expect(await shown(next)).toMatchObject({ body: 'b', deletedAt: null });
    expect(await shown(seq, other)).toMatchObject({ body: 'same seq', deletedAt: null });
    for (const kept of [await shown(next), await shown(seq, other)]) {
      expect(kept.reactions).toEqual([{ emoji: '👍', accounts: [member] }]);
    }
  });

  test('after a deletion of the latest message, the one before it is the last message of the conversation', async () => {
    const id = await aRealGroup(append, [owner, member]);
    const [first, newest] = [
      await says(append, owner, id, 'a'),
      await says(append, owner, id, 'b'),
    ];
    const last = async () => (await conversationFor(db.pool, member, id))?.lastMessage?.seq;
    expect(await last()).toBe(newest);
    stored(await deleteMessage(append, about(owner, id), newest));
    expect(await last()).toBe(first);
  });

  test('a message of 16,000 characters is previewed with its first 1,000', async () => {
    const id = await aRealGroup(append, [owner, member]);
    await says(append, owner, id, '😀'.repeat(16_000));
    const { lastMessage } = (await conversationFor(db.pool, member, id)) ?? {};
    expect(lastMessage?.body).toBe('😀'.repeat(1_000));
  });

  test('a repeated deletion changes nothing and is answered with the seq of the first', async () => {
    const seq = await says(append, owner, group, 'x');
    await says(append, owner, group, 'y');
    const first = stored(await deleteMessage(append, about(owner, group), seq));
    await says(append, owner, group, 'z');
    const again = stored(await deleteMessage(append, about(owner, group), seq));
    expect(again.seq).toBe(first.seq);
    expect((await shown(seq)).changedSeq).toBe(first.seq);
  });
});

describe('the time limits for edits and deletions', () => {
  const limit = (edit: number | null, remove: number | null) =>
    db.pool.query(
      `insert into server_settings (name, value, seq)
       values ('messageEditWindow', $1, 1), ('messageDeleteWindow', $2, 1)
       on conflict (name) do update set value = excluded.value`,
      [JSON.stringify(edit), JSON.stringify(remove)],
    );
  afterEach(() => db.pool.query('delete from server_settings'));

  test.each([
    ['an hour', 3_600, 'yes'],
    ['half a minute', 30, 'window_passed'],
    ['never', 0, 'window_passed'],
    ['no limit', null, 'yes'],
  ] as const)('apply to a member’s message from a minute ago: %s', async (_, seconds, expected) => {
    const id = await aRealGroup(append, [owner, member]);
    const seq = await says(append, member, id, 'a');
    const other = await says(append, owner, id, 'b');
    const shift = (minutes: number) =>
      db.pool.query(
        `update messages set posted_at = posted_at - $2 * interval '1 minute'
         where conversation_id = $1`,
        [id, minutes],
      );
    await shift(1);
    await limit(seconds, seconds);
    const edit = (actor: AccountId, message: Seq) =>
      editMessage(append, about(actor, id), message, 'x');
    expect(verdict(await edit(member, seq))).toBe(expected);
    expect(verdict(await edit(owner, other))).toBe(expected);
    // Reactions and pins have no limit; nor have those who may delete the messages of others.
    expect(verdict(await addReaction(append, about(member, id), seq, '👍'))).toBe('yes');
    expect(verdict(await deleteMessage(append, about(owner, id), other))).toBe('yes');
    expect(verdict(await deleteMessage(append, about(member, id), seq))).toBe(expected);
    expect(verdict(await deleteMessage(append, about(owner, id), seq))).toBe('yes');
    expect(verdict(await deleteMessage(append, about(member, id), seq))).toBe('yes');
    await shift(-1);
  });

  test('the time limits are independent, and the account receives them', async () => {
    const id = await aRealGroup(append, [owner, member]);
    const seq = await says(append, member, id, 'a');
    await limit(0, null);
    expect(verdict(await editMessage(append, about(member, id), seq, 'x'))).toBe('window_passed');
    expect(await meOf(db.pool, member)).toMatchObject({
      messageWindows: { edit: 0, delete: null },
    });
    expect(verdict(await deleteMessage(append, about(member, id), seq))).toBe('yes');
  });
});

describe('a reaction', () => {
  /** The nth of many different emoji. */
  const emoji = (n: number) => String.fromCodePoint(0x1f600 + n);

  test('a reaction counts once per member and emoji, and raises changedSeq of its message', async () => {
    const [seq, next] = [
      await says(append, owner, group, 'a'),
      await says(append, owner, group, 'b'),
    ];
    const first = stored(await addReaction(append, about(member, group), seq, '👍'));
    expect((await shown(seq)).changedSeq).toBe(first.seq);
    const mine = stored(await addReaction(append, about(owner, group), seq, '👍'));
    expect(mine.seq).toBe(first.seq + 1);
    const second = stored(await addReaction(append, about(member, group), seq, '🎉'));
    const again = stored(await addReaction(append, about(member, group), seq, '👍'));
    expect(again.seq).toBe(first.seq);
    expect(await shown(seq)).toMatchObject({
      changedSeq: second.seq,
      reactions: [
        { emoji: '👍', accounts: [member, owner] },
        { emoji: '🎉', accounts: [member] },
      ],
    });
    expect(await shown(next)).toMatchObject({ changedSeq: next, reactions: [] });
  });

  test('limits the different emoji per message, not the members who react', async () => {
    const seq = await says(append, owner, group, 'popular');
    for (let n = 0; n < LIMITS.reactionsPerMessage; n++) {
      expect(verdict(await addReaction(append, about(owner, group), seq, emoji(n)))).toBe('yes');
    }
    const tooMany = await addReaction(append, about(member, group), seq, '🦜');
    expect(verdict(tooMany)).toBe('too_many_reactions');
    expect(verdict(await addReaction(append, about(member, group), seq, emoji(3)))).toBe('yes');
    expect((await shown(seq)).reactions).toHaveLength(LIMITS.reactionsPerMessage);
    // The limit is per message, and a removed emoji no longer counts.
    const next = await says(append, owner, group, 'not yet');
    expect(verdict(await addReaction(append, about(member, group), next, '🦜'))).toBe('yes');
    stored(await removeReaction(append, about(owner, group), seq, emoji(0)));
    expect(verdict(await addReaction(append, about(member, group), seq, '🦜'))).toBe('yes');
  });

  test('a reaction is removed only for its account, emoji and message', async () => {
    const other = await aRealGroup(append, [owner, member]);
    const [seq, next] = [
      await says(append, owner, group, 'a'),
      await says(append, owner, group, 'b'),
    ];
    while ((await says(append, owner, other, 'same seq')) < seq);
    for (const who of [owner, member]) {
      for (const [id, message] of [
        [group, seq],
        [group, next],
        [other, seq],
      ] as const) {
        for (const e of ['👍', '🎉']) stored(await addReaction(append, about(who, id), message, e));
      }
    }
    const both = [
      { emoji: '👍', accounts: [owner, member] },
      { emoji: '🎉', accounts: [owner, member] },
    ];
    const off = stored(await removeReaction(append, about(owner, group), seq, '👍'));
    expect(await shown(seq)).toMatchObject({
      changedSeq: off.seq,
      reactions: [
        { emoji: '👍', accounts: [member] },
        { emoji: '🎉', accounts: [owner, member] },
      ],
    });
    expect((await shown(next)).reactions).toEqual(both);
    expect((await shown(seq, other)).reactions).toEqual(both);
    // Removing an absent reaction answers with the last change of the message.
    const again = stored(await removeReaction(append, about(owner, group), seq, '👍'));
    expect(again.seq).toBe(off.seq);
    expect((await shown(seq)).reactions[0]).toEqual({ emoji: '👍', accounts: [member] });
  });

  test('an emoji keeps its place on a message until no one has it, also through the migration', async () => {
    const seq = await says(append, owner, group, 'a');
    const order = async () => (await shown(seq)).reactions.map((r) => r.emoji).join(' ');
    const react = async (who: AccountId, e: string) =>
      stored(await addReaction(append, about(who, group), seq, e));
    const remove = async (who: AccountId, e: string) =>
      stored(await removeReaction(append, about(who, group), seq, e));
    for (const e of ['👍', '🎉']) await react(owner, e);
    await react(member, '👍');
    // Others still have the first one, whoever leaves it and comes back.
    await remove(owner, '👍');
    await react(owner, '👍');
    await remove(member, '👍');
    expect(await order()).toBe('👍 🎉');
    await remove(owner, '🎉');
    await react(member, '🎉');
    await react(owner, '🚀');
    await remove(owner, '👍');
    await react(owner, '👍');
    expect(await order()).toBe('🎉 🚀 👍');
    const places = () => db.pool.query('select * from reactions order by 1, 2, 3, 4');
    const before = await places();
    const migration = new URL('../storage/migrations/0074_reaction_places.sql', import.meta.url);
    const [, update] = (await readFile(migration, 'utf8')).split('first_seq bigint;');
    await db.pool.query('update reactions set first_seq = null');
    await db.pool.query(update as string);
    expect((await places()).rows).toEqual(before.rows);
  });
});

describe('a reply', () => {
  test('a reply names the message that it quotes, until it is deleted itself', async () => {
    const id = await aRealGroup(append, [owner, member]);
    const quoted = await says(append, owner, id, 'quoted');
    const reply = stored(
      await postMessage(append, about(member, id), 'reply', { replyTo: quoted }),
    ).seq;
    expect(await shown(reply, id)).toMatchObject({ body: 'reply', replyTo: quoted });
    expect(await shown(quoted, id)).toMatchObject({ replyTo: null });
    // It quotes the message whatever becomes of it: the text is nowhere but in the quoted message.
    stored(await deleteMessage(append, about(owner, id), quoted));
    expect(await shown(reply, id)).toMatchObject({ replyTo: quoted });
    const late = stored(
      await postMessage(append, about(member, id), 'late', { replyTo: quoted }),
    ).seq;
    expect(await shown(late, id)).toMatchObject({ replyTo: quoted });
    stored(await deleteMessage(append, about(member, id), reply));
    expect(await shown(reply, id)).toMatchObject({ body: '', replyTo: null });
    const found = await examine(db.pool);
    expect(found.filter((f) => f.table === 'events' || f.table === 'messages')).toEqual([]);
  });

  test('a refused reply does not affect others of its batch', async () => {
    const id = await aRealGroup(append, [owner, member]);
    const quoted = await says(append, owner, id, 'quoted');
    const outcomes = await Promise.all([
      postMessage(append, about(owner, id), 'plain'),
      postMessage(append, about(owner, id), 'reply', { replyTo: quoted }),
      postMessage(append, about(member, id), 'reply to none', { replyTo: (quoted + 100) as Seq }),
      postMessage(append, about(member, id), 'plain'),
    ]);
    expect(outcomes.map(verdict)).toEqual(['yes', 'yes', 'message_not_found', 'yes']);
  });

  test('a reply is a different command than the same text without a quote', async () => {
    const id = await aRealGroup(append, [owner, member]);
    const quoted = await says(append, owner, id, 'quoted');
    const request = about(member, id);
    stored(await postMessage(append, request, 'same text', { replyTo: quoted }));
    expect(verdict(await postMessage(append, request, 'same text'))).toBe('client_id_reused');
  });
});

describe('mentions', () => {
  const nameOf = async (account: AccountId) => {
    const { rows } = await db.pool.query('select username from accounts where id = $1', [account]);
    return rows[0].username as string;
  };
  const post = async (id: ConversationId, body: string, actor = owner) =>
    (await shown(stored(await postMessage(append, about(actor, id), body)).seq, id)).mentions;

  test('mentions are the accounts and groups that a text names when it is stored', async () => {
    const id = await aRealGroup(append, [owner, member]);
    const name = await nameOf(member);
    const user = { kind: 'user', name, id: member };
    expect(await post(id, `@${name}, @unknown-name and @here`)).toEqual([user, { kind: 'here' }]);
    const upper = name.toUpperCase();
    expect(await post(id, `@${upper} @${name}`)).toEqual([{ ...user, name: upper }, user]);
    expect(await post(id, `\`@${name}\` x@${name}`)).toEqual([]);
    const seq = await says(append, owner, id, 'no one');
    stored(await editMessage(append, about(owner, id), seq, `now @${name} and @everyone`));
    expect((await shown(seq, id)).mentions).toEqual([user, { kind: 'everyone' }]);
    // Through a rename: the id in the message says who is meant.
    await db.pool.query(
      `update accounts set username = 'x' || username, username_key = 'x' || username_key
                         where id = $1`,
      [member],
    );
    expect((await shown(seq, id)).mentions).toContainEqual(user);
    // Also through an edit, when another account has the name now.
    const other = await anAccount(db.pool);
    await db.pool.query('update accounts set username = $2, username_key = $2 where id = $1', [
      other,
      name.toLowerCase(),
    ]);
    stored(await editMessage(append, about(owner, id), seq, `now @${name}, for you`));
    expect((await shown(seq, id)).mentions).toEqual([user]);
    expect(await post(id, `@${name}`)).toEqual([{ ...user, id: other }]);
    stored(await deleteMessage(append, about(owner, id), seq));
    expect((await shown(seq, id)).mentions).toEqual([]);
  });

  test('mentions link to public groups, and only to private ones of their author', async () => {
    const group = { name: 'Plans of Spring', visibility: 'private' as const, members: [] };
    const made = stored(await createGroup(append, { actor: owner, clientId: aClientId() }, group));
    const id = await aRealGroup(append, [owner, member]);
    const link = { kind: 'group', name: 'plans-of-SPRING', id: made.stream };
    expect(await post(id, 'see #plans-of-SPRING')).toEqual([link]);
    expect(await post(id, 'see #plans-of-SPRING', member)).toEqual([]);
  });

  test('mentions are resolved up to a limit for each text of a batch', async () => {
    const id = await aRealGroup(append, [owner, member]);
    const [name, own] = [await nameOf(member), await nameOf(owner)];
    const many = Array.from({ length: LIMITS.mentionsPerMessage }, (_, n) => `@none${n}`).join(' ');
    const bodies = [`@${name}`, 'plain', `${many} @${name}`, `@${own} ${many}`, '@everyone'];
    const outcomes = await Promise.all(
      bodies.map((body) => postMessage(append, about(owner, id), body)),
    );
    const found = [];
    for (const outcome of outcomes) {
      const { mentions } = await shown(stored(outcome).seq, id);
      found.push(mentions.map((m) => ('name' in m ? m.name : m.kind)));
    }
    expect(found).toEqual([[name], [], [], [own], ['everyone']]);
  });

  test('mentions of everyone need the role in a large group, in posts and edits', async () => {
    const id = await aRealGroup(append, [owner, member]);
    await db.pool.query('update conversations set member_count = $2 where id = $1', [
      id,
      LIMITS.mentionEveryoneMembers + 1,
    ]);
    const may = async (account: AccountId) =>
      (await conversationFor(db.pool, account, id))?.permissions.includes('mention_everyone');
    const everyone = [{ kind: 'everyone' }];
    expect(await may(owner)).toBe(true);
    expect(await may(member)).toBe(false);
    expect(await post(id, '@everyone')).toEqual(everyone);
    expect(await post(id, '@everyone @here', member)).toEqual([]);
    const seq = await says(append, member, id, 'x');
    stored(await editMessage(append, about(member, id), seq, '@everyone'));
    expect((await shown(seq, id)).mentions).toEqual([]);
    stored(await changeMinimumRoles(append, about(owner, id), { mentionEveryone: 'member' }));
    expect(await may(member)).toBe(true);
    expect(await post(id, '@everyone', member)).toEqual(everyone);
    stored(await changeMinimumRoles(append, about(owner, id), { mentionEveryone: 'owner' }));
    expect(await post(id, '@everyone', member)).toEqual([]);
  });

  test('mentions are suggested by parts of names, members of the conversation first', async () => {
    const stranger = await anAccount(db.pool);
    const id = await aRealGroup(append, [owner, member]);
    const rename = (account: AccountId, display: string) =>
      db.pool.query('update accounts set display_name = $2 where id = $1', [account, display]);
    await rename(stranger, 'Zoë Quibble');
    await rename(member, 'Max Quibble');
    const suggest = async (search: string) =>
      (await mentionSuggestions(db.pool, owner, id, { search, limit: 5 }))?.map((s) => s.account);
    expect(await suggest('quib')).toEqual([member, stranger]);
    expect(await suggest('zoe')).toEqual([stranger]);
    expect(await suggest('quibbel')).toEqual([member, stranger]);
    expect(await suggest('100%')).toEqual([]);
    expect(await mentionSuggestions(db.pool, stranger, id, { search: '', limit: 5 })).toBeNull();
  });
});

describe('a pin', () => {
  const pins = async (id: ConversationId, account = member) =>
    (await pinnedMessages(db.pool, account, id))?.items.map((m) => m.seq) ?? null;

  test('a pin says who pinned the message and when, and raises its changedSeq', async () => {
    const id = await aRealGroup(append, [owner, member]);
    const [seq, next] = [await says(append, owner, id, 'a'), await says(append, owner, id, 'b')];
    const pinned = stored(await pinMessage(append, about(member, id), seq));
    expect(await shown(seq, id)).toMatchObject({
      changedSeq: pinned.seq,
      pinned: { by: member, at: pinned.at },
    });
    expect(await shown(next, id)).toMatchObject({ changedSeq: next, pinned: null });
    expect((await pinnedMessages(db.pool, owner, id))?.items).toEqual([await shown(seq, id)]);
  });

  test('a repeated pin keeps its member, and is answered with the seq of the first', async () => {
    const id = await aRealGroup(append, [owner, member]);
    const seq = await says(append, owner, id, 'a');
    const first = stored(await pinMessage(append, about(member, id), seq));
    const again = stored(await pinMessage(append, about(owner, id), seq));
    expect(again.seq).toBe(first.seq);
    expect((await shown(seq, id)).pinned?.by).toBe(member);
  });

  test('any member removes a pin, once', async () => {
    const id = await aRealGroup(append, [owner, member]);
    const seq = await says(append, owner, id, 'a');
    stored(await pinMessage(append, about(owner, id), seq));
    const removed = stored(await unpinMessage(append, about(member, id), seq));
    expect(await shown(seq, id)).toMatchObject({ changedSeq: removed.seq, pinned: null });
    expect(stored(await unpinMessage(append, about(owner, id), seq)).seq).toBe(removed.seq);
    expect(await pins(id)).toEqual([]);
    const again = stored(await pinMessage(append, about(member, id), seq));
    expect((await shown(seq, id)).pinned).toEqual({ by: member, at: again.at });
  });

  test('a pin is removed with its message, and with no other one', async () => {
    const [id, other] = [
      await aRealGroup(append, [owner, member]),
      await aRealGroup(append, [owner, member]),
    ];
    const [seq, next] = [await says(append, owner, id, 'a'), await says(append, owner, id, 'b')];
    expect(await says(append, owner, other, 'same seq')).toBe(seq);
    for (const [where, message] of [
      [id, seq],
      [id, next],
      [other, seq],
    ] as const) {
      stored(await pinMessage(append, about(member, where), message));
    }
    const deleted = stored(await deleteMessage(append, about(owner, id), seq));
    expect((await shown(seq, id)).pinned).toBeNull();
    expect([await pins(id), await pins(other)]).toEqual([[next], [seq]]);
    // Unpinning it answers with the last change of the message, which is its deletion.
    expect(stored(await unpinMessage(append, about(member, id), seq)).seq).toBe(deleted.seq);
  });

  test('limits the pins of a conversation, also among concurrent commands', async () => {
    const id = await aRealGroup(append, [owner, member]);
    const seqs: Seq[] = [];
    for (let n = 0; n < LIMITS.pinsPerConversation + 5; n++) {
      seqs.push(await says(append, owner, id, `${n}`));
    }
    const outcomes = await Promise.all(
      seqs.map((seq) => pinMessage(append, about(member, id), seq)),
    );
    expect(outcomes.map(verdict)).toEqual(
      seqs.map((_, n) => (n < LIMITS.pinsPerConversation ? 'yes' : 'too_many_pins')),
    );
    const [first, ...rest] = seqs as [Seq, ...Seq[]];
    const last = rest.at(-1) as Seq;
    // The last pin comes first.
    const shownFirst = (await pins(id))?.[0];
    expect(shownFirst).toBe(seqs[LIMITS.pinsPerConversation - 1]);
    // A message that is pinned is still answered; elsewhere there is space; a removed pin makes some.
    expect(verdict(await pinMessage(append, about(owner, id), first))).toBe('yes');
    const elsewhere = await aRealGroup(append, [owner, member]);
    const there = await says(append, owner, elsewhere, 'not yet');
    expect(verdict(await pinMessage(append, about(owner, elsewhere), there))).toBe('yes');
    stored(await unpinMessage(append, about(owner, id), first));
    expect(verdict(await pinMessage(append, about(owner, id), last))).toBe('yes');
    expect((await pins(id))?.[0]).toBe(last);
    expect(await pins(id)).toHaveLength(LIMITS.pinsPerConversation);
  });

  test('lists pins for members only', async () => {
    const id = await aRealGroup(append, [owner, member]);
    const seq = await says(append, owner, id, 'a');
    stored(await pinMessage(append, about(owner, id), seq));
    expect(await pins(id)).toEqual([seq]);
    expect(await pins(id, await anAccount(db.pool))).toBeNull();
    stored(await leaveGroup(append, about(member, id)));
    expect(await pins(id)).toBeNull();
  });
});

describe('slow mode', () => {
  const slowGroup = async () => {
    const id = await aRealGroup(append, [owner, member]);
    stored(await updateGroup(append, about(owner, id), { slowModeSeconds: 3_600 }));
    return id;
  };
  const post = async (actor: AccountId, id: ConversationId) =>
    verdict(await postMessage(append, about(actor, id), 'x'));

  test('slow mode lets a member post once, also among concurrent posts, and admins without a wait', async () => {
    const id = await slowGroup();
    const all = [member, owner, member, member, owner, member].map((actor) => post(actor, id));
    expect((await Promise.all(all)).sort()).toEqual([
      ...['slow_mode', 'slow_mode', 'slow_mode'],
      ...['yes', 'yes', 'yes'],
    ]);
    const outcome = await postMessage(append, about(member, id), 'x');
    const { refusal } = outcome as Extract<Outcome, { kind: 'refused' }>;
    expect(refusal.retryAfter).toBeGreaterThan(3_500);
    expect(refusal.retryAfter).toBeLessThanOrEqual(3_600);
  });

  test('slow mode lasts as long as the group says, also for members who leave and rejoin', async () => {
    const id = await slowGroup();
    expect(await post(member, id)).toBe('yes');
    stored(await leaveGroup(append, about(member, id)));
    stored(await joinGroup(append, about(member, id)));
    expect(await post(member, id)).toBe('slow_mode');
    await db.pool.query(
      `update memberships set slow_posted_at = slow_posted_at - interval '1 hour'
       where conversation_id = $1`,
      [id],
    );
    expect([await post(member, id), await post(member, id)]).toEqual(['yes', 'slow_mode']);
    stored(await updateGroup(append, about(owner, id), { slowModeSeconds: 0 }));
    expect([await post(member, id), await post(member, id)]).toEqual(['yes', 'yes']);
  });

  test('slow mode does not affect a retried post', async () => {
    const id = await slowGroup();
    const request = about(member, id);
    const first = stored(await postMessage(append, request, 'x'));
    expect(stored(await postMessage(append, request, 'x')).seq).toBe(first.seq);
  });
});

test('an archived group refuses every command on messages', async () => {
  const id = await aRealGroup(append, [owner, member]);
  const seq = await says(append, owner, id, 'a');
  stored(await archiveGroup(append, about(owner, id)));
  const outcomes = await Promise.all([
    postMessage(append, about(owner, id), 'x'),
    editMessage(append, about(owner, id), seq, 'x'),
    deleteMessage(append, about(owner, id), seq),
    addReaction(append, about(owner, id), seq, '👍'),
    removeReaction(append, about(owner, id), seq, '👍'),
    pinMessage(append, about(owner, id), seq),
    unpinMessage(append, about(owner, id), seq),
  ]);
  expect(outcomes.map(verdict)).toEqual(outcomes.map(() => 'conversation_archived'));
});
