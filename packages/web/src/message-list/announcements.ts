import type { TimelineMessage, TimelineSnapshot } from '@parley/client';
import type { Seq } from '@parley/protocol';

/** What a screen reader says about new messages: the text of one, or how many there are. */
export type Announcement =
  | { readonly kind: 'message'; readonly message: TimelineMessage }
  | { readonly kind: 'summary'; readonly count: number };

/** Messages that arrive within this time after an announcement are announced together, ms. */
const PAUSE_MS = 3_000;

/**
 * Decides which new messages of a conversation are announced.
 *
 * 1. Each message by someone else that arrives at the end is announced once; history that is loaded is not.
 * 2. A reply that is also in the conversation is announced by its thread alone while that is open next to it.
 * 3. After an announcement there is a pause: what arrives in it is summed up, so that a burst does not keep a screen
 *    reader talking about messages that no one can follow.
 */
export class Announcements {
  readonly #announce: (announcement: Announcement) => void;
  /** The last message seen; null: none yet, or the end of the conversation was not loaded. */
  #lastSeq: number | null = null;
  #waiting: TimelineMessage[] = [];
  #pause: ReturnType<typeof setTimeout> | undefined;

  constructor(announce: (announcement: Announcement) => void) {
    this.#announce = announce;
  }

  /**
   * Takes the messages that are loaded now; those by the account `own` are not announced.
   *
   * @param openThread the thread that is open next to the conversation; null: none, or these are its replies
   */
  update(snapshot: TimelineSnapshot, own: string | null, openThread: Seq | null): void {
    const { messages, hasOlder, hasNewer, loading } = snapshot;
    const isLoaded = loading !== 'initial' && (messages.length > 0 || !hasOlder);
    const last = this.#lastSeq;
    this.#lastSeq = isLoaded && !hasNewer ? lastSeqOf(messages) : null;
    if (last === null || this.#lastSeq === null) return;
    for (const message of newSince(last, messages)) {
      if (message.author === own || message.deletedAt !== null) continue;
      if (openThread === null || message.thread !== openThread) this.#waiting.push(message);
    }
    if (this.#pause === undefined) this.#next();
  }

  /** Drops pending announcements. */
  stop(): void {
    clearTimeout(this.#pause);
    this.#pause = undefined;
    this.#waiting = [];
  }

  #next(): void {
    this.#pause = undefined;
    const [first, ...more] = this.#waiting;
    if (!first) return;
    this.#announce(
      more.length === 0
        ? { kind: 'message', message: first }
        : { kind: 'summary', count: more.length + 1 },
    );
    this.#waiting = [];
    this.#pause = setTimeout(() => this.#next(), PAUSE_MS);
  }
}

/** Returns the seq of the last message that the server has stored; 0 if there is none. */
const lastSeqOf = (messages: readonly TimelineMessage[]): number =>
  messages.findLast(({ state }) => state === 'stored')?.seq ?? 0;

/** Returns the messages after a seq, in their order. */
function newSince(last: number, messages: readonly TimelineMessage[]): TimelineMessage[] {
  const added: TimelineMessage[] = [];
  for (let n = messages.length - 1; n >= 0; n--) {
    const message = messages[n];
    if (!message) break;
    if (message.state !== 'stored') continue;
    if (message.seq <= last) break;
    added.unshift(message);
  }
  return added;
}
