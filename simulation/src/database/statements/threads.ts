import { LIMITS, type ThreadSummary } from '@parley/protocol';
import type { MentionRow, MessageRow, ThreadRow } from '../tables/rows.ts';
import type { Transaction } from '../tables/transaction.ts';
import { isMember } from './lookups.ts';
import { changed, jsonTime, ms, reads, type Statement, writes } from './statement.ts';
import { comparePlaces, repliesIn, stateOf } from './thread-cursors.ts';

/** The statements of threads: reads of rules, and projections. */
export const threadStatements: readonly Statement[] = [
  reads(
    'threads-roots',
    '068fb66aa1b9',
    (tx, values) => {
      const [ns, conversations, seqs] = values as [number[], string[], number[]];
      return ns.flatMap((n, i) => {
        const root = tx.one(tx.tables.messagesByKey, `${conversations[i]}${seqs[i]}`);
        if (!root) return [];
        return [{ n, is_reply: root.thread !== null, is_deleted: root.deleted_at !== null }];
      });
    },
    ['n', 'is_reply', 'is_deleted'],
  ),

  reads(
    'threads-summaries',
    'd7f304d37bc4',
    (tx, values) => {
      const [conversation, threads, gone] = values as [string, number[], number[]];
      return threads.flatMap((thread) => {
        const found = tx.one(tx.tables.threadsByRoot, conversation + thread);
        return found ? [{ thread, summary: summaryWithout(tx, found, gone) }] : [];
      });
    },
    ['thread', 'summary'],
  ),

  writes('threads-replied', 'ce482274a911', function* (tx, values) {
    const groups = [...grouped(values as RepliedValues).values()].sort(byThread);
    for (const replies of groups) {
      const row = threadOf(replies);
      yield* tx.upsert(tx.tables.threads, row, tx.tables.threadsByRoot, (before) => ({
        ...before,
        replies: before.replies + row.replies,
        last_reply_seq: row.last_reply_seq,
        last_reply_at: row.last_reply_at,
        authors: [
          ...row.authors,
          ...before.authors.filter((author) => !row.authors.includes(author)),
        ].slice(0, LIMITS.threadAuthors),
      }));
    }
    return changed('INSERT', groups.length);
  }),

  writes('threads-participants', '6acf85546368', function* (tx, values) {
    const [conversations, threads, seqs, authors] = values as [
      string[],
      number[],
      number[],
      string[],
    ];
    const first = new Map<string, { account: string; n: number; seq: number }>();
    const take = (account: string, n: number, seq: number) => {
      const key = `${account}${conversations[n]}${String(threads[n]).padStart(20)}`;
      if ((first.get(key)?.seq ?? Number.POSITIVE_INFINITY) > seq)
        first.set(key, { account, n, seq });
    };
    for (const [n, conversation] of conversations.entries()) {
      const thread = threads[n] as number;
      take(authors[n] as string, n, seqs[n] as number);
      const root = tx.one(tx.tables.messagesByKey, conversation + thread);
      if (root) take(root.author_id, n, thread);
    }
    let count = 0;
    for (const [, { account: account_id, n, seq }] of [...first].sort(([a], [b]) =>
      a < b ? -1 : 1,
    )) {
      const place = { conversation_id: conversations[n] as string, thread: threads[n] as number };
      const row = { account_id, ...place, seq };
      const { threadParticipants, participantsKey } = tx.tables;
      if (yield* tx.insert(threadParticipants, row, [participantsKey])) count++;
    }
    return changed('INSERT', count);
  }),

  writes('threads-root-mentions', 'd17171a3bb40', function* (tx, values) {
    const [conversations, threads] = values as [string[], number[]];
    const isOutside = (m: MentionRow) => m.thread === null;
    const keys = new Set(conversations.map((id, n) => id + threads[n]));
    const rows = [...keys].flatMap((key) =>
      tx.rows(tx.tables.mentionsByMessage.find(key), isOutside),
    );
    const written = yield* tx.update(tx.tables.mentions, rows, isOutside, (m) => ({
      ...m,
      thread: m.message_seq,
    }));
    return changed('UPDATE', written.length);
  }),

  writes('threads-root-changed', 'aec0cff43ee7', function* (tx, values) {
    const [conversations, threads, seqs] = values as [string[], number[], number[]];
    const latest = new Map<string, number>();
    for (const [n, id] of conversations.entries()) {
      const key = id + threads[n];
      latest.set(key, Math.max(latest.get(key) ?? 0, seqs[n] as number));
    }
    let count = 0;
    for (const [key, seq] of latest) {
      const isEarlier = (m: MessageRow) => m.changed_seq < seq && m.deleted_at === null;
      const rows = tx.rows(tx.tables.messagesByKey.find(key), isEarlier);
      const next = (m: MessageRow) => ({ ...m, changed_seq: seq });
      count += (yield* tx.update(tx.tables.messages, rows, isEarlier, next)).length;
    }
    return changed('UPDATE', count);
  }),

  writes('threads-reply-deleted', '1581945bdb13', function* (tx, values) {
    const [conversations, threads, texts] = values as [string[], number[], (string | null)[]];
    const { threads: table, threadsByRoot } = tx.tables;
    let count = 0;
    const gone: ReturnType<typeof tx.rows<ThreadRow>> = [];
    for (const [n, conversation] of conversations.entries()) {
      const rows = tx.rows(threadsByRoot.find(conversation + threads[n]));
      const summary = JSON.parse(texts[n] ?? 'null') as ThreadSummary | null;
      if (!summary) {
        gone.push(...rows);
        continue;
      }
      const next = (row: ThreadRow) => ({
        ...row,
        replies: summary.replies,
        last_reply_seq: summary.lastReplySeq,
        last_reply_at: ms(summary.lastReplyAt),
        authors: summary.authors,
      });
      count += (yield* tx.update(table, rows, () => true, next)).length;
    }
    yield* tx.delete(table, gone);
    return changed('UPDATE', count);
  }),

  reads(
    'threads-follow-target',
    '718cde32ab27',
    (tx, values) => {
      const [account, conversation, thread] = values as [string, string, number];
      const stream = tx.one(tx.tables.streamsById, conversation);
      const periods = tx.all(tx.tables.membershipsByPair, conversation + account);
      const [last] = periods.sort((a, b) => b.joined_seq - a.joined_seq);
      if (!last || !stream) return [];
      const root = tx.one(tx.tables.messagesByKey, conversation + thread);
      const follows = tx.all(tx.tables.followsByAccount, account);
      return [
        {
          exists: root !== null,
          is_reply: root !== null && root.thread !== null,
          is_deleted: root !== null && root.deleted_at !== null,
          is_following: stateOf(tx, account, conversation, thread).isFollowing,
          last_seq: stream.last_seq,
          is_member: last.left_seq === null,
          is_chosen: follows.some((f) => f.conversation_id === conversation && f.thread === thread),
          follows: follows.filter((f) => f.is_following && isMember(tx, account, f.conversation_id))
            .length,
          choices: follows.length,
        },
      ];
    },
    [
      'exists',
      'is_reply',
      'is_deleted',
      'is_following',
      'last_seq',
      'is_member',
      'is_chosen',
      'follows',
      'choices',
    ],
  ),

  writes('threads-followed', '1cc3b7467695', function* (tx, values) {
    const [account_id, conversation_id, thread, isFollowing, since, seq] = values as [
      string,
      string,
      number,
      boolean,
      number | null,
      number,
    ];
    const choice = { is_following: String(isFollowing) === 'true', since, seq };
    const row = { account_id, conversation_id, thread, ...choice };
    const { threadFollows, followsKey } = tx.tables;
    yield* tx.upsert(threadFollows, row, followsKey, (before) => ({ ...before, ...choice }));
    return changed('INSERT', 1);
  }),
];

// ---- replies ----------------------------------------------------------------------------------------

/** The parameters of `threads-replied`. */
type RepliedValues = readonly [string[], number[], number[], string[], string[]];

/** A reply that a statement counts. */
interface Reply {
  readonly conversation: string;
  readonly thread: number;
  readonly seq: number;
  readonly author: string;
  readonly at: number;
}

function grouped([conversations, threads, seqs, authors, ats]: RepliedValues): Map<
  string,
  Reply[]
> {
  const groups = new Map<string, Reply[]>();
  for (const [n, conversation] of conversations.entries()) {
    const key = conversation + threads[n];
    const [thread, seq, author, at] = [threads[n], seqs[n], authors[n], ats[n]] as [
      number,
      number,
      string,
      string,
    ];
    const reply = { conversation, thread, seq, author, at: ms(at) };
    groups.set(key, [...(groups.get(key) ?? []), reply]);
  }
  return groups;
}

const byThread = ([a]: readonly Reply[], [b]: readonly Reply[]): number =>
  comparePlaces(a as Reply, b as Reply);

function threadOf(replies: readonly Reply[]): ThreadRow {
  const { conversation, thread } = replies[0] as Reply;
  const last = replies.reduce((a, b) => (b.seq > a.seq ? b : a));
  return {
    conversation_id: conversation,
    thread,
    replies: replies.length,
    last_reply_seq: last.seq,
    last_reply_at: last.at,
    authors: latestAuthors(replies),
  };
}

/** Returns the authors of the latest replies, the latest first. */
const latestAuthors = (
  replies: readonly { readonly seq: number; readonly author: string }[],
): string[] =>
  [...new Set([...replies].sort((a, b) => b.seq - a.seq).map((r) => r.author))].slice(
    0,
    LIMITS.threadAuthors,
  );

/** Returns the summary of a thread without some replies; null if none remain. */
function summaryWithout(tx: Transaction, row: ThreadRow, gone: readonly number[]) {
  const open = repliesIn(tx, row.conversation_id, row.thread).filter((m) => m.deleted_at === null);
  const left = open.filter((m) => !gone.includes(m.seq));
  const count = open.length - left.length;
  if (row.replies <= count) return null;
  const last = left.reduce<MessageRow | null>((a, b) => (a && a.seq > b.seq ? a : b), null);
  return {
    replies: row.replies - count,
    lastReplySeq: last?.seq ?? null,
    lastReplyAt: jsonTime(last?.posted_at ?? null),
    authors: latestAuthors(left.map(({ seq, author_id }) => ({ seq, author: author_id }))),
  };
}
