import { createServer, type Server, type ServerResponse } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { AccountId } from '@parley/protocol';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { until } from '../../test/support/sink.ts';
import { DOWNLOAD_BOUNDS, type DownloadBounds, Downloads } from './downloads.ts';

const ANN = 'ann' as AccountId;
const MIB = 1024 * 1024;
const PIECE = Buffer.alloc(64 * 1024);
const NEVER = 3_600_000;

let server: Server;
let client: Socket | undefined;
afterEach(async () => {
  vi.useRealTimers();
  client?.destroy();
  await new Promise((resolve) => server.close(resolve));
});

/** File content of this many bytes. */
const content = (bytes: number) =>
  Readable.from(
    (function* () {
      for (let sent = 0; sent < bytes; sent += PIECE.length) yield PIECE;
    })(),
    { objectMode: false },
  );

/** Serves file content with these bounds; returns what a client has read, and the downloads. */
async function serve(
  bounds: Partial<DownloadBounds>,
  bytes: number,
  mayContinue: () => Promise<boolean> = async () => true,
) {
  const downloads = new Downloads({
    ...DOWNLOAD_BOUNDS,
    windowMs: NEVER,
    accessMs: NEVER,
    ...bounds,
  });
  const errors: unknown[] = [];
  const send = async (response: ServerResponse) => {
    const body = await downloads.open({
      account: ANN,
      response,
      open: async () => content(bytes),
      mayContinue,
      onError: (error) => errors.push(error),
    });
    if (body) await pipeline(body, response).catch(() => undefined);
  };
  server = createServer((_request, response) => void send(response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
  client = socket;
  const state = { read: 0, isClosed: false };
  socket.on('data', (piece) => {
    state.read += piece.length;
  });
  socket.on('error', () => undefined);
  socket.on('close', () => {
    state.isClosed = true;
  });
  socket.write('GET / HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n');
  return { downloads, socket, state, errors };
}

describe('a download', () => {
  test('is aborted when its client stalls, however much it has read before', async () => {
    const { downloads, socket, state } = await serve(
      { windowMs: 2_000, bytesPerWindow: 1 },
      400 * MIB,
    );
    await until(() => state.read > 8 * MIB, 'much to be read');
    socket.pause();
    await until(() => downloads.size === 0, 'the download to end');
    expect(state.read).toBeLessThan(400 * MIB);
  });

  test('is sent completely to a slow client, even if the system buffers for over a minute', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
    const { windowMs } = DOWNLOAD_BOUNDS;
    const { downloads, socket, state } = await serve({ windowMs }, 200 * MIB);
    // As measured at 20 KB/s: the system accepts 4 MB at once, then 1.7 MB every 85 s.
    for (const seconds of [43, 85, 85, 85, 85]) {
      // More than all buffers hold, so that the system has taken more.
      const before = state.read;
      await until(() => state.read > before + 32 * MIB, 'some of it');
      socket.pause();
      vi.advanceTimersByTime(seconds * 1_000);
      socket.resume();
    }
    await until(() => state.isClosed, 'the end');
    expect(state.read).toBeGreaterThan(200 * MIB);
    expect(downloads.size).toBe(0);
  });

  test('is aborted when its account may no longer read the file', async () => {
    let isAllowed: boolean | Error = new Error('no database');
    const { downloads, socket, state, errors } = await serve(
      { accessMs: 20 },
      400 * MIB,
      async () => {
        if (isAllowed instanceof Error) throw isAllowed;
        return isAllowed;
      },
    );
    await until(() => state.read > MIB, 'the start');
    socket.pause();
    await until(() => errors.length >= 2, 'checks that fail');
    expect(downloads.size).toBe(1);
    isAllowed = false;
    await until(() => downloads.size === 0, 'the download to end');
    expect(state.read).toBeLessThan(400 * MIB);
  });

  test('is sent completely to a client that reads', async () => {
    const { downloads, state } = await serve({}, 20 * MIB);
    await until(() => state.isClosed, 'the end');
    expect(state.read).toBeGreaterThan(20 * MIB);
    expect(downloads.size).toBe(0);
  });
});
