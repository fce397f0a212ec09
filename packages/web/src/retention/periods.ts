import type { ExpiredCount } from '@parley/protocol';
import { inUnits } from '../lib/text.ts';
import { t } from '../texts/index.ts';

/** The offered periods, in days. */
const DAYS = [1, 7, 30, 90, 180, 365, 730];

/** Returns the periods to choose from, as options of a select: up to `max`, and the present one. */
export const periodOptions = (
  now: number | null,
  max = Number.POSITIVE_INFINITY,
): [string, string][] => {
  const offered = DAYS.filter((days) => days <= max);
  const all = now === null ? offered : [...new Set([...offered, now])].sort((a, b) => a - b);
  return all.map((days) => [String(days), inUnits(days, 'day')]);
};

/** Shows how many messages a change deletes. */
export const deletionWarning = ({ messages, isMore }: ExpiredCount): string =>
  t(isMore ? 'retention.deletesMore' : 'retention.deletes', { count: messages });
