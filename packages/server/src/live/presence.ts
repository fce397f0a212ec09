import type { AccountId, PresenceState } from '@parley/protocol';

/** Interval at which changes are reported, together. */
const REPORT_MS = 500;
/** How long an account remains present after its last connection closed, so that a reload is not visible. */
const GRACE_MS = 4_000;

/** A change of an account's presence. */
export interface PresenceChange {
  readonly account: AccountId;
  readonly state: PresenceState;
}

type Present = Exclude<PresenceState, 'offline'>;

/**
 * The presence of all accounts: the best state of their connections, on this node and on others, and `idle` instead
 * of `active` for accounts that have set themselves away. Nothing of it is stored, and reports may be lost: `ready`
 * has the full list.
 */
export class PresenceBoard {
  readonly #connections = new Map<AccountId, Map<object, Present>>();
  /** States last reported to the clients of this node; accounts that are offline are missing. */
  readonly #reported = new Map<AccountId, Present>();
  /** States last reported to other nodes: those of the connections here. */
  readonly #reportedElsewhere = new Map<AccountId, Present>();
  /** The best state on other nodes. */
  readonly #elsewhere = new Map<AccountId, Present>();
  /** Accounts that have set themselves away. Each node knows them from their statuses. */
  readonly #away = new Set<AccountId>();
  readonly #leaving = new Map<AccountId, NodeJS.Timeout>();
  readonly #changed = new Set<AccountId>();
  readonly #report: (changes: PresenceChange[]) => void;
  readonly #reportElsewhere: (changes: PresenceChange[]) => void;
  #timer: NodeJS.Timeout | null = null;

  /**
   * Both functions get batches of changes: `report` for the clients of this node, over all nodes;
   * `reportElsewhere` for the other nodes, of the connections here.
   */
  constructor(
    report: (changes: PresenceChange[]) => void,
    reportElsewhere: (changes: PresenceChange[]) => void,
  ) {
    this.#report = report;
    this.#reportElsewhere = reportElsewhere;
  }

  /** Records that a connection was opened, or that its user became active or idle. */
  set(account: AccountId, connection: object, state: Present): void {
    const leaving = this.#leaving.get(account);
    if (leaving) {
      clearTimeout(leaving);
      this.#leaving.delete(account);
    }
    let connections = this.#connections.get(account);
    if (!connections) {
      connections = new Map();
      this.#connections.set(account, connections);
    }
    connections.set(connection, state);
    this.#touch(account);
  }

  /** Removes a connection that was closed. */
  remove(account: AccountId, connection: object): void {
    const connections = this.#connections.get(account);
    if (!connections?.delete(connection)) return;
    if (connections.size > 0) {
      this.#touch(account);
      return;
    }
    this.#connections.delete(account);
    this.#leaving.set(
      account,
      setTimeout(() => {
        this.#leaving.delete(account);
        this.#touch(account);
      }, GRACE_MS),
    );
  }

  /** Sets the best state of the account on other nodes; null if it has no connection there. */
  setElsewhere(account: AccountId, state: Present | null): void {
    if (state === null) this.#elsewhere.delete(account);
    else this.#elsewhere.set(account, state);
    this.#touch(account);
  }

  /** Sets whether the account has set itself away, which all nodes must be told. */
  setAway(account: AccountId, isAway: boolean): void {
    if (isAway === this.#away.has(account)) return;
    if (isAway) this.#away.add(account);
    else this.#away.delete(account);
    this.#touch(account);
  }

  /** Returns everything that was reported to other nodes. */
  here(): [AccountId, Present][] {
    return [...this.#reportedElsewhere];
  }

  /** Returns the state that was last reported of an account. */
  stateOf(account: AccountId): PresenceState {
    return this.#reported.get(account) ?? 'offline';
  }

  /** Returns the accounts that are present, at most `max`. */
  list(max: number): PresenceChange[] {
    const list: PresenceChange[] = [];
    for (const [account, state] of this.#reported) {
      if (list.length >= max) break;
      list.push({ account, state });
    }
    return list;
  }

  /** Ends all timers. */
  stop(): void {
    if (this.#timer) clearTimeout(this.#timer);
    for (const timer of this.#leaving.values()) clearTimeout(timer);
    this.#leaving.clear();
  }

  #touch(account: AccountId): void {
    this.#changed.add(account);
    this.#timer ??= setTimeout(() => this.#flush(), REPORT_MS);
  }

  #flush(): void {
    this.#timer = null;
    const changes: PresenceChange[] = [];
    const changesHere: PresenceChange[] = [];
    for (const account of this.#changed) {
      const here = this.#stateHere(account);
      const elsewhere = this.#elsewhere.get(account) ?? 'offline';
      const best = here === 'active' || elsewhere === 'offline' ? here : elsewhere;
      const state = best === 'active' && this.#away.has(account) ? 'idle' : best;
      addChange(this.#reportedElsewhere, account, here, changesHere);
      addChange(this.#reported, account, state, changes);
    }
    this.#changed.clear();
    if (changesHere.length > 0) this.#reportElsewhere(changesHere);
    if (changes.length > 0) this.#report(changes);
  }

  #stateHere(account: AccountId): PresenceState {
    const connections = this.#connections.get(account);
    if (!connections)
      return this.#leaving.has(account)
        ? (this.#reportedElsewhere.get(account) ?? 'offline')
        : 'offline';
    for (const state of connections.values()) if (state === 'active') return 'active';
    return 'idle';
  }
}

/** Adds the state to `changes` if it differs from the one reported last. */
function addChange(
  reported: Map<AccountId, Present>,
  account: AccountId,
  state: PresenceState,
  changes: PresenceChange[],
): void {
  if (state === (reported.get(account) ?? 'offline')) return;
  if (state === 'offline') reported.delete(account);
  else reported.set(account, state);
  changes.push({ account, state });
}
