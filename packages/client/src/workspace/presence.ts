import {
  type AccountId,
  LIMITS,
  type PresenceEntry,
  type PresenceState,
  type Status,
} from '@parley/protocol';

/** Accounts that are not offline. */
export type PresenceMap = ReadonlyMap<AccountId, Exclude<PresenceState, 'offline'>>;

/** Statuses of the accounts that have one. */
export type StatusMap = ReadonlyMap<AccountId, Status>;

/** Delay after a change of the subscriptions, ms: pages change in several steps. */
const COLLECT_MS = 50;
/** Shortest interval between two `watch` frames, ms: the server drops more than two a second. */
const SEND_MS = 1_000;

interface PresenceDeps {
  /** True: the server sends the presence of all accounts, not only of subscribed ones. */
  readonly ofAll: boolean;
  /** Sends a frame. Returns false if there is no socket. */
  send(text: string): boolean;
  /** The user’s own account, which is always subscribed to: its status is shown to its user. */
  me(): AccountId | null;
  onChange(shown: { readonly presence: PresenceMap; readonly statuses: StatusMap }): void;
}

/**
 * Holds the presence and the statuses of accounts. Each part of a program subscribes to the accounts that it shows; the
 * server receives the union, at most `limits.presenceSubscriptions`, the newest first.
 */
export class Presence {
  readonly #deps: PresenceDeps;
  readonly #subscriptions = new Set<readonly AccountId[]>();
  /** The subscriptions last sent to the server; changes of other accounts are late and ignored. */
  #watched: ReadonlySet<AccountId> = new Set();
  #shown: PresenceMap = new Map();
  #statuses: StatusMap = new Map();
  #timer: ReturnType<typeof setTimeout> | null = null;
  #sentAt = Number.NEGATIVE_INFINITY;

  constructor(deps: PresenceDeps) {
    this.#deps = deps;
  }

  /** Subscribes to the presence of accounts. Returns a function that ends the subscription. */
  subscribe(accounts: readonly AccountId[]): () => void {
    const subscription = [...accounts];
    this.#subscriptions.add(subscription);
    this.#schedule();
    return () => {
      if (this.#subscriptions.delete(subscription)) this.#schedule();
    };
  }

  /** Returns the `presence` of a hello: the accounts whose states the next `ready` contains; undefined: all. */
  accountsForHello(): AccountId[] | undefined {
    if (this.#deps.ofAll) return undefined;
    const accounts = this.#watchedAccounts();
    this.#watched = new Set(accounts);
    return accounts;
  }

  /** Applies the states of a `ready`: accounts that are missing are offline. */
  started(changes: readonly PresenceEntry[]): void {
    this.#shown = new Map();
    this.#statuses = new Map();
    this.apply(changes);
    // Subscriptions made since the hello.
    this.#schedule();
  }

  /** Applies changes. */
  apply(changes: readonly PresenceEntry[]): void {
    const states = new Map(this.#shown);
    const statuses = new Map(this.#statuses);
    let hasChanged = false;
    for (const { account, state, status } of changes) {
      if (!this.#deps.ofAll && !this.#watched.has(account)) continue;
      if (state === 'offline') states.delete(account);
      else states.set(account, state);
      if (JSON.stringify(status) === JSON.stringify(statuses.get(account))) continue;
      if (status) statuses.set(account, status);
      else statuses.delete(account);
      hasChanged = true;
    }
    // The same object while nothing changes in it: statuses change less often than presence.
    this.#show(states, hasChanged ? statuses : this.#statuses);
  }

  /** Drops the states; subscriptions are kept. */
  clear(): void {
    this.#watched = new Set();
    this.#shown = new Map();
    this.#statuses = new Map();
    if (this.#timer) clearTimeout(this.#timer);
    this.#timer = null;
  }

  #schedule(): void {
    if (this.#deps.ofAll || this.#timer) return;
    const wait = Math.max(COLLECT_MS, this.#sentAt + SEND_MS - performance.now());
    this.#timer = setTimeout(() => {
      this.#timer = null;
      this.#sendWatch();
    }, wait);
  }

  #sendWatch(): void {
    const accounts = this.#watchedAccounts();
    if (accounts.length === this.#watched.size && accounts.every((a) => this.#watched.has(a)))
      return;
    // Without a socket, the next hello has them.
    if (!this.#deps.send(JSON.stringify({ op: 'watch', accounts }))) return;
    this.#sentAt = performance.now();
    this.#watched = new Set(accounts);
    const isWatched = ([account]: readonly [AccountId, unknown]) => this.#watched.has(account);
    this.#show(
      new Map([...this.#shown].filter(isWatched)),
      new Map([...this.#statuses].filter(isWatched)),
    );
  }

  #watchedAccounts(): AccountId[] {
    const me = this.#deps.me();
    const accounts = new Set<AccountId>(me === null ? [] : [me]);
    for (const subscription of [...this.#subscriptions].reverse()) {
      for (const account of subscription) {
        if (accounts.size >= LIMITS.presenceSubscriptions) return [...accounts];
        accounts.add(account);
      }
    }
    return [...accounts];
  }

  #show(presence: PresenceMap, statuses: StatusMap): void {
    this.#shown = presence;
    this.#statuses = statuses;
    this.#deps.onChange({ presence, statuses });
  }
}
