import type { AccountId, ConversationId, Me } from '@parley/protocol';
import type { ClientSnapshot } from './client-types.ts';
import type { ConversationView } from './conversations.ts';
import type { OutboxEntry } from './store.ts';

/** Parts of the snapshot that are not put together from something else. */
type Plain = Omit<ClientSnapshot, 'conversations' | 'outbox'>;

/**
 * What a client shows. Changes are cheap: the snapshot is made anew only when somebody looks at it,
 * and listeners are told at most once a turn, however many events that turn has brought.
 */
export class ClientState {
  readonly #views = new Map<ConversationId, ConversationView>();
  readonly #entries: () => OutboxEntry[];
  readonly #listeners = new Set<() => void>();
  #plain: Plain = {
    state: 'offline',
    retryAt: null,
    me: null,
    users: new Map(),
    presence: new Map(),
    typing: new Map(),
  };
  /** Null: they have changed since they were last looked at. */
  #conversations: ReadonlyMap<ConversationId, ConversationView> | null = null;
  #outbox: readonly OutboxEntry[] | null = null;
  #snapshot: ClientSnapshot | null = null;
  #telling = false;

  /** `entries`: the outbox as it is, asked for when it is looked at after `outboxChanged`. */
  constructor(entries: () => OutboxEntry[]) {
    this.#entries = entries;
  }

  /** The same object until something changes; its parts too. */
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

  /** One’s own id; empty before the server has told it. */
  get meId(): AccountId {
    return (this.#plain.me?.id ?? '') as AccountId;
  }

  get presence(): ClientSnapshot['presence'] {
    return this.#plain.presence;
  }

  get outbox(): readonly OutboxEntry[] {
    this.#outbox ??= this.#entries();
    return this.#outbox;
  }

  /** Called after the snapshot has changed, at most once a turn. Returns how to unsubscribe. */
  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Changes parts of the snapshot. */
  change(part: Partial<Plain>): void {
    this.#plain = { ...this.#plain, ...part };
    this.#changed();
  }

  /** Changes what is known of oneself, when it is about oneself. */
  changeMe(account: AccountId, change: Partial<Me>): void {
    const { me } = this.#plain;
    if (me?.id === account) this.change({ me: { ...me, ...change } });
  }

  /** The conversation as it is shown now, without making a snapshot. */
  view(id: ConversationId): ConversationView | undefined {
    return this.#views.get(id);
  }

  /** The conversations that are shown. */
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

  /** The outbox has other entries than before. */
  outboxChanged(): void {
    this.#outbox = null;
    this.#changed();
  }

  #changed(): void {
    this.#snapshot = null;
    if (this.#telling) return;
    this.#telling = true;
    queueMicrotask(() => {
      this.#telling = false;
      for (const listener of this.#listeners) listener();
    });
  }
}
