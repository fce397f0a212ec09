import type { AccountId, ConversationId, Event, Seq, ThreadCursor } from '@parley/protocol';
import { conversationOfStream } from '@parley/protocol';
import type { ParleyApi } from '../api/api.ts';
import { ApiError } from '../api/api-error.ts';
import { authorOfText, changesText, mentionsUser } from '../messages/mentions.ts';
import { ThreadCounts, type ThreadRef, threadOf } from './thread-counts.ts';

/** Events of unknown threads within this time share one request, ms. */
const LOAD_AFTER_MS = 300;
/** Shortest interval between reads of one thread that are sent, ms. */
const READ_EVERY_MS = 1_000;
/** Threads that are remembered as not followed. */
const OTHERS_MAX = 5_000;

/** The threads that an account follows, with their unread counts. */
export interface ThreadsSnapshot {
  /** Whether the threads were loaded. */
  readonly isLoaded: boolean;
  /** By {@link threadKey}. */
  readonly cursors: ReadonlyMap<string, ThreadCursor>;
  /** How many threads have unread replies, and how many unread replies mention the account. */
  readonly unread: number;
  readonly mentions: number;
}

/** Returns the key of a thread in {@link ThreadsSnapshot.cursors}. */
export const threadKey = (conversation: ConversationId, thread: Seq): string =>
  `${conversation} ${thread}`;

/** Nothing is loaded. */
export const NO_THREADS: ThreadsSnapshot = {
  isLoaded: false,
  cursors: new Map(),
  unread: 0,
  mentions: 0,
};

interface ThreadsDeps {
  readonly api: Pick<ParleyApi, 'threadCursors' | 'readThread'>;
  me(): AccountId;
  /** How far the stream of a conversation was applied. */
  appliedUpTo(conversation: ConversationId): Seq | undefined;
  /** Called when the snapshot has changed. */
  changed(snapshot: ThreadsSnapshot): void;
}

/**
 * Holds the threads that the account follows, with their unread counts. They are loaded by the first `load()`, and
 * again when events were missed; between two loads, events update the counts.
 */
export class Threads {
  readonly #deps: ThreadsDeps;
  readonly #counts = new Map<string, ThreadCounts>();
  /**
   * Threads that the account does not follow. Threads without replies are never included: they are listed only if the
   * account chose to follow them, so a later reply must be checked.
   */
  readonly #others = new Set<string>();
  /** When a read of a thread may be sent next: timers of those that wait. */
  readonly #reads = new Map<string, ReturnType<typeof setTimeout>>();
  #isWanted = false;
  #isLoaded = false;
  /** The read version of the last load, which contains all moves up to it. */
  #loadedVersion = 0;
  #loading: Promise<void> | null = null;
  /** Whether something happened that the load in progress may not contain. */
  #isStale = false;
  /** Whether the last load failed. */
  #isMissed = false;
  /** Conversations that the account has left since the last load began: its answer may still list them. */
  readonly #leftSince = new Set<ConversationId>();
  #timer: ReturnType<typeof setTimeout> | null = null;
  /** Events of unknown threads since the start of the last load. */
  #pending = new Map<string, Event[]>();
  /** Increases when the state is cleared: answers to earlier requests are ignored. */
  #generation = 0;

  constructor(deps: ThreadsDeps) {
    this.#deps = deps;
  }

  /** Loads the followed threads, unless they are loaded. The snapshot of the client has them from now on. */
  async load(): Promise<void> {
    this.#isWanted = true;
    if (!this.#isLoaded) await this.#load();
  }

  /** Reloads them, if they are in use. */
  async reload(): Promise<void> {
    if (this.#isWanted) await this.#load();
  }

  /**
   * Marks the latest replies of a thread as read, on all devices. Can be called at any rate.
   */
  read({ conversation, thread }: ThreadRef): void {
    const key = threadKey(conversation, thread);
    const counts = this.#counts.get(key);
    const seq = this.#deps.appliedUpTo(conversation);
    if (!counts || seq === undefined) return;
    const { unread, unreadMentions } = counts.cursor;
    if (unread === 0 && unreadMentions.length === 0) return;
    if (!counts.read(seq)) return;
    this.#report();
    this.#sendRead({ conversation, thread });
  }

  /** Applies a cursor that was moved, here or on another device. */
  moved(version: number, cursor: ThreadCursor): void {
    if (!this.#isWanted) return;
    // A report that arrives late may be from before the account followed or unfollowed the thread.
    if (version <= this.#loadedVersion) return;
    this.#take(cursor, version);
    this.#report();
  }

  /** Handles an applied event of a conversation or of the personal stream. */
  applied(event: Event): void {
    if (!this.#isWanted) return;
    if (event.type === 'thread.followed' || event.type === 'thread.unfollowed') {
      const key = threadKey(event.data.conversation, event.data.message);
      this.#others.delete(key);
      if (event.type === 'thread.unfollowed' && this.#counts.delete(key)) this.#report();
      this.#loadSoon();
      return;
    }
    const thread = threadOf(event);
    if (thread === undefined) {
      this.#rootChanged(event);
      return;
    }
    const key = threadKey(conversationOfStream(event.stream), thread);
    const me = this.#deps.me();
    const counts = this.#counts.get(key);
    if (counts) {
      // Without the mention the account may follow the thread from later on, or not at all.
      if (counts.endsMention(event, me)) this.#loadSoon();
      counts.apply(event, me);
      this.#report();
      return;
    }
    if (this.#others.has(key) && endsThread(event)) {
      this.#others.delete(key);
      return;
    }
    // The account follows a thread in which it writes or is mentioned.
    if (this.#others.has(key) && !concerns(event, me)) return;
    this.#others.delete(key);
    this.#pending.set(key, [...(this.#pending.get(key) ?? []), event]);
    this.#loadSoon();
  }

  /**
   * Handles a changed message outside threads, which may be the root of one and mention the account.
   */
  #rootChanged(event: Event): void {
    if (!changesText(event)) return;
    if (authorOfText(event) === this.#deps.me()) return;
    const key = threadKey(conversationOfStream(event.stream), event.data.message);
    // Accounts that are mentioned follow the thread; others may have been mentioned before.
    if (this.#counts.has(key) === mentionsUser(event, this.#deps.me())) return;
    this.#others.delete(key);
    this.#loadSoon();
  }

  /** Loads the threads again: events of a conversation were skipped, or the account has joined it. */
  missed(): void {
    if (!this.#isWanted) return;
    // All replies of some of them may have been deleted.
    this.#others.clear();
    this.#loadSoon();
  }

  /** Removes the threads of a conversation that the account has left. */
  left(conversation: ConversationId): void {
    if (!this.#isWanted) return;
    this.#leftSince.add(conversation);
    for (const keys of [this.#counts, this.#others, this.#pending]) {
      for (const key of keys.keys()) if (key.startsWith(conversation)) keys.delete(key);
    }
    this.#report();
  }

  /** Loads them again if the last attempt failed. Must be called regularly while connected. */
  retry(): void {
    if (this.#isMissed) this.#loadSoon();
  }

  /** Handles a restore of the server from a backup: its versions may be lower than those received before. */
  restored(): void {
    this.#generation++;
    this.#loading = null;
    this.#isLoaded = false;
    this.#loadedVersion = 0;
    this.#counts.clear();
    this.#others.clear();
    this.#pending.clear();
    this.#leftSince.clear();
    this.#isMissed = false;
  }

  /** Clears the state: the client may be started with another account. */
  clear(): void {
    this.restored();
    this.#isWanted = false;
    if (this.#timer) clearTimeout(this.#timer);
    this.#timer = null;
    for (const timer of this.#reads.values()) clearTimeout(timer);
    this.#reads.clear();
    this.#report();
  }

  // ---- loading ------------------------------------------------------------------------------------

  #loadSoon(): void {
    this.#isStale = true;
    this.#timer ??= setTimeout(() => {
      this.#timer = null;
      this.#load().catch((error: unknown) => {
        if (!(error instanceof ApiError)) throw error;
      });
    }, LOAD_AFTER_MS);
  }

  #load(): Promise<void> {
    this.#isStale = true;
    if (this.#loading) return this.#loading;
    const loading = this.#run().finally(() => {
      // Another load may have started after the state was cleared.
      if (this.#loading === loading) this.#loading = null;
    });
    this.#loading = loading;
    return loading;
  }

  async #run(): Promise<void> {
    const generation = this.#generation;
    while (this.#isStale) {
      this.#isStale = false;
      this.#isMissed = false;
      this.#leftSince.clear();
      const pending = this.#pending;
      this.#pending = new Map();
      const { readVersion, items } = await this.#deps.api.threadCursors().catch((error) => {
        if (generation !== this.#generation) throw error;
        // The next ping loads them again.
        this.#isMissed = true;
        // Requested again with the next load.
        for (const [key, events] of pending) {
          this.#pending.set(key, [...events, ...(this.#pending.get(key) ?? [])]);
        }
        throw error;
      });
      // Another load may have started: wait for that one.
      if (generation !== this.#generation) return this.#loading ?? undefined;
      const current = items.filter((c) => !this.#leftSince.has(c.conversation));
      this.#loaded(readVersion, current, pending);
    }
  }

  #loaded(
    version: number,
    items: readonly ThreadCursor[],
    asked: ReadonlyMap<string, readonly Event[]>,
  ): void {
    this.#loadedVersion = version;
    const me = this.#deps.me();
    const listed = new Set(items.map((c) => threadKey(c.conversation, c.thread)));
    for (const [key, counts] of this.#counts) {
      // A newer one was moved or followed since.
      if (!listed.has(key) && counts.version <= version) this.#counts.delete(key);
    }
    for (const cursor of items) {
      const key = threadKey(cursor.conversation, cursor.thread);
      this.#others.delete(key);
      const isNew = !this.#counts.has(key);
      this.#take(cursor, version);
      if (!isNew) continue;
      const events = [...(asked.get(key) ?? []), ...(this.#pending.get(key) ?? [])];
      this.#pending.delete(key);
      for (const event of events) this.#counts.get(key)?.apply(event, me);
    }
    for (const counts of this.#counts.values()) {
      // A failed read is sent again.
      if (counts.isAhead) this.#sendRead(counts.cursor);
    }
    for (const [key, events] of asked) {
      if (listed.has(key) || this.#pending.has(key) || this.#hasLeft(key)) continue;
      const last = events.at(-1);
      if (last && endsThread(last)) continue;
      if (this.#others.size >= OTHERS_MAX) this.#others.clear();
      this.#others.add(key);
    }
    this.#isLoaded = true;
    this.#report();
  }

  #hasLeft(key: string): boolean {
    return [...this.#leftSince].some((conversation) => key.startsWith(conversation));
  }

  #take(cursor: ThreadCursor, version: number): void {
    const key = threadKey(cursor.conversation, cursor.thread);
    if (!cursor.isFollowing) {
      this.#counts.delete(key);
      return;
    }
    const counts = this.#counts.get(key);
    if (!counts) this.#counts.set(key, new ThreadCounts(cursor, version));
    else if (!counts.take(cursor, version)) this.#loadSoon();
  }

  // ---- reading -------------------------------------------------------------------------------------

  /** Sends how far a thread is read: at once, and then at most once a second the latest. */
  #sendRead(ref: ThreadRef): void {
    const key = threadKey(ref.conversation, ref.thread);
    if (this.#reads.has(key)) return;
    let sent = 0;
    const send = () => {
      const seq = this.#counts.get(key)?.cursor.readSeq ?? 0;
      if (seq <= sent) {
        this.#reads.delete(key);
        return;
      }
      sent = seq;
      this.#reads.set(key, setTimeout(send, READ_EVERY_MS));
      this.#deps.api
        .readThread(ref.conversation, ref.thread, seq as Seq)
        .catch((error: unknown) => {
          if (!(error instanceof ApiError)) throw error;
          // Sent again after the next load.
        });
    };
    send();
  }

  #report(): void {
    const cursors = new Map<string, ThreadCursor>();
    let unread = 0;
    let mentions = 0;
    for (const [key, counts] of this.#counts) {
      const { cursor } = counts;
      cursors.set(key, cursor);
      if (cursor.unread > 0) unread++;
      mentions += cursor.unreadMentions.length;
    }
    this.#deps.changed({ isLoaded: this.#isLoaded, cursors, unread, mentions });
  }
}

/** Returns whether a reply is of the account or mentions it, which makes it follow the thread. */
function concerns(event: Event, me: AccountId): boolean {
  if (event.type === 'message.deleted' || event.type === 'message.hidden') return false;
  const author = changesText(event) ? authorOfText(event) : event.actor;
  return author === me || mentionsUser(event, me);
}

/** Returns whether no reply of the thread is left after an event. */
const endsThread = (event: Event): boolean =>
  event.type === 'message.deleted' && !event.data.threadSummary;
