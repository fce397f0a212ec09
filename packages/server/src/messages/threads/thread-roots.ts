import {
  type ConversationId,
  LIMITS,
  type Refusal,
  refusal,
  type Seq,
  type ThreadSummary,
} from '@parley/protocol';
import { timestamp } from '../../storage/sql.ts';
import type { RuleContext } from '../../stream/stream-transaction.ts';

/** What rules read about threads. Commands outside threads read nothing. */

/** The place of a reply in a thread. */
export interface ReplyPlace {
  /** The seq of the root. */
  readonly thread: Seq;
  /** Whether it is shown among the messages of the conversation too. */
  readonly alsoInConversation: boolean;
}

/** Returns the thread of a posted reply; undefined outside threads. */
export const replyPlaceOf = (post: {
  readonly thread?: Seq | undefined;
  readonly alsoInConversation?: boolean | undefined;
}): ReplyPlace | undefined =>
  post.thread === undefined
    ? undefined
    : { thread: post.thread, alsoInConversation: post.alsoInConversation ?? false };

/** Returns the place as event fields: none outside threads. */
export const placeOf = (
  place: ReplyPlace | undefined,
): { thread?: Seq; alsoInConversation?: boolean } =>
  place
    ? { thread: place.thread, ...(place.alsoInConversation && { alsoInConversation: true }) }
    : {};

/** The root of a thread in which a reply is posted. */
export interface Root {
  readonly is_reply: boolean;
  readonly is_deleted: boolean;
}

/** Returns the roots of the threads in which commands reply, by the index of the command. */
export async function readRoots(
  tx: RuleContext,
  commands: readonly {
    readonly conversation: ConversationId;
    readonly inThread: ReplyPlace | undefined;
  }[],
): Promise<Map<number, Root>> {
  const replies = commands.flatMap(({ conversation, inThread }, n) =>
    inThread ? [{ n, conversation, thread: inThread.thread }] : [],
  );
  // Most posts are outside threads, and need no extra statement.
  if (replies.length === 0) return new Map();
  const rows = await tx.query<Root & { n: number }>(
    'threads-roots',
    `select i.n::int as n, g.thread is not null as is_reply, g.deleted_at is not null as is_deleted
     from unnest($1::int8[], $2::uuid[], $3::int8[]) as i (n, conversation_id, seq)
     join messages g on g.conversation_id = i.conversation_id and g.seq = i.seq`,
    [replies.map((r) => r.n), replies.map((r) => r.conversation), replies.map((r) => r.thread)],
  );
  return new Map(rows.map((row) => [row.n, row]));
}

/** Refusal of a post whose `thread` is not a message of the conversation. */
const NO_ROOT = 'The conversation has no message with the seq in thread';

/** Refusal of a reply: the thread can still be read after its root has expired. */
const ROOT_GONE =
  'The first message of this thread was deleted or has expired, so it takes no more replies';

/** Returns why no one can reply in the thread of a message; null if members can. */
export function refusalOfRoot(root: Root | undefined): Refusal | null {
  if (!root) return refusal('message_not_found', NO_ROOT);
  if (root.is_reply) return refusal('is_reply');
  return root.is_deleted ? refusal('message_deleted', ROOT_GONE) : null;
}

/** Latest replies whose authors are read after a deletion, while the stream is locked. */
const AUTHORS_OF_LATEST = 1_000;

/** SQL: whether `r` is a reply of the thread `i` that remains without those of $3. */
const IS_LEFT = `r.conversation_id = $1::uuid and r.thread = i.thread and r.deleted_at is null
  and r.seq <> all($3::int8[])`;

/**
 * Returns the summaries of the threads of deleted messages without the messages `gone`, in the
 * order of the deletions: null for one that has no replies left, and for a message outside of
 * threads.
 */
export async function summariesWithout(
  tx: RuleContext,
  conversation: ConversationId,
  gone: readonly Seq[],
  deletions: readonly { readonly thread?: Seq | undefined }[],
): Promise<(ThreadSummary | null)[]> {
  const threads = [...new Set(deletions.flatMap(({ thread }) => thread ?? []))];
  if (threads.length === 0) return deletions.map(() => null);
  const rows = await tx.query<{ thread: Seq; summary: ThreadSummary | null }>(
    'threads-summaries',
    `select i.thread, case when t.replies > gone.count then json_build_object(
         'replies', t.replies - gone.count,
         'lastReplySeq', last.seq,
         'lastReplyAt', ${timestamp('last.posted_at')},
         'authors', (
           select coalesce(json_agg(a.author_id order by a.seq desc), '[]')
           from (
             select r.author_id, max(r.seq) as seq
             from (
               select r.author_id, r.seq from messages r
               where ${IS_LEFT} order by r.seq desc limit ${AUTHORS_OF_LATEST}
             ) r
             group by r.author_id
             order by seq desc
             limit ${LIMITS.threadAuthors}
           ) a
         )) end as summary
     from unnest($2::int8[]) as i (thread)
     join threads t on t.conversation_id = $1::uuid and t.thread = i.thread
     cross join lateral (
       select count(*)::int as count from messages g
       where g.conversation_id = $1::uuid and g.seq = any($3::int8[]) and g.thread = i.thread
         and g.deleted_at is null
     ) gone
     left join lateral (
       select r.seq, r.posted_at from messages r where ${IS_LEFT} order by r.seq desc limit 1
     ) last on true`,
    [conversation, threads, gone],
  );
  const summaries = new Map(rows.map(({ thread, summary }) => [thread, summary]));
  return deletions.map(({ thread }) =>
    thread === undefined ? null : (summaries.get(thread) ?? null),
  );
}
