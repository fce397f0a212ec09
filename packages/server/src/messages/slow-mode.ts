import { type AccountId, type ConversationId, type Refusal, refusal } from '@parley/protocol';
import type { Statement } from '../stream/stream-transaction.ts';

/**
 * Slow mode: a member of the group waits between two posts. The time of the last post is stored in
 * the membership, only while slow mode is on, so other groups have no cost.
 */

/** Returns why a member may not post yet; null if it may. Times are RFC 3339. */
export function refusalOfSlowMode(
  slowModeSeconds: number,
  lastPostAt: string | null,
  now: string,
): Refusal | null {
  if (lastPostAt === null) return null;
  const passed = (Date.parse(now) - Date.parse(lastPostAt)) / 1000;
  // If the clock was set back, no one waits longer than the interval.
  const retryAfter = Math.min(slowModeSeconds - passed, slowModeSeconds);
  if (retryAfter <= 0) return null;
  return refusal('slow_mode', undefined, { retryAfter: Math.ceil(retryAfter * 1000) / 1000 });
}

/** Returns the statement that records a post in slow mode. */
export const slowPost = (
  post: { readonly actor: AccountId; readonly conversation: ConversationId },
  at: string,
): Statement => ({
  name: 'messages-slow-post',
  text: `update memberships set slow_posted_at = $3
         where conversation_id = $1 and account_id = $2 and left_seq is null`,
  values: [post.conversation, post.actor, at],
});
