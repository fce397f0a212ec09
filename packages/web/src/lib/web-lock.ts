/**
 * Runs the work while no other tab of the browser holds the lock of this name. Without Web Locks (plain
 * HTTP) it runs at once.
 */
export async function withLock<T>(name: string, work: () => Promise<T>): Promise<T> {
  const locks = (navigator as { locks?: LockManager }).locks;
  return locks === undefined ? work() : locks.request(name, work);
}
