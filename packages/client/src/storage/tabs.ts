import type { OutboxEntry } from './store.ts';

/**
 * Tabs of one browser share the outbox in IndexedDB. Each tab sends what was written in it, and
 * holds a lock (Web Locks) while it is open; entries of a closed tab are taken over by another one.
 * If two tabs take over the same entry, the id is the same, and the server answers both with one
 * event.
 */

const nameOf = (tab: string): string => `parley-tab-${tab}`;
const locks = (): LockManager | undefined =>
  typeof navigator === 'undefined' ? undefined : navigator.locks;

/** Holds the tab’s lock while the tab is open. Returns a function that releases it. */
export function holdTab(tab: string): () => void {
  let release: () => void = () => undefined;
  const untilReleased = new Promise<void>((resolve) => {
    release = resolve;
  });
  void locks()?.request(nameOf(tab), () => untilReleased);
  return release;
}

/** Returns the entries whose tab is closed, or is this one. Without locks: all of them. */
export async function claimOrphans(
  entries: readonly OutboxEntry[],
  tab: string,
): Promise<OutboxEntry[]> {
  const manager = locks();
  if (!manager) return [...entries];
  const living = new Map<string, boolean>([[tab, false]]);
  for (const { owner } of entries) {
    if (living.has(owner)) continue;
    const free = await manager.request(
      nameOf(owner),
      { ifAvailable: true },
      (lock) => lock !== null,
    );
    living.set(owner, !free);
  }
  return entries.filter((entry) => living.get(entry.owner) === false);
}
