import type { Nack, Seq, StreamId } from '@parley/protocol';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { Fills } from './fills.ts';

const [A, B] = ['a' as StreamId, 'b' as StreamId];

let isConnected = true;
let sent: { id: string; op: string; stream: StreamId; after: number }[] = [];

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  [isConnected, sent] = [true, []];
});
afterEach(() => void vi.useRealTimers());

const newFills = () =>
  new Fills((text) => {
    if (isConnected) sent.push(JSON.parse(text));
    return isConnected;
  });
const ask = (fills: Fills, stream: StreamId, after = 3) => fills.ask(stream, after as Seq);
const nackOf = (id: string | null) =>
  ({ op: 'nack', id, code: 'rate_limited', message: '' }) as Nack;
const lastId = () => sent.at(-1)?.id ?? '';

describe('a request for missing events', () => {
  test('is sent once in 1.5 s for each stream', () => {
    const fills = newFills();
    expect([ask(fills, A), ask(fills, A), ask(fills, B, 4)]).toEqual([true, false, true]);
    expect(sent).toMatchObject([
      { op: 'fill', stream: A, after: 3 },
      { op: 'fill', stream: B, after: 4 },
    ]);
    vi.advanceTimersByTime(1_499);
    expect(ask(fills, A)).toBe(false);
    vi.advanceTimersByTime(1);
    expect(ask(fills, A)).toBe(true);
  });

  test('without a socket may be repeated at once', () => {
    const fills = newFills();
    isConnected = false;
    expect(ask(fills, A)).toBe(false);
    isConnected = true;
    expect(ask(fills, A)).toBe(true);
  });

  test('that is refused names its stream once, and may be repeated at once', () => {
    const fills = newFills();
    ask(fills, A);
    ask(fills, B);
    expect(fills.refused(nackOf(null))).toBeUndefined();
    expect(fills.refused(nackOf('of a command'))).toBeUndefined();
    expect(fills.refused(nackOf(sent[0]?.id ?? ''))).toBe(A);
    expect(fills.refused(nackOf(sent[0]?.id ?? ''))).toBeUndefined();
    expect([ask(fills, A), ask(fills, B)]).toEqual([true, false]);
  });

  test('that is answered is known once', () => {
    const fills = newFills();
    ask(fills, A);
    expect([fills.acked('of a command'), fills.acked(lastId())]).toEqual([false, true]);
    expect([fills.acked(lastId()), fills.refused(nackOf(lastId()))]).toEqual([false, undefined]);
  });

  test('belongs to its socket', () => {
    const fills = newFills();
    ask(fills, A);
    const id = lastId();
    fills.reset();
    expect([fills.acked(id), fills.refused(nackOf(id))]).toEqual([false, undefined]);
    expect(ask(fills, A)).toBe(true);
  });
});

test('a probe asks for nothing, and its refusal names its stream', () => {
  const fills = newFills();
  isConnected = false;
  fills.probe(A);
  isConnected = true;
  fills.probe(A);
  fills.probe(B);
  expect(sent).toMatchObject([
    { op: 'fill', stream: A, after: Number.MAX_SAFE_INTEGER },
    { op: 'fill', stream: B, after: Number.MAX_SAFE_INTEGER },
  ]);
  expect(fills.refused(nackOf(lastId()))).toBe(B);
  expect(fills.acked(sent[0]?.id ?? '')).toBe(true);
});

describe('streams that are behind', () => {
  const seqs = new Map<StreamId, Seq>();
  const missing = (stream: StreamId) => seqs.get(stream) ?? null;
  const asked = () => sent.map(({ stream, after }) => `${stream} ${after}`);
  beforeEach(() => {
    seqs.clear();
    seqs.set(A, 1 as Seq).set(B, 2 as Seq);
  });

  test('take turns, one every 500 ms, until nothing is missing', () => {
    newFills().catchUp(['c' as StreamId, A, B], missing);
    expect(asked()).toEqual(['a 1']);
    vi.advanceTimersByTime(499);
    expect(asked()).toEqual(['a 1']);
    vi.advanceTimersByTime(1);
    expect(asked()).toEqual(['a 1', 'b 2']);
    // The first request for `a` was lost.
    seqs.delete(B);
    vi.advanceTimersByTime(1_000);
    expect(asked()).toEqual(['a 1', 'b 2', 'a 1']);
    seqs.delete(A);
    vi.advanceTimersByTime(10_000);
    expect(asked()).toHaveLength(3);
    expect(vi.getTimerCount()).toBe(0);
  });

  test.each([
    ['a new list', (fills: Fills) => fills.catchUp([], missing)],
    ['the end of the socket', (fills: Fills) => fills.reset()],
  ])('are left by %s', (_what, end) => {
    const fills = newFills();
    fills.catchUp([A, B], missing);
    end(fills);
    vi.advanceTimersByTime(10_000);
    expect(asked()).toEqual(['a 1']);
  });
});
