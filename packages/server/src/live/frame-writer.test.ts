import type { Socket } from 'node:net';
import { beforeEach, expect, test } from 'vitest';
import { FrameWriter } from './frame-writer.ts';

/** A socket that sends nothing before the test says so. */
class SlowSocket {
  writable = true;
  writableLength = 0;
  bytesWritten = 0;
  readonly #flushed: (() => void)[] = [];

  write(piece: Buffer, onFlushed?: () => void): void {
    this.writableLength += piece.length;
    this.bytesWritten += piece.length;
    if (onFlushed) this.#flushed.push(onFlushed);
  }
  cork(): void {}
  uncork(): void {}
  /** The client reads everything that was written. */
  read(): void {
    this.writableLength = 0;
    for (const onFlushed of this.#flushed.splice(0)) onFlushed();
  }
}

const state = { isClosed: false, overflows: 0, drained: 0 };
beforeEach(() => void Object.assign(state, { isClosed: false, overflows: 0, drained: 0 }));

function aWriter(congestedBytes = 100) {
  const socket = new SlowSocket();
  const writer = new FrameWriter(socket as unknown as Socket, {
    congestedBytes,
    isClosed: () => state.isClosed,
    onOverflow: () => void state.overflows++,
    onDrained: () => void state.drained++,
  });
  return { socket, writer };
}

test('a replay waits while more is buffered than the limit, and continues when it is read', async () => {
  const { socket, writer } = aWriter();
  writer.write(Buffer.alloc(100));
  expect(writer.congested).toBe(false);
  await writer.drained();
  writer.write(Buffer.alloc(1));
  expect(writer.congested).toBe(true);
  let isDrained = false;
  const drained = writer.drained().then(() => {
    isDrained = true;
  });
  writer.checkDrained();
  writer.flush();
  await new Promise((resolve) => setImmediate(resolve));
  expect([isDrained, state.drained]).toEqual([false, 0]);
  socket.read();
  await drained;
  expect([writer.buffered, state.drained]).toEqual([0, 1]);
});

test('the end of a connection ends the waiting for a client that reads nothing', async () => {
  const { writer } = aWriter();
  writer.write(Buffer.alloc(200));
  const drained = writer.drained();
  state.isClosed = true;
  writer.checkDrained();
  await drained;
  await writer.drained();
});

test('nothing is written after the close but the last frame', () => {
  const { socket, writer } = aWriter();
  state.isClosed = true;
  writer.send({ op: 'pong' });
  writer.flush();
  expect(socket.bytesWritten).toBe(0);
  writer.writeLast({ op: 'goodbye', reason: 'restart', retryAfter: 1 });
  writer.flush();
  expect(socket.bytesWritten).toBeGreaterThan(0);
});

test('a client that leaves too much unread is closed, and nothing more is buffered', () => {
  const { writer } = aWriter();
  const half = Buffer.alloc(4 * 1024 * 1024);
  for (let n = 0; n < 3; n++) writer.write(half);
  expect([state.overflows, writer.buffered]).toEqual([0, 3 * half.length]);
  writer.write(half);
  expect([state.overflows, writer.buffered]).toEqual([1, 3 * half.length]);
});

test('a client is stalled from its last progress on, while too much is buffered', () => {
  const { socket, writer } = aWriter();
  expect(writer.stalledMs(1_000)).toBe(0);
  writer.write(Buffer.alloc(200));
  writer.flush();
  expect(writer.stalledMs(5_000)).toBe(4_000);
  // Part of it is read.
  socket.writableLength = 150;
  expect(writer.stalledMs(6_000)).toBe(0);
  expect(writer.stalledMs(8_000)).toBe(2_000);
  socket.writableLength = 50;
  expect([writer.stalledMs(9_000), writer.stalledMs(20_000)]).toEqual([0, 0]);
});
