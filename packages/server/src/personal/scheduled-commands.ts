import {
  type AccountId,
  type ClientId,
  type ConversationId,
  LIMITS,
  type Refusal,
  type RefusalCode,
  refusal,
  type ScheduledId,
  type Seq,
  streamOfAccount,
  streamOfConversation,
} from '@parley/protocol';
import { uuidv7 } from 'uuidv7';
import { mayAct } from '../account-state.ts';
import { postCommand } from '../messages/commands.ts';
import { decidePosts } from '../messages/post-rule.ts';
import { placeOf, replyPlaceOf } from '../messages/thread-roots.ts';
import type { Append, Outcome } from '../stream/append.ts';
import { derivedId } from '../stream/derived-id.ts';
import {
  type Command,
  type Decision,
  newEvent,
  type Rule,
  type RuleContext,
} from '../stream/stream-transaction.ts';
import { eraseInBatches } from './erase-batch.ts';

/** Commands that schedule messages, change, delete and send them. */

/** A message to schedule. */
export interface NewScheduled {
  readonly conversation: ConversationId;
  readonly body: string;
  readonly replyTo?: Seq | undefined;
  /** The root of the thread in which it is a reply. */
  readonly thread?: Seq | undefined;
  /** Whether the reply is also sent to the conversation. */
  readonly alsoInConversation?: boolean | undefined;
  /** RFC 3339. */
  readonly sendAt: string;
}

/** What to change of a scheduled message. */
export interface ScheduledChange {
  readonly body?: string | undefined;
  /** RFC 3339. */
  readonly sendAt?: string | undefined;
}

/** A request of an account about one of its scheduled messages. */
export interface ScheduledRequest {
  readonly actor: AccountId;
  readonly clientId: ClientId;
  readonly scheduled: ScheduledId;
}

/** A scheduled message that is due. */
export interface DueScheduled {
  readonly account: AccountId;
  readonly scheduled: ScheduledId;
  readonly conversation: ConversationId;
  /** The event that created or changed it last. */
  readonly seq: Seq;
  /** Whether it is too late to send it without asking its author. */
  readonly isTooLate: boolean;
}

interface ScheduleCommand extends Command {
  readonly message: NewScheduled;
}

interface ChangeCommand extends Command {
  readonly scheduled: ScheduledId;
  readonly change: ScheduledChange;
}

interface SendCommand extends Command {
  readonly scheduled: ScheduledId;
  readonly conversation: ConversationId;
  /** Only if it was not changed since this event. */
  readonly seq: Seq | null;
}

interface FailCommand extends Command {
  readonly due: DueScheduled;
  readonly reason: RefusalCode;
}

interface DeleteCommand extends Command {
  readonly scheduled: ScheduledId;
}

/**
 * A message that is later than this, because no server was running, is not sent without asking its
 * author: a backup from last month would otherwise send everything that was scheduled since.
 */
export const LATE_MS = 24 * 3_600_000;

/** Estimated size of the row of an event, without its text. */
const EVENT_BYTES = 300;

/** Schedules a message. Its id is the client id of the request. */
export function scheduleMessage(
  append: Append,
  { actor, clientId }: { readonly actor: AccountId; readonly clientId: ClientId },
  message: NewScheduled,
): Promise<Outcome> {
  const { conversation, body, replyTo = null, sendAt } = message;
  const place = replyPlaceOf(message);
  const command: ScheduleCommand = {
    rule: scheduleRule,
    actor,
    clientId,
    stream: streamOfAccount(actor),
    eventType: 'message.scheduled',
    // Outside threads as in earlier versions, so that a retry after an upgrade still matches.
    payload: [
      conversation,
      body,
      replyTo,
      sendAt,
      ...(place ? [place.thread, place.alsoInConversation] : []),
    ],
    bytes: EVENT_BYTES + body.length,
    message,
  };
  return append.run(command);
}

/** Changes the text or the time of a scheduled message. A failed one is retried. */
export function changeScheduled(
  append: Append,
  { actor, clientId, scheduled }: ScheduledRequest,
  change: ScheduledChange,
): Promise<Outcome> {
  const command: ChangeCommand = {
    rule: changeRule,
    actor,
    clientId,
    stream: streamOfAccount(actor),
    eventType: 'message.scheduled',
    payload: ['change', scheduled, change.body ?? null, change.sendAt ?? null],
    bytes: EVENT_BYTES + (change.body?.length ?? 0),
    scheduled,
    change,
  };
  return append.run(command);
}

/** Deletes a scheduled message. */
export function deleteScheduled(
  append: Append,
  { actor, clientId, scheduled }: ScheduledRequest,
): Promise<Outcome> {
  const command: DeleteCommand = {
    rule: deleteRule,
    actor,
    clientId,
    stream: streamOfAccount(actor),
    eventType: 'message.unscheduled',
    payload: [scheduled],
    bytes: EVENT_BYTES,
    scheduled,
  };
  return append.run(command);
}

/**
 * Posts a scheduled message and removes it from the scheduled ones, in one transaction: it is posted once,
 * however many nodes try. With `seq` only if it was not changed since that event.
 */
export function sendScheduled(
  append: Append,
  { actor, clientId, scheduled }: ScheduledRequest,
  conversation: ConversationId,
  seq: Seq | null = null,
): Promise<Outcome> {
  const command: SendCommand = {
    rule: sendRule,
    actor,
    clientId,
    stream: streamOfConversation(conversation),
    alsoLocks: [streamOfAccount(actor)],
    eventType: 'message.posted',
    payload: ['scheduled', scheduled, seq],
    // The text is not known yet, so assume the maximum.
    bytes: 2 * EVENT_BYTES + LIMITS.bodyCharacters,
    scheduled,
    conversation,
    seq,
  };
  return append.run(command);
}

/** Sends a message that is due: once, on whichever node, however often this is called. */
export const sendDue = (append: Append, due: DueScheduled): Promise<Outcome> => {
  const { account: actor, scheduled, conversation, seq } = due;
  const clientId = derivedId('scheduled', actor, scheduled, seq);
  return sendScheduled(append, { actor, clientId, scheduled }, conversation, seq);
};

/** Marks a scheduled message as failed, unless it was changed, sent or deleted since it was due. */
export function failScheduled(
  append: Append,
  due: DueScheduled,
  reason: RefusalCode,
): Promise<Outcome> {
  const { account, scheduled, seq } = due;
  const command: FailCommand = {
    rule: failRule,
    actor: account,
    clientId: derivedId('scheduled-failed', account, scheduled, seq),
    stream: streamOfAccount(account),
    eventType: 'scheduled.failed',
    // Without the reason: another node may have failed for a different one.
    payload: [scheduled, seq],
    bytes: EVENT_BYTES,
    due,
    reason,
  };
  return append.run(command);
}

/** Removes a batch of the scheduled messages of an erased account. */
export const eraseScheduled = eraseInBatches(
  'personal.erase_scheduled',
  'message.unscheduled',
  async (tx, { actor, stream }, limit) => {
    const rows = await tx.query<{ id: ScheduledId }>(
      'scheduled-to-erase',
      'select id from scheduled_messages where account_id = $1 order by id limit $2',
      [actor, limit],
    );
    return rows.map(({ id: scheduled }) => newEvent(stream, 'message.unscheduled', { scheduled }));
  },
);

const scheduleRule: Rule<ScheduleCommand> = {
  name: 'personal.schedule',
  async decide(tx, command) {
    const { actor, clientId, message, stream } = command;
    const scheduled = clientId as string as ScheduledId;
    const refused =
      refusalOfTime(message.sendAt, tx.at) ?? (await refusalOfPost(tx, actor, message));
    if (refused) return { refuse: refused };
    const { count, bytes } = await readUse(tx, actor, scheduled);
    if (count >= LIMITS.scheduledMessages || bytes + sizeOf(message.body) > LIMITS.scheduledBytes) {
      return { refuse: refusal('too_many_scheduled') };
    }
    const { conversation, body, replyTo, sendAt } = message;
    const data = {
      scheduled,
      conversation,
      body,
      ...(replyTo !== undefined && { replyTo }),
      ...placeOf(replyPlaceOf(message)),
      sendAt,
    };
    return { events: [newEvent(stream, 'message.scheduled', data)] };
  },
};

const changeRule: Rule<ChangeCommand> = {
  name: 'personal.change_scheduled',
  async decide(tx, { actor, scheduled, change, stream }) {
    const row = await readScheduled(tx, actor, scheduled);
    if (!row) return { refuse: refusal('scheduled_not_found') };
    const refused =
      change.sendAt === undefined ? refusalOfKeptTime(row) : refusalOfTime(change.sendAt, tx.at);
    if (refused) return { refuse: refused };
    const body = change.body ?? row.body;
    const { bytes } = await readUse(tx, actor, scheduled);
    if (bytes + sizeOf(body) > LIMITS.scheduledBytes) {
      return { refuse: refusal('too_many_scheduled') };
    }
    const data = {
      scheduled,
      conversation: row.conversation_id,
      body,
      ...(row.reply_to !== null && { replyTo: row.reply_to }),
      ...placeOf(placeOfRow(row)),
      sendAt: change.sendAt ?? row.send_at.toISOString(),
    };
    return { events: [newEvent(stream, 'message.scheduled', data)] };
  },
};

const deleteRule: Rule<DeleteCommand> = {
  name: 'personal.unschedule',
  async decide(tx, { actor, scheduled, stream }) {
    const row = await readScheduled(tx, actor, scheduled);
    if (!row) return { refuse: refusal('scheduled_not_found') };
    return { events: [newEvent(stream, 'message.unscheduled', { scheduled })] };
  },
};

const sendRule: Rule<SendCommand> = {
  name: 'personal.send_scheduled',
  async decide(tx, { actor, clientId, scheduled, conversation, seq }): Promise<Decision> {
    // Under the lock of the personal stream, so no other command sends, changes or deletes it
    // meanwhile.
    const row = await readScheduled(tx, actor, scheduled);
    if (!row || (seq !== null && row.seq !== seq)) {
      return { refuse: refusal('scheduled_not_found') };
    }
    // No request was authenticated here, unlike when a user posts.
    if (!row.is_active) return { refuse: refusal('forbidden') };
    if (!row.may_act) {
      const retryAfter = Math.max(1, row.suspended_seconds ?? 0);
      return { refuse: refusal('account_suspended', undefined, { retryAfter }) };
    }
    const request = { actor, clientId, conversation };
    const post = postCommand(request, row.body, row.reply_to ?? undefined, placeOfRow(row));
    const [decision] = await decidePosts(tx, [post]);
    if (!decision || !('events' in decision)) {
      return decision ?? { refuse: refusal('conversation_not_found') };
    }
    const sent = newEvent(streamOfAccount(actor), 'scheduled.sent', (preceding) => ({
      scheduled,
      conversation,
      message: preceding[0]?.seq ?? (0 as Seq),
    }));
    return { ...decision, events: [...decision.events, sent] };
  },
};

const failRule: Rule<FailCommand> = {
  name: 'personal.fail_scheduled',
  async decide(tx, { actor, due, reason, stream }): Promise<Decision> {
    const { scheduled, conversation, seq } = due;
    const row = await readScheduled(tx, actor, scheduled);
    if (row?.seq !== seq || row.failure !== null) return { unchanged: seq };
    return { events: [newEvent(stream, 'scheduled.failed', { scheduled, conversation, reason })] };
  },
};

const sizeOf = (text: string): number => Buffer.byteLength(text);

function refusalOfTime(sendAt: string, now: string): Refusal | null {
  const ahead = Date.parse(sendAt) - Date.parse(now);
  if (ahead <= 0) return refusal('time_passed');
  return ahead > LIMITS.scheduleAheadMs ? refusal('time_too_far') : null;
}

/**
 * Returns why a message can't keep its time when its text is changed. The time may be close, or passed if
 * the message has failed, but not so long ago that it would fail as too late.
 */
const refusalOfKeptTime = ({ is_too_late }: ScheduledRow): Refusal | null =>
  is_too_late ? refusal('time_passed') : null;

/**
 * Returns why the account could not post the message now. Slow mode does not count: the message is
 * sent later.
 */
async function refusalOfPost(
  tx: RuleContext,
  actor: AccountId,
  message: NewScheduled,
): Promise<Refusal | null> {
  const { conversation, body, replyTo } = message;
  const request = { actor, clientId: uuidv7() as ClientId, conversation };
  const post = postCommand(request, body, replyTo, replyPlaceOf(message));
  const [decision] = await decidePosts(tx, [post]);
  if (!decision || !('refuse' in decision)) return null;
  return decision.refuse.code === 'slow_mode' ? null : decision.refuse;
}

interface ScheduledRow {
  readonly conversation_id: ConversationId;
  readonly body: string;
  readonly reply_to: Seq | null;
  readonly thread: Seq | null;
  readonly also_in_conversation: boolean;
  readonly send_at: Date;
  readonly seq: Seq;
  readonly failure: string | null;
  readonly is_too_late: boolean;
  readonly is_active: boolean;
  readonly may_act: boolean;
  /** Seconds until the suspension of the author ends, at most an hour: it may end early. Null without one. */
  readonly suspended_seconds: number | null;
}

const placeOfRow = ({ thread, also_in_conversation }: ScheduledRow) =>
  replyPlaceOf({ thread: thread ?? undefined, alsoInConversation: also_in_conversation });

/** Returns a scheduled message, and whether its author may act. */
async function readScheduled(
  tx: RuleContext,
  account: AccountId,
  scheduled: ScheduledId,
): Promise<ScheduledRow | undefined> {
  const [row] = await tx.query<ScheduledRow>(
    'scheduled-one',
    `select s.conversation_id, s.body, s.reply_to, s.thread, s.also_in_conversation, s.send_at, s.seq, s.failure, a.is_active,
       s.send_at < now() - make_interval(secs => $3 / 1000.0) as is_too_late,
       ${mayAct('a')} as may_act,
       ceil(extract(epoch from
         least(a.suspended_until, now() + interval '1 hour') - now()))::float8
         as suspended_seconds
     from scheduled_messages s join accounts a on a.id = s.account_id
     where s.account_id = $1 and s.id = $2`,
    [account, scheduled, LATE_MS],
  );
  return row;
}

/** Returns how many other scheduled messages the account has, and the bytes of their texts. */
async function readUse(
  tx: RuleContext,
  account: AccountId,
  except: ScheduledId,
): Promise<{ count: number; bytes: number }> {
  const [row] = await tx.query<{ count: number; bytes: number }>(
    'scheduled-use',
    `select count(*)::int as count, coalesce(sum(octet_length(body)), 0)::int as bytes
     from scheduled_messages where account_id = $1 and id <> $2`,
    [account, except],
  );
  return row ?? { count: 0, bytes: 0 };
}
