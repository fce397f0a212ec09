import type { AccountId, SessionId } from '@parley/protocol';
import type { Connection } from './connection.ts';

/** The sockets of this node that have said hello, by account and by session. */
export class Connections {
  readonly #byAccount = new Map<AccountId, Set<Connection>>();
  readonly #bySession = new Map<SessionId, Set<Connection>>();
  readonly #perAccount: number;
  readonly #onTooMany: (oldest: Connection) => void;

  /** An account’s sockets over `perAccount` are handed to `onTooMany`, the oldest first. */
  constructor(perAccount: number, onTooMany: (oldest: Connection) => void) {
    this.#perAccount = perAccount;
    this.#onTooMany = onTooMany;
  }

  add(connection: Connection): void {
    const { account, session } = connection;
    add(this.#byAccount, account, connection);
    if (session) add(this.#bySession, session, connection);
    const mine = this.#byAccount.get(account) as Set<Connection>;
    for (const oldest of mine) {
      if (mine.size <= this.#perAccount) break;
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
