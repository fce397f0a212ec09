import {
  type AccountId,
  type EventData,
  SYSTEM,
  type TimelineEvent,
  type TimelineEventType,
} from '@parley/protocol';
import { describe, expect, test } from 'vitest';
import { linesByDay, linesOf } from './timeline-lines.ts';

const [ann, ben, cem, dia] = ['ann', 'ben', 'cem', 'dia'] as unknown as [
  AccountId,
  AccountId,
  AccountId,
  AccountId,
];

let seq = 0;
const event = <T extends TimelineEventType>(type: T, actor: AccountId, data: EventData<T>) =>
  ({ op: 'event', seq: ++seq, type, at: '2026-01-01T00:00:00Z', actor, data }) as TimelineEvent;
const joined = (account: AccountId, actor = account) =>
  event('member.joined', actor, { account, role: 'member' });
const left = (account: AccountId, actor = account) => event('member.left', actor, { account });
const updated = (data: EventData<'conversation.updated'>, actor = ann) =>
  event('conversation.updated', actor, data);

/** What the lines say, without where they are shown. */
const said = (...events: TimelineEvent[]) =>
  linesOf(events).map(({ key: _key, at: _at, ...line }) => line);

describe('lines of timeline events', () => {
  test('members who join or leave in a row share a line', () => {
    expect(said(joined(ann), joined(ben), joined(cem), left(cem), joined(cem))).toEqual([
      { kind: 'joined', accounts: [ann, ben, cem] },
      { kind: 'left', accounts: [cem] },
      { kind: 'joined', accounts: [cem] },
    ]);
  });

  test('members who are added share a line if the same member has added them', () => {
    expect(said(joined(cem, ann), joined(dia, ann), joined(dia, ben), left(dia, ben))).toEqual([
      { kind: 'added', actor: ann, accounts: [cem, dia] },
      { kind: 'added', actor: ben, accounts: [dia] },
      { kind: 'removed', actor: ben, accounts: [dia] },
    ]);
  });

  test('the creator of a group is not said to join it', () => {
    const created = event('conversation.created', ann, {
      kind: 'group',
      visibility: 'public',
      name: 'design',
    });
    expect(said(created, joined(ann), joined(ben, ann))).toEqual([
      { kind: 'created', actor: ann },
      { kind: 'added', actor: ann, accounts: [ben] },
    ]);
  });

  test('an update has a line for each change that members want to know of', () => {
    expect(said(updated({ name: 'design', topic: 'colors', slowModeSeconds: 5 }))).toEqual([
      { kind: 'renamed', actor: ann, text: 'design' },
      { kind: 'changedTopic', actor: ann, text: 'colors' },
    ]);
    expect(said(updated({ topic: '', archived: true }), updated({ archived: false }))).toEqual([
      { kind: 'removedTopic', actor: ann },
      { kind: 'archived', actor: ann },
      { kind: 'restored', actor: ann },
    ]);
    expect(said(updated({ minimumRoles: { post: 'admin' } }))).toEqual([]);
  });

  test('the server is never named', () => {
    const byServer = [joined(ann, SYSTEM), left(ben, SYSTEM), updated({ name: 'x' }, SYSTEM)];
    expect(said(...byServer)).toEqual([
      { kind: 'joined', accounts: [ann] },
      { kind: 'left', accounts: [ben] },
    ]);
  });

  test('are shown by day, each named unless it is that of what is above', () => {
    const on = (day: number, timeline: TimelineEvent): TimelineEvent => ({
      ...timeline,
      at: `2026-01-0${day}T12:00:00Z`,
    });
    const events = [on(1, joined(ann)), on(1, joined(ben)), on(2, joined(cem))];
    const shown = (...[before, after]: (string | undefined)[]) =>
      linesByDay(events, { before, after }).map(({ at, isNamed, lines }) => [
        at.slice(0, 10),
        isNamed,
        lines.length,
      ]);
    expect(shown()).toEqual([
      ['2026-01-01', true, 1],
      ['2026-01-02', true, 1],
    ]);
    expect(shown('2026-01-01T11:00:00Z', '2026-01-04T12:00:00Z')).toEqual([
      ['2026-01-01', false, 1],
      ['2026-01-02', true, 1],
      ['2026-01-04', true, 0],
    ]);
    expect(shown('2026-01-01T11:00:00Z', '2026-01-02T13:00:00Z')).toHaveLength(2);
  });
});
