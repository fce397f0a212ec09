import {
  type ConversationView,
  type ParleyClient,
  TimelineEvents,
  type TimelineSnapshot,
} from '@parley/client';
import type { AccountId, ConversationId, Seq, TimelineEvent } from '@parley/protocol';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { renderHook, windowForHooks } from '../lib/render-hook-for-tests.ts';
import { SessionProvider } from '../session/use-client.ts';
import { useTimelineEvents } from './use-timeline-events.ts';

const group = 'group' as ConversationId;
const event = (seq: number) => ({ seq, type: 'member.joined' }) as TimelineEvent;

beforeEach(() => vi.stubGlobal('window', windowForHooks));
afterEach(() => vi.unstubAllGlobals());

/** A group whose messages have these seqs. */
function aGroup(seqs: readonly number[], more: Partial<TimelineSnapshot> = {}) {
  const messages = seqs.map((seq) => ({ seq, state: 'stored' }));
  const snapshot = { messages, hasOlder: false, hasNewer: false, ...more } as TimelineSnapshot;
  const view = { id: group, kind: 'group', lastSeq: seqs.at(-1) as Seq } as ConversationView;
  return { view, snapshot };
}

function render(events: TimelineEvents, group: ReturnType<typeof aGroup>) {
  const client: Pick<ParleyClient, 'timelineEventsOf'> = { timelineEventsOf: () => events };
  const session = { client: client as ParleyClient, account: 'me' as AccountId };
  return renderHook(
    ({ view, snapshot }: ReturnType<typeof aGroup>) => useTimelineEvents(view, snapshot),
    group,
    (component) => <SessionProvider value={session}>{component}</SessionProvider>,
  );
}

test('a new message leaves the events the same; only those between loaded messages are returned', async () => {
  const events = new TimelineEvents({
    load: async () => [event(2), event(5), event(9)],
    stored: async () => [],
  });
  const hook = await render(events, aGroup([3, 6]));
  const seqs = () => hook.result.map(({ seq }) => seq);
  await hook.change(() => vi.waitFor(() => expect(events.of([0])).toHaveLength(3)));
  const first = hook.result;
  expect(seqs()).toEqual([2, 5, 9]);
  await hook.render(aGroup([3, 6, 10]));
  expect(hook.result).toBe(first);
  await hook.render(aGroup([3, 6, 10], { hasOlder: true }));
  expect(seqs()).toEqual([5, 9]);
  const older = hook.result;
  await hook.render(aGroup([3, 6, 10, 11], { hasOlder: true }));
  expect(hook.result).toBe(older);
  await hook.render(aGroup([3, 6], { hasNewer: true }));
  expect(seqs()).toEqual([2, 5]);
  await hook.unmount();
});

test('stored events are shown until those of their range are loaded', async () => {
  let answer: (events: readonly TimelineEvent[]) => void = () => undefined;
  const events = new TimelineEvents({
    // Only the first range is answered, as if the connection were lost then.
    load: (after) =>
      new Promise((resolve) => {
        if (after === 0) answer = resolve;
      }),
    stored: async () => [event(2), event(5), event(700)],
  });
  const hook = await render(events, aGroup([3, 6, 501]));
  const seqs = () => hook.result.map(({ seq }) => seq);
  await hook.change(() => vi.waitFor(() => expect(seqs()).toEqual([2, 5, 700])));
  await hook.change(async () => answer([event(2), event(4), event(5)]));
  expect(seqs()).toEqual([2, 4, 5, 700]);
  await hook.unmount();
});
