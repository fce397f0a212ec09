import type { HistoryRecord, RecordOf } from '../history/history.ts';
import type { CheckOptions } from './check-options.ts';
import { isText, type Log, messageOf } from './log.ts';
import { isInConversation, isMentioned, type MembershipPeriod, unreadOf } from './model.ts';
import { of, type Violation } from './violation.ts';

/** Unread messages are counted up to this number. */
const UNREAD_MAX = 100;

/** Checks what clients received and what they have at the end. */
export function checkClients(
  history: readonly HistoryRecord[],
  logs: ReadonlyMap<string, Log>,
  { mode, nodes, isSimulated }: CheckOptions,
): Violation[] {
  const marginMs = mode === 'clean' && !isSimulated ? DELETION_CLEAN_MS : DELETION_MS;
  return [
    ...checkReceived(history, logs),
    ...checkFormer(history, logs),
    // Another node may have the text in memory until it learns of the deletion, which faults can
    // delay.
    ...(nodes === 1 ? checkDeleted(history, logs, [], marginMs) : []),
    ...(nodes !== 1 && isSimulated ? checkDeleted(history, logs, faultsIn(history), marginMs) : []),
    ...of(history, 'final').flatMap((final) => [
      ...checkFinal(final, logs),
      ...checkStoredMessages(final, logs),
    ]),
  ];
}

/** I5, I6, I10: each client applied the log, once, in order, within its membership. */
function checkReceived(
  history: readonly HistoryRecord[],
  logs: ReadonlyMap<string, Log>,
): Violation[] {
  const violations: Violation[] = [];
  const cursors = new Map<string, Map<string, Cursor>>();
  const accounts = new Map<string, string>();
  /** The epoch that each client knows, and that of the database since it was restored. */
  const epochs = new Map<string, string | null>();
  let epoch: string | null = null;
  for (const record of history) {
    if (record.kind === 'restored') {
      epoch = record.epoch;
    } else if (record.kind === 'start') {
      epochs.set(record.client, record.epoch ?? null);
      // From here on the state of its store counts: the rest was lost with the process.
      const stored = Object.entries(record.cursors);
      cursors.set(record.client, new Map(stored.map(([stream, seq]) => [stream, { seq }])));
      accounts.set(record.client, record.account);
    } else if (record.kind === 'connect') {
      // In another epoch it starts from scratch.
      if (epoch !== null && epochs.get(record.client) !== epoch)
        cursors.set(record.client, new Map());
      if (epoch !== null) epochs.set(record.client, epoch);
      markEnded(cursors.get(record.client), accounts.get(record.client), logs);
    } else if (record.kind === 'reset') {
      cursors.get(record.client)?.set(record.stream, { seq: record.seq });
    } else if (record.kind === 'event') {
      const own = cursors.get(record.client) ?? new Map<string, Cursor>();
      cursors.set(record.client, own);
      violations.push(...checkEvent(record, own, logs.get(record.event.stream)));
    }
  }
  return violations;
}

/** How far a client has applied a stream. */
interface Cursor {
  readonly seq: number;
  /** The client continues from a later snapshot: it need not receive the events in between. */
  readonly mayJump?: boolean;
}

/**
 * A client forgets a conversation when its membership ends. If it reconnects as a member, it starts
 * from a new snapshot, as in a conversation that is new to it: it may receive nothing from before.
 */
function markEnded(
  cursors: Map<string, Cursor> | undefined,
  account: string | undefined,
  logs: ReadonlyMap<string, Log>,
): void {
  if (!cursors || account === undefined) return;
  for (const [stream, { seq }] of cursors) {
    const hasEnded = logs.get(stream)?.periodAt(account, seq)?.left === seq;
    if (hasEnded) cursors.set(stream, { seq, mayJump: true });
  }
}

function checkEvent(
  { client, account, event }: RecordOf<'event'>,
  cursors: Map<string, Cursor>,
  log: Log | undefined,
): Violation[] {
  const violations: Violation[] = [];
  const { stream, seq } = event;
  const { seq: cursor, mayJump } = cursors.get(stream) ?? {};
  const period = log?.periodAt(account, seq);
  if (cursor !== undefined && seq <= cursor) {
    violations.push({
      rule: 'I5 applied once',
      stream,
      client,
      what: `${seq} came after ${cursor}`,
    });
  } else if (cursor !== undefined && seq !== cursor + 1 && !mayJump && !isEdge(seq, period)) {
    violations.push({ rule: 'I6 in order', stream, client, what: `${seq} came after ${cursor}` });
  }
  cursors.set(stream, { seq: Math.max(cursor ?? 0, seq) });
  // Personal streams and the workspace stream have no log here: only their order is checked.
  if (!log) return violations;
  if (!period) {
    const what = `${seq} was delivered to a non-member`;
    violations.push({ rule: 'I10 members only', stream, client, what });
  }
  if (!log.has(event)) {
    const what = `${seq} is another event than in the log`;
    violations.push({ rule: 'I6 in order', stream, client, what });
  }
  return violations;
}

/**
 * I10: a client that started after the end of its account’s last membership period was acknowledged
 * receives no text of that period.
 */
function checkFormer(
  history: readonly HistoryRecord[],
  logs: ReadonlyMap<string, Log>,
): Violation[] {
  const violations: Violation[] = [];
  const answered = answeredAt(history);
  const startedAt = new Map<string, number>();
  for (const record of history) {
    if (record.kind === 'start') startedAt.set(record.client, record.t);
    if (record.kind !== 'event' || !isText(record.event)) continue;
    const { client, account, event } = record;
    const log = logs.get(event.stream);
    const leftSeq = log?.periodAt(account, event.seq)?.left ?? null;
    if (!log || leftSeq === null || log.periodAfter(account, leftSeq)) continue;
    const end = answered.get(`${event.stream} ${leftSeq}`) ?? Number.POSITIVE_INFINITY;
    if (end >= (startedAt.get(client) ?? Number.NEGATIVE_INFINITY)) continue;
    const what = `the text at ${event.seq} was delivered to a client that connected after leaving at ${leftSeq}`;
    violations.push({ rule: 'I10 members only', stream: event.stream, client, what });
  }
  return violations;
}

/**
 * After a COMMIT that was not confirmed, a node learns of its events when it compares heads: within 2 s,
 * and reads them then, ms.
 */
const DELETION_MS = 2_500;

/** In a run without faults, one node knows of an event as soon as it is acknowledged, ms. */
const DELETION_CLEAN_MS = 50;

/**
 * I11: a client that connected some time after the deletion of a message was acknowledged does not
 * receive the text; nor while it is hidden.
 */
function checkDeleted(
  history: readonly HistoryRecord[],
  logs: ReadonlyMap<string, Log>,
  faults: readonly Interval[],
  marginMs: number,
): Violation[] {
  const violations: Violation[] = [];
  const invoked = new Map(of(history, 'invoke').map((r) => [r.id, r.t]));
  const answered = answeredAt(history);
  const connectedAt = new Map<string, number>();
  for (const record of history) {
    if (record.kind === 'connect') connectedAt.set(record.client, record.t);
    if (record.kind !== 'event' || !isText(record.event) || record.event.data.body === '') continue;
    const { client, event } = record;
    const log = logs.get(event.stream);
    const message = messageOf(event);
    const connected = connectedAt.get(client) ?? Number.NEGATIVE_INFINITY;
    const isKnown = (seq: number | undefined) => {
      const end = answered.get(`${event.stream} ${seq}`) ?? Number.POSITIVE_INFINITY;
      return knownAt(end, faults, marginMs) < connected;
    };
    const isHidden = log?.hiddenPeriodsOf(message).some(({ hidden, unhidden }) => {
      const shownBy = unhidden === null ? undefined : log.at(unhidden)?.client;
      const shownAt = shownBy ? (invoked.get(shownBy) ?? 0) : Number.POSITIVE_INFINITY;
      return isKnown(hidden) && record.t < shownAt;
    });
    if (!isHidden && !isKnown(log?.deletionOf(message))) continue;
    const how = isHidden ? 'while it was hidden' : 'after its deletion';
    const what = `the text at ${event.seq} was delivered to a client that connected ${how}`;
    violations.push({ rule: 'I11 same state', stream: event.stream, client, what });
  }
  return violations;
}

/** A time from … to, ms. */
type Interval = readonly [from: number, to: number];

/** Faults of clients and their connections, which do not delay a node in learning of events. */
const CLIENT_FAULTS: ReadonlySet<string> = new Set([
  'cut-link',
  'lose-link',
  'hold-link',
  'stop-reading',
  'slow-reader',
  'crash-client',
  'sleep-client',
  'forget-client',
  'freeze-client',
  'reload-tab',
]);

/**
 * Returns the times of node faults, in the order of their starts. One without an end lasts until
 * the end of the run.
 */
function faultsIn(history: readonly HistoryRecord[]): Interval[] {
  const open = new Map<string, number[]>();
  const closed: Interval[] = [];
  for (const { name, phase, t } of of(history, 'fault')) {
    if (CLIENT_FAULTS.has(name)) continue;
    const starts = open.get(name) ?? [];
    open.set(name, starts);
    if (phase === 'begin') starts.push(t);
    const from = phase === 'end' ? starts.shift() : undefined;
    if (from !== undefined) closed.push([from, t]);
  }
  const unended = [...open.values()]
    .flat()
    .map((from): Interval => [from, Number.POSITIVE_INFINITY]);
  return [...closed, ...unended].sort(([a], [b]) => a - b);
}

/** Returns when every node knows of an event that was acknowledged at `t`: once no fault was active for `marginMs`. */
function knownAt(t: number, faults: readonly Interval[], marginMs: number): number {
  let calmSince = t;
  for (const [from, to] of faults) {
    if (from <= calmSince + marginMs && to >= calmSince) calmSince = to;
  }
  return calmSince + marginMs;
}

/** Returns when each event was first acknowledged, by stream and seq. */
function answeredAt(history: readonly HistoryRecord[]): Map<string, number> {
  const answered = new Map<string, number>();
  for (const { stream, seq, t } of of(history, 'ack')) {
    const place = `${stream} ${seq}`;
    answered.set(place, Math.min(t, answered.get(place) ?? t));
  }
  return answered;
}

/**
 * Returns whether a membership period starts or ends here. A client receives nothing from before
 * its start; of a period that has ended, a client that was away receives only the end.
 */
const isEdge = (seq: number, period: MembershipPeriod | undefined): boolean =>
  seq === period?.joined || seq === period?.left;

/**
 * I6, I8, I11: at the end, every client has and shows everything, is waiting for nothing, and
 * counts correctly.
 */
function checkFinal(
  { client, account, cursors, unread, read, mentions, waiting, shown }: RecordOf<'final'>,
  logs: ReadonlyMap<string, Log>,
): Violation[] {
  const violations: Violation[] = [];
  for (const id of waiting) {
    violations.push({ rule: 'I8 complete', client, id, what: 'never answered' });
  }
  for (const [stream, seqs] of Object.entries(shown ?? {})) {
    if (seqs.every((seq, n) => n === 0 || seq > (seqs[n - 1] as number))) continue;
    const what = `shows messages in another order than that of their seqs: ${seqs.join(', ')}`;
    violations.push({ rule: 'I6 in order', stream, client, what });
  }
  for (const [stream, log] of logs) {
    if (!log.currentPeriod(account)) {
      if (stream in unread) {
        const what = 'shows a conversation that it has left';
        violations.push({ rule: 'I10 members only', stream, client, what });
      }
      continue;
    }
    const cursor = cursors[stream];
    if (cursor !== log.last) {
      const what = `is at ${cursor}, the stream at ${log.last}`;
      violations.push({ rule: 'I8 complete', stream, client, what });
    }
    const open = unreadOf(log.messages, account, read[stream] ?? 0).filter(isInConversation);
    const expected = Math.min(UNREAD_MAX, open.length);
    if (unread[stream] !== expected) {
      const what = `counts ${unread[stream]} unread after ${read[stream]}, there are ${expected}`;
      violations.push({ rule: 'I11 same state', stream, client, what });
    }
    const mentioned = open.filter((m) => isMentioned(account, m)).map((m) => m.seq);
    if (mentions && String(mentions[stream]) !== String(mentioned.slice(-UNREAD_MAX))) {
      const what = `has the mentions ${mentions[stream]} after ${read[stream]}, there are ${mentioned}`;
      violations.push({ rule: 'I11 same state', stream, client, what });
    }
  }
  return violations;
}

/**
 * I11: the messages of a conversation in the store of a client equal those of the log, without a
 * gap.
 */
function checkStoredMessages(
  { client, account, kept, cursors }: RecordOf<'final'>,
  logs: ReadonlyMap<string, Log>,
): Violation[] {
  const violations: Violation[] = [];
  for (const [stream, { from, messages }] of Object.entries(kept)) {
    const log = logs.get(stream);
    // A client that is behind was reported above.
    if (!log?.currentPeriod(account) || cursors[stream] !== log.last) continue;
    const has = new Map(messages.map((m) => [m.seq, m]));
    for (const message of log.messages) {
      const { seq } = message;
      const own = has.get(seq);
      if (seq < from || seq <= log.expiredUpTo || !isInConversation(message)) continue;
      if (JSON.stringify(own) === log.textOf(message)) continue;
      const what = own
        ? `keeps message ${seq} in another state than its events give`
        : `lacks message ${seq} in what it keeps from ${from} on`;
      violations.push({ rule: 'I11 same state', stream, client, what });
      break;
    }
  }
  return violations;
}
