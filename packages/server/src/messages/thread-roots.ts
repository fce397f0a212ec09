import {
  type ConversationId,
  type Refusal,
  refusal,
  type Seq,
  type ThreadSummary,
} from '@parley/protocol';
import type { RuleContext } from '../stream/stream-transaction.ts';
import { threadSummary } from './message-sql.ts';

/** What rules read of threads. Commands that are about no thread read nothing. */

/** The place of a reply in a thread. */
export interface ReplyPlace {
  /** The seq of the root. */
  readonly thread: Seq;
  /** Whether it is shown among the messages of the conversation too. */
  readonly alsoInConversation: boolean;
}

/** Returns the place of the reply that a request or frame posts; undefined outside of threads. */
export const replyPlaceOf = (post: {
  readonly thread?: Seq | undefined;
  readonly alsoInConversation?: boolean | undefined;
}): ReplyPlace | undefined =>
  post.thread === undefined
    ? undefined
    : { thread: post.thread, alsoInConversation: post.alsoInConversation ?? false };

/** Returns the place as events have it: nothing outside of threads. */
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
  // Most posts are in no thread, and must not wait for a statement more.
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

/** Why a post is refused whose `thread` is no message of the conversation. */
const NO_ROOT = 'There is no message to reply to with this thread in the conversation';

/** Returns why no one can reply in the thread of a message; null if members can. */
export function refusalOfRoot(root: Root | undefined): Refusal | null {
  if (!root) return refusal('message_not_found', NO_ROOT);
  if (root.is_reply) return refusal('is_reply');
  return root.is_deleted ? refusal('message_deleted') : null;
}

/**
 * Returns what the threads of deleted messages are without the messages `gone`, in the order of the
 * deletions: null for one that has no replies left, and for a message outside of threads.
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
    `select i.thread, ${threadSummary('$1::uuid', 'i.thread', 't.seq = any($3::int8[])')} as summary
     from unnest($2::int8[]) as i (thread)`,
    [conversation, threads, gone],
  );
  const summaries = new Map(rows.map(({ thread, summary }) => [thread, summary]));
  return deletions.map(({ thread }) =>
    thread === undefined ? null : (summaries.get(thread) ?? null),
  );
}
