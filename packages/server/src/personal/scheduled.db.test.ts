import {
  type AccountId,
  type ConversationId,
  LIMITS,
  type ScheduledId,
  type Seq,
  streamOfAccount,
} from '@parley/protocol';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startTestDatabase, testLog } from '../../test/support/database.ts';
import {
  aBootstrappedAppend,
  about,
  aRealGroup,
  asking,
  says,
  stored,
  verdict,
} from '../../test/support/domain-builders.ts';
import { until } from '../../test/support/sink.ts';
import { aClientId, anAccount, anAppend } from '../../test/support/stream-builders.ts';
import { removeMember } from '../conversations/members.ts';
import { archiveGroup, updateGroup } from '../conversations/settings.ts';
import { examine } from '../doctor/doctor.ts';
import { deleteMessage } from '../messages/commands.ts';
import { exportOf } from '../own-data/export.ts';
import { systemClock } from '../runtime/clock.ts';
import type { Database } from '../storage/database.ts';
import type { Append } from '../stream/append.ts';
import {
  changeScheduled,
  deleteScheduled,
  eraseScheduled,
  scheduleMessage,
} from './scheduled-commands.ts';
import {
  deferScheduled,
  dueScheduled,
  scheduledMessage,
  scheduledMessages,
  sentScheduled,
} from './scheduled-queries.ts';
import { ScheduledSender } from './scheduled-sender.ts';
import { failScheduled, sendDue, sendScheduled } from './scheduled-sending.ts';

const HOUR = 3_600_000;

let server: Awaited<ReturnType<typeof startTestDatabase>>;
let db: Database;
let append: Append;

beforeAll(async () => {
  server = await startTestDatabase();
  db = await server.open();
  append = await aBootstrappedAppend(db.pool);
});
afterAll(() => server.stop());

const inMs = (ms: number) => new Date(Date.now() + ms).toISOString();

/** A group of two, of which one schedules messages. */
async function anAuthor() {
  const ann = await anAccount(db.pool);
  const bob = await anAccount(db.pool);
  const id = await aRealGroup(append, [ann, bob]);
  const schedule = (body: string, sendAt = inMs(HOUR), conversation = id) =>
    scheduleMessage(append, asking(bob), { conversation, body, sendAt });
  const scheduled = async (body: string, sendAt = inMs(HOUR)) => {
    const request = asking(bob);
    stored(await scheduleMessage(append, request, { conversation: id, body, sendAt }));
    return request.clientId as string as ScheduledId;
  };
  const list = () => scheduledMessages(db.pool, bob);
  return { ann, bob, id, schedule, scheduled, list };
}

async function textsIn(conversation: ConversationId): Promise<string[]> {
  const { rows } = await db.pool.query<{ body: string }>(
    'select body from messages where conversation_id = $1 order by seq',
    [conversation],
  );
  return rows.map((row) => row.body);
}

/** Returns the types and texts of the events about scheduled messages in a personal stream. */
async function eventsOf(account: AccountId): Promise<string[]> {
  const { rows } = await db.pool.query<{ type: string; body: string | null }>(
    `select type, data ->> 'body' as body from events
     where stream_id = $1 and data ->> 'scheduled' is not null order by seq`,
    [streamOfAccount(account)],
  );
  return rows.map(({ type, body }) => (body === null ? type : `${type} ${body}`.trim()));
}

/** The accounts whose scheduled messages no longer have the times of their events. */
const shifted = new Set<AccountId>();

/**
 * Moves the scheduled messages of an account back in time, as if they had been scheduled earlier.
 */
async function pass(account: AccountId, ms: number): Promise<void> {
  shifted.add(account);
  await db.pool.query(
    `update scheduled_messages
     set send_at = send_at - make_interval(secs => $2), due_at = due_at - make_interval(secs => $2)
     where account_id = $1`,
    [account, ms / 1_000],
  );
}

const dueOf = async (account: AccountId) =>
  (await dueScheduled(db.pool, 24 * HOUR, 1_000)).filter((due) => due.account === account);

/** Suspends an account for a time from now or indefinitely (null), or lifts its suspension (0). */
const suspendFor = (account: AccountId, ms: number | null) =>
  db.pool.query(
    `update accounts set suspended_until =
       case when $2::float8 is null then 'infinity' else now() + make_interval(secs => $2) end
     where id = $1`,
    [account, ms === null ? null : ms / 1_000],
  );

/** Returns whether the next scheduled message of an account is deferred. */
async function isDeferred(account: AccountId): Promise<boolean> {
  return (await secondsToNext(account)) > 0;
}

/** Returns the seconds until the next scheduled message of an account is due. */
async function secondsToNext(account: AccountId): Promise<number> {
  const { rows } = await db.pool.query<{ seconds: number }>(
    `select extract(epoch from due_at - now())::float8 as seconds from scheduled_messages
     where account_id = $1 order by send_at, id limit 1`,
    [account],
  );
  return rows[0]?.seconds ?? 0;
}

/** Runs senders on separate nodes until the condition is true. */
async function sendUntil(isDone: () => Promise<boolean>, nodes = 1) {
  const pools = await Promise.all(
    Array.from({ length: nodes }, async () => (await server.open()).pool),
  );
  const senders = pools.map(
    (pool) => new ScheduledSender({ pool, append: anAppend(pool), log: testLog }),
  );
  for (const sender of senders) sender.start();
  await until(isDone, 'the scheduled messages');
  await Promise.all(senders.map((sender) => sender.stop()));
}

describe('a scheduled message', () => {
  test('is listed, changed and deleted, and its earlier texts leave the log', async () => {
    const { bob, id, scheduled, list } = await anAuthor();
    const one = await scheduled('first text');
    const two = await scheduled('another', inMs(2 * HOUR));
    const sendAt = inMs(3 * HOUR);
    const change = { body: 'second text', sendAt };
    stored(await changeScheduled(append, { ...asking(bob), scheduled: one }, change));
    expect(await list()).toMatchObject([
      { id: two, body: 'another' },
      { id: one, conversation: id, body: 'second text', sendAt, replyTo: null, failure: null },
    ]);
    stored(await deleteScheduled(append, { ...asking(bob), scheduled: two }));
    const again = await deleteScheduled(append, { ...asking(bob), scheduled: two });
    expect(verdict(again)).toBe('scheduled_not_found');
    expect(await list()).toMatchObject([{ id: one }]);
    expect(await eventsOf(bob)).toEqual([
      'message.scheduled',
      'message.scheduled',
      'message.scheduled second text',
      'message.unscheduled',
    ]);
    // Another account has no access to it.
    const foreign = { ...asking(await anAccount(db.pool)), scheduled: one };
    expect(verdict(await changeScheduled(append, foreign, change))).toBe('scheduled_not_found');
    expect(verdict(await sendScheduled(append, foreign, id))).toBe('scheduled_not_found');
    expect(await scheduledMessage(db.pool, bob, one)).toMatchObject({ body: 'second text' });
    expect(await scheduledMessage(db.pool, foreign.actor, one)).toBeNull();
  });

  test('is sent once, even by many nodes and after a crash', async () => {
    const { bob, id, scheduled, list } = await anAuthor();
    for (let n = 0; n < 20; n++) await scheduled(`number ${n}`, inMs(HOUR + n * 1_000));
    await pass(bob, 2 * HOUR);
    const mine = await dueOf(bob);
    expect(mine).toHaveLength(1);
    await sendUntil(async () => (await list()).length === 0, 3);
    expect(await textsIn(id)).toEqual(Array.from({ length: 20 }, (_, n) => `number ${n}`));
    // A node that found one due before it was killed sends it again after its restart.
    for (const message of mine) {
      expect(await sendDue(append, message)).toMatchObject({ kind: 'stored', repeated: true });
    }
    expect(await textsIn(id)).toHaveLength(20);
    // The text is in the conversation alone.
    const events = await eventsOf(bob);
    expect(events.filter((e) => e === 'message.scheduled')).toHaveLength(20);
    expect(events.filter((e) => e === 'scheduled.sent')).toHaveLength(20);
  });

  test('is sent now on request, and a retry has the same answer', async () => {
    const { bob, id, scheduled } = await anAuthor();
    const one = await scheduled('now');
    const request = { ...asking(bob), scheduled: one };
    const sent = stored(await sendScheduled(append, request, id));
    expect(sent).toMatchObject({ stream: id, repeated: false });
    expect(await sendScheduled(append, request, id)).toEqual({ ...sent, repeated: true });
    const other = { ...asking(bob), scheduled: one };
    expect(verdict(await sendScheduled(append, other, id))).toBe('scheduled_not_found');
    expect(await textsIn(id)).toEqual(['now']);
  });

  test('that was sent is found by the id of its command, with the posted message', async () => {
    const { bob, id, scheduled } = await anAuthor();
    const sendAt = inMs(HOUR);
    const [one, two] = [await scheduled('sent', sendAt), await scheduled('deleted')];
    expect(await sentScheduled(db.pool, bob, one)).toBeNull();
    const { seq, at } = stored(await sendScheduled(append, { ...asking(bob), scheduled: one }, id));
    expect(await sentScheduled(db.pool, bob, one)).toMatchObject({
      ...{ id: one, conversation: id, body: 'sent', replyTo: null, sendAt, failure: null },
      sent: { seq, at },
    });
    stored(await deleteScheduled(append, { ...asking(bob), scheduled: two }));
    expect(await sentScheduled(db.pool, bob, two)).toBeNull();
    expect(await sentScheduled(db.pool, await anAccount(db.pool), one)).toBeNull();
  });

  test('can be a reply in a thread, and remains one when its text is changed', async () => {
    const { ann, bob, id, list } = await anAuthor();
    const thread = await says(append, ann, id, 'the root');
    const reply = async (alsoInConversation: boolean) => {
      const request = asking(bob);
      const message = { conversation: id, body: 'a reply', thread, alsoInConversation };
      stored(await scheduleMessage(append, request, { ...message, sendAt: inMs(HOUR) }));
      return request.clientId as string as ScheduledId;
    };
    const [quiet, both] = [await reply(false), await reply(true)];
    expect(await list()).toMatchObject([
      { id: quiet, thread, alsoInConversation: false },
      { id: both, thread, alsoInConversation: true },
    ]);
    const change = { body: 'the reply' };
    stored(await changeScheduled(append, { ...asking(bob), scheduled: both }, change));
    for (const scheduled of [quiet, both]) {
      stored(await sendScheduled(append, { ...asking(bob), scheduled }, id));
    }
    const { rows } = await db.pool.query(
      'select body, thread, also_in_conversation from messages where conversation_id = $1 and seq > $2 order by seq',
      [id, thread],
    );
    expect(rows).toEqual([
      { body: 'a reply', thread, also_in_conversation: false },
      { body: 'the reply', thread, also_in_conversation: true },
    ]);
    expect(await sentScheduled(db.pool, bob, both)).toMatchObject({
      thread,
      alsoInConversation: true,
    });
  });

  test('is refused in a thread that takes no replies', async () => {
    const { ann, bob, id } = await anAuthor();
    const root = await says(append, ann, id, 'the root');
    const schedule = (thread: number) =>
      scheduleMessage(append, asking(bob), {
        conversation: id,
        body: 'a reply',
        thread: thread as Seq,
        sendAt: inMs(HOUR),
      });
    expect(verdict(await schedule(root + 100))).toBe('message_not_found');
    stored(await deleteMessage(append, about(ann, id), root));
    expect(verdict(await schedule(root))).toBe('message_deleted');
  });

  test('that was changed since it was due is not sent in its earlier form', async () => {
    const { bob, id, scheduled, list } = await anAuthor();
    const one = await scheduled('early');
    expect(await dueOf(bob)).toEqual([]);
    await pass(bob, 2 * HOUR);
    const [due] = await dueOf(bob);
    if (!due) throw new Error('no message is due');
    const change = { sendAt: inMs(5 * HOUR) };
    stored(await changeScheduled(append, { ...asking(bob), scheduled: one }, change));
    expect(await dueOf(bob)).toEqual([]);
    expect(verdict(await sendDue(append, due))).toBe('scheduled_not_found');
    expect(verdict(await failScheduled(append, due, 'forbidden'))).toBe('yes');
    await deferScheduled(db.pool, due, 60_000);
    expect(await secondsToNext(bob)).toBeGreaterThan(4 * 3_600);
    expect(await list()).toMatchObject([{ body: 'early', failure: null }]);
    expect(await textsIn(id)).toEqual([]);
  });

  test.each([
    [
      'was removed',
      'conversation_not_found',
      (ann: AccountId, bob: AccountId, id: ConversationId) =>
        removeMember(append, about(ann, id), bob),
    ],
    [
      'writes to an archived group',
      'conversation_archived',
      (ann: AccountId, _bob: AccountId, id: ConversationId) => archiveGroup(append, about(ann, id)),
    ],
    [
      'was deactivated',
      'forbidden',
      (_ann: AccountId, bob: AccountId) =>
        db.pool.query('update accounts set is_active = false where id = $1', [bob]),
    ],
  ])('of an author who %s is kept and marked', async (_, code, impede) => {
    const { ann, bob, id, scheduled, list } = await anAuthor();
    const one = await scheduled('not lost');
    await impede(ann, bob, id);
    await pass(bob, 2 * HOUR);
    await sendUntil(async () => (await list())[0]?.failure !== null);
    expect(await list()).toMatchObject([{ id: one, body: 'not lost', failure: { code } }]);
    expect(await textsIn(id)).toEqual([]);
    expect(await eventsOf(bob)).toEqual(['message.scheduled not lost', 'scheduled.failed']);
    // It is scheduled again by a change, of its text alone only while it is not too late, and can be deleted.
    const change = (changed: { body?: string; sendAt?: string }) =>
      changeScheduled(append, { ...asking(bob), scheduled: one }, changed);
    stored(await change({ body: 'other text' }));
    await sendUntil(async () => (await list())[0]?.failure !== null);
    await pass(bob, 24 * HOUR);
    expect(verdict(await change({ body: 'not lost' }))).toBe('time_passed');
    stored(await change({ body: 'not lost', sendAt: inMs(5 * HOUR) }));
    expect(await list()).toMatchObject([{ failure: null }]);
    stored(await deleteScheduled(append, { ...asking(bob), scheduled: one }));
  });

  test('is not sent when it is more than a day late', async () => {
    const { bob, id, scheduled, list } = await anAuthor();
    const one = await scheduled('yesterday');
    await pass(bob, 26 * HOUR);
    await sendUntil(async () => (await list())[0]?.failure !== null);
    expect(await list()).toMatchObject([{ failure: { code: 'too_late' } }]);
    expect(await textsIn(id)).toEqual([]);
    expect(await dueOf(bob)).toEqual([]);
    // It does not hold up later ones.
    await scheduled('today, too', inMs(HOUR));
    await db.pool.query(
      `update scheduled_messages set send_at = now(), due_at = now() where body = 'today, too'`,
    );
    await sendUntil(async () => (await list()).length === 1);
    expect(await textsIn(id)).toEqual(['today, too']);
    // With another text alone it would fail again.
    const change = (changed: { body?: string; sendAt?: string }) =>
      changeScheduled(append, { ...asking(bob), scheduled: one }, changed);
    expect(verdict(await change({ body: 'today' }))).toBe('time_passed');
    expect(await list()).toMatchObject([{ body: 'yesterday', failure: { code: 'too_late' } }]);
    stored(await change({ body: 'today', sendAt: inMs(HOUR) }));
    expect(await list()).toMatchObject([{ body: 'today', failure: null }]);
  });

  test('is deferred in slow mode, without being overtaken by later ones of its author', async () => {
    const { ann, bob, id, scheduled, list } = await anAuthor();
    stored(await updateGroup(append, about(ann, id), { slowModeSeconds: 3_600 }));
    await scheduled('third', inMs(HOUR + 2_000));
    await scheduled('first');
    await scheduled('second', inMs(HOUR + 1_000));
    await pass(bob, 2 * HOUR);
    await sendUntil(() => isDeferred(bob));
    // For at most ten minutes: slow mode may be turned off.
    expect(await secondsToNext(bob)).toBeGreaterThan(500);
    expect(await secondsToNext(bob)).toBeLessThanOrEqual(600);
    expect(await textsIn(id)).toEqual(['first']);
    // A message for later is accepted while its author has to wait.
    const later = { ...asking(bob), scheduled: await scheduled('for tomorrow', inMs(24 * HOUR)) };
    stored(await deleteScheduled(append, later));
    expect(await list()).toMatchObject([{ body: 'second', failure: null }, { body: 'third' }]);
    // The third is due, and could be sent before the second, which is not due again yet.
    stored(await updateGroup(append, about(ann, id), { slowModeSeconds: 0 }));
    expect(await dueOf(bob)).toEqual([]);
    await pass(bob, HOUR);
    await sendUntil(async () => (await list()).length === 0);
    expect(await textsIn(id)).toEqual(['first', 'second', 'third']);
  });

  test('of a suspended author is sent after the suspension, unless it is too late then', async () => {
    const { bob, id, scheduled, list } = await anAuthor();
    const one = await scheduled('after the suspension');
    await suspendFor(bob, HOUR);
    await pass(bob, 2 * HOUR);
    await sendUntil(() => isDeferred(bob));
    expect(await textsIn(id)).toEqual([]);
    expect(await list()).toMatchObject([{ id: one, failure: null }]);
    await suspendFor(bob, null);
    await pass(bob, HOUR);
    await sendUntil(() => isDeferred(bob));
    expect(await list()).toMatchObject([{ id: one, failure: null }]);
    await suspendFor(bob, 0);
    await pass(bob, HOUR);
    await sendUntil(async () => (await list()).length === 0);
    expect(await textsIn(id)).toEqual(['after the suspension']);
    await scheduled('too late');
    await suspendFor(bob, HOUR);
    await pass(bob, 26 * HOUR);
    await sendUntil(async () => (await list())[0]?.failure !== null);
    expect(await list()).toMatchObject([{ body: 'too late', failure: { code: 'too_late' } }]);
    expect(await textsIn(id)).toEqual(['after the suspension']);
  });

  test('has a time within a year, and is limited in number and size', async () => {
    const { bob, id, schedule, scheduled } = await anAuthor();
    expect(verdict(await schedule('x', inMs(-1_000)))).toBe('time_passed');
    expect(verdict(await schedule('x', inMs(LIMITS.scheduleAheadMs + HOUR)))).toBe('time_too_far');
    const long = 'x'.repeat(LIMITS.bodyCharacters);
    for (let n = 0; n < Math.floor(LIMITS.scheduledBytes / long.length); n++) {
      stored(await schedule(long));
    }
    expect(verdict(await schedule(long))).toBe('too_many_scheduled');
    // Of a changed message, only the new text counts; in bytes.
    const request = { ...asking(bob), scheduled: await scheduled('€'.repeat(3_000)) };
    const changed = async (body: string) =>
      verdict(await changeScheduled(append, { ...request, ...asking(bob) }, { body }));
    expect(await changed('€'.repeat(4_000))).toBe('yes');
    expect(await changed('€'.repeat(5_000))).toBe('too_many_scheduled');
    while (await eraseScheduled(append, bob));
    await db.pool.query(
      `insert into scheduled_messages
         (account_id, id, conversation_id, body, send_at, due_at, created_at, seq)
       select $1, gen_random_uuid(), $2, 'x', now() + '1 day', now() + '1 day', now(), 0
       from generate_series(1, $3::int)`,
      [bob, id, LIMITS.scheduledMessages],
    );
    expect(verdict(await schedule('x'))).toBe('too_many_scheduled');
    await db.pool.query('delete from scheduled_messages where account_id = $1', [bob]);
  });

  test('needs a conversation in which its author may post', async () => {
    const { bob, schedule } = await anAuthor();
    const other = await aRealGroup(append, [await anAccount(db.pool)]);
    expect(verdict(await schedule('x', inMs(HOUR), other))).toBe('conversation_not_found');
    const nowhere = aClientId() as string as ConversationId;
    expect(verdict(await schedule('x', inMs(HOUR), nowhere))).toBe('conversation_not_found');
    expect(await scheduledMessages(db.pool, bob)).toEqual([]);
  });

  test('is removed with its account', async () => {
    const { bob, id, scheduled, list } = await anAuthor();
    await scheduled('private');
    let exported = '';
    for await (const part of exportOf({ pool: db.pool, clock: systemClock }, bob)) exported += part;
    expect(JSON.parse(exported).scheduledMessages).toMatchObject([
      { conversation: id, body: 'private', failure: null },
    ]);
    expect(await eraseScheduled(append, bob)).toMatchObject({ kind: 'stored' });
    expect(await eraseScheduled(append, bob)).toBeNull();
    expect(await list()).toEqual([]);
    expect(await eventsOf(bob)).toEqual(['message.scheduled', 'message.unscheduled']);
  });
});

test('scheduled messages are consistent with the events', async () => {
  const { bob, scheduled } = await anAuthor();
  const one = await scheduled('kept');
  stored(await changeScheduled(append, { ...asking(bob), scheduled: one }, { body: 'changed' }));
  const found = await examine(db.pool);
  const places = found
    .filter((finding) => finding.table === 'scheduled_messages')
    .flatMap((finding) => finding.places);
  expect(places.filter(({ key }) => !shifted.has(key.account_id as AccountId))).toEqual([]);
});
