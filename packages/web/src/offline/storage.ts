/**
 * Asks the browser not to delete what is stored when space runs out. Only where the user has shown that Parley is to stay:
 * some browsers ask the user, which would be out of place at the first visit.
 */
export async function keepStorage(): Promise<void> {
  const { storage } = navigator as { storage?: StorageManager };
  if (!storage?.persist || (await storage.persisted())) return;
  const isInstalled = matchMedia('(display-mode: standalone)').matches;
  const isNotified = 'Notification' in window && Notification.permission === 'granted';
  if (isInstalled || isNotified) await storage.persist();
}
