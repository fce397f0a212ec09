import {
  type AccountId,
  type ActivityUnread,
  type ConversationId,
  conversationOfStream,
  type Event,
  type ReadActivityBody,
} from '@parley/protocol';
import type { ActivityApi } from '../api/activity.ts';
import { ApiError } from '../api/api-error.ts';

/** Changes of the user’s own account are answered with one request within this time, ms. */
const LOAD_AFTER_MS = 300;
/**
 * After a change that concerns many accounts, the request is sent at a random time within this, so
 * that their clients do not all send it at once, ms.
 */
const SPREAD_MS = 4_000;
/** Added for each member of a large group, ms: its clients together send 200 requests per second. */
const SPREAD_PER_MEMBER_MS = 5;
/** The same for changes that concern the whole server, ms. No delay is longer. */
const SPREAD_MAX_MS = 30_000;
/** Shortest interval between two requests, ms. */
const LOAD_EVERY_MS = 1_500;

/** How much of the activity is unread. */
export interface ActivitySnapshot {
  readonly isLoaded: boolean;
  /** How many items are unread, up to `limits.unreadMax`. */
  readonly unread: number;
  /** Increases each time the activity may have changed, so that a displayed list is reloaded. */
  readonly revision: number;
}

/** Nothing is loaded. */
export const NO_ACTIVITY: ActivitySnapshot = { isLoaded: false, unread: 0, revision: 0 };

/** How {@link Activity} counts, and where it reports the counts. */
export interface ActivityDeps {
  readonly api: Pick<ActivityApi, 'unread' | 'read' | 'readAll'>;
  me(): AccountId;
  /** Returns how many members a conversation has; 0: unknown. */
  membersOf(conversation: ConversationId): number;
  /** Random numbers in [0, 1). */
  random(): number;
  changed(snapshot: ActivitySnapshot): void;
}

/**
 * Holds how many items of the account’s activity are unread. The server counts them: after the first `load()`, and
 * again when a frame or an event says that the number may have changed, or when events were missed.
 */
export class Activity {
  readonly #deps: ActivityDeps;
  #snapshot = NO_ACTIVITY;
  #isWanted = false;
  /** Whether the last count may be out of date. */
  #isStale = false;
  #loading: Promise<void> | null = null;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #timerAt = 0;
  #loadedAt = Number.NEGATIVE_INFINITY;
  /** The read version of the last answer; answers with an earlier one are ignored. */
  #version = -1;
  /** Increases with `clear`, so that answers to earlier requests are ignored. */
  #generation = 0;

  constructor(deps: ActivityDeps) {
    this.#deps = deps;
  }

  /**
   * Counts the unread items, unless already counted. The snapshot of the client then has the
   * number.
   */
  async load(): Promise<void> {
    this.#isWanted = true;
    if (!this.#snapshot.isLoaded) await this.reload();
  }

  /** Counts again, if the count is in use. */
  async reload(): Promise<void> {
    if (!this.#isWanted) return;
    this.#isStale = true;
    this.#loading ??= this.#run().finally(() => {
      this.#loading = null;
    });
    await this.#loading;
  }

  /** Marks items as read, in the state in which they were listed. */
  async read(items: ReadActivityBody['items']): Promise<void> {
    await this.#take(this.#deps.api.read(items));
  }

  /** Marks everything as read. */
  async readAll(): Promise<void> {
    await this.#take(this.#deps.api.readAll());
  }

  /** Handles a frame that says that the activity has changed. */
  moved(): void {
    this.#reloadWithin(0);
  }

  /** Handles a moved read cursor: what was unread may have been read. */
  cursorMoved(): void {
    if (this.#snapshot.unread > 0) this.#reloadWithin(0);
  }

  /** Handles an applied event that may have changed the activity without an `activity` frame. */
  applied(event: Event): void {
    switch (event.type) {
      case 'reminder.due':
      case 'report.resolved':
      case 'scheduled.failed':
      case 'message.unscheduled':
      case 'scheduled.sent':
      case 'conversation.left':
      case 'thread.unfollowed':
      case 'notifications.changed':
      case 'notifications.overridden':
        this.#reloadWithin(0);
        break;
      case 'message.posted':
      case 'message.edited':
        if (event.actor === this.#deps.me()) return;
        if (event.data.mentions?.some(({ kind }) => kind === 'everyone')) {
          this.#reloadWithin(this.#spreadOf(event));
        }
        break;
      case 'message.unhidden':
        this.#reloadWithin(this.#spreadOf(event));
        break;
      case 'message.deleted':
      case 'message.hidden':
      case 'reaction.removed':
        // An unread item may have been removed.
        if (this.#snapshot.unread > 0) this.#reloadWithin(this.#spreadOf(event));
        break;
      case 'user.registered':
      case 'user.deleted':
        this.#reloadWithin(SPREAD_MAX_MS);
        break;
    }
  }

  /**
   * Handles a reconnection in the same epoch. A later `readVersion` shows that a change without an
   * event was missed. Otherwise nothing is requested, because after a restart of the server all
   * clients reconnect at once.
   */
  connected(readVersion: number): void {
    if (!this.#snapshot.isLoaded || this.#isStale || readVersion > this.#version)
      this.#reloadWithin(0);
  }

  /** Counts again, after events were missed. */
  missed(): void {
    this.#reloadWithin(0);
  }

  /** Handles a restore of the server from a backup: its versions may be lower than those received before. */
  restored(): void {
    this.#version = -1;
    this.#reloadWithin(SPREAD_MS);
  }

  /** Counts again if the last attempt failed. Must be called regularly while connected. */
  retry(): void {
    if (this.#isStale && !this.#loading) this.#reloadWithin(0);
  }

  /** Clears the state: the client may be started with another account. */
  clear(): void {
    this.#generation++;
    this.#isWanted = false;
    this.#isStale = false;
    this.#version = -1;
    this.#stopTimer();
    this.#report({ ...NO_ACTIVITY, revision: this.#snapshot.revision + 1 });
  }

  /** Returns the spread of an event that all members of its conversation receive. */
  #spreadOf({ stream }: Event): number {
    const members = this.#deps.membersOf(conversationOfStream(stream));
    return Math.min(SPREAD_MS + members * SPREAD_PER_MEMBER_MS, SPREAD_MAX_MS);
  }

  /** Counts at a random time within a spread, but no more often than once in an interval. */
  #reloadWithin(spreadMs: number): void {
    if (!this.#isWanted) return;
    this.#isStale = true;
    const now = performance.now();
    const wait = Math.max(LOAD_AFTER_MS, this.#loadedAt + LOAD_EVERY_MS - now);
    const at = now + wait + this.#deps.random() * spreadMs;
    if (this.#timer !== undefined && this.#timerAt <= at) return;
    this.#stopTimer();
    this.#timerAt = at;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.reload().catch((error: unknown) => {
        // Retried at the next ping.
        if (!(error instanceof ApiError)) throw error;
      });
    }, at - now);
  }

  #stopTimer(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  async #run(): Promise<void> {
    while (this.#isStale && this.#isWanted) {
      this.#isStale = false;
      try {
        await this.#take(this.#deps.api.unread());
      } catch (error) {
        this.#isStale = true;
        throw error;
      }
    }
  }

  async #take(answer: Promise<ActivityUnread>): Promise<void> {
    const generation = this.#generation;
    const { unread, readVersion } = await answer;
    if (generation !== this.#generation) return;
    this.#loadedAt = performance.now();
    if (readVersion < this.#version) return;
    this.#version = readVersion;
    this.#report({ isLoaded: true, unread, revision: this.#snapshot.revision + 1 });
  }

  #report(snapshot: ActivitySnapshot): void {
    this.#snapshot = snapshot;
    this.#deps.changed(snapshot);
  }
}
