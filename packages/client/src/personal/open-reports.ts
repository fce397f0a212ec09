import type { AccountId, ConversationId, Event, OpenReportsAnswer } from '@parley/protocol';
import { ApiError } from '../api/api-error.ts';

/** Shortest interval between two requests, ms: many members may report a message at once. */
const LOAD_EVERY_MS = 1_500;
/** Frames about reports may be lost: the reports are counted again after this time, ms. */
const REFRESH_MS = 60_000;

/** The open reports that the account may read. */
export interface OpenReportsSnapshot {
  /** How many there are, up to `limits.openReportsMax`. */
  readonly open: number;
  /** How many there are in each conversation with any. */
  readonly conversations: ReadonlyMap<ConversationId, number>;
  /** Increases with each count, so that a displayed list is reloaded. */
  readonly revision: number;
}

/** Nothing is loaded. */
export const NO_OPEN_REPORTS: OpenReportsSnapshot = {
  open: 0,
  conversations: new Map(),
  revision: 0,
};

/** How {@link OpenReports} counts, and where it reports the count. */
export interface OpenReportsDeps {
  load(): Promise<OpenReportsAnswer>;
  me(): AccountId;
  changed(snapshot: OpenReportsSnapshot): void;
}

/**
 * Holds how many open reports of messages the account may read. They are counted by the first `load()`, and
 * again when the server says that they have changed, with each connection, and every minute.
 */
export class OpenReports {
  readonly #deps: OpenReportsDeps;
  #snapshot = NO_OPEN_REPORTS;
  #isWanted = false;
  #loadedAt = Number.NEGATIVE_INFINITY;
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** Increases when the state is cleared: answers to earlier requests are ignored. */
  #generation = 0;
  #loading: Promise<void> | null = null;
  #isStale = false;

  constructor(deps: OpenReportsDeps) {
    this.#deps = deps;
  }

  /** Counts the open reports, unless already counted. The snapshot of the client then has them. */
  async load(): Promise<void> {
    if (this.#isWanted) return;
    this.#isWanted = true;
    await this.#load();
  }

  /** Counts again: the server says that they may have changed, or the client is connected again. */
  moved(): void {
    if (!this.#isWanted || this.#timer !== undefined) return;
    const wait = Math.max(0, this.#loadedAt + LOAD_EVERY_MS - performance.now());
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#load().catch((error: unknown) => {
        // Retried within a minute.
        if (!(error instanceof ApiError)) throw error;
      });
    }, wait);
  }

  /** Handles an applied event: the account may moderate more or less than before. */
  applied(event: Event): void {
    switch (event.type) {
      case 'member.role_changed':
      case 'user.role_changed':
        if (event.data.account === this.#deps.me()) this.moved();
        break;
      case 'conversation.joined':
      case 'conversation.left':
        this.moved();
        break;
    }
  }

  /** Counts again if the last count is old. Must be called regularly while connected. */
  refresh(): void {
    if (performance.now() - this.#loadedAt >= REFRESH_MS) this.moved();
  }

  /** Clears the state: the client may be started with another account. */
  clear(): void {
    this.#generation++;
    this.#isWanted = false;
    this.#isStale = false;
    this.#loadedAt = Number.NEGATIVE_INFINITY;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#report({ ...NO_OPEN_REPORTS, revision: this.#snapshot.revision + 1 });
  }

  /** Requests again if something has changed since the request in progress. */
  async #load(): Promise<void> {
    this.#isStale = true;
    this.#loading ??= this.#run().finally(() => {
      this.#loading = null;
    });
    await this.#loading;
  }

  async #run(): Promise<void> {
    while (this.#isStale && this.#isWanted) {
      this.#isStale = false;
      const generation = this.#generation;
      this.#loadedAt = performance.now();
      const { open, conversations } = await this.#deps.load();
      if (generation !== this.#generation) continue;
      this.#report({
        open,
        conversations: new Map(conversations.map((c) => [c.conversation, c.open])),
        revision: this.#snapshot.revision + 1,
      });
    }
  }

  #report(snapshot: OpenReportsSnapshot): void {
    this.#snapshot = snapshot;
    this.#deps.changed(snapshot);
  }
}
