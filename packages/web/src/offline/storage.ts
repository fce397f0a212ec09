/**
 * Asks the browser not to evict stored data when space runs out. Only for users who evidently keep
 * using Parley: some browsers prompt, which would be inappropriate at the first visit.
 */
export async function keepStorage(): Promise<void> {
  const { storage } = navigator as { storage?: StorageManager };
  if (!storage?.persist || (await storage.persisted())) return;
  const isInstalled = matchMedia('(display-mode: standalone)').matches;
  const isNotified = 'Notification' in window && Notification.permission === 'granted';
  if (isInstalled || isNotified) await storage.persist();
}
