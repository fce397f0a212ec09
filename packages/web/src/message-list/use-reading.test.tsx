import type { ClientSnapshot, ConversationView, ParleyClient } from '@parley/client';
import type { AccountId, ConversationId, Seq } from '@parley/protocol';
import type { VListHandle } from 'virtua';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { IDLE_MS } from '../lib/attention.ts';
import { renderHook, windowForHooks } from '../lib/render-hook-for-tests.ts';
import { SessionProvider } from '../session/use-client.ts';
import type { Row } from './rows.ts';
import { useReading } from './use-reading.ts';

const [me, ann] = ['me', 'ann'] as AccountId[] as [AccountId, AccountId];
const general = 'general' as ConversationId;
/** Each row is this high, and three of them are visible. */
const ROW = 100;

const rowOf = (seq: number, author = ann): Row =>
  ({ kind: 'message', key: `${seq}`, message: { seq, author, state: 'stored' } }) as Row;

const page = { hasFocus: true, isVisible: true };
const inputs = new Map<string, Set<() => void>>();
const addEventListener = (type: string, listener: () => void) =>
  void inputs.set(type, (inputs.get(type) ?? new Set()).add(listener));
const removeEventListener = (type: string, listener: () => void) =>
  void inputs.get(type)?.delete(listener);
const dispatch = (type: string) => {
  for (const listener of inputs.get(type) ?? []) listener();
};

beforeEach(() => {
  inputs.clear();
  Object.assign(page, { hasFocus: true, isVisible: true });
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
  vi.stubGlobal('window', { ...windowForHooks, addEventListener, removeEventListener });
  vi.stubGlobal('document', {
    get visibilityState() {
      return page.isVisible ? 'visible' : 'hidden';
    },
    hasFocus: () => page.hasFocus,
    addEventListener,
    removeEventListener,
  });
});
let close = async (): Promise<void> => undefined;
afterEach(async () => {
  await close();
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

/** Opens a conversation with these messages, of which those up to `readSeq` are read. */
async function open(rows: Row[], readSeq: number) {
  const reads: number[] = [];
  const position = { scrollOffset: 0, viewportSize: 3 * ROW };
  const handle = {
    ...position,
    findItemIndex: (offset: number) => Math.floor(offset / ROW),
  } as unknown as VListHandle & typeof position;
  const list = { current: handle };
  const state = { isPlaced: true, isPaused: false };
  const marked = {
    isPaused: () => state.isPaused,
    resume: () => {
      state.isPaused = false;
    },
  };
  const client = {
    snapshot: { me: { id: me } } as ClientSnapshot,
    read: (_id: ConversationId, seq: Seq) => {
      reads.push(seq);
      props = { ...props, readSeq: seq };
    },
  } as unknown as ParleyClient;
  let props = { rows, readSeq };
  const hook = await renderHook(
    (now: typeof props) =>
      useReading(
        { id: general, readSeq: now.readSeq } as ConversationView,
        now.rows,
        list,
        () => state.isPlaced,
        marked,
      ),
    props,
    (component) => <SessionProvider value={{ client, account: me }}>{component}</SessionProvider>,
  );
  close = hook.unmount;
  /** Adds messages, and scrolls. */
  const show = async (offset: number, ...more: Row[]) => {
    props = { ...props, rows: [...props.rows, ...more] };
    await hook.render(props);
    handle.scrollOffset = offset;
    await hook.change(() => hook.result.read());
  };
  const input = () => hook.change(() => dispatch('keydown'));
  return { hook, reads, show, state, input };
}
const upTo = (count: number) => Array.from({ length: count }, (_, n) => rowOf(n + 1));

test('messages that are visible are read, and none of which only the edge is', async () => {
  const { reads, show } = await open(upTo(9), 1);
  expect(reads).toEqual([3]);
  await show(ROW + 20);
  expect(reads).toEqual([3, 4]);
  await show(ROW + 24);
  expect(reads).toEqual([3, 4, 5]);
  await show(0);
  expect(reads).toHaveLength(3);
});

test('nothing is read while the user is elsewhere, and what is visible when the user is back', async () => {
  page.hasFocus = false;
  const { reads, show, hook } = await open(upTo(9), 1);
  await show(2 * ROW);
  page.hasFocus = true;
  page.isVisible = false;
  await show(3 * ROW);
  expect(reads).toEqual([]);
  page.isVisible = true;
  await hook.change(() => dispatch('focus'));
  expect(reads).toEqual([6]);
});

test('nothing is read before the list is placed, or after it was marked as unread', async () => {
  const { reads, show, state, hook } = await open(upTo(3), 3);
  state.isPlaced = false;
  await show(ROW, rowOf(4));
  state.isPlaced = true;
  state.isPaused = true;
  await show(ROW);
  expect(reads).toEqual([]);
  await hook.change(() => hook.result.markAllRead());
  expect([reads, state.isPaused]).toEqual([[4], false]);
});

test('unread messages that scrolled away while the user was idle are shown before anything is read', async () => {
  const { reads, show, hook, input } = await open(upTo(3), 3);
  await hook.change(() => vi.advanceTimersByTimeAsync(IDLE_MS + 1));
  // The list follows its end.
  await show(3 * ROW, rowOf(4), rowOf(5), rowOf(6));
  await show(6 * ROW, rowOf(7), rowOf(8), rowOf(9));
  expect([reads, hook.result.hasUnreadAbove]).toEqual([[], false]);
  await input();
  expect([reads, hook.result.hasUnreadAbove]).toEqual([[], true]);
  await show(5 * ROW);
  expect(reads).toEqual([]);
  await show(3 * ROW);
  expect([reads, hook.result.hasUnreadAbove]).toEqual([[6], false]);
});

test('a user who was idle reads on if the first unread message is still visible', async () => {
  const { reads, show, hook, input } = await open(upTo(3), 3);
  await hook.change(() => vi.advanceTimersByTimeAsync(IDLE_MS + 1));
  await show(2 * ROW, rowOf(4), rowOf(5, me));
  await input();
  expect([reads, hook.result.hasUnreadAbove]).toEqual([[5], false]);
});

test('everything can be read at once, and only once', async () => {
  const { reads, show, hook, input } = await open(upTo(3), 3);
  await hook.change(() => vi.advanceTimersByTimeAsync(IDLE_MS + 1));
  const sending = { ...rowOf(0, me), key: 'sending', message: { author: me, state: 'pending' } };
  await show(6 * ROW, ...[4, 5, 6, 7, 8, 9].map((seq) => rowOf(seq)), sending as Row);
  await input();
  await hook.change(() => hook.result.markAllRead());
  expect([reads, hook.result.hasUnreadAbove]).toEqual([[9], false]);
  await show(6 * ROW);
  await hook.change(() => hook.result.markAllRead());
  expect(reads).toEqual([9]);
});
