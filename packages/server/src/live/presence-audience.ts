import type { AccountId, PresenceEntry } from '@parley/protocol';
import { textFrame } from '../stream/frame.ts';
import type { PresenceChange } from './presence.ts';

/** A connection that receives presence. */
export interface PresenceListener {
  /** Whether the client leaves so much unread that signals are dropped. */
  readonly congested: boolean;
  write(frames: Buffer): void;
}

/**
 * The connections of this node that receive presence: each that of the accounts it subscribes to, or,
 * without subscriptions, that of all. A change is written only to those that it concerns.
 */
export class PresenceAudience {
  readonly #entryOf: (account: AccountId) => PresenceEntry;
  /** Connections without subscriptions. */
  readonly #ofAll = new Set<PresenceListener>();
  readonly #subscriptions = new Map<PresenceListener, ReadonlySet<AccountId>>();
  readonly #byAccount = new Map<AccountId, Set<PresenceListener>>();
  /** Connections with subscriptions that were congested when something changed. */
  readonly #missed = new Set<PresenceListener>();

  /** `entryOf` returns the state that was last reported of an account, and its status. */
  constructor(entryOf: (account: AccountId) => PresenceEntry) {
    this.#entryOf = entryOf;
  }

  /** Returns the states of these accounts for a connection that subscribes to them. */
  entries(accounts: readonly AccountId[]): PresenceEntry[] {
    return [...new Set(accounts)]
      .map(this.#entryOf)
      .filter(({ state, status }) => state !== 'offline' || status !== undefined);
  }

  /** Adds a connection that knows the states of these accounts; null: it receives that of all. */
  add(listener: PresenceListener, accounts: readonly AccountId[] | null): void {
    if (accounts === null) this.#ofAll.add(listener);
    else this.#subscribe(listener, new Set(accounts));
  }

  /** Replaces the subscriptions of a connection, and sends it the states of the new ones. */
  replace(listener: PresenceListener, accounts: readonly AccountId[]): void {
    const before = this.#subscriptions.get(listener);
    this.#ofAll.delete(listener);
    const next = new Set(accounts);
    this.#subscribe(listener, next);
    // Including offline ones: the client may have an outdated state from an earlier subscription.
    this.#sendStates(
      listener,
      [...next].filter((account) => !before?.has(account)),
    );
  }

  /** Removes a connection, if it was added. */
  remove(listener: PresenceListener): void {
    this.#ofAll.delete(listener);
    this.#missed.delete(listener);
    this.#unsubscribe(listener);
  }

  /** Sends changes to the connections that they concern. */
  send(changes: readonly PresenceChange[]): void {
    if (this.#ofAll.size > 0) {
      // The same bytes for all of them.
      const frame = presenceFrame(changes.map((change) => JSON.stringify(change)));
      for (const listener of this.#ofAll) if (!listener.congested) listener.write(frame);
    }
    this.#sendTo(changes.map((change) => change.account));
  }

  /** Sends accounts whose status has changed to the connections that subscribe to them. */
  announce(accounts: readonly AccountId[]): void {
    this.#sendTo(accounts);
  }

  /** Sends the accounts as they are now to the connections that subscribe to them. */
  #sendTo(accounts: readonly AccountId[]): void {
    const texts = new Map<PresenceListener, string[]>();
    for (const account of accounts) {
      const listeners = this.#byAccount.get(account);
      if (!listeners) continue;
      const text = JSON.stringify(this.#entryOf(account));
      for (const listener of listeners) {
        const ofListener = texts.get(listener);
        if (ofListener) ofListener.push(text);
        else texts.set(listener, [text]);
      }
    }
    for (const [listener, ofListener] of texts) this.#write(listener, ofListener);
  }

  /** Sends all states to the connections that missed changes while congested. Must be called regularly. */
  sendMissed(): void {
    for (const listener of this.#missed) {
      if (listener.congested) continue;
      this.#missed.delete(listener);
      this.#sendStates(listener, [...(this.#subscriptions.get(listener) ?? [])]);
    }
  }

  #sendStates(listener: PresenceListener, accounts: readonly AccountId[]): void {
    if (accounts.length === 0) return;
    this.#write(
      listener,
      accounts.map((account) => JSON.stringify(this.#entryOf(account))),
    );
  }

  #write(listener: PresenceListener, changes: readonly string[]): void {
    if (listener.congested) this.#missed.add(listener);
    else listener.write(presenceFrame(changes));
  }

  #subscribe(listener: PresenceListener, accounts: ReadonlySet<AccountId>): void {
    this.#unsubscribe(listener);
    this.#subscriptions.set(listener, accounts);
    for (const account of accounts) {
      const listeners = this.#byAccount.get(account);
      if (listeners) listeners.add(listener);
      else this.#byAccount.set(account, new Set([listener]));
    }
  }

  #unsubscribe(listener: PresenceListener): void {
    for (const account of this.#subscriptions.get(listener) ?? []) {
      const listeners = this.#byAccount.get(account);
      listeners?.delete(listener);
      if (listeners?.size === 0) this.#byAccount.delete(account);
    }
    this.#subscriptions.delete(listener);
  }
}

/** Returns the encoded frame with these changes, each as JSON. */
const presenceFrame = (changes: readonly string[]): Buffer =>
  textFrame(`{"op":"presence","changes":[${changes.join(',')}]}`);
