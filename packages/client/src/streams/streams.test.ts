import {
  type AccountId,
  type Event,
  Hello,
  LIMITS,
  type Seq,
  type StreamId,
  streamOfAccount,
  WORKSPACE_STREAM,
} from '@parley/protocol';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isWellFormed } from '../delivery/well-formed.ts';
import { Streams } from './streams.ts';

const ME = 'me' as AccountId;
const STREAM = 's' as StreamId;

function event(seq: number, type = 'message.posted', data: object = { body: 'x' }): Event {
  return {
    op: 'event',
    stream: STREAM,
    seq,
    type,
    data,
    at: '',
    actor: 'you',
    client: null,
  } as unknown as Event;
}

describe('streams', () => {
  test('a hello fits into a frame, with the workspace and personal streams and as many others as possible', () => {
    const id = (n: number) => `00000000-0000-7000-9000-${String(n).padStart(12, '0')}` as StreamId;
    const me = id(0) as string as AccountId;
    const own = [
      [WORKSPACE_STREAM, 7 as Seq],
      [streamOfAccount(me), 8 as Seq],
    ] as const;
    const others = (count: number) =>
      Array.from({ length: count }, (_, n) => [id(n + 1), 1_000_000_000 as Seq] as const);
    const few = new Streams(me, [...others(900), ...own]);
    expect(few.helloCursor).toEqual(few.cursor);

    const { helloCursor: cursor } = new Streams(me, [...others(4_000), ...own]);
    expect(cursor).toMatchObject(Object.fromEntries(own));
    expect(Object.keys(cursor).length).toBeGreaterThan(950);
    const hello = Hello.parse({
      op: 'hello',
      token: 't'.repeat(8192),
      epoch: 'e'.repeat(64),
      cursor,
      resend: others(LIMITS.resendConversations).map(([stream]) => stream),
      device: 'ä'.repeat(200),
    });
    const length = Buffer.byteLength(JSON.stringify(hello));
    expect(length).toBeLessThanOrEqual(LIMITS.frameBytes);
  });

  test('applies each seq once, in order, whatever is duplicated, lost and out of order', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 30 }), fc.array(fc.nat()), (total, order) => {
        const streams = new Streams(ME, [[STREAM, 0 as Seq]]);
        const applied: number[] = [];
        const take = (seq: number) => {
          const verdict = streams.take(event(seq));
          if (verdict === 'next') applied.push(seq);
          return verdict;
        };
        for (const n of order) {
          const seq = 1 + (n % total);
          if (take(seq) !== 'gap') continue;
          // The gap is requested, and filled in order.
          for (let missing = (streams.at(STREAM) ?? 0) + 1; missing <= seq; missing++)
            take(missing);
        }
        for (let seq = 1; seq <= total; seq++) take(seq);
        expect(applied).toEqual(Array.from({ length: total }, (_, i) => i + 1));
      }),
      { numRuns: 2_000 },
    );
  });

  test('the account’s own leave ends a stream, and its own join restarts it', () => {
    const streams = new Streams(ME, [[STREAM, 4 as Seq]]);
    expect(streams.take(event(5, 'member.left', { account: ME }))).toBe('next');
    expect(streams.take(event(8))).toBe('foreign');
    expect(streams.take(event(9, 'member.joined', { account: 'you' }))).toBe('foreign');
    expect(streams.take(event(12, 'member.joined', { account: ME, role: 'member' }))).toBe('next');
    expect(streams.take(event(13))).toBe('next');
    expect(streams.take(event(15))).toBe('gap');
  });

  test('applies the end of the membership after a gap too', () => {
    const ends = [
      event(9, 'member.left', { account: ME }),
      event(9, 'conversation.deleted', {}),
    ] as const;
    for (const end of ends) {
      const streams = new Streams(ME, [[STREAM, 4 as Seq]]);
      expect(streams.take(event(9, 'member.left', { account: 'you' }))).toBe('gap');
      expect(streams.take(end)).toBe('next');
      expect(streams.at(STREAM)).toBe(9);
      expect(streams.take(end)).toBe('known');
      expect(streams.take(event(11))).toBe('foreign');
    }
  });

  test('a stream that was left starts again only with a later join', () => {
    const join = (seq: number) => event(seq, 'member.joined', { account: ME, role: 'member' });
    const streams = new Streams(ME, [[STREAM, 4 as Seq]]);
    streams.drop(STREAM);
    streams.drop('other' as StreamId);
    expect([streams.at(STREAM), streams.subscribed]).toEqual([undefined, []]);
    expect([4, 5].map((seq) => streams.hasLeft(STREAM, seq as Seq))).toEqual([true, false]);
    expect(streams.hasLeft('other' as StreamId, 1 as Seq)).toBe(false);
    expect(streams.take(join(4))).toBe('foreign');
    expect(streams.take(event(5))).toBe('foreign');
    expect(streams.take(join(5))).toBe('next');
    // An earlier end does not replace a later one.
    streams.leave(STREAM, 9 as Seq);
    streams.leave(STREAM, 3 as Seq);
    expect([9, 10].map((seq) => streams.hasLeft(STREAM, seq as Seq))).toEqual([true, false]);
    streams.clear();
    expect([streams.hasLeft(STREAM, 1 as Seq), streams.cursor]).toEqual([false, {}]);
  });

  test('a stream that has ended continues where it is set', () => {
    const ended = () => {
      const streams = new Streams(ME, [[STREAM, 4 as Seq]]);
      streams.take(event(5, 'member.left', { account: ME }));
      expect(streams.skip(STREAM, 8 as Seq)).toBe('foreign');
      return streams;
    };
    const streams = ended();
    streams.set(STREAM, 9 as Seq);
    expect([streams.skip(STREAM, 11 as Seq), streams.take(event(10))]).toEqual(['gap', 'next']);
    for (const end of ['drop', 'clear'] as const) {
      const again = ended();
      if (end === 'drop') again.drop(STREAM);
      else again.clear();
      again.set('other' as StreamId, 1 as Seq);
      expect(again.skip(STREAM, 8 as Seq)).toBe('foreign');
      expect(again.take(event(9, 'member.joined', { account: ME, role: 'member' }))).toBe('next');
      expect(again.skip(STREAM, 11 as Seq)).toBe('gap');
    }
  });

  test('an event of a stream that is not subscribed to is foreign', () => {
    expect(new Streams(ME).take(event(1))).toBe('foreign');
  });

  test('a damaged event only moves the cursor (B28)', () => {
    const streams = new Streams(ME, [[STREAM, 4 as Seq]]);
    expect(streams.skip(STREAM, 4 as Seq)).toBe('known');
    expect(streams.skip(STREAM, 6 as Seq)).toBe('gap');
    expect(streams.skip(STREAM, 5 as Seq)).toBe('next');
    expect(streams.take(event(6))).toBe('next');
    expect(streams.skip('other' as StreamId, 1 as Seq)).toBe('foreign');
  });

  test.each([
    ['message.posted', { body: 'x' }, true],
    ['message.posted', {}, false],
    ['message.posted', null, false],
    ['message.edited', { message: 1, body: 'x' }, true],
    ['message.edited', { message: '1', body: 'x' }, false],
    ['conversation.updated', {}, true],
    ['conversation.updated', { name: 7 }, false],
    ['member.joined', { account: 7, role: 'member' }, false],
    // Of a newer server: clients that do not know it ignore it.
    ['message.sung', { melody: 'none' }, true],
    ['message.sung', 3, false],
  ])('%s with %j is well formed: %s', (type, data, expected) => {
    expect(isWellFormed(event(1, type, data as object))).toBe(expected);
  });
});
