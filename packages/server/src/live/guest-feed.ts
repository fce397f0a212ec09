import {
  AccountId,
  type Seq,
  type ServerFrame,
  SYSTEM,
  WORKSPACE_STREAM,
  type WorkspaceEventType,
} from '@parley/protocol';
import type { Logger } from '../runtime/log.ts';
import type { Hub } from '../stream/hub.ts';
import { peek, type StoredEvent } from '../stream/record.ts';
import { type DrainableSink, Resume } from '../stream/resume.ts';
import { Subscription } from '../stream/subscription.ts';

/** Accounts per lookup. If more have changed, guests reload all the users they know. */
const ACCOUNTS_MAX = 200;

/** A connection of a guest. */
export interface GuestConnection {
  readonly account: AccountId;
  send(frame: ServerFrame): void;
}

/** A guest and an account that the guest may know. */
export interface KnownAccount {
  readonly guest: AccountId;
  readonly account: AccountId;
}

interface GuestFeedDeps {
  readonly hub: Pick<Hub, 'subscribe' | 'unsubscribe' | 'topic' | 'fetch' | 'pages'>;
  readonly log: Logger;
  /** Returns which of the guests may know which of the accounts. */
  knownAccounts(
    guests: readonly AccountId[],
    accounts: readonly AccountId[],
  ): Promise<readonly KnownAccount[]>;
}

/** What an event of each type changes for guests: an account, settings of the server, emoji, or nothing. */
const CONCERNS: Readonly<Record<WorkspaceEventType, 'account' | 'settings' | 'emoji' | null>> = {
  // A new account is in none of their conversations; `member.joined` announces it later.
  'user.registered': null,
  'user.updated': 'account',
  'user.deactivated': 'account',
  'user.reactivated': 'account',
  'user.deleted': 'account',
  'user.role_changed': 'account',
  'user.suspended': null,
  'user.unsuspended': null,
  'group.created': null,
  'group.updated': null,
  'group.deleted': null,
  'user_group.changed': null,
  'user_group.deleted': null,
  'emoji.changed': 'emoji',
  'emoji.deleted': 'emoji',
  'server.updated': 'settings',
};

/**
 * Notifies connected guests of changes in the workspace stream that concern them. Guests must not receive the
 * stream itself: it names every account, public group and user group of the server. It cannot be filtered for
 * them either: which events a guest may see depends on its conversations, and a filtered stream would have gaps.
 * So this node reads the stream for all its guests, and sends each one a `changed` frame that lists what to
 * reload: users that it may know, settings, custom emoji. A guest reloads everything after its next hello.
 *
 * 1. The node subscribes to the stream only while guests are connected to it.
 * 2. If the lookup of affected guests fails, all guests reload their users.
 */
export class GuestFeed implements DrainableSink {
  readonly account = SYSTEM;
  readonly congested = false;
  readonly closed = false;
  readonly #deps: GuestFeedDeps;
  readonly #resume: Resume;
  readonly #connections = new Map<AccountId, Set<GuestConnection>>();
  readonly #accounts = new Set<AccountId>();
  readonly #settings = new Set<string>();
  #emoji = false;
  #subscription: Subscription | null = null;
  #isNotifying = false;

  constructor(deps: GuestFeedDeps) {
    this.#deps = deps;
    this.#resume = new Resume(deps.hub, deps.log, this, () => undefined);
  }

  /** Adds a connection whose `ready` was read when the workspace stream was at `workspaceSeq`. */
  add(connection: GuestConnection, workspaceSeq: Seq): void {
    const own = this.#connections.get(connection.account);
    if (own) own.add(connection);
    else this.#connections.set(connection.account, new Set([connection]));
    if (this.#subscription) {
      // Earlier guests were notified of the changes since then; this one was not.
      if (this.#subscription.cursor > workspaceSeq) {
        connection.send({ op: 'changed', users: null, settings: [], emoji: true });
      }
      return;
    }
    this.#subscription = new Subscription(WORKSPACE_STREAM, this, {
      cursor: workspaceSeq,
      isPersonal: true,
    });
    this.#deps.hub.subscribe(this.#subscription, workspaceSeq);
  }

  /** Removes a connection, if it was added. */
  remove(connection: GuestConnection): void {
    const own = this.#connections.get(connection.account);
    if (!own?.delete(connection)) return;
    if (own.size === 0) this.#connections.delete(connection.account);
    if (this.#connections.size > 0 || !this.#subscription) return;
    this.#deps.hub.unsubscribe(this.#subscription);
    this.#subscription = null;
  }

  // ---- as the sink of the subscription --------------------------------------------------------

  write(): void {
    // Guests do not receive the events themselves.
  }

  drained(): Promise<void> {
    return Promise.resolve();
  }

  wake(subscription: Subscription): void {
    this.#resume.wake(subscription);
  }

  ended(): void {
    // The workspace stream has no end.
  }

  personal(events: readonly StoredEvent[]): void {
    for (const event of events) {
      const concern = CONCERNS[event.type as WorkspaceEventType];
      const data = peek(event);
      const { data: account } = AccountId.safeParse(data.account);
      if (concern === 'account' && account !== undefined) this.#accounts.add(account);
      if (concern === 'emoji') this.#emoji = true;
      if (concern === 'settings') for (const name of Object.keys(data)) this.#settings.add(name);
    }
    if (this.#isNotifying || !this.#hasChanges) return;
    this.#isNotifying = true;
    void this.#notify();
  }

  get #hasChanges(): boolean {
    return this.#accounts.size > 0 || this.#settings.size > 0 || this.#emoji;
  }

  /** Notifies the guests until no changes are left. */
  async #notify(): Promise<void> {
    while (this.#hasChanges) {
      const accounts = [...this.#accounts];
      const settings = [...this.#settings];
      this.#accounts.clear();
      this.#settings.clear();
      const emoji = this.#emoji;
      this.#emoji = false;
      const known = await this.#knownBy(accounts);
      for (const [guest, connections] of this.#connections) {
        const users = known && (known.get(guest) ?? []);
        if (users?.length === 0 && settings.length === 0 && !emoji) continue;
        const frame = { op: 'changed' as const, users, settings, emoji };
        for (const connection of connections) connection.send(frame);
      }
    }
    this.#isNotifying = false;
  }

  /** Returns the accounts that each guest may know; null if the lookup fails or would be too large. */
  async #knownBy(accounts: readonly AccountId[]): Promise<Map<AccountId, AccountId[]> | null> {
    const known = new Map<AccountId, AccountId[]>();
    if (accounts.length === 0) return known;
    if (accounts.length > ACCOUNTS_MAX) return null;
    try {
      const guests = [...this.#connections.keys()];
      for (const { guest, account } of await this.#deps.knownAccounts(guests, accounts)) {
        const knownToGuest = known.get(guest);
        if (knownToGuest) knownToGuest.push(account);
        else known.set(guest, [account]);
      }
      return known;
    } catch (error) {
      this.#deps.log.warn({ err: error }, 'changes not looked up for guests');
      return null;
    }
  }
}
