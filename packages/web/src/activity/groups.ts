import type { AccountId, ActivityItem } from '@parley/protocol';
import { dayKey } from '../lib/time.ts';

/** A row of the activity: one item, or users who registered consecutively on one day. */
export interface ActivityRow {
  readonly key: string;
  /** The latest one first. */
  readonly items: readonly [ActivityItem, ...ActivityItem[]];
}

/** The rows of one day. */
export interface ActivityDay {
  readonly key: string;
  /** A time on that day. */
  readonly at: string;
  readonly rows: readonly ActivityRow[];
}

/** Groups items, the latest first, by day. Consecutive new users share one row. */
export function activityDays(items: readonly ActivityItem[]): ActivityDay[] {
  const days: { key: string; at: string; rows: ActivityRow[] }[] = [];
  for (const item of items) {
    const key = dayKey(item.at);
    let day = days.at(-1);
    if (day?.key !== key) {
      day = { key, at: item.at, rows: [] };
      days.push(day);
    }
    const before = day.rows.at(-1);
    if (before && item.kind === 'new_user' && before.items[0].kind === 'new_user') {
      day.rows[day.rows.length - 1] = { key: before.key, items: [...before.items, item] };
    } else day.rows.push({ key: item.id, items: [item] });
  }
  return days;
}

/** Returns the actors of a row, each once. */
export function actorsOf({ items }: ActivityRow): AccountId[] {
  const [first] = items;
  if (first.actors.length > 0) return [...first.actors];
  return [...new Set(items.flatMap(({ actor }) => actor ?? []))];
}

/** Returns the unread items of a row, to mark as read in the state in which they were listed. */
export const unreadOf = ({ items }: ActivityRow): { id: string; seq: number }[] =>
  items.filter(({ isRead }) => !isRead).map(({ id, seq }) => ({ id, seq }));
