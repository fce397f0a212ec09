import type { Event } from '@parley/protocol';
import { finalSummary } from '../history/final-message.ts';
import type { FinalMessage, HistoryRecord, RecordOf } from '../history/history.ts';
import type { Log } from './log.ts';
import { isMentioned, isNamed, messagesOf, unreadOf } from './model.ts';
import { of, type Violation } from './violation.ts';

/** Unread replies and mentions are counted up to this number. */
const UNREAD_MAX = 100;

/**
 * Checks threads and polls: what was accepted, and what clients know about the threads that they
 * follow.
 */
export function checkThreads(
  history: readonly HistoryRecord[],
  logs: ReadonlyMap<string, Log>,
): Violation[] {
  const violations = [...logs.values()].flatMap(checkAccepted);
  const hasRestored = of(history, 'restored').length > 0;
  const reads = hasRestored ? [] : of(history, 'thread-read');
  const choices = new Map(of(history, 'follows').map((r) => [r.account, r.choices]));
  for (const final of of(history, 'final')) {
    if (!final.threads) continue;
    violations.push(...checkFollowed(final, logs, choices.get(final.account) ?? []));
    for (const read of reads) {
      const thread = final.threads.find(
        (t) => t.stream === read.stream && t.thread === read.thread,
      );
      if (read.account !== final.account || !thread || thread.readSeq >= read.readSeq) continue;
      const what = `has read thread ${thread.thread} up to ${thread.readSeq}, it was at ${read.readSeq}`;
      violations.push({ rule: 'I11 same state', stream: read.stream, client: final.client, what });
    }
  }
  return violations;
}

// ---- what was accepted ------------------------------------------------------------------------------

/** The state of messages after the events up to a moment. */
interface Accepted {
  readonly posted: Map<number, { readonly thread: number | null; readonly choices: number | null }>;
  readonly deleted: Set<number>;
  readonly closed: Set<number>;
  /** The choices of each account in each poll. */
  readonly votes: Map<string, readonly number[]>;
}

/**
 * Returns the index behind the last deletion of a command, of which the first event has the id. Each of them has the
 * summary after all of them.
 */
function endOfDeletion({ events }: Log, index: number): number {
  let end = index + 1;
  for (; events[end]?.type === 'message.deleted' && events[end]?.client === null; end++);
  return end;
}

/** I15, and the summaries of threads in deletions (I11). */
function checkAccepted(log: Log): Violation[] {
  const violations: Violation[] = [];
  const accepted: Accepted = {
    posted: new Map(),
    deleted: new Set(),
    closed: new Set(),
    votes: new Map(),
  };
  for (const [n, event] of log.events.entries()) {
    const wrong = applyEvent(accepted, event);
    const { stream, seq } = event;
    if (wrong)
      violations.push({ rule: 'I15 threads and polls', stream, what: `${wrong} at ${seq}` });
    if (event.type !== 'message.deleted' || event.data.thread === undefined) continue;
    const upTo = endOfDeletion(log, n);
    const root = messagesOf(log.events.slice(0, upTo)).find((m) => m.seq === event.data.thread);
    const own = finalSummary(event.data.threadSummary);
    if (JSON.stringify(own) === JSON.stringify(root?.threadSummary ?? null)) continue;
    const what = `the deletion at ${seq} says of thread ${event.data.thread} what its events do not give`;
    violations.push({ rule: 'I11 same state', stream, what });
  }
  return violations;
}

/** Applies an event. Returns what is wrong with it; null if it is acceptable. */
function applyEvent(accepted: Accepted, event: Event): string | null {
  const { posted, deleted, closed, votes } = accepted;
  if (event.type === 'message.posted') {
    const { thread = null, poll } = event.data;
    posted.set(event.seq, { thread, choices: poll ? poll.choices.length : null });
    if (thread === null) return null;
    if (!posted.has(thread)) return 'a reply to no message';
    if (posted.get(thread)?.thread !== null) return 'a reply in the thread of a reply';
    return deleted.has(thread) ? 'a reply to a deleted message' : null;
  }
  if (event.type === 'message.deleted') deleted.add(event.data.message);
  if (event.type !== 'poll.voted' && event.type !== 'poll.closed') return null;
  const { message } = event.data;
  if (deleted.has(message)) return `${event.type} of a deleted message`;
  if (event.type === 'poll.closed') {
    const isAgain = closed.has(message);
    closed.add(message);
    return isAgain ? 'a poll was closed again' : null;
  }
  if (closed.has(message)) return 'a vote in a closed poll';
  const key = `${message} ${event.actor}`;
  const { choices, before = [] } = event.data;
  const earlier = votes.get(key) ?? [];
  votes.set(key, choices);
  // The log does not contain the choices of a poll that was deleted later.
  const count = posted.get(message)?.choices ?? Number.POSITIVE_INFINITY;
  if (choices.some((choice) => choice >= count)) return 'a vote for a choice that does not exist';
  return String(before) === String(earlier)
    ? null
    : 'a vote that replaces another than the last one';
}

// ---- what clients follow ----------------------------------------------------------------------------

/**
 * I11: a client knows the threads that its account follows, and counts the unread replies in them.
 */
function checkFollowed(
  { client, account, threads = [], cursors }: RecordOf<'final'>,
  logs: ReadonlyMap<string, Log>,
  choices: RecordOf<'follows'>['choices'],
): Violation[] {
  const violations: Violation[] = [];
  for (const [stream, log] of logs) {
    // A client that is behind is reported elsewhere.
    if (!log.currentPeriod(account) || cursors[stream] !== log.last) continue;
    const report = (what: string) =>
      violations.push({ rule: 'I11 same state', stream, client, what: `thread ${what}` });
    const chosen = new Map(
      choices.filter((c) => c.stream === stream).map((c) => [c.thread, c.isFollowing]),
    );
    const byRoot = new Map(threads.filter((t) => t.stream === stream).map((t) => [t.thread, t]));
    for (const [root, replies] of threadsIn(log.messages)) {
      const [{ thread }] = [{ thread: root.seq }];
      const own = byRoot.get(thread);
      const isFollowing = chosen.get(thread) ?? takesPart(account, root, replies);
      const isLeft = replies.some((m) => m.deletedAt === null);
      if (own && !isFollowing) report(`${thread} is followed, though the account does not`);
      if (!own && isFollowing && isLeft)
        report(`${thread} is not followed, though the account does`);
      if (!own || !isFollowing) continue;
      const open = unreadOf(replies, account, own.readSeq);
      const unread = Math.min(open.length, UNREAD_MAX);
      if (own.unread !== unread) {
        report(`${thread}: ${own.unread} unread after ${own.readSeq}, there are ${unread}`);
      }
      const mentions = open.filter((m) => isMentioned(account, m)).map((m) => m.seq);
      if (String(own.mentions) !== String(mentions.slice(-UNREAD_MAX))) {
        report(
          `${thread}: the mentions ${own.mentions} after ${own.readSeq}, there are ${mentions}`,
        );
      }
    }
  }
  return violations;
}

/** Returns the messages that have replies, including deleted ones, with their replies. */
function threadsIn(messages: readonly FinalMessage[]): [FinalMessage, FinalMessage[]][] {
  const replies = new Map<number, FinalMessage[]>();
  for (const message of messages) {
    if (message.thread === null) continue;
    replies.set(message.thread, [...(replies.get(message.thread) ?? []), message]);
  }
  return messages.flatMap((root) => {
    const own = replies.get(root.seq);
    return own ? [[root, own] satisfies [FinalMessage, FinalMessage[]]] : [];
  });
}

/**
 * Returns whether an account follows a thread without an explicit choice: it wrote in it or is
 * mentioned by name or by a user group.
 */
const takesPart = (
  account: string,
  root: FinalMessage,
  replies: readonly FinalMessage[],
): boolean => [root, ...replies].some((m) => m.author === account || isNamed(account, m));
