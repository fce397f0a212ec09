import type { ConversationView, ParleyClient, TimelineSnapshot } from '@parley/client';
import type { AccountId, ConversationId, Seq, TimelineEvent } from '@parley/protocol';
import { notifyManager, QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { renderHook, windowForHooks } from '../lib/render-hook-for-tests.ts';
import { keys } from '../queries/keys.ts';
import { SessionProvider } from '../session/use-client.ts';
import { useTimelineEvents } from './use-timeline-events.ts';

const group = 'group' as ConversationId;
const event = (seq: number) => ({ seq, type: 'member.joined' }) as TimelineEvent;
const client: Pick<ParleyClient, 'timelineEvents' | 'storedTimelineEvents'> = {
  // As without a connection.
  timelineEvents: () => new Promise(() => undefined),
  storedTimelineEvents: async () => [event(2), event(5), event(700)],
};
const session = { client: client as ParleyClient, account: 'me' as AccountId };

// Results are delivered in the turn in which they arrive, so that "act" contains the updates.
notifyManager.setScheduler(queueMicrotask);
beforeEach(() => vi.stubGlobal('window', windowForHooks));
afterEach(() => vi.unstubAllGlobals());

/** A group whose messages have these seqs. */
function aGroup(seqs: readonly number[], more: Partial<TimelineSnapshot> = {}) {
  const messages = seqs.map((seq) => ({ seq, state: 'stored' }));
  const snapshot = { messages, hasOlder: false, hasNewer: false, ...more } as TimelineSnapshot;
  const view = { id: group, kind: 'group', lastSeq: seqs.at(-1) as Seq } as ConversationView;
  return { view, snapshot };
}

function render(cache: QueryClient, group: ReturnType<typeof aGroup>) {
  return renderHook(
    ({ view, snapshot }: ReturnType<typeof aGroup>) => useTimelineEvents(view, snapshot),
    group,
    (component) => (
      <QueryClientProvider client={cache}>
        <SessionProvider value={session}>{component}</SessionProvider>
      </QueryClientProvider>
    ),
  );
}

test('a new message leaves the events the same; only those between loaded messages are returned', async () => {
  const cache = new QueryClient();
  cache.setQueryData(keys.timelineEvents(group, 0), [event(2), event(5), event(9)]);
  const hook = await render(cache, aGroup([3, 6]));
  const seqs = () => hook.result.map(({ seq }) => seq);
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
  cache.clear();
});

test('stored events are shown until those of their range are loaded', async () => {
  const cache = new QueryClient();
  const hook = await render(cache, aGroup([3, 6, 501]));
  const seqs = () => hook.result.map(({ seq }) => seq);
  await hook.change(() =>
    vi.waitFor(() => expect(cache.getQueryData(keys.storedTimelineEvents(group))).toBeDefined()),
  );
  expect(seqs()).toEqual([2, 5, 700]);
  await hook.change(() => {
    cache.setQueryData(keys.timelineEvents(group, 0), [event(2), event(4), event(5)]);
  });
  expect(seqs()).toEqual([2, 4, 5, 700]);
  await hook.unmount();
  cache.clear();
});
