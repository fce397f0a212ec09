import type { ConversationView, ParleyClient, TimelineSnapshot } from '@parley/client';
import type { AccountId, ConversationId, Seq, TimelineEvent } from '@parley/protocol';
import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { renderHook, windowForHooks } from '../lib/render-hook-for-tests.ts';
import { keys } from '../queries/keys.ts';
import { SessionProvider } from '../session/use-client.ts';
import { useTimelineEvents } from './use-timeline-events.ts';

const group = 'group' as ConversationId;
const session = { client: {} as ParleyClient, account: 'me' as AccountId };

beforeEach(() => vi.stubGlobal('window', windowForHooks));
afterEach(() => vi.unstubAllGlobals());

/** A group whose messages have these seqs. */
function aGroup(seqs: readonly number[], more: Partial<TimelineSnapshot> = {}) {
  const messages = seqs.map((seq) => ({ seq, state: 'stored' }));
  const snapshot = { messages, hasOlder: false, hasNewer: false, ...more } as TimelineSnapshot;
  const view = { id: group, kind: 'group', lastSeq: seqs.at(-1) as Seq } as ConversationView;
  return { view, snapshot };
}

test('a new message leaves the events the same; only those between loaded messages are returned', async () => {
  const cache = new QueryClient();
  const events = [2, 5, 9].map((seq) => ({ seq, type: 'member.joined' }) as TimelineEvent);
  cache.setQueryData(keys.timelineEvents(group, 0), events);
  const hook = await renderHook(
    ({ view, snapshot }: ReturnType<typeof aGroup>) => useTimelineEvents(view, snapshot),
    aGroup([3, 6]),
    (component) => (
      <QueryClientProvider client={cache}>
        <SessionProvider value={session}>{component}</SessionProvider>
      </QueryClientProvider>
    ),
  );
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
