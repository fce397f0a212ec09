import type { AccountId, ActivityItem, ActivityKind } from '@parley/protocol';
import { expect, test } from 'vitest';
import { activityDays, actorsOf, unreadOf } from './groups.ts';

const item = (
  id: string,
  kind: ActivityKind,
  at: string,
  more: Partial<ActivityItem> = {},
): ActivityItem => ({
  ...{ id, kind, at, seq: 1, isRead: false, actor: `actor of ${id}` as AccountId },
  ...{
    conversation: null,
    message: null,
    thread: null,
    mentions: [],
    excerpt: null,
    mention: null,
  },
  ...{ count: 1, actors: [], emojis: [], resolution: null },
  ...more,
});

test('groups items by day, and new users of a day with nothing between them', () => {
  const days = activityDays([
    item('a', 'new_user', '2026-03-02T12:00:00.000Z'),
    item('b', 'new_user', '2026-03-02T11:00:00.000Z', { isRead: true }),
    item('c', 'mention', '2026-03-02T10:00:00.000Z'),
    item('d', 'new_user', '2026-03-02T09:00:00.000Z'),
    item('e', 'new_user', '2026-02-20T12:00:00.000Z'),
  ]);
  expect(days.map(({ rows }) => rows.map(({ items }) => items.map(({ id }) => id)))).toEqual([
    [['a', 'b'], ['c'], ['d']],
    [['e']],
  ]);
  const [first] = days[0]?.rows ?? [];
  expect(first && actorsOf(first)).toEqual(['actor of a', 'actor of b']);
  expect(first && unreadOf(first)).toEqual([{ id: 'a', seq: 1 }]);
});

test('everyone who reacted is named, not only the last one', () => {
  const actors = ['ann', 'bob'] as AccountId[];
  const [day] = activityDays([item('r', 'reaction', '2026-03-02T12:00:00.000Z', { actors })]);
  expect(day?.rows[0] && actorsOf(day.rows[0])).toEqual(actors);
});
