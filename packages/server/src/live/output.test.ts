import { connect, createServer, type Socket } from 'node:net';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { until } from '../../test/support/sink.ts';
import { Output } from './output.ts';

const server = createServer();
const accepted: Socket[] = [];

beforeAll(
  () =>
    new Promise<void>((resolve) => {
      server.on('connection', (socket) => {
        socket.on('error', () => undefined);
        accepted.push(socket);
      });
      server.listen(0, '127.0.0.1', resolve);
    }),
);
afterAll(() => {
  for (const socket of accepted) socket.destroy();
  server.close();
});

/** Opens a connection. Returns both ends, and what the client's has received. */
async function aPair(): Promise<{ ours: Socket; theirs: Socket; received: () => Buffer }> {
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('No port');
  const before = accepted.length;
  const theirs = connect(address.port, '127.0.0.1');
  // Tests close the connection in different ways.
  theirs.on('error', () => undefined);
  const chunks: Buffer[] = [];
  theirs.on('data', (chunk) => chunks.push(chunk));
  await until(() => accepted.length > before, 'the connection');
  return { ours: accepted[before] as Socket, theirs, received: () => Buffer.concat(chunks) };
}

describe('output', () => {
  test('output writes all frames in order, for any sizes and turns', async () => {
    const { ours, theirs, received } = await aPair();
    let flushes = 0;
    const output = new Output(ours, () => flushes++);
    let expected = Buffer.alloc(0);
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.array(fc.integer({ min: 1, max: 200_000 }), { maxLength: 4 }), {
          maxLength: 4,
        }),
        async (turns) => {
          for (const [t, sizes] of turns.entries()) {
            for (const size of sizes) {
              const frame = Buffer.alloc(size, (t * 7 + size) % 256);
              output.write(frame);
              expected = Buffer.concat([expected, frame]);
            }
            await new Promise((resolve) => setImmediate(resolve));
          }
          await until(() => received().length === expected.length, 'all bytes');
          expect(received().equals(expected)).toBe(true);
          await until(() => output.buffered === 0, 'all to be flushed');
          expect(output.flushedBytes).toBe(expected.length);
        },
      ),
      { numRuns: 15 },
    );
    expect(flushes).toBeGreaterThan(0);
    theirs.destroy();
  });

  test('writes the frames of one turn at once, and reports when they are flushed', async () => {
    const { ours, theirs, received } = await aPair();
    let writes = 0;
    const write = ours.write.bind(ours);
    ours.write = ((...args: Parameters<typeof write>) => {
      writes++;
      return write(...args);
    }) as typeof ours.write;
    let flushes = 0;
    const output = new Output(ours, () => flushes++);
    for (const text of ['a', 'b', 'c']) output.write(Buffer.from(text));
    expect(output.buffered).toBe(3);
    expect(writes).toBe(0);
    await until(() => received().toString() === 'abc', 'the frames');
    expect(writes).toBe(1);
    await until(() => flushes === 1, 'the report');
    theirs.destroy();
  });

  test('counts the bytes that wait in an unread socket, and those that were flushed', async () => {
    const { ours, theirs } = await aPair();
    theirs.pause();
    const output = new Output(ours, () => undefined);
    output.write(Buffer.alloc(1_000));
    output.flush();
    await until(() => output.flushedBytes === 1_000, 'the operating system to accept some');
    const more = 20 * 1024 * 1024;
    output.write(Buffer.alloc(more));
    output.flush();
    expect(output.buffered).toBeGreaterThan(0);
    expect(output.buffered + output.flushedBytes).toBe(1_000 + more);
    theirs.resume();
    await until(() => output.buffered === 0, 'the rest');
    expect(output.flushedBytes).toBe(1_000 + more);
    theirs.destroy();
  });

  test('drops frames of a closed socket', async () => {
    const { ours, theirs } = await aPair();
    const output = new Output(ours, () => undefined);
    ours.destroy();
    output.write(Buffer.from('late'));
    output.flush();
    expect(output.buffered).toBe(0);
    theirs.destroy();
  });
});
