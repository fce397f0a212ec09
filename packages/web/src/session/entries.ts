import type { ClientSnapshot, ConversationView, ParleyClient } from '@parley/client';
import type { AccountId, ConversationId, PresenceState, User } from '@parley/protocol';
import { useCallback, useSyncExternalStore } from 'react';
import { useOptionalClient } from './use-client.ts';

/**
 * Subscriptions to single entries of the maps of the snapshot. A list of a thousand conversations has thousands of
 * components that each show one entry: when a map changes, only the listeners of changed entries are called.
 */

/** Returns a map of the snapshot. Each function has its own listeners, so it must be the same at each render. */
type MapOf<K, V> = (snapshot: ClientSnapshot) => ReadonlyMap<K, V>;

/** The part of a client that entries are read from. */
type Source = Pick<ParleyClient, 'snapshot' | 'subscribe'>;

/** Calls listeners when the entry of their key has changed. */
export class EntryListeners<K, V> {
  readonly #source: Source;
  readonly #mapOf: MapOf<K, V>;
  readonly #listeners = new Map<K, Set<() => void>>();
  #last: ReadonlyMap<K, V> = new Map();
  #end: (() => void) | null = null;

  constructor(source: Source, mapOf: MapOf<K, V>) {
    this.#source = source;
    this.#mapOf = mapOf;
  }

  /** Registers a listener. Returns a function that unsubscribes it. */
  subscribe(key: K, listener: () => void): () => void {
    if (this.#end === null) {
      this.#last = this.#mapOf(this.#source.snapshot);
      this.#end = this.#source.subscribe(() => this.#changed());
    }
    const listeners = this.#listeners.get(key) ?? new Set();
    this.#listeners.set(key, listeners.add(listener));
    return () => {
      listeners.delete(listener);
      if (listeners.size > 0 || this.#listeners.get(key) !== listeners) return;
      this.#listeners.delete(key);
      if (this.#listeners.size > 0) return;
      this.#end?.();
      this.#end = null;
    };
  }

  #changed(): void {
    const last = this.#last;
    const next = this.#mapOf(this.#source.snapshot);
    if (next === last) return;
    this.#last = next;
    for (const [key, listeners] of this.#listeners) {
      if (next.get(key) !== last.get(key)) for (const listener of listeners) listener();
    }
  }
}

const listenersByClient = new WeakMap<Source, Map<unknown, unknown>>();

function listenersOf<K, V>(client: ParleyClient, mapOf: MapOf<K, V>): EntryListeners<K, V> {
  const ofClient = listenersByClient.get(client) ?? new Map<unknown, unknown>();
  listenersByClient.set(client, ofClient);
  const existing = ofClient.get(mapOf) as EntryListeners<K, V> | undefined;
  if (existing) return existing;
  const listeners = new EntryListeners(client, mapOf);
  ofClient.set(mapOf, listeners);
  return listeners;
}

const noChange = () => undefined;

function useEntry<K, V>(mapOf: MapOf<K, V>, key: K | null | undefined): V | undefined {
  const client = useOptionalClient();
  const subscribe = useCallback(
    (listener: () => void) =>
      client && key !== null && key !== undefined
        ? listenersOf(client, mapOf).subscribe(key, listener)
        : noChange,
    [client, mapOf, key],
  );
  return useSyncExternalStore(subscribe, () =>
    client && key !== null && key !== undefined ? mapOf(client.snapshot).get(key) : undefined,
  );
}

const conversations: MapOf<ConversationId, ConversationView> = (s) => s.conversations;
const users: MapOf<AccountId, User> = (s) => s.users;
const presence: MapOf<AccountId, PresenceState> = (s) => s.presence;
const statuses = (s: ClientSnapshot) => s.statuses;

/** Returns a conversation; undefined if the account is not a member. */
export const useConversation = (id: ConversationId | undefined): ConversationView | undefined =>
  useEntry(conversations, id);

/** Returns a user; undefined if the client does not know it. */
export const useUser = (id: AccountId | null | undefined): User | undefined => useEntry(users, id);

/** Returns whether an account is known to be deactivated. */
export const useIsDeactivated = (id: AccountId | null | undefined): boolean =>
  useUser(id)?.isActive === false;

/** Returns the presence of a user that is subscribed to. */
export const usePresenceState = (id: AccountId | null | undefined): PresenceState | undefined =>
  useEntry(presence, id);

/** Returns the status of a user that is subscribed to. */
export const useStatus = (id: AccountId | null | undefined) => useEntry(statuses, id);
