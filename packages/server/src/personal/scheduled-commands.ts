import {
  type AccountId,
  type ClientId,
  type ConversationId,
  LIMITS,
  type Refusal,
  refusal,
  type ScheduledId,
  type Seq,
  streamOfAccount,
} from '@parley/protocol';
import { uuidv7 } from 'uuidv7';
import { postCommand } from '../messages/commands.ts';
import { decidePosts } from '../messages/post-rule.ts';
import { placeOf, replyPlaceOf } from '../messages/threads/thread-roots.ts';
import type { Append, Outcome } from '../stream/append.ts';
import {
  type Command,
  newEvent,
  type Rule,
  type RuleContext,
} from '../stream/stream-transaction.ts';
import { eraseInBatches } from './erase-batch.ts';
import { EVENT_BYTES, placeOfRow, readScheduled, type ScheduledRow } from './scheduled-row.ts';

/** Commands that schedule messages, change and delete them; scheduled-sending.ts has those that send them. */

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

interface ScheduleCommand extends Command {
  readonly message: NewScheduled;
}

interface ChangeCommand extends Command {
  readonly scheduled: ScheduledId;
  readonly change: ScheduledChange;
}

interface DeleteCommand extends Command {
  readonly scheduled: ScheduledId;
}

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
  const post = postCommand(request, body, { replyTo, inThread: replyPlaceOf(message) });
  const [decision] = await decidePosts(tx, [post]);
  if (!decision || !('refuse' in decision)) return null;
  return decision.refuse.code === 'slow_mode' ? null : decision.refuse;
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
