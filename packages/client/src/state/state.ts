import type { AccountId, ConversationId, Me } from '@parley/protocol';
import type { ConversationView } from '../conversations/conversations.ts';
import { NO_ACTIVITY } from '../personal/activity.ts';
import { NO_NOTIFICATIONS } from '../personal/notifications.ts';
import { NO_OPEN_REPORTS } from '../personal/open-reports.ts';
import { NO_SIDEBAR } from '../personal/sidebar.ts';
import type { OutboxEntry } from '../storage/store.ts';
import { NO_THREADS } from '../threads/threads.ts';
import type { ClientSnapshot } from './client-types.ts';

/** Parts of the snapshot that are not derived from something else. */
type Plain = Omit<ClientSnapshot, 'conversations' | 'outbox'>;

/**
 * Holds what a client shows. Changes are cheap: the snapshot is built only when it is read, and
 * listeners are called once for all events that arrive until then.
 */
export class ClientState {
  readonly #views = new Map<ConversationId, ConversationView>();
  readonly #entries: () => OutboxEntry[];
  readonly #keepMe: (me: Me) => void;
  readonly #schedule: (notify: () => void) => void;
  readonly #listeners = new Set<() => void>();
  #plain: Plain = {
    state: 'offline',
    retryAt: null,
    me: null,
    users: new Map(),
    userGroups: new Map(),
    emoji: new Map(),
    presence: new Map(),
    statuses: new Map(),
    typing: new Map(),
    waitingChanges: 0,
    threads: NO_THREADS,
    notifications: NO_NOTIFICATIONS,
    sidebar: NO_SIDEBAR,
    activity: NO_ACTIVITY,
    openReports: NO_OPEN_REPORTS,
  };
  /** Null: changed since they were last read. */
  #conversations: ReadonlyMap<ConversationId, ConversationView> | null = null;
  #outbox: readonly OutboxEntry[] | null = null;
  #snapshot: ClientSnapshot | null = null;
  #isScheduled = false;

  /**
   * `entries` returns the outbox; it is called when the snapshot is read after `outboxChanged`. `keepMe` stores the user’s
   * account for the next start. `schedule` calls back when listeners may be called.
   */
  constructor(
    entries: () => OutboxEntry[],
    keepMe: (me: Me) => void,
    schedule: (notify: () => void) => void = queueMicrotask,
  ) {
    this.#entries = entries;
    this.#keepMe = keepMe;
    this.#schedule = schedule;
  }

  /** Returns the same object until something changes; likewise for its parts. */
  get snapshot(): ClientSnapshot {
    this.#conversations ??= new Map(this.#views);
    this.#snapshot ??= {
      ...this.#plain,
      conversations: this.#conversations,
      outbox: this.outbox,
    };
    return this.#snapshot;
  }

  get me(): Me | null {
    return this.#plain.me;
  }

  /** The id of this account; empty before the server has reported it. */
  get meId(): AccountId {
    return (this.#plain.me?.id ?? '') as AccountId;
  }

  get outbox(): readonly OutboxEntry[] {
    this.#outbox ??= this.#entries();
    return this.#outbox;
  }

  /**
   * Registers a listener that is called after the snapshot has changed, at most once per turn or as
   * scheduled. Returns a function that unsubscribes it.
   */
  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Changes parts of the snapshot. */
  change(part: Partial<Plain>): void {
    if (part.me && part.me !== this.#plain.me) this.#keepMe(part.me);
    this.#plain = { ...this.#plain, ...part };
    this.#changed();
  }

  /** Updates the profile of this account, if the change is about it. */
  changeMe(account: AccountId, change: Partial<Me>): void {
    const { me } = this.#plain;
    if (me?.id === account) this.change({ me: { ...me, ...change } });
  }

  /** Returns the conversation as it is shown now, without building a snapshot. */
  view(id: ConversationId): ConversationView | undefined {
    return this.#views.get(id);
  }

  /** Returns the conversations that are shown. */
  get views(): Iterable<ConversationView> {
    return this.#views.values();
  }

  setView(view: ConversationView): void {
    if (this.#views.get(view.id) === view) return;
    this.#views.set(view.id, view);
    this.#conversations = null;
    this.#changed();
  }

  dropView(id: ConversationId): void {
    if (!this.#views.delete(id)) return;
    this.#conversations = null;
    this.#changed();
  }

  /** Drops the data of an account. */
  clear(): void {
    this.#views.clear();
    this.#conversations = null;
    this.change({
      me: null,
      users: new Map(),
      userGroups: new Map(),
      emoji: new Map(),
      presence: new Map(),
      statuses: new Map(),
      typing: new Map(),
    });
  }

  /** Marks the outbox entries as changed. */
  outboxChanged(): void {
    this.#outbox = null;
    this.#changed();
  }

  readonly #notify = (): void => {
    this.#isScheduled = false;
    for (const listener of this.#listeners) listener();
  };

  #changed(): void {
    this.#snapshot = null;
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    this.#schedule(this.#notify);
  }
}
