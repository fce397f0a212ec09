import type { MessageRetention, ServerSettings } from '@parley/protocol';
import { AHEAD_MS } from '../stream/stream-transaction.ts';

/** Which messages have expired, as functions of the settings and of times. */

const DAY_MS = 86_400_000;

/** The settings of the server about retention. */
export type RetentionSettings = Pick<ServerSettings, 'messageRetentionDays' | 'groupRetention'>;

/**
 * Returns after how many days a conversation deletes messages; null: never. The server setting wins over a
 * choice that it no longer allows.
 */
export function retentionDays(
  { messageRetentionDays: server, groupRetention }: RetentionSettings,
  own: MessageRetention,
): number | null {
  if (own === 'server' || groupRetention === 'server') return server;
  if (groupRetention === 'any') return own === 'keep' ? null : own;
  if (own === 'keep') return server;
  return server === null ? own : Math.min(own, server);
}

/** Returns whether a group may choose this: what it chooses must also be what happens. */
export function mayChoose(settings: RetentionSettings, choice: MessageRetention): boolean {
  if (choice === 'server') return true;
  if (settings.groupRetention === 'server') return false;
  return retentionDays(settings, choice) === (choice === 'keep' ? null : choice);
}

/** Returns the choice of a group that a row of `group_retention` has; null: no row. */
export const choiceOf = (days: number | null): MessageRetention =>
  days === null ? 'server' : days === 0 ? 'keep' : days;

/** Returns the time before which messages have expired. */
export const cutoffOf = (days: number, now: number): number => now - days * DAY_MS;

/**
 * Returns how many of the first messages have expired, by the times at which they were posted.
 *
 * Messages expire in the order of the conversation: a message that has not expired keeps those behind it.
 * One with a time in the future, which a wrong clock gave it, expires with the messages behind it.
 */
export function expiredCount(times: readonly number[], cutoff: number, now: number): number {
  let expired = 0;
  for (const [n, time] of times.entries()) {
    if (time < cutoff) expired = n + 1;
    else if (time <= now + AHEAD_MS) break;
  }
  return expired;
}
