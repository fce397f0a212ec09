import type { AccountId, EventOf, UserGroup, UserGroupId } from '@parley/protocol';
import type { ParleyApi } from './api.ts';
import { ApiError } from './api-error.ts';

/** An event that changes user groups: also the deletion of an account. */
export type UserGroupEvent = EventOf<'user_group.changed' | 'user_group.deleted' | 'user.deleted'>;

/**
 * Knows the user groups of the server. They are loaded when they are first asked for; from then on the events
 * of the workspace stream change them, and they are loaded again when events were skipped.
 */
export class UserGroups {
  readonly #api: ParleyApi;
  readonly #changed: (groups: ReadonlyMap<UserGroupId, UserGroup>) => void;
  #known: ReadonlyMap<UserGroupId, UserGroup> = new Map();
  #isWanted = false;
  #isLoaded = false;
  #loading: Promise<void> | null = null;
  /** Events since the beginning of the load in progress, which its answer may not contain. */
  #pending: UserGroupEvent[] = [];
  /** Changes when what is known is out of date: answers to requests from before are ignored. */
  #generation = 0;

  constructor(api: ParleyApi, changed: (groups: ReadonlyMap<UserGroupId, UserGroup>) => void) {
    this.#api = api;
    this.#changed = changed;
  }

  /** Loads the user groups, unless they are loaded. The snapshot of the client has them from now on. */
  async load(): Promise<void> {
    this.#isWanted = true;
    if (this.#isLoaded) return;
    this.#loading ??= this.#fetch(this.#generation);
    await this.#loading;
  }

  async #fetch(generation: number): Promise<void> {
    this.#pending = [];
    try {
      const { items, asOf } = await this.#api.userGroups.list();
      if (generation !== this.#generation) return;
      this.#known = new Map(items.map((group) => [group.id, group]));
      for (const event of this.#pending) if (event.seq > asOf) this.#apply(event);
      this.#isLoaded = true;
      this.#changed(this.#known);
    } finally {
      if (generation === this.#generation) {
        this.#loading = null;
        this.#pending = [];
      }
    }
  }

  /** An event of the workspace stream was applied. */
  applied(event: UserGroupEvent): void {
    if (this.#loading) this.#pending.push(event);
    if (!this.#isLoaded) return;
    const before = this.#known;
    this.#apply(event);
    if (this.#known !== before) this.#changed(this.#known);
  }

  /** Events were skipped, or the server was restored to an earlier state: loads the groups again, if wanted. */
  missed(): void {
    this.#forget();
    this.connected();
  }

  /** A connection has started: loads the groups if that was asked for and has failed. */
  connected(): void {
    if (!this.#isWanted || this.#isLoaded) return;
    this.load().catch((error: unknown) => {
      // The next connection tries again.
      if (!(error instanceof ApiError)) throw error;
    });
  }

  /** Drops everything: another account may be started. */
  clear(): void {
    this.#forget();
    this.#isWanted = false;
    this.#known = new Map();
  }

  #forget(): void {
    this.#generation++;
    this.#isLoaded = false;
    this.#loading = null;
    this.#pending = [];
  }

  #apply({ type, data, seq }: UserGroupEvent): void {
    const next = new Map(this.#known);
    if (type === 'user_group.changed') {
      const { userGroup: id, name, title, members } = data;
      next.set(id, { id, name, title, members, changedSeq: seq });
    } else if (type === 'user_group.deleted') {
      if (!next.delete(data.userGroup)) return;
    } else {
      const left = [...next.values()].filter(({ members }) => members.includes(data.account));
      if (left.length === 0) return;
      for (const group of left) next.set(group.id, without(group, data.account, seq));
    }
    this.#known = next;
  }
}

const without = (
  group: UserGroup,
  account: AccountId,
  seq: UserGroup['changedSeq'],
): UserGroup => ({
  ...group,
  members: group.members.filter((member) => member !== account),
  changedSeq: seq,
});
