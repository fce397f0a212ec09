import type { Event } from '@parley/protocol';
import type { HistoryRecord, Op } from '../history/history.ts';
import { isExpiry, isText, type Log, messageOf } from './log.ts';
import { of, type Violation } from './violation.ts';

/** Commands that may have no effect because the state is already as requested. */
const MAY_BE_UNCHANGED: ReadonlySet<Op> = new Set([
  'delete',
  'react',
  'unreact',
  'pin',
  'unpin',
  'vote',
  'close',
  'hide',
  'unhide',
  'retention',
]);

/** Checks the outcomes of commands. */
export function checkCommands(
  history: readonly HistoryRecord[],
  logs: ReadonlyMap<string, Log>,
): Violation[] {
  const stored = new Map<string, Event>();
  for (const { events } of logs.values()) {
    for (const event of events) if (event.client !== null) stored.set(event.client, event);
  }
  return [
    ...checkAnswers(history, logs, stored),
    ...checkOrigins(history, logs, stored),
    ...checkOrderOfSenders(history, logs, stored),
  ];
}

/** I1, I3, I12: acked commands are stored at the acked seq, always the same; refused ones are not. */
function checkAnswers(
  history: readonly HistoryRecord[],
  logs: ReadonlyMap<string, Log>,
  stored: ReadonlyMap<string, Event>,
): Violation[] {
  const violations: Violation[] = [];
  const ops = new Map(of(history, 'invoke').map((r) => [r.id, r.op]));
  const acked = new Map<string, number>();
  const rivals = new Set(of(history, 'rival').map((r) => r.id));
  for (const { id, stream, seq, client, text } of of(history, 'ack')) {
    const before = acked.get(id);
    if (before !== undefined && before !== seq) {
      const what = `acked as ${before} and as ${seq}`;
      violations.push({ rule: 'I12 same answer', id, stream, client, what });
    }
    acked.set(id, seq);
    const event = stored.get(id);
    if (!event) {
      // A command without effect is acked with the event that made the change.
      const op = ops.get(id);
      if (op === undefined || !MAY_BE_UNCHANGED.has(op) || !logs.get(stream)?.at(seq)) {
        const what = `acked as ${seq}, not in the log`;
        violations.push({ rule: 'I1 acked is kept', id, stream, client, what });
      }
    } else if (event.seq !== seq || event.stream !== stream) {
      const what = `acked as ${seq}, is at ${event.seq}`;
      violations.push({ rule: 'I1 acked is kept', id, stream, client, what });
    } else if (text !== undefined && isOtherText(event, text, logs.get(stream))) {
      const what = `acked as ${seq}, where another text with its id is stored`;
      violations.push({ rule: 'I1 acked is kept', id, stream, client, what });
    }
  }
  const whom = new Map(of(history, 'invoke').map((r) => [r.id, r.whom]));
  const aboutUndone = commandsAboutUndone(history);
  for (const { id, code, client } of of(history, 'nack')) {
    const event = stored.get(id);
    if (code === 'internal') {
      violations.push({ rule: 'I14 no errors', id, client, what: 'answered with “internal”' });
    }
    if (code === 'client_id_reused' && !rivals.has(id)) {
      const what = 'rejected as reused, though nothing else was sent with its id';
      violations.push({ rule: 'I12 same answer', id, client, what });
    }
    // Like a command of an account that is not a member yet, below: another message takes the seq.
    if (code === 'message_not_found' && aboutUndone.has(id)) continue;
    if (event && !acked.has(id) && !mayBeExecutedLater(event, code, whom.get(id), logs)) {
      const what = `refused with ${code}, but stored`;
      violations.push({ rule: 'I3 refused is absent', id, stream: event.stream, client, what });
    }
  }
  return violations;
}

/** Returns the ids of the commands about messages that a restore has undone. */
function commandsAboutUndone(history: readonly HistoryRecord[]): ReadonlySet<string> {
  const undone = placesUndone(history);
  const about = of(history, 'invoke').filter(({ conversation, message, thread }) =>
    [message, thread].some((seq) => undone.has(`${conversation} ${seq}`)),
  );
  return new Set(about.map(({ id }) => id));
}

/** Returns the places, stream and seq, of the events that a restore has undone. */
const placesUndone = (history: readonly HistoryRecord[]): ReadonlySet<string> =>
  new Set(of(history, 'restored').flatMap(({ lost }) => lost.map((e) => `${e.stream} ${e.seq}`)));

/**
 * A command is permanently refused if an account is not a member at the time. A copy of it that a
 * node had not read yet may be executed once the account has become a member (docs/guarantees.md).
 * `whom` is the other account that the command concerns.
 */
function mayBeExecutedLater(
  event: Event,
  code: string,
  whom: string | undefined,
  logs: ReadonlyMap<string, Log>,
): boolean {
  const who = code === 'conversation_not_found' ? event.actor : whom;
  if (code !== 'conversation_not_found' && code !== 'account_not_found') return false;
  // Joining does not need a membership.
  if (who === undefined || (event.type === 'member.joined' && event.data.account === who)) {
    return false;
  }
  return logs.get(event.stream)?.hadJoined(who, event.seq) === true;
}

/** Returns whether the event has another text than was sent, for another reason than redaction. */
function isOtherText(event: Event, text: string, log: Log | undefined): boolean {
  const stored = textOf(event);
  if (stored === undefined || stored === text) return false;
  if (!isText(event) || log === undefined) return true;
  const message = messageOf(event);
  // While a message is hidden, a repetition of its command cannot be distinguished from another one
  // with its id.
  return !(
    log.isDeleted(message) ||
    log.wasHidden(message) ||
    log.wasRedactedBeforeRestore(message)
  );
}

/**
 * Returns the text of an event, its emoji, or its choices, as its command had it; undefined if that had none of these.
 */
function textOf({ type, data }: Event): string | undefined {
  if (type === 'message.unhidden') return undefined;
  if ('body' in data) return data.body ?? undefined;
  if ('emoji' in data) return data.emoji ?? undefined;
  return 'choices' in data ? JSON.stringify(data.choices) : undefined;
}

/** I3: every event of the log was sent by its actor, with this content. */
function checkOrigins(
  history: readonly HistoryRecord[],
  logs: ReadonlyMap<string, Log>,
  stored: ReadonlyMap<string, Event>,
): Violation[] {
  const violations: Violation[] = [];
  const invoked = new Map(of(history, 'invoke').map((r) => [r.id, r]));
  const rivals = new Map(of(history, 'rival').map((r) => [r.id, r.text]));
  for (const [id, event] of stored) {
    const { stream, type } = event;
    // No client deletes expired messages: check-retention.ts.
    if (isExpiry(event)) continue;
    const command = invoked.get(id);
    if (!command) {
      // Groups are created before the run starts, with ids of their own.
      if (type !== 'conversation.created') {
        violations.push({
          rule: 'I3 nothing invented',
          id,
          stream,
          what: `${type} was never sent`,
        });
      }
      continue;
    }
    const text = textOf(event);
    const isRedacted = isText(event) && logs.get(stream)?.isRedacted(messageOf(event)) === true;
    const sent = text === undefined || text === command.text || text === rivals.get(id);
    const isElsewhere = type === 'message.posted' && event.data.thread !== command.thread;
    const other = (!sent && !isRedacted) || isElsewhere;
    if (command.account !== event.actor || other) {
      const what = 'stored with another text or actor, or in another thread';
      violations.push({ rule: 'I3 nothing invented', id, stream, what });
    }
  }
  return violations;
}

/**
 * I7: the posts of one client to one conversation are stored in the order in which it sent them.
 * Only accounts that were members throughout are checked: others may be refused as non-members, not
 * learn of it, and be members again by the time of the retry.
 */
function checkOrderOfSenders(
  history: readonly HistoryRecord[],
  logs: ReadonlyMap<string, Log>,
  stored: ReadonlyMap<string, Event>,
): Violation[] {
  const violations: Violation[] = [];
  const last = new Map<string, { seq: number; id: string }>();
  const undone = placesUndone(history);
  for (const { client, account, conversation, id, op, message, thread } of of(history, 'invoke')) {
    if (op !== 'post' || !logs.get(conversation)?.wasAlwaysMember(account)) continue;
    // A reply to a message that a restore has undone is refused until another message takes its
    // place.
    if ([message, thread].some((seq) => undone.has(`${conversation} ${seq}`))) continue;
    const seq = stored.get(id)?.seq;
    if (seq === undefined) continue;
    const key = `${client} ${conversation}`;
    const before = last.get(key);
    if (before && before.seq > seq) {
      const what = `${id} (${seq}) was sent after ${before.id} (${before.seq})`;
      violations.push({ rule: 'I7 sender’s order', stream: conversation, client, id, what });
    }
    last.set(key, { seq, id });
  }
  return violations;
}
