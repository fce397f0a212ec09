import type { OutboxEntry } from './store.ts';

/**
 * Tabs of one browser share the outbox in IndexedDB. Each sends what was written in it, and says by
 * a lock (Web Locks) that it lives; what a closed tab left behind is taken over by another one. Two
 * tabs that take over the same entry do no harm: the id is the same, and the server answers both
 * with one event.
 */

const nameOf = (tab: string): string => `parley-tab-${tab}`;
const locks = (): LockManager | undefined =>
  typeof navigator === 'undefined' ? undefined : navigator.locks;

/** Holds the tab’s lock as long as the tab lives. Returns how to let go of it. */
export function holdTab(tab: string): () => void {
  let release: () => void = () => undefined;
  const held = new Promise<void>((resolve) => {
    release = resolve;
  });
  void locks()?.request(nameOf(tab), () => held);
  return release;
}

/** Those of the entries whose tab is gone, or is this one. Without locks: all of them. */
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
