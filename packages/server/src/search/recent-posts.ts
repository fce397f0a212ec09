import type { AccountId, ConversationId, Seq } from '@parley/protocol';
import { dataOf, type StoredEvent } from '../stream/record.ts';

/**
 * The latest posts that this node has committed, in memory until they are indexed, so that indexing
 * need not read them back.
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

/**
 * The highest numbers of posts, and of characters in their texts, kept in memory; the others are
 * read.
 */
const POSTS_MAX = 4_000;
const CHARACTERS_MAX = 512 * 1024;

/** Collects posts, in the order of their commits, until they are indexed. */
export class RecentPosts {
  readonly #posts = new Map<ConversationId, RecentPost[]>();
  #count = 0;
  #characters = 0;

  /** Records a `message.posted`, unless there are too many or it has more than text. */
  add(event: StoredEvent): void {
    // Longer data is not parsed, because it would not be kept.
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

  /** Returns and removes the posts of a conversation. */
  take(conversation: ConversationId): readonly RecentPost[] {
    const posts = this.#posts.get(conversation);
    if (!posts) return [];
    this.#posts.delete(conversation);
    this.#count -= posts.length;
    for (const { body } of posts) this.#characters -= body.length;
    return posts;
  }
}

/** Returns the posts that continue `progress`, up to the first gap. */
export function postsAfter(posts: readonly RecentPost[], progress: number): RecentPost[] {
  const following: RecentPost[] = [];
  for (const post of posts) {
    if (post.seq === progress + following.length + 1) following.push(post);
    else if (following.length > 0) break;
  }
  return following;
}
