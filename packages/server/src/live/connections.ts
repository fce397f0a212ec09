import type { AccountId, Goodbye, Limits, ServerFrame, SessionId } from '@parley/protocol';
import { Budget } from './budget.ts';

/** A connection as other parts of the node use it. */
export interface LiveConnection {
  readonly account: AccountId;
  /** Null before the hello was authenticated. */
  readonly session: SessionId | null;
  /** Whether `ready` was sent: signals are sent only then. */
  readonly isReady: boolean;
  /** Bytes that wait for the client to read them. */
  readonly buffered: number;
  /** Version of the account's read cursors, as far as this node knows. */
  readVersion: number;
  send(frame: ServerFrame): void;
  close(code: number, reason: Goodbye['reason'], retryAfter?: number): void;
}

type ConnectionLimits = Pick<
  Limits,
  'connectionsPerAccount' | 'accountFrames' | 'commandWindowMs' | 'accountBufferedBytes'
>;

/** The authenticated connections of this node, by account and by session. */
export class Connections {
  readonly #byAccount = new Map<AccountId, Set<LiveConnection>>();
  readonly #bySession = new Map<SessionId, Set<LiveConnection>>();
  readonly #frames = new Map<AccountId, Budget>();
  readonly #limits: ConnectionLimits;
  readonly #onTooMany: (oldest: LiveConnection) => void;

  /** `onTooMany` is called with the oldest connections of an account over `connectionsPerAccount`. */
  constructor(limits: ConnectionLimits, onTooMany: (oldest: LiveConnection) => void) {
    this.#limits = limits;
    this.#onTooMany = onTooMany;
  }

  /** Adds an authenticated connection. */
  add(connection: LiveConnection): void {
    const { account, session } = connection;
    add(this.#byAccount, account, connection);
    if (session) add(this.#bySession, session, connection);
    const ofAccount = this.#byAccount.get(account) as Set<LiveConnection>;
    for (const oldest of ofAccount) {
      if (ofAccount.size <= this.#limits.connectionsPerAccount) break;
      this.remove(oldest);
      this.#onTooMany(oldest);
    }
  }

  /** Removes a connection, if it was added. */
  remove(connection: LiveConnection): void {
    const { session } = connection;
    if (!session) return;
    remove(this.#byAccount, connection.account, connection);
    remove(this.#bySession, session, connection);
  }

  /** Returns the connections of an account. */
  of(account: AccountId): Iterable<LiveConnection> {
    return this.#byAccount.get(account) ?? [];
  }

  /** Returns the connections of a session. */
  ofSession(session: SessionId): Iterable<LiveConnection> {
    return this.#bySession.get(session) ?? [];
  }

  /**
   * Returns the budget of frames that all connections of an account share. It is kept after the last of
   * them until it is full again.
   */
  framesOf(account: AccountId): Budget {
    let budget = this.#frames.get(account);
    if (!budget) {
      budget = new Budget(this.#limits.accountFrames, this.#limits.commandWindowMs);
      this.#frames.set(account, budget);
    }
    return budget;
  }

  /**
   * Returns the connections to close because their account leaves more than `accountBufferedBytes` unread
   * over all its connections: the fullest ones. Drops budgets that are full. Must be called regularly.
   */
  overUnread(): LiveConnection[] {
    for (const [account, budget] of this.#frames) {
      if (budget.full && !this.#byAccount.has(account)) this.#frames.delete(account);
    }
    const over: LiveConnection[] = [];
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

  /** The accounts with a connection. */
  get accounts(): AccountId[] {
    return [...this.#byAccount.keys()];
  }

  /** The sessions with a connection. */
  get sessions(): SessionId[] {
    return [...this.#bySession.keys()];
  }
}

function add<K>(map: Map<K, Set<LiveConnection>>, key: K, connection: LiveConnection): void {
  const set = map.get(key);
  if (set) set.add(connection);
  else map.set(key, new Set([connection]));
}

function remove<K>(map: Map<K, Set<LiveConnection>>, key: K, connection: LiveConnection): void {
  const set = map.get(key);
  if (set?.delete(connection) && set.size === 0) map.delete(key);
}
