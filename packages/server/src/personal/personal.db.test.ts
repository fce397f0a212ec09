import {
  type AccountId,
  type ConversationId,
  LIMITS,
  type Seq,
  streamOfAccount,
} from '@parley/protocol';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startTestDatabase, testLog } from '../../test/support/database.ts';
import {
  aBootstrappedAppend,
  about,
  aRealGroup,
  says,
} from '../../test/support/domain-builders.ts';
import { until } from '../../test/support/sink.ts';
import { anAccount, anAppend, TestClock } from '../../test/support/stream-builders.ts';
import { joinGroup, leaveGroup } from '../conversations/members.ts';
import { deleteMessage, editMessage, postMessage } from '../messages/commands.ts';
import type { Database } from '../storage/database.ts';
import type { Append, Outcome } from '../stream/append.ts';
import { deleteDraft, draftsOf, saveDraft } from './drafts.ts';
import { Reminders } from './reminders.ts';
import { eraseSaved, remind, saveMessage, unsaveMessage } from './saved-commands.ts';
import { dueReminders, savedMessages } from './saved-queries.ts';

let server: Awaited<ReturnType<typeof startTestDatabase>>;
let db: Database;
let append: Append;

beforeAll(async () => {
  server = await startTestDatabase();
  db = await server.open();
  append = await aBootstrappedAppend(db.pool);
});
afterAll(() => server.stop());

const codeOf = (outcome: Outcome) =>
  outcome.kind === 'refused' ? outcome.refusal.code : outcome.kind;

async function aGroupOfTwo() {
  const [ann, bob] = (await Promise.all([anAccount(db.pool), anAccount(db.pool)])) as [
    AccountId,
    AccountId,
  ];
  const id = await aRealGroup(append, [ann, bob]);
  const message = await says(append, ann, id, 'the text');
  const saving = (message: Seq, account = bob) => ({ ...about(account, id), message });
  const list = async (account = bob) =>
    (await savedMessages(db.pool, account, { limit: 50 })).items;
  return { ann, bob, id, message, saving, list };
}

/** Returns the types of the events in the personal stream that are about saved messages. */
async function savedEvents(account: AccountId): Promise<string[]> {
  const { rows } = await db.pool.query<{ type: string }>(
    `select type from events
     where stream_id = $1 and type in ('message.saved', 'message.unsaved', 'reminder.due')
     order by seq`,
    [streamOfAccount(account)],
  );
  return rows.map((row) => row.type);
}

describe('a saved message', () => {
  test('is listed in its current state, until it is removed', async () => {
    const { ann, bob, id, message, saving, list } = await aGroupOfTwo();
    const other = await says(append, ann, id, 'another');
    expect(codeOf(await saveMessage(append, saving(message), null))).toBe('stored');
    expect(codeOf(await saveMessage(append, saving(other), null))).toBe('stored');
    await editMessage(append, about(ann, id), message, 'a new text');
    await deleteMessage(append, about(ann, id), other);
    expect(await list()).toMatchObject([
      { seq: other, message: { body: '', deletedAt: expect.any(String) } },
      { seq: message, message: { body: 'a new text' }, remindAt: null, remindedAt: null },
    ]);
    const [newest] = await list();
    const page = await savedMessages(db.pool, bob, { before: newest?.savedSeq as Seq, limit: 1 });
    expect(page).toMatchObject({ items: [{ seq: message }], hasOlder: false });
    expect(await list(ann)).toEqual([]);

    expect(codeOf(await unsaveMessage(append, saving(message)))).toBe('stored');
    expect(codeOf(await unsaveMessage(append, saving(message)))).toBe('not_saved');
    expect((await list()).map((item) => item.seq)).toEqual([other]);
    expect(await savedEvents(bob)).toEqual(['message.saved', 'message.saved', 'message.unsaved']);
  });

  test('is on a page that ends early if messages are long', async () => {
    const { ann, bob, id, saving } = await aGroupOfTwo();
    for (let n = 0; n < 10; n++) {
      const long = await says(append, ann, id, '\u{1f600}'.repeat(15_999) + n);
      expect(codeOf(await saveMessage(append, saving(long), null))).toBe('stored');
    }
    const full = await savedMessages(db.pool, bob, { limit: 50 });
    expect(full.items).toHaveLength(9);
    expect(full.hasOlder).toBe(true);
    const rest = await savedMessages(db.pool, bob, {
      before: full.items.at(-1)?.savedSeq as Seq,
      limit: 50,
    });
    expect(rest).toMatchObject({ hasOlder: false });
    expect(rest.items).toHaveLength(1);
  });

  test('is hidden from an account that may no longer see it, which can remove it', async () => {
    const { bob, id, message, saving, list } = await aGroupOfTwo();
    await saveMessage(append, saving(message), null);
    await leaveGroup(append, about(bob, id));
    expect(await list()).toMatchObject([{ seq: message, message: null }]);
    await joinGroup(append, about(bob, id));
    expect(await list()).toMatchObject([{ seq: message, message: { body: 'the text' } }]);
    await leaveGroup(append, about(bob, id));
    expect(codeOf(await unsaveMessage(append, saving(message)))).toBe('stored');
    expect(await list()).toEqual([]);
  });

  test.each([
    ['owner', 'stored'],
    ['member', 'stored'],
    ['non-member', 'conversation_not_found'],
  ] as const)('can be chosen by the %s: %s', async (who, expected) => {
    const { ann, bob, message, saving } = await aGroupOfTwo();
    const account = { owner: ann, member: bob, 'non-member': await anAccount(db.pool) }[who];
    expect(codeOf(await saveMessage(append, saving(message, account), null))).toBe(expected);
  });

  test('must exist, and their number is limited', async () => {
    const { ann, bob, id, message, saving } = await aGroupOfTwo();
    expect(codeOf(await saveMessage(append, saving(1 as Seq), null))).toBe('message_not_found');
    const deleted = await says(append, ann, id, 'gone');
    await deleteMessage(append, about(ann, id), deleted);
    expect(codeOf(await saveMessage(append, saving(deleted), null))).toBe('message_deleted');
    await db.pool.query(
      `insert into saved_messages
         (account_id, conversation_id, message_seq, saved_seq, saved_at, seq)
       select $1, $2, 100000 + n, 100000 + n, now(), 100000 + n
       from generate_series(1, $3::int) n`,
      [bob, id, LIMITS.savedMessages],
    );
    expect(codeOf(await saveMessage(append, saving(message), null))).toBe('too_many_saved');
    // Of each account.
    expect(codeOf(await saveMessage(append, saving(message, ann), null))).toBe('stored');
    await db.pool.query('delete from saved_messages where account_id = $1', [bob]);
  });

  test('is removed with its account', async () => {
    const { bob, message, saving, list } = await aGroupOfTwo();
    await saveMessage(append, saving(message), null);
    expect(codeOf((await eraseSaved(append, bob)) as Outcome)).toBe('stored');
    expect(await eraseSaved(append, bob)).toBeNull();
    expect(await list()).toEqual([]);
  });
});

describe('a reminder', () => {
  test('is given once, even by many nodes and after a crash', async () => {
    const { bob, message, saving, list } = await aGroupOfTwo();
    const clock = new TestClock();
    clock.set(Date.now());
    const remindAt = new Date(clock.now() + 3_600_000).toISOString();
    await saveMessage(append, saving(message), remindAt);
    expect(await list()).toMatchObject([{ remindAt, remindedAt: null }]);
    expect(await dueReminders(db.pool, new Date(clock.now()), 10)).toEqual([]);

    clock.set(clock.now() + 3_700_000);
    const [due] = await dueReminders(db.pool, new Date(clock.now()), 10);
    if (!due) throw new Error('no reminder is due');
    const pools = await Promise.all([1, 2, 3].map(async () => (await server.open()).pool));
    const nodes = pools.map(
      (pool) => new Reminders({ pool, append: anAppend(pool), clock, log: testLog }),
    );
    for (const node of nodes) node.start();
    await until(async () => (await list())[0]?.remindAt === null, 'the reminder');
    await Promise.all(nodes.map((node) => node.stop()));
    // A node that found it due before it was killed gives it again after its restart.
    expect(await remind(append, due)).toMatchObject({ kind: 'stored', repeated: true });

    expect(await savedEvents(bob)).toEqual(['message.saved', 'reminder.due']);
    expect(await list()).toMatchObject([{ remindAt: null, remindedAt: expect.any(String) }]);
    const again = new Date(Date.now() + 7_200_000).toISOString();
    expect(codeOf(await saveMessage(append, saving(message), again))).toBe('stored');
    expect(await list()).toMatchObject([{ remindAt: again, remindedAt: null }]);
  });

  test('that was changed or removed is not given at its earlier time', async () => {
    const { bob, message, saving, list } = await aGroupOfTwo();
    const at = (ms: number) => new Date(Date.now() + ms).toISOString();
    await saveMessage(append, saving(message), at(60_000));
    const later = new Date(Date.now() + 120_000);
    const [due] = (await dueReminders(db.pool, later, 10)).filter((d) => d.account === bob);
    if (!due) throw new Error('no reminder is due');
    const moved = at(3_600_000);
    await saveMessage(append, saving(message), moved);
    expect(codeOf(await remind(append, due))).toBe('stored');
    expect(await list()).toMatchObject([{ remindAt: moved, remindedAt: null }]);
    await unsaveMessage(append, saving(message));
    expect(await savedEvents(bob)).toEqual(['message.saved', 'message.saved', 'message.unsaved']);
  });

  test('needs a time in the future', async () => {
    const { message, saving } = await aGroupOfTwo();
    const past = new Date(Date.now() - 1_000).toISOString();
    expect(codeOf(await saveMessage(append, saving(message), past))).toBe('time_passed');
  });
});

describe('a draft', () => {
  const saved = async (
    account: AccountId,
    id: ConversationId,
    body: string,
    thread: Seq | null = null,
  ) => {
    const change = await saveDraft(db.pool, account, { conversation: id, thread }, body);
    if (typeof change === 'string') throw new Error(change);
    return change;
  };

  test('is replaced by the newest, and each change has the next read version', async () => {
    const { bob, id } = await aGroupOfTwo();
    const first = await saved(bob, id, 'one');
    const second = await saved(bob, id, 'two');
    expect([first.version, second.version]).toEqual([1, 2]);
    expect(await draftsOf(db.pool, bob)).toMatchObject({
      readVersion: 2,
      items: [{ conversation: id, body: 'two', version: 2 }],
    });
    // The device that sent the first version does not delete the second.
    expect(await deleteDraft(db.pool, bob, first, first.version)).toBeNull();
    expect(await deleteDraft(db.pool, bob, second, second.version)).toMatchObject({
      version: 3,
      draft: null,
    });
    expect(await deleteDraft(db.pool, bob, second, null)).toBeNull();
    expect(await draftsOf(db.pool, bob)).toEqual({ readVersion: 3, items: [] });
  });

  test('can be saved by many devices at once, each with its own version', async () => {
    const { bob, id } = await aGroupOfTwo();
    const changes = await Promise.all(
      Array.from({ length: 20 }, (_, n) => saved(bob, id, `text ${n}`)),
    );
    const versions = changes.map((change) => change.version).sort((a, b) => a - b);
    expect(versions).toEqual(Array.from({ length: 20 }, (_, n) => n + 1));
    const newest = changes.find((change) => change.version === 20);
    expect((await draftsOf(db.pool, bob)).items).toMatchObject([{ body: newest?.draft?.body }]);
  });

  test('is only for conversations of the account', async () => {
    const { bob, id } = await aGroupOfTwo();
    const other = await aRealGroup(append, [bob]);
    const outsider = await anAccount(db.pool);
    expect(await saveDraft(db.pool, outsider, { conversation: id, thread: null }, 'text')).toBe(
      'conversation_not_found',
    );
    await saved(bob, id, 'text');
    await leaveGroup(append, about(bob, id));
    expect((await draftsOf(db.pool, bob)).items).toEqual([]);
    const left = { conversation: id, thread: null };
    expect(await saveDraft(db.pool, bob, left, 'text')).toBe('conversation_not_found');
    await saved(bob, other, 'another');
    const { rows } = await db.pool.query('select body from drafts where account_id = $1', [bob]);
    expect(rows).toEqual([{ body: 'another' }]);
  });

  test('of each thread is separate from that of the conversation', async () => {
    const { ann, bob, id, message } = await aGroupOfTwo();
    const another = await says(append, ann, id, 'another');
    await saved(bob, id, 'to all');
    const reply = await saved(bob, id, 'a reply', message);
    await saved(bob, id, 'another reply', another);
    const replaced = await saved(bob, id, 'the reply', message);
    expect(reply.draft).toMatchObject({ conversation: id, thread: message, body: 'a reply' });
    const bodies = async () =>
      (await draftsOf(db.pool, bob)).items.map(({ thread, body }) => [thread, body]);
    expect(await bodies()).toEqual([
      [message, 'the reply'],
      [another, 'another reply'],
      [null, 'to all'],
    ]);
    expect(await deleteDraft(db.pool, bob, reply, reply.version)).toBeNull();
    expect(await deleteDraft(db.pool, bob, replaced, replaced.version)).toMatchObject({
      conversation: id,
      thread: message,
      draft: null,
    });
    expect(await bodies()).toEqual([
      [another, 'another reply'],
      [null, 'to all'],
    ]);
    const nowhere = { conversation: id, thread: (another + 100) as Seq };
    expect(await saveDraft(db.pool, bob, nowhere, 'text')).toBe('message_not_found');
    const inThread = { thread: message, alsoInConversation: false };
    const posted = await postMessage(append, about(ann, id), 'in the thread', { inThread });
    const inReply = { conversation: id, thread: posted.kind === 'stored' ? posted.seq : null };
    expect(await saveDraft(db.pool, bob, inReply, 'text')).toBe('message_not_found');
    await leaveGroup(append, about(bob, id));
    expect(await bodies()).toEqual([]);
    await saved(bob, await aRealGroup(append, [bob]), 'elsewhere');
    const { rows } = await db.pool.query('select from thread_drafts where account_id = $1', [bob]);
    expect(rows).toEqual([]);
  });

  test('is limited in number', async () => {
    const { ann, bob, id, message } = await aGroupOfTwo();
    await saved(bob, id, 'kept');
    const groups = await Promise.all(
      Array.from({ length: LIMITS.drafts }, () => aRealGroup(append, [ann, bob])),
    );
    for (const group of groups.slice(1)) await saved(bob, group, 'x');
    const [another] = groups as [ConversationId];
    const place = { conversation: another, thread: null };
    expect(await saveDraft(db.pool, bob, place, 'one more')).toBe('too_many_drafts');
    const reply = { conversation: id, thread: message };
    expect(await saveDraft(db.pool, bob, reply, 'one more')).toBe('too_many_drafts');
    expect((await saved(bob, id, 'changed')).draft?.body).toBe('changed');
    // Drafts of conversations that the account has left do not count.
    await leaveGroup(append, about(bob, groups[1] as ConversationId));
    expect((await saved(bob, another, 'one more')).draft?.body).toBe('one more');
  });
});
