import type { ConversationId, Event, HistoryPage, Message, Seq } from '@parley/protocol';
import type { HistoryRequest } from './api.ts';
import { change, expiredUpTo, isChange, targetsOf } from './message-changes.ts';
import type { MessageWindow } from './message-window.ts';
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

/** A section of the history outside the window, until joined to it. */
interface Stretch {
  messages: readonly Message[];
  hasOlder: boolean;
  hasNewer: boolean;
  /** Shown until the first page of the new window arrives; changes to it may be missing. */
  readonly isStale: boolean;
}

/**
 * Shows the messages of one conversation: the latest ones, kept up to date by events, with older
 * ones loaded in front. After a jump far back it shows a separate section until that reaches the
 * latest messages.
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
  #stretch: Stretch | null = null;
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
    this.#want(at);
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
        const stretch = this.#stretch;
        const before = stretch ? stretch.messages[0]?.seq : window.from;
        if (before === undefined) return;
        const page = await this.#history({ before });
        if (this.#source.window() !== window || this.#stretch !== stretch) return;
        if (stretch) {
          stretch.messages = [...page.items, ...stretch.messages];
          stretch.hasOlder = page.hasOlder;
        } else {
          this.#take(window, page.items, page.hasOlder);
        }
      },
    });
  }

  /** Loads the page after the newest loaded message, unless that is the latest. */
  loadNewer(): Promise<void> {
    if (this.#wanted) return this.#load();
    if (!this.#stretch?.hasNewer) return Promise.resolve();
    return this.#load({
      loading: 'newer',
      request: async (window) => {
        const stretch = this.#stretch;
        const after = stretch?.messages.at(-1)?.seq;
        if (!stretch || after === undefined) return;
        const page = await this.#history({ after });
        if (this.#source.window() !== window || this.#stretch !== stretch) return;
        stretch.messages = [...stretch.messages, ...page.items];
        stretch.hasNewer = page.hasNewer;
        this.#meet(window);
      },
    });
  }

  /** Returns to the latest messages. */
  jumpToLatest(): Promise<void> {
    this.#isOpen = true;
    this.#stretch = null;
    this.#want('latest');
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
    const stretch = this.#stretch;
    if (stretch && isChange(event)) {
      const targets = targetsOf(event);
      stretch.messages = stretch.messages.map((message) =>
        targets.includes(message.seq) ? change(message, event) : message,
      );
    }
    const expired = expiredUpTo(event);
    if (stretch && expired !== null) this.#expire(stretch, expired);
    this.changed();
  }

  /** Removes expired messages from a section; if it has no others, the messages after them are loaded. */
  #expire(stretch: Stretch, upTo: Seq): void {
    const remaining = stretch.messages.filter(({ seq }) => seq > upTo);
    if (remaining.length === stretch.messages.length) return;
    stretch.messages = remaining;
    stretch.hasOlder = false;
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
    this.#stretch = this.#isOpen ? this.#stretchAfterGap(before, window) : null;
    this.changed();
    if (this.#isOpen) void this.#load();
  }

  /** What is wanted already stays: its page may have been requested. */
  #want(at: Wanted['at']): void {
    this.#isPrepared = false;
    if (this.#wanted?.at !== at) this.#wanted = { at };
  }

  // ---- gaps -------------------------------------------------------------------------------------

  /** Position of the timeline when its window was restarted. */
  #wantedAfterGap(before: MessageWindow | undefined, window: MessageWindow | undefined): Wanted {
    if (!before || !window) return this.#wanted ?? this.#firstWanted(window);
    if (this.#wanted && this.#wanted.at !== 'latest') return this.#wanted;
    const stretch = this.#stretch;
    const middle = stretch?.messages[stretch.messages.length >> 1];
    if (middle && !stretch?.isStale) return { at: middle.seq };
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
  #stretchAfterGap(
    before: MessageWindow | undefined,
    window: MessageWindow | undefined,
  ): Stretch | null {
    if (!before || !window) return null;
    const messages = this.#stretch ? this.#stretch.messages : before.messages;
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
      this.#stretch = null;
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
    this.#stretch = null;
    this.#wanted = null;
    this.#take(window, page.items, page.hasOlder);
    return undefined;
  }

  async #loadAround(window: MessageWindow, wanted: Wanted, at: Seq): Promise<'stale' | undefined> {
    const page = await this.#history({ around: at });
    if (this.#source.window() !== window || this.#wanted !== wanted) return undefined;
    if (page.asOf < window.from - 1) return 'stale';
    const { items: messages, hasOlder, hasNewer } = page;
    this.#stretch = { messages, hasOlder, hasNewer, isStale: false };
    this.#wanted = null;
    this.#meet(window);
    return undefined;
  }

  #history(request: HistoryRequest): Promise<HistoryPage> {
    return this.#source.api.history(this.conversation, { ...request, limit: PAGE });
  }

  /** Joins a section to the window when it reaches it. */
  #meet(window: MessageWindow): void {
    const stretch = this.#stretch;
    if (!stretch) return;
    if (stretch.hasNewer && (stretch.messages.at(-1)?.seq ?? 0) < window.from - 1) return;
    this.#stretch = null;
    this.#take(window, stretch.messages, stretch.hasOlder);
  }

  #take(window: MessageWindow, items: readonly Message[], hasOlder: boolean): void {
    const first = items[0]?.seq;
    const from = hasOlder && first !== undefined ? first : (1 as Seq);
    this.#source.pageAdded(window.addPage(items, from), window.from);
  }

  // ---- showing ----------------------------------------------------------------------------------

  #compute(): TimelineSnapshot {
    const window = this.#source.window();
    const stretch = this.#stretch;
    const base = stretch
      ? stretch.messages
          .filter(({ seq }) => !window?.hasExpired(seq))
          .map((m) => window?.withLaterChanges(m) ?? m)
      : (window?.messages ?? []);
    const messages = base.map((message) => this.#shown.displayStored(message));
    if (!stretch?.hasNewer) messages.push(...this.#shown.pending(window));
    return {
      messages,
      hasOlder: stretch ? stretch.hasOlder : (window?.hasOlder ?? false),
      hasNewer: stretch?.hasNewer ?? false,
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
