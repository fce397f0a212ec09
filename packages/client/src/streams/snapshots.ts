import {
  type Conversation,
  type ConversationId,
  type Cursor,
  LIMITS,
  type Ready,
  type Seq,
  type StreamId,
} from '@parley/protocol';
import type { LocalStreams } from './local-streams.ts';

/** A conversation of a `ready`. */
export interface ReadySnapshot {
  readonly snapshot: Conversation;
  /** The snapshot that this client already has, unchanged. */
  readonly isKnown: boolean;
}

/**
 * Keeps the latest snapshot that the server has sent of each conversation, so that a `ready` needs to
 * contain only those that changed. Events are not applied to these: a conversation with events since
 * its snapshot is sent again.
 */
export class Snapshots {
  readonly #local: LocalStreams;
  readonly #latest = new Map<ConversationId, Conversation>();
  /** Those claimed in the latest hello. */
  #claimed: ReadonlyMap<ConversationId, Conversation> = new Map();

  constructor(local: LocalStreams) {
    this.#local = local;
  }

  /** Keeps a snapshot that the server has sent; null: the account has left the conversation. */
  set(id: ConversationId, snapshot: Conversation | null): void {
    if (snapshot) this.#latest.set(id, snapshot);
    else this.#latest.delete(id);
  }

  /**
   * Returns what the hello with this cursor says: the conversations of the cursor whose snapshot must be
   * sent again; undefined if all must be sent.
   */
  claim(cursor: Cursor): ConversationId[] | undefined {
    const claimed = new Map<ConversationId, Conversation>();
    const resend: ConversationId[] = [];
    for (const [stream, seq] of Object.entries(cursor) as [StreamId, Seq][]) {
      if (this.#local.isOwn(stream)) continue;
      const id = stream as string as ConversationId;
      const snapshot = this.#latest.get(id);
      // One stored by an earlier version lacks fields that this version shows. What a guest may do
      // changes when its account no longer is one, without an event in the conversation.
      const isComplete =
        snapshot?.peers !== undefined &&
        snapshot.actingRole !== 'guest' &&
        snapshot.readRevision !== undefined &&
        snapshot.unreadMentions !== undefined;
      if (isComplete && snapshot.lastSeq === seq) claimed.set(id, snapshot);
      else resend.push(id);
    }
    const isUseful = claimed.size > 0 && resend.length <= LIMITS.resendConversations;
    this.#claimed = isUseful ? claimed : new Map();
    return isUseful ? resend : undefined;
  }

  /** Returns the snapshots of all conversations of a `ready`, which become the latest ones. */
  complete({ conversations, unchanged }: Ready): ReadySnapshot[] {
    const all: ReadySnapshot[] = conversations.map((c) => ({ snapshot: c, isKnown: false }));
    for (const { id, ...reads } of unchanged) {
      const claimed = this.#claimed.get(id);
      if (!claimed) throw new Error(`The server left out the snapshot of conversation ${id}`);
      const isKnown =
        claimed.readSeq === reads.readSeq &&
        claimed.readRevision === reads.readRevision &&
        claimed.unread === reads.unread &&
        String(claimed.unreadMentions) === String(reads.unreadMentions) &&
        claimed.peerReadSeq === reads.peerReadSeq;
      all.push({ snapshot: isKnown ? claimed : { ...claimed, ...reads }, isKnown });
    }
    this.#claimed = new Map();
    this.#latest.clear();
    for (const { snapshot } of all) this.#latest.set(snapshot.id, snapshot);
    return all;
  }
}
