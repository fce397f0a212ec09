import type { Seq, TimelineEvent } from '@parley/protocol';
import { TIMELINE_EVENTS_SPAN as SPAN } from '@parley/protocol';
import { expect, test, vi } from 'vitest';
import { ApiError } from '../api/api-error.ts';
import { TimelineEvents } from './timeline-events.ts';

const event = (seq: number) => ({ seq, type: 'member.joined' }) as TimelineEvent;

/** Events of a group that the server has, and what was requested. */
function aGroup(stored: readonly TimelineEvent[] = []) {
  const server: TimelineEvent[] = [];
  const load = vi.fn(async (after: Seq) =>
    server.filter(({ seq }) => seq > after && seq <= after + SPAN),
  );
  const readStored = vi.fn(async () => stored);
  const events = new TimelineEvents({ load, stored: readStored });
  const changed = vi.fn();
  const stop = events.subscribe(changed);
  const seqs = (...ranges: number[]) => events.of(ranges).map(({ seq }) => seq);
  return { server, load, readStored, events, changed, stop, seqs };
}

test('each range is loaded once, and later events are added to it', async () => {
  const { server, load, events, changed, seqs } = aGroup();
  server.push(event(3), event(SPAN + 1));
  events.show([0, 1]);
  await vi.waitFor(() => expect(seqs(0, 1)).toEqual([3, SPAN + 1]));
  events.show([0, 1]);
  expect(load.mock.calls).toEqual([[0], [SPAN]]);
  const before = events.of([0, 1]);
  expect(events.of([0, 1])).toBe(before);
  changed.mockClear();
  events.applied(event(5));
  events.applied(event(5));
  expect(seqs(0, 1)).toEqual([3, 5, SPAN + 1]);
  expect(changed).toHaveBeenCalledOnce();
  // A range that is not shown is loaded when it is.
  events.applied(event(2 * SPAN + 1));
  expect(seqs(2)).toEqual([]);
});

test('an event that arrives before the answer is not lost', async () => {
  const { load, events, seqs } = aGroup();
  let answer: (events: TimelineEvent[]) => void = () => undefined;
  load.mockReturnValueOnce(
    new Promise((resolve) => {
      answer = resolve;
    }),
  );
  events.show([0]);
  events.applied(event(4));
  events.applied(event(2));
  answer([event(1), event(2)]);
  await vi.waitFor(() => expect(seqs(0)).toEqual([1, 2, 4]));
});

test('a failed request is repeated, and stored events are shown meanwhile', async () => {
  const { server, load, events, seqs } = aGroup([event(1), event(SPAN + 2)]);
  server.push(event(1), event(2));
  load.mockRejectedValueOnce(new ApiError('network', 'No connection'));
  events.show([0]);
  await vi.waitFor(() => expect(seqs(0)).toEqual([1]));
  events.retry();
  await vi.waitFor(() => expect(seqs(0)).toEqual([1, 2]));
  expect(load).toHaveBeenCalledTimes(2);
});

test('after skipped events, what is shown is loaded again, and the rest when it is shown', async () => {
  const { server, load, readStored, events, stop, seqs } = aGroup();
  server.push(event(1), event(SPAN + 1));
  events.show([0, 1]);
  await vi.waitFor(() => expect(seqs(0, 1)).toEqual([1, SPAN + 1]));
  events.show([0]);
  server.push(event(2), event(SPAN + 2));
  load.mockClear();
  events.missed();
  // The known events are shown until the others arrive.
  expect(seqs(0)).toEqual([1]);
  await vi.waitFor(() => expect(seqs(0)).toEqual([1, 2]));
  expect(load.mock.calls).toEqual([[0]]);
  expect(seqs(1)).toEqual([]);
  stop();
  events.missed();
  events.retry();
  expect(load).toHaveBeenCalledOnce();
  expect(readStored).toHaveBeenCalledOnce();
  events.show([0, 1]);
  expect(readStored).toHaveBeenCalledTimes(2);
  await vi.waitFor(() => expect(seqs(0, 1)).toEqual([1, 2, SPAN + 1, SPAN + 2]));
});
