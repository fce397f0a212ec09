import { LIMITS, type MessageRetention, type ServerSettings } from '@parley/protocol';
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

/**
 * Returns what a group may choose: the longest period (null: none), and whether it may keep
 * messages forever.
 */
export function choicesOf({ messageRetentionDays: server, groupRetention }: RetentionSettings): {
  readonly maxDays: number | null;
  readonly mayKeep: boolean;
} {
  if (groupRetention === 'server') return { maxDays: null, mayKeep: false };
  const isLimited = groupRetention === 'shorter' && server !== null;
  return { maxDays: isLimited ? server : LIMITS.retentionDaysMax, mayKeep: !isLimited };
}

/** Returns whether a group may choose this. */
export function mayChoose(settings: RetentionSettings, choice: MessageRetention): boolean {
  if (choice === 'server') return true;
  const { maxDays, mayKeep } = choicesOf(settings);
  return choice === 'keep' ? mayKeep : maxDays !== null && choice <= maxDays;
}

/** Returns the choice of a group that a row of `group_retention` has; null: no row. */
export const choiceOf = (days: number | null): MessageRetention =>
  days === null ? 'server' : days === 0 ? 'keep' : days;

/** Returns the time before which messages have expired. */
export const cutoffOf = (days: number, now: number): number => now - days * DAY_MS;

/**
 * Returns how many of the first messages have expired, by the times at which they were posted.
 *
 * Messages expire in the order of the conversation: a message that has not expired keeps later
 * ones. A message with a time in the future, from a wrong clock, expires with the messages after
 * it.
 */
export function expiredCount(times: readonly number[], cutoff: number, now: number): number {
  let expired = 0;
  for (const [n, time] of times.entries()) {
    if (time < cutoff) expired = n + 1;
    else if (time <= now + AHEAD_MS) break;
  }
  return expired;
}
