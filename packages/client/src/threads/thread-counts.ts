import {
  type AccountId,
  type ConversationId,
  type Event,
  LIMITS,
  type Seq,
  type ThreadCursor,
} from '@parley/protocol';
import {
  authorOfText,
  changesText,
  mentionsInclude,
  mentionsOfText,
  mentionsUser,
  withMention,
} from '../messages/mentions.ts';

/** Events kept of each thread, to be counted on top of a cursor from before them. */
const RECENT = 200;

/** The effect of an event on the counts of a thread. */
interface Counted {
  readonly seq: Seq;
  readonly type: 'message.posted' | 'message.edited' | 'message.deleted';
  /** The reply that it is about. */
  readonly reply: Seq;
  /** Whether the reply is of another account. */
  readonly isOther: boolean;
  readonly isMentioned: boolean;
}

/** A thread as events name it. */
export interface ThreadRef {
  readonly conversation: ConversationId;
  readonly thread: Seq;
}

/** Returns the root of the thread that an event of a conversation is about; undefined if it is in none. */
export function threadOf(event: Event): Seq | undefined {
  return event.type === 'message.posted' || changesText(event) ? event.data.thread : undefined;
}

/**
 * Counts the unread replies of one thread: the server’s count, updated with the events that it does not
 * include.
 */
export class ThreadCounts {
  #base: ThreadCursor;
  #version: number;
  /** How far the user has read here, if the server does not know yet. */
  #readHere = 0 as Seq;
  #recent: readonly Counted[] = [];
  /** Events up to this seq are no longer kept. */
  #forgotten = 0;
  #shown: ThreadCursor | null = null;

  constructor(cursor: ThreadCursor, version: number) {
    this.#base = cursor;
    this.#version = version;
  }

  get version(): number {
    return this.#version;
  }

  /** The cursor with everything that is known; the same object until something changes. */
  get cursor(): ThreadCursor {
    this.#shown ??= this.#compute();
    return this.#shown;
  }

  /**
   * Applies a cursor from the server, unless a newer one is known. Returns false if it is older
   * than the kept events, and must be reloaded.
   */
  take(cursor: ThreadCursor, version: number): boolean {
    if (version < this.#version) return true;
    if (version === this.#version && cursor.asOf < this.#base.asOf) return true;
    this.#base = cursor;
    this.#version = version;
    this.#shown = null;
    return cursor.asOf >= this.#forgotten;
  }

  /** Applies an event about a reply of the thread. */
  apply(event: Event, me: AccountId): void {
    const counted = countedOf(event, me);
    if (!counted) return;
    const recent = [...this.#recent, counted];
    const oldest = recent.length > RECENT ? recent.shift() : undefined;
    // Dropped events must be included in the base.
    if (oldest) {
      this.#base = withEvent(this.#base, oldest);
      if (oldest.seq > this.#base.asOf) this.#base = { ...this.#base, asOf: oldest.seq };
      this.#forgotten = oldest.seq;
    }
    this.#recent = recent;
    this.#shown = null;
  }

  /**
   * Returns whether an event, not yet applied, removes the mention of the user from a reply of
   * another account. Unknown for older replies, whose mentions are not kept.
   */
  endsMention(event: Event, me: AccountId): boolean {
    if (!changesText(event)) return false;
    if (authorOfText(event) === me || mentionsUser(event, me)) return false;
    const { message } = event.data;
    const { readSeq, asOf, unreadMentions } = this.#base;
    // What the server has counted already may have arrived here in a later form, without its text and mentions.
    const last = this.#recent.findLast(({ reply, seq }) => reply === message && seq > asOf);
    if (last) return last.isMentioned;
    const isListed =
      message > readSeq && message <= asOf && unreadMentions.length < LIMITS.unreadMax;
    return !isListed || unreadMentions.includes(message);
  }

  /** Whether the user has read further here than the server has been told. */
  get isAhead(): boolean {
    return this.#readHere > this.#base.readSeq;
  }

  /** Records that the user has read up to a seq on this device. Returns whether that is further than before. */
  read(seq: Seq): boolean {
    if (seq <= this.cursor.readSeq) return false;
    this.#readHere = seq;
    this.#shown = null;
    return true;
  }

  #compute(): ThreadCursor {
    const here = this.#readHere;
    let cursor = here > this.#base.readSeq ? readUpTo(this.#base, here) : this.#base;
    for (const event of this.#recent) cursor = withEvent(cursor, event);
    return cursor;
  }
}

/**
 * Returns a cursor moved to readSeq. Whether single replies were read is unknown, so the server's count stays
 * until everything it counted is read.
 */
function readUpTo(cursor: ThreadCursor, readSeq: Seq): ThreadCursor {
  return {
    ...cursor,
    readSeq,
    unread: readSeq >= cursor.asOf ? 0 : cursor.unread,
    unreadMentions: cursor.unreadMentions.filter((seq) => seq > readSeq),
  };
}

/** Returns a cursor with an event, unless the server has counted it. */
function withEvent(cursor: ThreadCursor, event: Counted): ThreadCursor {
  const { seq, type, reply, isOther, isMentioned } = event;
  if (seq <= cursor.asOf || reply <= cursor.readSeq) return cursor;
  const unreadMentions = withMention(cursor.unreadMentions, reply, isMentioned);
  if (type === 'message.edited' || !isOther) return { ...cursor, unreadMentions };
  const { unread } = cursor;
  if (type === 'message.posted') {
    return { ...cursor, unreadMentions, unread: Math.min(unread + 1, LIMITS.unreadMax) };
  }
  // A saturated count cannot be decremented; the next move of the cursor recounts.
  const isExact = unread < LIMITS.unreadMax;
  return { ...cursor, unreadMentions, unread: isExact ? Math.max(0, unread - 1) : unread };
}

function countedOf(event: Event, me: AccountId): Counted | null {
  const { seq } = event;
  if (event.type === 'message.posted') {
    const isOther = event.actor !== me;
    const isMentioned = isOther && mentionsInclude(event.data.mentions, me);
    return { seq, type: event.type, reply: seq, isOther, isMentioned };
  }
  if (!changesText(event)) return null;
  const isOther = authorOfText(event) !== me;
  return {
    seq,
    // A hidden reply remains unread.
    type: event.type === 'message.deleted' ? event.type : 'message.edited',
    reply: event.data.message,
    isOther,
    isMentioned: isOther && mentionsInclude(mentionsOfText(event), me),
  };
}
