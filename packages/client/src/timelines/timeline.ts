import type { ConversationId, Event, HistoryPage, Message, Seq } from '@parley/protocol';
import type { HistoryRequest } from '../api/api.ts';
import { change, expiredUpTo, isChange, targetsOf } from '../messages/message-changes.ts';
import type { MessageWindow } from '../messages/message-window.ts';
import { ShownMessages } from './timeline-shown.ts';
import type { TimelineSnapshot, TimelineSource } from './timeline-types.ts';

/** Messages per page. */
const PAGE = 50;
/**
 * A page that ends before the start of the window cannot be joined to it, and is requested again
 * after this time, ms.
 */
const STALE_PAGE_MS = 300;
/** Consecutive stale pages after which loading fails. */
const STALE_PAGES_MAX = 20;

/** What a timeline must load next: the latest page, or the page around a message. */
type Wanted = { readonly at: Seq | 'latest' };

/** Messages of the history that are not connected to the window: those in between are not loaded. */
interface DetachedMessages {
  messages: readonly Message[];
  hasOlder: boolean;
  hasNewer: boolean;
  /** Shown until the first page of the new window arrives; changes to it may be missing. */
  readonly isStale: boolean;
}

/**
 * Shows the messages of one conversation: the latest ones, kept up to date by events, with older
 * ones loaded in front. After a jump far back it shows messages that are detached from the latest ones, until
 * those in between are loaded.
 *
 * 1. A request is remembered until its page is loaded for the current window: a restarted window, a
 *    failed request or a stale page lead to another request, never to an empty list.
 * 2. A page is joined only to the window that it was requested for.
 * 3. After a gap (the window was restarted further on) the timeline is at the first unread message,
 *    or where it was if that is further back; `hasNewer` says that more follows.
 */
export class Timeline {
  readonly conversation: ConversationId;
  readonly #source: TimelineSource;
  readonly #listeners = new Set<() => void>();
  readonly #onClose: () => void;
  readonly #shown: ShownMessages;
  #detached: DetachedMessages | null = null;
  #loading: TimelineSnapshot['loading'] = null;
  /** Resolves when the requests in progress have ended. */
  #running: Promise<void> = Promise.resolve();
  /** Whether requests are in progress; one at a time. */
  #isRunning = false;
  #error: Error | null = null;
  #snapshot: TimelineSnapshot | null = null;
  /** Null: everything that was requested is loaded. */
  #wanted: Wanted | null = null;
  #isOpen = false;
  /** Whether the first page is requested as soon as the conversation is known. */
  #isPrepared = false;
  /** The window that was shown last. */
  #window: MessageWindow | undefined;

  constructor(conversation: ConversationId, source: TimelineSource, onClose: () => void) {
    this.conversation = conversation;
    this.#source = source;
    this.#onClose = onClose;
    this.#shown = new ShownMessages(conversation, source);
    this.#window = source.window();
  }

  /** Returns the same object until something changes. */
  get snapshot(): TimelineSnapshot {
    this.#snapshot ??= this.#compute();
    return this.#snapshot;
  }

  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /**
   * Shows the latest messages, or those around a seq; `hasNewer` then says that newer ones are not
   * loaded. Resolves when they are loaded or loading has failed. Calling it again after a failure
   * retries.
   */
  open(at?: Seq): Promise<void> {
    const window = this.#source.window();
    this.#isOpen = true;
    // The stored data may have been loaded since this timeline was prepared.
    this.#window ??= window;
    if (at === undefined || (window && window.from <= at + 1)) return this.jumpToLatest();
    this.#request(at);
    return this.#load();
  }

  /**
   * Requests the messages that {@link open} will show, the latest or those around the first unread one, as soon as the
   * server has sent the conversation. Messages that are stored are not requested.
   */
  prepare(): void {
    this.#isOpen = true;
    this.#isPrepared = true;
  }

  /** Loads the page before the oldest message. */
  loadOlder(): Promise<void> {
    if (this.#wanted) return this.#load();
    if (!this.snapshot.hasOlder) return Promise.resolve();
    return this.#load({
      loading: 'older',
      request: async (window) => {
        const detached = this.#detached;
        const before = detached ? detached.messages[0]?.seq : window.from;
        if (before === undefined) return;
        const page = await this.#history({ before });
        if (this.#source.window() !== window || this.#detached !== detached) return;
        if (detached) {
          detached.messages = [...page.items, ...detached.messages];
          detached.hasOlder = page.hasOlder;
        } else {
          this.#take(window, page.items, page.hasOlder);
        }
      },
    });
  }

  /** Loads the page after the newest loaded message, unless that is the latest. */
  loadNewer(): Promise<void> {
    if (this.#wanted) return this.#load();
    if (!this.#detached?.hasNewer) return Promise.resolve();
    return this.#load({
      loading: 'newer',
      request: async (window) => {
        const detached = this.#detached;
        const after = detached?.messages.at(-1)?.seq;
        if (!detached || after === undefined) return;
        const page = await this.#history({ after });
        if (this.#source.window() !== window || this.#detached !== detached) return;
        detached.messages = [...detached.messages, ...page.items];
        detached.hasNewer = page.hasNewer;
        this.#joinDetached(window);
      },
    });
  }

  /** Returns to the latest messages. */
  jumpToLatest(): Promise<void> {
    this.#isOpen = true;
    this.#detached = null;
    this.#request('latest');
    return this.#load();
  }

  /** Stops showing messages. */
  close(): void {
    this.#isOpen = false;
    this.#wanted = null;
    this.#listeners.clear();
    this.#onClose();
  }

  /** Handles a change of the displayed messages. */
  changed(): void {
    this.#snapshot = null;
    for (const listener of this.#listeners) listener();
  }

  /** Handles an event that was applied to the window. */
  applied(event: Event): void {
    const detached = this.#detached;
    if (detached && isChange(event)) {
      const targets = targetsOf(event);
      detached.messages = detached.messages.map((message) =>
        targets.includes(message.seq) ? change(message, event) : message,
      );
    }
    const expired = expiredUpTo(event);
    if (detached && expired !== null) this.#expire(detached, expired);
    this.changed();
  }

  /** Removes expired messages from the detached ones; if none are left, the messages after them are loaded. */
  #expire(detached: DetachedMessages, upTo: Seq): void {
    const remaining = detached.messages.filter(({ seq }) => seq > upTo);
    if (remaining.length === detached.messages.length) return;
    detached.messages = remaining;
    detached.hasOlder = false;
    if (remaining.length > 0 || this.#wanted) return;
    this.#wanted = { at: (upTo + 1) as Seq };
    void this.#load();
  }

  /** All missed events have arrived: retries failed loads. */
  caughtUp(): void {
    if (this.#wanted) void this.#load();
    else this.changed();
  }

  /** Handles a window that was restarted or dropped: the displayed messages do not adjoin new ones. */
  restarted(): void {
    const before = this.#window;
    const window = this.#source.window();
    if (window === before) return;
    this.#window = window;
    if (this.#isOpen) this.#wanted = this.#wantedAfterGap(before, window);
    this.#detached = this.#isOpen ? this.#detachedAfterGap(before, window) : null;
    this.changed();
    if (this.#isOpen) void this.#load();
  }

  /** Requests the messages at a position, unless they are requested already. */
  #request(at: Wanted['at']): void {
    this.#isPrepared = false;
    if (this.#wanted?.at !== at) this.#wanted = { at };
  }

  // ---- gaps -------------------------------------------------------------------------------------

  /** Position of the timeline when its window was restarted. */
  #wantedAfterGap(before: MessageWindow | undefined, window: MessageWindow | undefined): Wanted {
    if (!before || !window) return this.#wanted ?? this.#firstWanted(window);
    if (this.#wanted && this.#wanted.at !== 'latest') return this.#wanted;
    const detached = this.#detached;
    const middle = detached?.messages[detached.messages.length >> 1];
    if (middle && !detached?.isStale) return { at: middle.seq };
    const view = this.#source.view();
    // A view from before the gap does not include the messages of the gap.
    const isUnread = view && (view.unread > 0 || view.lastSeq < window.from - 1);
    if (!isUnread || view.readSeq + 1 >= window.from) return { at: 'latest' };
    return { at: view.readSeq };
  }

  #firstWanted(window: MessageWindow | undefined): Wanted {
    const view = this.#source.view();
    if (!this.#isPrepared || !window || !view) return { at: 'latest' };
    this.#isPrepared = false;
    return { at: view.unread > 0 && view.readSeq + 1 < window.from ? view.readSeq : 'latest' };
  }

  /** Shown until the page arrives: the previous messages, to avoid flicker. */
  #detachedAfterGap(
    before: MessageWindow | undefined,
    window: MessageWindow | undefined,
  ): DetachedMessages | null {
    if (!before || !window) return null;
    const messages = this.#detached ? this.#detached.messages : before.messages;
    if (messages.length === 0) return null;
    return { messages, hasOlder: true, hasNewer: true, isStale: true };
  }

  // ---- loading ----------------------------------------------------------------------------------

  /** Executes the given request, if none is in progress, then those for what is still needed. */
  #load(step?: Step): Promise<void> {
    if (this.#isRunning) return this.#running;
    this.#isRunning = true;
    this.#running = this.#run(step);
    return this.#running;
  }

  /**
   * Runs the steps one after the other. It ends, and lets others start, without waiting in between: frames that
   * arrive together may restart the window and need the next request at once.
   */
  async #run(first?: Step): Promise<void> {
    try {
      let step = first ?? this.#nextStep();
      if (!step) {
        this.changed();
        step = this.#nextStep();
      }
      for (let stale = 0; step; step = this.#nextStep()) {
        const window = this.#source.window();
        const request = this.#wanted;
        if (!window) break;
        this.#loading = step.loading;
        this.#error = null;
        this.changed();
        try {
          const isStale = (await step.request(window)) === 'stale';
          stale = isStale ? stale + 1 : 0;
          if (stale > STALE_PAGES_MAX) throw new Error('The server returned stale pages');
          if (isStale) await new Promise((resolve) => setTimeout(resolve, STALE_PAGE_MS));
        } catch (error) {
          this.#error = error instanceof Error ? error : new Error(String(error));
        }
        this.#loading = null;
        this.changed();
        // Requests made meanwhile have not failed.
        if (this.#error && this.#source.window() === window && this.#wanted === request) break;
      }
    } finally {
      this.#isRunning = false;
    }
  }

  /** Returns the request for what is needed; null if nothing is, or nothing can be loaded now. */
  #nextStep(): Step | null {
    const window = this.#source.window();
    if (!this.#wanted || !window) return null;
    const request = this.#wanted;
    const { at } = request;
    if (at !== 'latest') {
      return { loading: 'initial', request: (of) => this.#loadAround(of, request, at) };
    }
    const hasEnough = !window.hasOlder || window.messages.length >= PAGE / 2;
    if (hasEnough && !this.#source.needsPage?.()) {
      this.#detached = null;
      this.#wanted = null;
      this.#error = null;
      return null;
    }
    const loading = window.messages.length === 0 ? 'initial' : 'older';
    return { loading, request: (of) => this.#loadLatest(of, request) };
  }

  async #loadLatest(window: MessageWindow, wanted: Wanted): Promise<'stale' | undefined> {
    const page = await this.#history({});
    if (this.#source.window() !== window || this.#wanted !== wanted) return undefined;
    if (page.asOf < window.from - 1) return 'stale';
    this.#detached = null;
    this.#wanted = null;
    this.#take(window, page.items, page.hasOlder);
    return undefined;
  }

  async #loadAround(window: MessageWindow, wanted: Wanted, at: Seq): Promise<'stale' | undefined> {
    const page = await this.#history({ around: at });
    if (this.#source.window() !== window || this.#wanted !== wanted) return undefined;
    if (page.asOf < window.from - 1) return 'stale';
    const { items: messages, hasOlder, hasNewer } = page;
    this.#detached = { messages, hasOlder, hasNewer, isStale: false };
    this.#wanted = null;
    this.#joinDetached(window);
    return undefined;
  }

  #history(request: HistoryRequest): Promise<HistoryPage> {
    return this.#source.api.history(this.conversation, { ...request, limit: PAGE });
  }

  /** Adds the detached messages to the window, once none are missing in between. */
  #joinDetached(window: MessageWindow): void {
    const detached = this.#detached;
    if (!detached) return;
    if (detached.hasNewer && (detached.messages.at(-1)?.seq ?? 0) < window.from - 1) return;
    this.#detached = null;
    this.#take(window, detached.messages, detached.hasOlder);
  }

  #take(window: MessageWindow, items: readonly Message[], hasOlder: boolean): void {
    const first = items[0]?.seq;
    const from = hasOlder && first !== undefined ? first : (1 as Seq);
    this.#source.pageAdded(window.addPage(items, from), window.from);
  }

  // ---- showing ----------------------------------------------------------------------------------

  #compute(): TimelineSnapshot {
    const window = this.#source.window();
    const detached = this.#detached;
    const base = detached
      ? detached.messages
          .filter(({ seq }) => !window?.hasExpired(seq))
          .map((m) => window?.withLaterChanges(m) ?? m)
      : (window?.messages ?? []);
    const messages = base.map((message) => this.#shown.displayStored(message));
    if (!detached?.hasNewer) messages.push(...this.#shown.pending(window));
    return {
      messages,
      hasOlder: detached ? detached.hasOlder : (window?.hasOlder ?? false),
      hasNewer: detached?.hasNewer ?? false,
      loading: this.#loading,
      error: this.#error,
    };
  }
}

/** One request of a timeline; `stale`: its page cannot be joined to the window. */
interface Step {
  readonly loading: NonNullable<TimelineSnapshot['loading']>;
  request(window: MessageWindow): Promise<'stale' | undefined> | Promise<void>;
}
