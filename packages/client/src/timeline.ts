import type { AccountId, ClientId, ConversationId, Message, Refusal, Seq } from '@parley/protocol';
import type { ParleyApi } from './api.ts';
import type { ConversationView } from './conversations.ts';
import type { MessageWindow } from './messages.ts';
import type { OutboxEntry } from './store.ts';

/** A message as it is shown: stored, or one’s own on its way. */
export interface TimelineMessage extends Message {
  /** `pending`: not acknowledged yet. `failed`: refused, to be tried again or thrown away. */
  readonly state: 'stored' | 'pending' | 'failed';
  /** The command of a message that is not stored; names it until it has a seq. */
  readonly client?: ClientId;
  readonly failure?: Refusal;
  /** Others who have read up to it; of one’s own messages only. */
  readonly seenBy: readonly AccountId[];
}

/** What a timeline shows at a moment. */
export interface TimelineSnapshot {
  /** In the order of seq; one’s own pending messages at the end, in the order of their making. */
  readonly messages: readonly TimelineMessage[];
  readonly hasOlder: boolean;
  readonly hasNewer: boolean;
  readonly loading: 'initial' | 'older' | 'newer' | null;
  readonly error: Error | null;
}

/** What a timeline is made of. */
export interface TimelineSource {
  readonly api: ParleyApi;
  me(): AccountId | null;
  window(): MessageWindow | undefined;
  view(): ConversationView | undefined;
  outbox(): readonly OutboxEntry[];
  /** Pages that were taken into the window are to be stored and shown. */
  taken(messages: readonly Message[], from: Seq): void;
}

/** Messages of a page. */
const PAGE = 50;

/**
 * A window on one conversation’s messages. It shows the newest ones, kept up by events; older ones
 * are loaded in front. After a jump far back it shows a stretch of its own until that meets the
 * newest ones again.
 */
export class Timeline {
  readonly conversation: ConversationId;
  readonly #source: TimelineSource;
  readonly #listeners = new Set<() => void>();
  readonly #onClose: () => void;
  readonly #shown = new WeakMap<Message, Shown>();
  #stretch: { messages: Message[]; hasOlder: boolean; hasNewer: boolean } | null = null;
  #loading: TimelineSnapshot['loading'] = null;
  #underWay: Promise<void> | null = null;
  #error: Error | null = null;
  #snapshot: TimelineSnapshot | null = null;
  /** The window that the first page was loaded for. */
  #openedWindow: MessageWindow | null = null;

  constructor(conversation: ConversationId, source: TimelineSource, onClose: () => void) {
    this.conversation = conversation;
    this.#source = source;
    this.#onClose = onClose;
  }

  /** The same object until something changes. */
  get snapshot(): TimelineSnapshot {
    this.#snapshot ??= this.#compute();
    return this.#snapshot;
  }

  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Shows the newest messages, or those around a seq; `hasNewer` tells what is left out then. */
  async open(at?: Seq): Promise<void> {
    const window = this.#source.window();
    if (at !== undefined && !(window && window.from <= at + 1)) {
      // A page that is on its way is not what was asked for.
      while (this.#underWay) await this.#underWay;
      await this.#load('initial', () => this.#jump(at));
      return;
    }
    this.#stretch = null;
    await this.#ensurePage();
  }

  /** Loads the page before the oldest message. */
  async loadOlder(): Promise<void> {
    if (!this.snapshot.hasOlder) return;
    await this.#load('older', async () => {
      const { api } = this.#source;
      const stretch = this.#stretch;
      if (stretch) {
        const before = stretch.messages[0]?.seq;
        if (before === undefined) return;
        const page = await api.history(this.conversation, { before, limit: PAGE });
        stretch.messages = [...page.items, ...stretch.messages];
        stretch.hasOlder = page.hasOlder;
        return;
      }
      const window = this.#source.window();
      if (!window) return;
      const page = await api.history(this.conversation, { before: window.from, limit: PAGE });
      this.#take(window, page.items, page.hasOlder);
    });
  }

  /** Loads the page after the newest message, where that is not the newest of all. */
  async loadNewer(): Promise<void> {
    const stretch = this.#stretch;
    if (!stretch?.hasNewer) return;
    await this.#load('newer', async () => {
      const after = stretch.messages[stretch.messages.length - 1]?.seq;
      if (after === undefined) return;
      const page = await this.#source.api.history(this.conversation, { after, limit: PAGE });
      stretch.messages = [...stretch.messages, ...page.items];
      stretch.hasNewer = page.hasNewer;
      this.#meet();
    });
  }

  /** Back to the newest messages. */
  async jumpToLatest(): Promise<void> {
    this.#stretch = null;
    this.changed();
    await this.#ensurePage();
  }

  /** Shows nothing more. */
  close(): void {
    this.#listeners.clear();
    this.#onClose();
  }

  /** Something that is shown here has changed. */
  changed(): void {
    this.#snapshot = null;
    for (const listener of this.#listeners) listener();
  }

  /** Everything that was missed has come; a window that has shown nothing yet loads its page. */
  caughtUp(): void {
    if (this.#stretch) this.changed();
    else this.restarted();
  }

  /** The window was started anew: what was shown is not connected to what comes. */
  restarted(): void {
    this.#stretch = null;
    this.changed();
    if (this.#openedWindow) void this.#ensurePage();
  }

  // ---- loading ----------------------------------------------------------------------------------

  async #ensurePage(): Promise<void> {
    const window = this.#source.window();
    if (!window) return;
    this.#openedWindow = window;
    if (window.from <= 1 || window.messages.length >= PAGE / 2) {
      this.changed();
      return;
    }
    await this.#load(window.messages.length === 0 ? 'initial' : 'older', async () => {
      const page = await this.#source.api.history(this.conversation, { limit: PAGE });
      // A window that was started anew meanwhile asks for itself.
      if (this.#source.window() !== window) return;
      if (page.asOf >= window.from - 1) this.#take(window, page.items, page.hasOlder);
    });
  }

  async #jump(at: Seq): Promise<void> {
    const page = await this.#source.api.history(this.conversation, { around: at, limit: PAGE });
    this.#stretch = { messages: page.items, hasOlder: page.hasOlder, hasNewer: page.hasNewer };
    this.#meet();
  }

  /** A stretch that reaches the window becomes part of it. */
  #meet(): void {
    const stretch = this.#stretch;
    const window = this.#source.window();
    const last = stretch?.messages[stretch.messages.length - 1];
    if (!stretch || !window) return;
    if (stretch.hasNewer && (last?.seq ?? 0) < window.from - 1) return;
    this.#stretch = null;
    this.#take(window, stretch.messages, stretch.hasOlder);
  }

  #take(window: MessageWindow, items: readonly Message[], hasOlder: boolean): void {
    const first = items[0]?.seq;
    const from = hasOlder && first !== undefined ? first : (1 as Seq);
    this.#source.taken(window.take(items, from), window.from);
  }

  /** One page at a time; who asks for another one meanwhile is not heard. */
  async #load(
    what: NonNullable<TimelineSnapshot['loading']>,
    work: () => Promise<void>,
  ): Promise<void> {
    if (this.#loading) return;
    this.#loading = what;
    this.#error = null;
    this.changed();
    this.#underWay = this.#attempt(work);
    await this.#underWay;
  }

  async #attempt(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      this.#error = error instanceof Error ? error : new Error(String(error));
    }
    this.#loading = null;
    this.#underWay = null;
    this.changed();
  }

  // ---- showing ----------------------------------------------------------------------------------

  #compute(): TimelineSnapshot {
    const window = this.#source.window();
    const stretch = this.#stretch;
    const base = stretch
      ? stretch.messages.map((m) => window?.brought(m) ?? m)
      : (window?.messages ?? []);
    const messages = base.map((message) => this.#stored(message));
    if (!stretch?.hasNewer) messages.push(...this.#pending(window));
    return {
      messages,
      hasOlder: stretch ? stretch.hasOlder : (window?.from ?? 1) > 1,
      hasNewer: stretch?.hasNewer ?? false,
      loading: this.#loading,
      error: this.#error,
    };
  }

  #stored(message: Message): TimelineMessage {
    const own = message.author === this.#source.me();
    const receipts = own ? this.#source.view()?.receipts : undefined;
    const known = this.#shown.get(message);
    // Nobody has read further since: nothing to count again, in lists of thousands.
    if (known && known.own === own && known.receipts === receipts) return known.shown;
    const seenBy = receipts ? seenByIn(receipts, message) : NOBODY;
    const shown: TimelineMessage =
      known && sameList(known.shown.seenBy, seenBy)
        ? known.shown
        : { ...message, state: 'stored', seenBy };
    this.#shown.set(message, { shown, own, receipts });
    return shown;
  }

  #pending(window: MessageWindow | undefined): TimelineMessage[] {
    const me = this.#source.me();
    const pending: TimelineMessage[] = [];
    if (me === null) return pending;
    for (const entry of this.#source.outbox()) {
      const { command } = entry;
      if (command.op !== 'post' || command.conversation !== this.conversation) continue;
      if (window?.hasClient(entry.id)) continue;
      pending.push({
        conversation: this.conversation,
        seq: Number.MAX_SAFE_INTEGER as Seq,
        author: me,
        body: command.body,
        postedAt: new Date(entry.createdAt).toISOString(),
        editedAt: null,
        deletedAt: null,
        changedSeq: 0 as Seq,
        reactions: [],
        state: entry.state,
        client: entry.id,
        ...(entry.failure && { failure: entry.failure }),
        seenBy: NOBODY,
      });
    }
    return pending;
  }
}

const NOBODY: readonly AccountId[] = [];

/** A message as it was shown last, and what that was made from. */
interface Shown {
  readonly shown: TimelineMessage;
  readonly own: boolean;
  readonly receipts: ReadonlyMap<AccountId, Seq> | undefined;
}

function seenByIn(receipts: ReadonlyMap<AccountId, Seq>, message: Message): readonly AccountId[] {
  const seen: AccountId[] = [];
  for (const [account, readSeq] of receipts) {
    if (account !== message.author && readSeq >= message.seq) seen.push(account);
  }
  return seen;
}

function sameList(a: readonly AccountId[], b: readonly AccountId[]): boolean {
  return a.length === b.length && a.every((account, i) => account === b[i]);
}
