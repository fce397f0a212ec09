import {
  type AccountId,
  type ClientId,
  type ConversationId,
  LIMITS,
  refusal,
  type Seq,
  streamOfAccount,
} from '@parley/protocol';
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

/** Commands that save messages, and the reminders of saved messages. Their events are personal. */

/** A request of an account about a message. */
export interface SavedRequest {
  readonly actor: AccountId;
  readonly clientId: ClientId;
  readonly conversation: ConversationId;
  readonly message: Seq;
}

interface SaveCommand extends Command {
  readonly conversation: ConversationId;
  readonly message: Seq;
  readonly remindAt: string | null;
}

interface UnsaveCommand extends Command {
  readonly conversation: ConversationId;
  readonly message: Seq;
}

/** A reminder that is due. */
export interface DueReminder {
  readonly account: AccountId;
  readonly conversation: ConversationId;
  readonly message: Seq;
  /** The event that set it. */
  readonly saved: Seq;
}

interface RemindCommand extends Command {
  readonly reminder: DueReminder;
}

/** Estimated size of the row of an event. */
const EVENT_BYTES = 300;

/** Saves a message, or changes the reminder of a saved message. `remindAt` is RFC 3339. */
export function saveMessage(
  append: Append,
  { actor, clientId, conversation, message }: SavedRequest,
  remindAt: string | null,
): Promise<Outcome> {
  const command: SaveCommand = {
    rule: saveRule,
    actor,
    clientId,
    stream: streamOfAccount(actor),
    eventType: 'message.saved',
    payload: [conversation, message, remindAt],
    bytes: EVENT_BYTES,
    conversation,
    message,
    remindAt,
  };
  return append.run(command);
}

/** Removes a message from the saved ones. Removing it again changes nothing. */
export function unsaveMessage(
  append: Append,
  { actor, clientId, conversation, message }: SavedRequest,
): Promise<Outcome> {
  const command: UnsaveCommand = {
    rule: unsaveRule,
    actor,
    clientId,
    stream: streamOfAccount(actor),
    eventType: 'message.unsaved',
    payload: [conversation, message],
    bytes: EVENT_BYTES,
    conversation,
    message,
  };
  return append.run(command);
}

/** Gives a reminder. Gives it once, even if this is called several times and on several nodes. */
export function remind(append: Append, reminder: DueReminder): Promise<Outcome> {
  const { account, saved } = reminder;
  const command: RemindCommand = {
    rule: remindRule,
    actor: account,
    clientId: derivedId('reminder', account, saved),
    stream: streamOfAccount(account),
    eventType: 'reminder.due',
    payload: [saved],
    bytes: EVENT_BYTES,
    reminder,
  };
  return append.run(command);
}

/** Removes a batch of the saved messages of an erased account. */
export const eraseSaved = eraseInBatches(
  'personal.erase_saved',
  'message.unsaved',
  async (tx, { actor, stream }, limit) => {
    const rows = await tx.query<{ conversation_id: ConversationId; message_seq: Seq }>(
      'saved-to-erase',
      `select conversation_id, message_seq from saved_messages
       where account_id = $1 order by saved_seq limit $2`,
      [actor, limit],
    );
    return rows.map(({ conversation_id: conversation, message_seq: message }) =>
      newEvent(stream, 'message.unsaved', { conversation, message }),
    );
  },
);

interface SavedRow {
  readonly seq: Seq;
  readonly remind_at: Date | null;
}

const saveRule: Rule<SaveCommand> = {
  name: 'personal.save',
  readsEarly: true,
  async decide(tx, command) {
    const { actor, conversation, message, remindAt, stream } = command;
    const [target] = await tx.query<{ exists: boolean; deleted: boolean }>(
      'saved-target',
      `select g.seq is not null as exists, g.deleted_at is not null as deleted
       from memberships m
       left join messages g on g.conversation_id = m.conversation_id and g.seq = $3
       where m.account_id = $1 and m.conversation_id = $2 and m.left_seq is null`,
      [actor, conversation, message],
    );
    if (!target) return { refuse: refusal('conversation_not_found') };
    if (!target.exists) return { refuse: refusal('message_not_found') };
    if (target.deleted) return { refuse: refusal('message_deleted') };
    if (remindAt !== null && Date.parse(remindAt) <= Date.parse(tx.at)) {
      return { refuse: refusal('time_passed') };
    }
    const { saved, count } = await readSaved(tx, command);
    if (saved && (saved.remind_at?.getTime() ?? null) === timeOf(remindAt)) {
      return { unchanged: saved.seq };
    }
    if (!saved && count >= LIMITS.savedMessages) return { refuse: refusal('too_many_saved') };
    return { events: [newEvent(stream, 'message.saved', { conversation, message, remindAt })] };
  },
};

const unsaveRule: Rule<UnsaveCommand> = {
  name: 'personal.unsave',
  async decide(tx, command) {
    const { conversation, message, stream } = command;
    const { saved } = await readSaved(tx, command);
    // Even without access to the message: a saved message can always be removed.
    if (!saved) return { refuse: refusal('not_saved') };
    return { events: [newEvent(stream, 'message.unsaved', { conversation, message })] };
  },
};

const remindRule: Rule<RemindCommand> = {
  name: 'personal.remind',
  async decide(tx, { actor, reminder, stream }): Promise<Decision> {
    const { conversation, message, saved: savedSeq } = reminder;
    const { saved } = await readSaved(tx, { actor, conversation, message });
    // Removed or rescheduled since it was due.
    if (saved?.seq !== savedSeq || saved.remind_at === null) return { unchanged: savedSeq };
    return { events: [newEvent(stream, 'reminder.due', { conversation, message })] };
  },
};

const timeOf = (text: string | null): number | null => (text === null ? null : Date.parse(text));

/** Returns a saved message of the actor, and how many the actor has. */
async function readSaved(
  tx: RuleContext,
  { actor, conversation, message }: Omit<SavedRequest, 'clientId'>,
): Promise<{ saved: SavedRow | null; count: number }> {
  const rows = await tx.query<SavedRow & { count: number }>(
    'saved-one',
    `select s.seq, s.remind_at, c.count
     from (select count(*)::int as count from saved_messages where account_id = $1) c
     left join saved_messages s
       on s.account_id = $1 and s.conversation_id = $2 and s.message_seq = $3`,
    [actor, conversation, message],
  );
  const row = rows[0];
  return { saved: row && row.seq !== null ? row : null, count: row?.count ?? 0 };
}
