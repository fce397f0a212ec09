import type {
  ConversationId,
  Event,
  HistoryPage,
  Message,
  Seq,
  ThreadPage,
} from '@parley/protocol';
import type { HistoryRequest, ParleyApi } from '../api/api.ts';
import { MessageWindow } from '../messages/message-window.ts';
import { Timeline } from '../timelines/timeline.ts';
import type {
  TimelineMessage,
  TimelineSnapshot,
  TimelineSource,
} from '../timelines/timeline-types.ts';

/** The state of a thread at a given time; `messages` are its replies. */
export interface ThreadSnapshot extends TimelineSnapshot {
  /** Null until it is loaded. */
  readonly root: TimelineMessage | null;
}

interface ThreadSource extends Pick<TimelineSource, 'me' | 'outbox'> {
  readonly api: Pick<ParleyApi, 'thread'>;
  /** How far the stream of the conversation was applied; undefined if the account is not subscribed to it. */
  appliedUpTo(): Seq | undefined;
}

/**
 * Shows the root and the replies of one thread: the latest ones, kept up to date by events, with older ones
 * loaded in front, as a {@link Timeline} does for a conversation.
 */
export class Thread {
  readonly conversation: ConversationId;
  /** The seq of the root. */
  readonly thread: Seq;
  readonly #source: ThreadSource;
  readonly #timeline: Timeline;
  #window: MessageWindow | null = null;
  #snapshot: { readonly of: TimelineSnapshot; readonly shown: ThreadSnapshot } | null = null;

  constructor(
    conversation: ConversationId,
    thread: Seq,
    source: ThreadSource,
    onClose: () => void,
  ) {
    this.conversation = conversation;
    this.thread = thread;
    this.#source = source;
    this.#timeline = new Timeline(
      conversation,
      {
        thread,
        me: source.me,
        outbox: source.outbox,
        window: () => this.#openWindow(),
        needsPage: () => !this.#openWindow()?.get(thread),
        // Receipts are about the conversation, not the thread.
        view: () => undefined,
        pageAdded: () => this.#timeline.changed(),
        api: { history: (_conversation, request) => this.#page(request ?? {}) },
      },
      onClose,
    );
  }

  /** Returns the same object until something changes. */
  get snapshot(): ThreadSnapshot {
    const of = this.#timeline.snapshot;
    if (this.#snapshot?.of === of) return this.#snapshot.shown;
    const root = this.#window?.get(this.thread);
    const messages = of.messages.filter((message) => message.seq !== this.thread);
    const snapshot = {
      ...of,
      messages,
      root: root ? ({ ...root, state: 'stored', seenBy: [] } as const) : null,
    };
    this.#snapshot = { of, shown: snapshot };
    return snapshot;
  }

  subscribe(listener: () => void): () => void {
    return this.#timeline.subscribe(listener);
  }

  /** Shows the latest replies, or those around a seq. Calling it again after a failure retries. */
  open(at?: Seq): Promise<void> {
    return this.#timeline.open(at);
  }

  /** Loads the replies before the oldest one. */
  loadOlder(): Promise<void> {
    return this.#timeline.loadOlder();
  }

  /** Loads the replies after the newest loaded one, unless that is the latest. */
  loadNewer(): Promise<void> {
    return this.#timeline.loadNewer();
  }

  /** Returns to the latest replies. */
  jumpToLatest(): Promise<void> {
    return this.#timeline.jumpToLatest();
  }

  /** Stops showing replies. */
  close(): void {
    this.#timeline.close();
  }

  /** Handles a change of the displayed replies. */
  changed(): void {
    this.#timeline.changed();
  }

  /** Handles an applied event of the conversation. */
  applied(event: Event): void {
    this.#window?.apply(event);
    this.#timeline.applied(event);
  }

  /** Adds a reply of the user that is stored before its event has arrived. */
  acked(message: Message, client: Parameters<MessageWindow['acked']>[1]): void {
    this.#window?.acked(message, client);
  }

  /** All missed events have arrived: retries failed loads. */
  caughtUp(): void {
    this.#timeline.caughtUp();
  }

  /** Reloads the displayed replies, after events were skipped. */
  restarted(): void {
    this.#window = null;
    this.#timeline.restarted();
  }

  #openWindow(): MessageWindow | undefined {
    const applied = this.#source.appliedUpTo();
    if (applied === undefined) return this.#window ?? undefined;
    this.#window ??= new MessageWindow(this.conversation, (applied + 1) as Seq, [], this.thread);
    return this.#window;
  }

  async #page(request: HistoryRequest): Promise<HistoryPage> {
    const window = this.#openWindow();
    const page: ThreadPage = await this.#source.api.thread(this.conversation, this.thread, request);
    // A root from before the window may lack changes: the timeline requests such a page again.
    if (window && window === this.#openWindow() && page.asOf >= window.from - 1)
      window.addPage([page.root]);
    return page;
  }
}
