import type { AccountId, Limits, SessionId } from '@parley/protocol';
import { Budget } from './budget.ts';
import type { Connection } from './connection.ts';

type ConnectionLimits = Pick<
  Limits,
  'connectionsPerAccount' | 'accountFrames' | 'commandWindowMs' | 'accountBufferedBytes'
>;

/** The sockets of this node that have said hello, by account and by session. */
export class Connections {
  readonly #byAccount = new Map<AccountId, Set<Connection>>();
  readonly #bySession = new Map<SessionId, Set<Connection>>();
  readonly #frames = new Map<AccountId, Budget>();
  readonly #limits: ConnectionLimits;
  readonly #onTooMany: (oldest: Connection) => void;

  /** An account’s sockets over `connectionsPerAccount` are handed to `onTooMany`, the oldest first. */
  constructor(limits: ConnectionLimits, onTooMany: (oldest: Connection) => void) {
    this.#limits = limits;
    this.#onTooMany = onTooMany;
  }

  add(connection: Connection): void {
    const { account, session } = connection;
    add(this.#byAccount, account, connection);
    if (session) add(this.#bySession, session, connection);
    const mine = this.#byAccount.get(account) as Set<Connection>;
    for (const oldest of mine) {
      if (mine.size <= this.#limits.connectionsPerAccount) break;
      this.remove(oldest);
      this.#onTooMany(oldest);
    }
  }

  remove(connection: Connection): void {
    const { session } = connection;
    // Without a hello it was never added.
    if (!session) return;
    remove(this.#byAccount, connection.account, connection);
    remove(this.#bySession, session, connection);
  }

  of(account: AccountId): Iterable<Connection> {
    return this.#byAccount.get(account) ?? [];
  }

  ofSession(session: SessionId): Iterable<Connection> {
    return this.#bySession.get(session) ?? [];
  }

  /** The budget of frames of an account over its sockets. It outlasts them until it is full again. */
  framesOf(account: AccountId): Budget {
    let budget = this.#frames.get(account);
    if (!budget) {
      budget = new Budget(this.#limits.accountFrames, this.#limits.commandWindowMs);
      this.#frames.set(account, budget);
    }
    return budget;
  }

  /**
   * Returns the sockets to close because their account leaves more than `accountBufferedBytes` unread
   * over all its sockets, the fullest ones. Forgets budgets that are full. To be called regularly.
   */
  overUnread(): Connection[] {
    for (const [account, budget] of this.#frames) {
      if (budget.full && !this.#byAccount.has(account)) this.#frames.delete(account);
    }
    const over: Connection[] = [];
    for (const connections of this.#byAccount.values()) {
      let unread = 0;
      for (const connection of connections) unread += connection.buffered;
      if (unread <= this.#limits.accountBufferedBytes) continue;
      for (const fullest of [...connections].sort((a, b) => b.buffered - a.buffered)) {
        if (unread <= this.#limits.accountBufferedBytes) break;
        unread -= fullest.buffered;
        over.push(fullest);
      }
    }
    return over;
  }

  *all(): Iterable<Connection> {
    for (const set of this.#byAccount.values()) yield* set;
  }

  get accounts(): AccountId[] {
    return [...this.#byAccount.keys()];
  }

  get sessions(): SessionId[] {
    return [...this.#bySession.keys()];
  }
}

function add<K>(map: Map<K, Set<Connection>>, key: K, connection: Connection): void {
  const set = map.get(key);
  if (set) set.add(connection);
  else map.set(key, new Set([connection]));
}

function remove<K>(map: Map<K, Set<Connection>>, key: K, connection: Connection): void {
  const set = map.get(key);
  if (set?.delete(connection) && set.size === 0) map.delete(key);
}
