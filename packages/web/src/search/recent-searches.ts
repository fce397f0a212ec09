import type { AccountId } from '@parley/protocol';
import { readStored, writeStored } from '../session/device.ts';
import { withRecent } from './search-state.ts';

const RECENT = 'recent-searches';

/** Returns the recent searches of an account, stored on this device until the logout. */
export function recentSearches(account: AccountId): readonly string[] {
  try {
    const stored: unknown = JSON.parse(readStored(account, RECENT) ?? '[]');
    return Array.isArray(stored) ? stored.filter((one) => typeof one === 'string') : [];
  } catch {
    // Not written by this version.
    return [];
  }
}

/** Remembers a search. */
export function rememberSearch(account: AccountId, query: string): void {
  setRecentSearches(account, withRecent(recentSearches(account), query));
}

/** Replaces the recent searches. */
export function setRecentSearches(account: AccountId, recent: readonly string[]): void {
  writeStored(account, RECENT, recent.length > 0 ? JSON.stringify(recent) : null);
}
