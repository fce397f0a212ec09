import { EventEmitter } from 'node:events';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { Budget } from './budget.ts';
import { type FrameReader, Inbound } from './inbound.ts';
import type { LiveSocket } from './live-socket.ts';

beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] }));
afterEach(() => void vi.useRealTimers());

/** A socket that records its calls; the test emits what arrives. */
class Socket extends EventEmitter {
  isPaused = false;
  readonly pongs: string[] = [];
  pause(): void {
    this.isPaused = true;
  }
  resume(): void {
    this.isPaused = false;
  }
  pong(data: Buffer): void {
    this.pongs.push(data.toString());
  }
}

/** A reader with this budget of frames per second; a flooding client is closed. */
function aReader(frames: number, account: Budget | null = null) {
  const socket = new Socket();
  const reader = {
    texts: [] as string[],
    congested: false as boolean,
    closed: false as boolean,
    accountFrames: account,
    floods: 0,
    receive: (data: unknown, isBinary: boolean) =>
      void reader.texts.push(`${data}${isBinary ? ' binary' : ''}`),
    flooded: () => {
      if (reader.closed) return;
      reader.floods++;
      reader.closed = true;
    },
  } satisfies FrameReader & Record<string, unknown>;
  const inbound = new Inbound(socket as unknown as LiveSocket, reader, frames, 1_000);
  const send = (...texts: string[]) => {
    for (const text of texts) socket.emit('message', Buffer.from(text), false);
  };
  const numbered = (from: number, to: number) =>
    Array.from({ length: to - from + 1 }, (_, n) => `${from + n}`);
  return { socket, reader, inbound, send, numbered };
}

describe('frames within the budget', () => {
  test('handles frames within the budget as they arrive', () => {
    const { socket, reader, inbound, send } = aReader(10);
    send('a', 'b');
    socket.emit('message', Buffer.from('c'), true);
    expect(reader.texts).toEqual(['a', 'b', 'c binary']);
    expect([socket.isPaused, inbound.paused]).toEqual([false, false]);
  });

  test.each([
    ['a short frame', 4_095, 1],
    ['a frame of 4 KiB', 4_096, 2],
    ['a longer one', 12_287, 3],
    ['the longest', 65_536, 17],
  ])('cost one, and one more for each 4 KiB: %s', (_what, bytes, cost) => {
    const account = new Budget(100, 1_000);
    const { send } = aReader(100, account);
    send('x'.repeat(bytes));
    expect(account.msUntil(100)).toBeCloseTo(cost * 10);
  });

  test('counts pings and pongs as frames, and answers pings', () => {
    const account = new Budget(100, 1_000);
    const { socket } = aReader(100, account);
    socket.emit('ping', Buffer.from('one'));
    socket.emit('pong', Buffer.from(''));
    expect(socket.pongs).toEqual(['one']);
    expect(account.msUntil(100)).toBeCloseTo(20);
  });
});

describe('a client over its budget', () => {
  test('pauses a client over its budget; frames that were already read are handled later, in order', () => {
    const { socket, reader, inbound, send, numbered } = aReader(10);
    send(...numbered(1, 10));
    expect(socket.isPaused).toBe(false);
    send(...numbered(11, 13));
    expect([socket.isPaused, inbound.paused]).toEqual([true, true]);
    expect(reader.texts).toEqual(numbered(1, 10));
    socket.emit('ping', Buffer.from('late'));
    expect(socket.pongs).toEqual([]);
    // Four tokens are owed, and one more must be available: a tenth of the budget.
    vi.advanceTimersByTime(499);
    expect(socket.isPaused).toBe(true);
    vi.advanceTimersByTime(2);
    expect([socket.isPaused, inbound.paused]).toEqual([false, false]);
    expect(reader.texts).toEqual(numbered(1, 13));
    send('14');
    expect(reader.texts.at(-1)).toBe('14');
    expect(reader.floods).toBe(0);
  });

  test('pauses a client longer if more was charged meanwhile', () => {
    const account = new Budget(100, 1_000);
    const { socket, reader, send, numbered } = aReader(10, account);
    send(...numbered(1, 11));
    account.charge(150);
    vi.advanceTimersByTime(210);
    // Another connection of the account has used up what they share.
    expect(socket.isPaused).toBe(true);
    vi.advanceTimersByTime(500);
    expect(socket.isPaused).toBe(false);
    expect(reader.texts).toEqual(numbered(1, 11));
  });

  test('pauses a client over the budget of its account', () => {
    const account = new Budget(10, 1_000);
    const { socket, send, numbered } = aReader(1_000, account);
    send(...numbered(1, 12));
    expect(socket.isPaused).toBe(true);
    vi.advanceTimersByTime(199);
    expect(socket.isPaused).toBe(true);
    vi.advanceTimersByTime(2);
    expect(socket.isPaused).toBe(false);
  });

  test('a client that has sent more than twice its budget is flooding', () => {
    const { socket, reader, send, numbered } = aReader(10);
    send(...numbered(1, 20));
    expect(reader.floods).toBe(0);
    send('21');
    expect(reader.floods).toBe(1);
    expect(socket.isPaused).toBe(true);
    // The rest of the read is not handled, and not held either.
    send('22');
    socket.emit('ping', Buffer.from('x'));
    expect(reader.texts).toEqual(numbered(1, 10));
  });

  test('a client whose pause would exceed three seconds is flooding', () => {
    for (const [charged, floods] of [
      [34, 0],
      [41, 1],
    ] as const) {
      const account = new Budget(100, 10_000);
      account.charge(99 + charged - 14);
      const { reader, send } = aReader(1_000, account);
      send('x');
      expect(reader.floods, `${charged}`).toBe(account.msUntil(10) > 3_000 ? 1 : 0);
      expect(reader.floods).toBe(floods);
    }
  });

  test('a client is flooding after eleven pauses without a recovery, which resets the count', () => {
    const { socket, reader, inbound, send } = aReader(10);
    const exceed = () => {
      while (!socket.isPaused) send('x');
    };
    const wait = () => {
      exceed();
      vi.advanceTimersByTime(310);
    };
    for (let n = 0; n < 10; n++) {
      wait();
      // Not full again.
      inbound.tick();
    }
    expect(reader.floods).toBe(0);
    vi.advanceTimersByTime(1_000);
    inbound.tick();
    for (let n = 0; n < 10; n++) wait();
    expect(reader.floods).toBe(0);
    exceed();
    expect(reader.floods).toBe(1);
  });

  test('a client with more than a thousand frames in one read is flooding, unless limits are off', () => {
    const limited = aReader(2_000);
    limited.reader.congested = true;
    limited.send(...limited.numbered(1, 1_000));
    expect(limited.reader.floods).toBe(0);
    limited.send('1001');
    expect(limited.reader.floods).toBe(1);
    const unlimited = aReader(0);
    unlimited.reader.congested = true;
    unlimited.send(...unlimited.numbered(1, 1_500));
    expect(unlimited.reader.floods).toBe(0);
    unlimited.reader.congested = false;
    unlimited.inbound.resume();
    expect(unlimited.reader.texts).toEqual(unlimited.numbered(1, 1_500));
  });
});

describe('a congested client', () => {
  test('does not read from a congested client until it has read its output', () => {
    const { socket, reader, inbound, send } = aReader(100);
    reader.congested = true;
    send('a', 'b');
    socket.emit('ping', Buffer.from('x'));
    expect([socket.isPaused, reader.texts, socket.pongs]).toEqual([true, [], []]);
    inbound.resume();
    expect([socket.isPaused, reader.texts]).toEqual([true, []]);
    reader.congested = false;
    inbound.resume();
    expect([socket.isPaused, reader.texts]).toEqual([false, ['a', 'b']]);
    inbound.resume();
    expect(reader.texts).toEqual(['a', 'b']);
  });

  test('stops reading after the frame whose answer congests the client again', () => {
    const { socket, reader, inbound, send } = aReader(100);
    reader.congested = true;
    send('a', 'b', 'c');
    reader.congested = false;
    const { receive } = reader;
    reader.receive = (data, isBinary) => {
      receive(data, isBinary);
      reader.congested = reader.texts.length === 2;
    };
    inbound.resume();
    expect([socket.isPaused, reader.texts]).toEqual([true, ['a', 'b']]);
    reader.congested = false;
    inbound.resume();
    expect([socket.isPaused, reader.texts]).toEqual([false, ['a', 'b', 'c']]);
  });

  test('a congested client over its budget waits for both', () => {
    const { socket, reader, inbound, send, numbered } = aReader(10);
    send(...numbered(1, 12));
    inbound.resume();
    expect(socket.isPaused).toBe(true);
    reader.congested = true;
    vi.advanceTimersByTime(400);
    expect([socket.isPaused, reader.texts.length]).toEqual([true, 10]);
    reader.congested = false;
    inbound.resume();
    expect([socket.isPaused, reader.texts.length]).toEqual([false, 12]);
  });
});

describe('a connection that closes', () => {
  test('a closing connection handles no more frames, but still reads the client’s close frame', () => {
    const { socket, reader, inbound, send, numbered } = aReader(10);
    send(...numbered(1, 12));
    reader.closed = true;
    inbound.closing();
    expect(socket.isPaused).toBe(false);
    send('13');
    socket.emit('ping', Buffer.from('x'));
    inbound.resume();
    vi.advanceTimersByTime(10_000);
    expect(reader.texts).toEqual(numbered(1, 10));
    expect(socket.pongs).toEqual([]);
  });

  test('does not read from a closing connection whose client is flooding', () => {
    const { socket, reader, inbound, send, numbered } = aReader(10);
    send(...numbered(1, 21));
    expect(reader.closed).toBe(true);
    inbound.closing();
    expect(socket.isPaused).toBe(true);
    const later = aReader(10);
    later.reader.closed = true;
    later.inbound.closing();
    later.send(...numbered(1, 20));
    for (let n = 0; n < 2; n++) later.socket.emit('pong', Buffer.from(''));
    expect(later.socket.isPaused).toBe(true);
    expect([later.reader.texts, later.reader.floods]).toEqual([[], 0]);
  });

  test('a closing connection drops held frames and ends its pause', () => {
    const { socket, reader, inbound, send, numbered } = aReader(10);
    send(...numbered(1, 12));
    socket.emit('close');
    vi.advanceTimersByTime(10_000);
    expect(vi.getTimerCount()).toBe(0);
    inbound.resume();
    expect(reader.texts).toEqual(numbered(1, 10));
  });
});
