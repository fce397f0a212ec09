import { withLock } from './web-lock.ts';

/** The Web Lock that all tabs and the browser tests share. */
const NAME = 'parley-notifications';

/**
 * Runs the work while no tab shows or lists notifications. Whenever notifications are listed,
 * Chromium compares the stored with the displayed ones, and loses those being shown at that time:
 * they stay on screen, but can no longer be closed or opened.
 */
export function withNotificationLock<T>(work: () => Promise<T>): Promise<T> {
  return withLock(NAME, work);
}
