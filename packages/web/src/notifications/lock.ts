import { withLock } from '../lib/web-lock.ts';

/** The Web Lock that all tabs and the browser tests share. */
const NAME = 'parley-notifications';

/**
 * Runs the work while no tab shows or lists notifications. Chromium compares its stored notifications
 * with the displayed ones whenever they are listed, and forgets those that are being shown at that
 * moment: they stay on the screen, and can no longer be closed or opened.
 */
export function withNotificationLock<T>(work: () => Promise<T>): Promise<T> {
  return withLock(NAME, work);
}
