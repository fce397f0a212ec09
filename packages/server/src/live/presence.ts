import type { AccountId, PresenceState } from '@parley/protocol';

/** Changes are told together, this often. */
const TELL_MS = 500;
/** Somebody whose last socket closed counts as here for this long: a reload is no absence. */
const GRACE_MS = 4_000;

/** A change of somebody’s presence. */
export interface PresenceChange {
  readonly account: AccountId;
  readonly state: PresenceState;
}

/**
 * Who is here: the best state of each account’s sockets, on this node and on others. Nothing of it
 * is stored; what is told may be lost, and `ready` has the whole.
 */
export class PresenceBoard {
  readonly #sockets = new Map<AccountId, Map<object, 'active' | 'idle'>>();
  /** What was told last to the sockets here, of all nodes; offline when absent. */
  readonly #told = new Map<AccountId, 'active' | 'idle'>();
  /** What was told last to other nodes: the states of the sockets here. */
  readonly #toldElsewhere = new Map<AccountId, 'active' | 'idle'>();
  /** The best state on other nodes. */
  readonly #elsewhere = new Map<AccountId, 'active' | 'idle'>();
  readonly #leaving = new Map<AccountId, NodeJS.Timeout>();
  readonly #changed = new Set<AccountId>();
  readonly #tell: (changes: PresenceChange[]) => void;
  readonly #tellElsewhere: (changes: PresenceChange[]) => void;
  #timer: NodeJS.Timeout | null = null;

  /**
   * Both get changes, collected: `tell` of all nodes, for the sockets here; `tellElsewhere` of the
   * sockets here, for the other nodes.
   */
  constructor(
    tell: (changes: PresenceChange[]) => void,
    tellElsewhere: (changes: PresenceChange[]) => void,
  ) {
    this.#tell = tell;
    this.#tellElsewhere = tellElsewhere;
  }

  /** A socket came, or its person came back to it or went away from it. */
  set(account: AccountId, socket: object, state: 'active' | 'idle'): void {
    const leaving = this.#leaving.get(account);
    if (leaving) {
      clearTimeout(leaving);
      this.#leaving.delete(account);
    }
    let sockets = this.#sockets.get(account);
    if (!sockets) {
      sockets = new Map();
      this.#sockets.set(account, sockets);
    }
    sockets.set(socket, state);
    this.#touch(account);
  }

  /** A socket closed. */
  remove(account: AccountId, socket: object): void {
    const sockets = this.#sockets.get(account);
    if (!sockets?.delete(socket)) return;
    if (sockets.size > 0) {
      this.#touch(account);
      return;
    }
    this.#sockets.delete(account);
    this.#leaving.set(
      account,
      setTimeout(() => {
        this.#leaving.delete(account);
        this.#touch(account);
      }, GRACE_MS),
    );
  }

  /** The best state of the account on other nodes; null when it is on none. */
  setElsewhere(account: AccountId, state: 'active' | 'idle' | null): void {
    if (state === null) this.#elsewhere.delete(account);
    else this.#elsewhere.set(account, state);
    this.#touch(account);
  }

  /** All that other nodes were told of the sockets here. */
  here(): [AccountId, 'active' | 'idle'][] {
    return [...this.#toldElsewhere];
  }

  /** Those who are here, at most `max`. */
  list(max: number): PresenceChange[] {
    const list: PresenceChange[] = [];
    for (const [account, state] of this.#told) {
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
    this.#timer ??= setTimeout(() => this.#flush(), TELL_MS);
  }

  #flush(): void {
    this.#timer = null;
    const changes: PresenceChange[] = [];
    const changesHere: PresenceChange[] = [];
    for (const account of this.#changed) {
      const here = this.#stateHere(account);
      const elsewhere = this.#elsewhere.get(account) ?? 'offline';
      const state = here === 'active' || elsewhere === 'offline' ? here : elsewhere;
      note(this.#toldElsewhere, account, here, changesHere);
      note(this.#told, account, state, changes);
    }
    this.#changed.clear();
    if (changesHere.length > 0) this.#tellElsewhere(changesHere);
    if (changes.length > 0) this.#tell(changes);
  }

  #stateHere(account: AccountId): PresenceState {
    const sockets = this.#sockets.get(account);
    if (!sockets)
      return this.#leaving.has(account)
        ? (this.#toldElsewhere.get(account) ?? 'offline')
        : 'offline';
    for (const state of sockets.values()) if (state === 'active') return 'active';
    return 'idle';
  }
}

/** Notes the state if it is another than was told, among the changes to be told. */
function note(
  told: Map<AccountId, 'active' | 'idle'>,
  account: AccountId,
  state: PresenceState,
  changes: PresenceChange[],
): void {
  if (state === (told.get(account) ?? 'offline')) return;
  if (state === 'offline') told.delete(account);
  else told.set(account, state);
  changes.push({ account, state });
}
