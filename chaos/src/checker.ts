import type { Event } from '@parley/protocol';
import type { HistoryRecord, RecordOf } from './history.ts';
import { messagesOf, staysOf, unreadOf } from './model.ts';

/** A broken promise: which one, in which words, and what shows it. */
export interface Violation {
  /** The invariant’s name in docs/guarantees.md. */
  readonly rule: string;
  readonly what: string;
  /** The stream it happened in, for cutting the history down. */
  readonly stream?: string;
  readonly client?: string;
  readonly id?: string;
}

/** Unread is counted up to here. */
const UNREAD_MAX = 100;

/**
 * Holds a history against the promises. It shares no code with the server: all it uses is what
 * clients saw, and what an observer read at the end.
 */
export function check(history: readonly HistoryRecord[]): Violation[] {
  const logs = new Map(of(history, 'log').map((r) => [r.stream, r.events]));
  return [
    ...checkLogs(logs),
    ...checkCommands(history, logs),
    ...checkOrderOfSenders(history, logs),
    ...checkReceived(history, logs),
    ...checkFinal(history, logs),
    ...checkMessages(history, logs),
  ];
}

/** I2, I4: every log is dense from 1, and no client id stands in it twice. */
function checkLogs(logs: ReadonlyMap<string, readonly Event[]>): Violation[] {
  const found: Violation[] = [];
  const places = new Map<string, string>();
  for (const [stream, events] of logs) {
    for (const [i, event] of events.entries()) {
      if (event.seq !== i + 1) {
        found.push({
          rule: 'I4 dense',
          stream,
          what: `seq ${event.seq} stands where ${i + 1} should`,
        });
        break;
      }
      if (event.client === null) continue;
      const id = `${event.actor} ${event.client}`;
      const place = `${stream} ${event.seq}`;
      const other = places.get(id);
      if (other) {
        found.push({
          rule: 'I2 once',
          stream,
          id: event.client,
          what: `at ${other} and at ${place}`,
        });
      }
      places.set(id, place);
    }
  }
  return found;
}

/** I1, I3, I12: acked commands are there at the acked seq, nacked ones nowhere, others were sent. */
function checkCommands(
  history: readonly HistoryRecord[],
  logs: ReadonlyMap<string, readonly Event[]>,
): Violation[] {
  const found: Violation[] = [];
  const invoked = new Map(of(history, 'invoke').map((r) => [r.id, r]));
  const stored = new Map<string, Event>();
  for (const events of logs.values()) {
    for (const event of events) if (event.client !== null) stored.set(event.client, event);
  }
  const acked = new Map<string, number>();
  for (const { id, stream, seq, client } of of(history, 'ack')) {
    const before = acked.get(id);
    if (before !== undefined && before !== seq) {
      found.push({
        rule: 'I12 same answer',
        id,
        stream,
        client,
        what: `acked as ${before} and as ${seq}`,
      });
    }
    acked.set(id, seq);
    const event = stored.get(id);
    if (!event) {
      // A command that had nothing to change is acked with the event that made it so.
      const there = logs.get(stream)?.[seq - 1];
      const op = invoked.get(id)?.op;
      const mayBeUnchanged = op === 'react' || op === 'unreact' || op === 'delete';
      if (!there || !mayBeUnchanged) {
        found.push({
          rule: 'I1 acked is kept',
          id,
          stream,
          client,
          what: `acked as ${seq}, not in the log`,
        });
      }
    } else if (event.seq !== seq || event.stream !== stream) {
      found.push({
        rule: 'I1 acked is kept',
        id,
        stream,
        client,
        what: `acked as ${seq}, stands at ${event.seq}`,
      });
    }
  }
  for (const { id, code, client } of of(history, 'nack')) {
    if (stored.has(id) && !acked.has(id)) {
      const { stream } = stored.get(id) as Event;
      found.push({
        rule: 'I3 refused is absent',
        id,
        stream,
        client,
        what: `refused with ${code}, but stored`,
      });
    }
  }
  for (const [id, event] of stored) {
    const command = invoked.get(id);
    if (!command) {
      if (event.type.startsWith('message.') || event.type.startsWith('reaction.')) {
        found.push({
          rule: 'I3 nothing invented',
          id,
          stream: event.stream,
          what: `${event.type} was never sent`,
        });
      }
      continue;
    }
    const text =
      'body' in event.data ? event.data.body : 'emoji' in event.data ? event.data.emoji : undefined;
    if (command.account !== event.actor || (text !== undefined && text !== command.text)) {
      found.push({
        rule: 'I3 nothing invented',
        id,
        stream: event.stream,
        what: 'stored with another text or actor',
      });
    }
  }
  return found;
}

/** I7: what one client sent into one conversation stands in the order in which it sent it. */
function checkOrderOfSenders(
  history: readonly HistoryRecord[],
  logs: ReadonlyMap<string, readonly Event[]>,
): Violation[] {
  const found: Violation[] = [];
  const seqs = new Map<string, number>();
  for (const events of logs.values()) {
    for (const event of events) if (event.client !== null) seqs.set(event.client, event.seq);
  }
  const last = new Map<string, { seq: number; id: string }>();
  for (const { client, conversation, id, op } of of(history, 'invoke')) {
    if (op !== 'post') continue;
    const seq = seqs.get(id);
    if (seq === undefined) continue;
    const key = `${client} ${conversation}`;
    const before = last.get(key);
    if (before && before.seq > seq) {
      found.push({
        rule: 'I7 sender’s order',
        stream: conversation,
        client,
        id,
        what: `${id} (${seq}) was sent after ${before.id} (${before.seq})`,
      });
    }
    last.set(key, { seq, id });
  }
  return found;
}

/** I5, I6, I10: what each client applied is the log, once, in order, within its membership. */
function checkReceived(
  history: readonly HistoryRecord[],
  logs: ReadonlyMap<string, readonly Event[]>,
): Violation[] {
  const found: Violation[] = [];
  const cursors = new Map<string, number>();
  const stays = new Map([...logs].map(([stream, events]) => [stream, staysOf(events)]));
  for (const record of history) {
    if (record.kind === 'reset') {
      cursors.set(`${record.client} ${record.life} ${record.stream}`, record.seq);
      continue;
    }
    if (record.kind !== 'event') continue;
    const { client, account, life, event } = record;
    const { stream, seq } = event;
    const log = logs.get(stream);
    if (!log) continue;
    const key = `${client} ${life} ${stream}`;
    const cursor = cursors.get(key);
    const stay = stays
      .get(stream)
      ?.get(account)
      ?.find((s) => s.joined <= seq && seq <= (s.left ?? Number.POSITIVE_INFINITY));
    if (cursor !== undefined && seq <= cursor) {
      found.push({ rule: 'I5 applied once', stream, client, what: `${seq} came after ${cursor}` });
    } else if (cursor !== undefined && seq !== cursor + 1 && seq !== stay?.joined) {
      found.push({ rule: 'I6 in order', stream, client, what: `${seq} came after ${cursor}` });
    }
    if (!stay) {
      found.push({
        rule: 'I10 members only',
        stream,
        client,
        what: `${seq} came to somebody who was no member`,
      });
    }
    if (JSON.stringify(log[seq - 1]) !== JSON.stringify(event)) {
      found.push({
        rule: 'I6 in order',
        stream,
        client,
        what: `${seq} is another event than in the log`,
      });
    }
    cursors.set(key, Math.max(cursor ?? 0, seq));
  }
  return found;
}

/** I8, unread: at the end every client has everything, and counts as the checker counts. */
function checkFinal(
  history: readonly HistoryRecord[],
  logs: ReadonlyMap<string, readonly Event[]>,
): Violation[] {
  const found: Violation[] = [];
  for (const { client, account, cursors, unread, read } of of(history, 'final')) {
    for (const [stream, events] of logs) {
      const stay = staysOf(events)
        .get(account)
        ?.find((s) => s.left === null);
      if (!stay) {
        if (stream in cursors) {
          found.push({
            rule: 'I10 members only',
            stream,
            client,
            what: 'still follows what it has left',
          });
        }
        continue;
      }
      const cursor = cursors[stream];
      if (cursor !== events.length) {
        found.push({
          rule: 'I8 complete',
          stream,
          client,
          what: `stands at ${cursor}, the stream at ${events.length}`,
        });
      }
      const expected = Math.min(UNREAD_MAX, unreadOf(events, account, read[stream] ?? 0));
      if (unread[stream] !== expected) {
        found.push({
          rule: 'I11 same state',
          stream,
          client,
          what: `counts ${unread[stream]} unread, there are ${expected}`,
        });
      }
    }
  }
  return found;
}

/** I11: the messages that REST shows are what the log comes to. */
function checkMessages(
  history: readonly HistoryRecord[],
  logs: ReadonlyMap<string, readonly Event[]>,
): Violation[] {
  const found: Violation[] = [];
  for (const { stream, messages } of of(history, 'messages')) {
    const expected = messagesOf(logs.get(stream) ?? []);
    if (expected.length !== messages.length) {
      found.push({
        rule: 'I11 same state',
        stream,
        what: `${messages.length} messages, the log has ${expected.length}`,
      });
    }
    for (const [i, message] of messages.entries()) {
      const wanted = expected[i];
      if (JSON.stringify(message) !== JSON.stringify(wanted)) {
        found.push({
          rule: 'I11 same state',
          stream,
          what: `message ${message.seq} is not what its events come to`,
        });
        break;
      }
    }
  }
  return found;
}

function of<K extends HistoryRecord['kind']>(
  history: readonly HistoryRecord[],
  kind: K,
): RecordOf<K>[] {
  return history.filter((r): r is RecordOf<K> => r.kind === kind);
}
