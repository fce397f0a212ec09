import type { AccountId, User } from '@parley/protocol';
import type { ParleyApi } from '../api/api.ts';
import { ApiError } from '../api/api-error.ts';

/** The list is loaded up to this size; other users are loaded individually when needed. */
const LIST_MAX = 2_000;
const PAGE = 200;
/** Known users outside the list that are reloaded at once. */
const RELOADED_MAX = 200;
const RETRY_MS = 5_000;
/** Delay between a change and storing the users: changes often come together. */
const SAVE_MS = 2_000;

/** Holds the users whose names a client knows. */
export class Users {
  readonly #api: ParleyApi;
  readonly #onChange: (users: ReadonlyMap<AccountId, User>) => void;
  readonly #toLoad = new Set<AccountId>();
  #users: ReadonlyMap<AccountId, User> = new Map();
  readonly #save: (users: readonly User[]) => void;
  #loading = false;
  #saveTimer: ReturnType<typeof setTimeout> | null = null;

  /** `save` stores the users for the next start. */
  constructor(
    api: ParleyApi,
    onChange: (users: ReadonlyMap<AccountId, User>) => void,
    save: (users: readonly User[]) => void,
  ) {
    this.#api = api;
    this.#onChange = onChange;
    this.#save = save;
  }

  /** Shows the users that were stored, until newer ones are loaded. */
  restore(users: readonly User[]): void {
    if (users.length === 0) return;
    // What was loaded meanwhile is newer.
    this.#users = new Map([...users.map((user) => [user.id, user] as const), ...this.#users]);
    this.#onChange(this.#users);
  }

  /** Loads the list; known users are kept until it arrives. */
  load(): void {
    if (!this.#loading) void this.#load();
  }

  /**
   * Loads the list, and reloads known users who are not in it, such as former members of a guest’s
   * conversations.
   */
  loadKnown(): void {
    const before = [...this.#users.keys()];
    if (this.#loading) return;
    void this.#load().then((listed) => {
      if (!listed) return;
      for (const id of before.filter((id) => !listed.has(id)).slice(0, RELOADED_MAX)) {
        this.refresh(id);
      }
    });
  }

  /** Drops all users. */
  clear(): void {
    this.#users = new Map();
    this.#toLoad.clear();
    if (this.#saveTimer) clearTimeout(this.#saveTimer);
    this.#saveTimer = null;
  }

  /** Returns whether a known user is a guest. */
  isGuest(id: AccountId): boolean {
    return this.#users.get(id)?.isGuest === true;
  }

  put(user: User): void {
    this.#set([user]);
  }

  /** Loads a user who is not known yet. */
  loadUser(id: AccountId): void {
    if (this.#users.has(id) || this.#toLoad.has(id)) return;
    this.refresh(id);
  }

  /** Reloads a user who has changed. */
  refresh(id: AccountId): void {
    this.#toLoad.add(id);
    void this.#api.user(id).then(
      (user) => this.#set([user]),
      (error: unknown) => {
        // Permanently unknown (the server’s own account), or requested again when needed.
        if (!(error instanceof ApiError)) throw error;
        if (error.code !== 'account_not_found') this.#toLoad.delete(id);
      },
    );
  }

  /** Returns the users in the list; null if it could not be loaded. */
  async #load(): Promise<ReadonlySet<AccountId> | null> {
    this.#loading = true;
    const listed = new Set<AccountId>();
    try {
      let after: string | null = null;
      for (let n = 0; n < LIST_MAX; n += PAGE) {
        const page = await this.#api.users({ limit: PAGE, ...(after !== null && { after }) });
        this.#set(page.items);
        for (const { id } of page.items) listed.add(id);
        after = page.next;
        if (after === null) break;
      }
      return listed;
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      // While offline, the next connection loads; if the server is busy, retries a little later.
      if (error.status >= 429) setTimeout(() => this.load(), RETRY_MS);
      return null;
    } finally {
      this.#loading = false;
    }
  }

  #set(users: readonly User[]): void {
    const next = new Map(this.#users);
    for (const user of users) {
      next.set(user.id, user);
      if (user.nameIsShared) shareName(user, next);
    }
    this.#users = next;
    this.#onChange(next);
    this.#saveTimer ??= setTimeout(() => {
      this.#saveTimer = null;
      this.#save([...this.#users.values()].slice(0, LIST_MAX));
    }, SAVE_MS);
  }
}

/** Marks users who have the same name, including those loaded before it was shared. */
function shareName(user: User, users: Map<AccountId, User>): void {
  const key = nameKey(user);
  for (const other of users.values()) {
    if (!other.nameIsShared && nameKey(other) === key) {
      users.set(other.id, { ...other, nameIsShared: true });
    }
  }
}

const nameKey = ({ displayName }: User): string => displayName.normalize('NFKC').toLowerCase();
