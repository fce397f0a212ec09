import type { HistoryRecord, RecordOf } from './history.ts';
import { isText, type Log } from './log.ts';
import { messagesOf, type Stay, unreadOf } from './model.ts';
import { of, type Violation } from './violation.ts';

/** Unread is counted up to here. */
const UNREAD_MAX = 100;

/** What clients have to be told, and what they have to have in the end. */
export function checkClients(
  history: readonly HistoryRecord[],
  logs: ReadonlyMap<string, Log>,
): Violation[] {
  return [
    ...checkReceived(history, logs),
    ...checkFormer(history, logs),
    ...of(history, 'final').flatMap((final) => [
      ...checkFinal(final, logs),
      ...checkKept(final, logs),
    ]),
  ];
}

/** I5, I6, I10: what each client applied is the log, once, in order, within its membership. */
function checkReceived(
  history: readonly HistoryRecord[],
  logs: ReadonlyMap<string, Log>,
): Violation[] {
  const found: Violation[] = [];
  const cursors = new Map<string, Map<string, number>>();
  for (const record of history) {
    if (record.kind === 'start') {
      // From here on its store counts: what it knew beyond that went with the process.
      cursors.set(record.client, new Map(Object.entries(record.cursors)));
    } else if (record.kind === 'reset') {
      cursors.get(record.client)?.set(record.stream, record.seq);
    } else if (record.kind === 'event') {
      const own = cursors.get(record.client) ?? new Map<string, number>();
      cursors.set(record.client, own);
      found.push(...checkEvent(record, own, logs.get(record.event.stream)));
    }
  }
  return found;
}

function checkEvent(
  { client, account, event }: RecordOf<'event'>,
  cursors: Map<string, number>,
  log: Log | undefined,
): Violation[] {
  const found: Violation[] = [];
  const { stream, seq } = event;
  const cursor = cursors.get(stream);
  const stay = log?.stayAt(account, seq);
  if (cursor !== undefined && seq <= cursor) {
    found.push({ rule: 'I5 applied once', stream, client, what: `${seq} came after ${cursor}` });
  } else if (cursor !== undefined && seq !== cursor + 1 && !isEdge(seq, stay)) {
    found.push({ rule: 'I6 in order', stream, client, what: `${seq} came after ${cursor}` });
  }
  cursors.set(stream, Math.max(cursor ?? 0, seq));
  // Personal streams and that of the workspace have no log here: only their order is seen.
  if (!log) return found;
  if (!stay) {
    const what = `${seq} came to somebody who was no member`;
    found.push({ rule: 'I10 members only', stream, client, what });
  }
  if (!log.has(event)) {
    const what = `${seq} is another event than in the log`;
    found.push({ rule: 'I6 in order', stream, client, what });
  }
  return found;
}

/**
 * I10: a client that began to run after the end of its account's last stay was answered gets no
 * text of that stay.
 */
function checkFormer(
  history: readonly HistoryRecord[],
  logs: ReadonlyMap<string, Log>,
): Violation[] {
  const found: Violation[] = [];
  const answered = new Map<string, number>();
  for (const { stream, seq, t } of of(history, 'ack')) {
    const place = `${stream} ${seq}`;
    answered.set(place, Math.min(t, answered.get(place) ?? t));
  }
  const begun = new Map<string, number>();
  for (const record of history) {
    if (record.kind === 'start') begun.set(record.client, record.t);
    if (record.kind !== 'event' || !isText(record.event)) continue;
    const { client, account, event } = record;
    const log = logs.get(event.stream);
    const left = log?.stayAt(account, event.seq)?.left ?? null;
    if (!log || left === null || log.stayAfter(account, left)) continue;
    const end = answered.get(`${event.stream} ${left}`) ?? Number.POSITIVE_INFINITY;
    if (end >= (begun.get(client) ?? Number.NEGATIVE_INFINITY)) continue;
    const what = `the text at ${event.seq} came to somebody who had left at ${left} before connecting`;
    found.push({ rule: 'I10 members only', stream: event.stream, client, what });
  }
  return found;
}

/**
 * Whether a stay begins or ends here. Nothing is owed from before its beginning; of a stay that is
 * over, a client that was away is told the end alone.
 */
const isEdge = (seq: number, stay: Stay | undefined): boolean =>
  seq === stay?.joined || seq === stay?.left;

/** I8, I11: at the end every client has everything, waits for nothing, and counts as we count. */
function checkFinal(
  { client, account, cursors, unread, read, waiting }: RecordOf<'final'>,
  logs: ReadonlyMap<string, Log>,
): Violation[] {
  const found: Violation[] = [];
  for (const id of waiting) {
    found.push({ rule: 'I8 complete', client, id, what: 'never answered' });
  }
  for (const [stream, log] of logs) {
    if (!log.stayNow(account)) {
      if (stream in unread) {
        const what = 'shows a conversation that it has left';
        found.push({ rule: 'I10 members only', stream, client, what });
      }
      continue;
    }
    const cursor = cursors[stream];
    if (cursor !== log.last) {
      const what = `stands at ${cursor}, the stream at ${log.last}`;
      found.push({ rule: 'I8 complete', stream, client, what });
    }
    const expected = Math.min(UNREAD_MAX, unreadOf(log.events, account, read[stream] ?? 0));
    if (unread[stream] !== expected) {
      const what = `counts ${unread[stream]} unread after ${read[stream]}, there are ${expected}`;
      found.push({ rule: 'I11 same state', stream, client, what });
    }
  }
  return found;
}

/** I11: what a client’s store keeps of a conversation is what the log comes to, without a hole. */
function checkKept(
  { client, account, kept, cursors }: RecordOf<'final'>,
  logs: ReadonlyMap<string, Log>,
): Violation[] {
  const found: Violation[] = [];
  for (const [stream, { from, messages }] of Object.entries(kept)) {
    const log = logs.get(stream);
    // A client that is behind has been told of above.
    if (!log?.stayNow(account) || cursors[stream] !== log.last) continue;
    const expected = messagesOf(log.events).filter((m) => m.seq >= from);
    const has = new Map(messages.map((m) => [m.seq, m]));
    for (const message of expected) {
      const own = has.get(message.seq);
      if (JSON.stringify(own) === JSON.stringify(message)) continue;
      const what = own
        ? `keeps message ${message.seq} otherwise than its events say`
        : `lacks message ${message.seq} in what it keeps from ${from} on`;
      found.push({ rule: 'I11 same state', stream, client, what });
      break;
    }
  }
  return found;
}
