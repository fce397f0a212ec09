import type { AccountId, ConversationId, Seq } from '@parley/protocol';
import { dataOf, type StoredEvent } from '../stream/record.ts';

/**
 * The latest posts that this node has committed, in memory until they are indexed: so that the filling
 * need not read again what was just written.
 */

/** A message as it was posted, without files and without a poll. */
export interface RecentPost {
  readonly seq: Seq;
  readonly author: AccountId;
  readonly body: string;
  /** When it was posted, ms. */
  readonly at: number;
  readonly isReply: boolean;
}

/** The most posts, and characters of their texts, that wait to be indexed; the others are read. */
const POSTS_MAX = 4_000;
const CHARACTERS_MAX = 512 * 1024;

/** Collects posts, in the order of their commits, until they are indexed. */
export class RecentPosts {
  readonly #posts = new Map<ConversationId, RecentPost[]>();
  #count = 0;
  #characters = 0;

  /** Remembers a `message.posted`, unless there are too many or it has more than a text. */
  add(event: StoredEvent): void {
    // Of longer data nothing is parsed that could not be kept.
    if (this.#count >= POSTS_MAX || this.#characters + event.data.length > CHARACTERS_MAX) return;
    const { body, thread, attachments, poll } = dataOf(event, 'message.posted');
    if (attachments !== undefined || poll !== undefined) return;
    const post = {
      seq: event.seq,
      author: event.actor,
      body,
      at: Date.parse(event.at),
      isReply: thread !== undefined,
    };
    // Only streams of conversations, which have the id of their conversation, have posts.
    const conversation = event.stream as string as ConversationId;
    const posts = this.#posts.get(conversation);
    if (posts) posts.push(post);
    else this.#posts.set(conversation, [post]);
    this.#count++;
    this.#characters += body.length;
  }

  /** Returns the posts of a conversation, and forgets them. */
  take(conversation: ConversationId): readonly RecentPost[] {
    const posts = this.#posts.get(conversation);
    if (!posts) return [];
    this.#posts.delete(conversation);
    this.#count -= posts.length;
    for (const { body } of posts) this.#characters -= body.length;
    return posts;
  }
}

/** Returns the posts with the seqs after `progress`, one after the other, up to the first gap. */
export function postsAfter(posts: readonly RecentPost[], progress: number): RecentPost[] {
  const following: RecentPost[] = [];
  for (const post of posts) {
    if (post.seq === progress + following.length + 1) following.push(post);
    else if (following.length > 0) break;
  }
  return following;
}
