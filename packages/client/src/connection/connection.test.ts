import { type AccountId, CLOSE, type ServerFrame } from '@parley/protocol';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { ParleyApi } from '../api/api.ts';
import { Connection, type ConnectionState } from './connection.ts';
import type { SocketHandlers } from './socket.ts';

beforeEach(() => {
  vi.useFakeTimers({
    toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'performance', 'Date'],
  });
});
afterEach(() => void vi.useRealTimers());

const ME = 'me' as AccountId;

interface TestSocket extends SocketHandlers {
  readonly url: string;
  readonly sent: { op: string; [field: string]: unknown }[];
  closedWith: number | undefined | null;
}

/** A connection whose sockets and tokens are controlled by the test. */
function aConnection(options: { random?: number; device?: string } = {}) {
  const sockets: TestSocket[] = [];
  const frames: string[] = [];
  const states: [ConnectionState, number | null][] = [];
  const tokens = { handedOut: 0, lastsSeconds: 600, refuse: null as Response | null };
  let ended = 0;
  const api = new ParleyApi({
    url: 'https://chat.example',
    sessionToken: 's',
    timeoutMs: 1e9,
    fetch: () => {
      if (tokens.refuse) return Promise.resolve(tokens.refuse.clone());
      const accessToken = `token-${++tokens.handedOut}`;
      return Promise.resolve(
        Response.json({ accessToken, accessTokenExpiresIn: tokens.lastsSeconds }),
      );
    },
  });
  const connection = new Connection({
    api,
    random: () => options.random ?? 0.5,
    device: options.device,
    cursor: () => ({ epoch: 'e1', cursor: { s: 7 as never } }),
    resend: () => undefined,
    presence: () => undefined,
    account: () => ME,
    frame: (frame) => frames.push(frame.op),
    state: (state, retryInMs) => states.push([state, retryInMs]),
    ended: () => {
      ended++;
    },
    socket: (url, handlers) => {
      const socket: TestSocket = { ...handlers, url, sent: [], closedWith: null };
      sockets.push(socket);
      return {
        send: (text) => socket.sent.push(JSON.parse(text)),
        close: (code) => {
          socket.closedWith = code;
        },
      };
    },
  });
  return { connection, sockets, frames, states, tokens, ended: () => ended };
}

const say = (socket: TestSocket | undefined, frame: object) =>
  socket?.message(JSON.stringify(frame));
const ready = (silenceMs = 30_000): Partial<ServerFrame> =>
  ({ op: 'ready', me: { id: ME }, limits: { silenceMs } }) as unknown as Partial<ServerFrame>;
const ops = (socket: TestSocket | undefined) => socket?.sent.map((f) => f.op);

/** A promise that the test resolves. */
function pending() {
  let resolve: () => void = () => undefined;
  const promise = new Promise<void>((resolved) => {
    resolve = resolved;
  });
  return { promise, resolve };
}

/** A connection that is live on its first socket. */
async function aLiveConnection(
  options: Parameters<typeof aConnection>[0] & { silenceMs?: number } = {},
) {
  const made = aConnection(options);
  made.connection.start();
  await vi.advanceTimersByTimeAsync(0);
  made.sockets[0]?.open();
  say(made.sockets[0], ready(options.silenceMs));
  say(made.sockets[0], { op: 'live' });
  return made;
}

describe('connecting', () => {
  test('sends its token and cursor in hello, and is live when everything has arrived', async () => {
    const { connection, sockets, states, frames } = await aLiveConnection({ device: 'a phone' });
    expect(sockets[0]?.url).toBe('wss://chat.example/api/v1/live');
    expect(sockets[0]?.sent[0]).toEqual({
      op: 'hello',
      token: 'token-1',
      compact: true,
      epoch: 'e1',
      cursor: { s: 7 },
      device: 'a phone',
    });
    expect(states.map(([state]) => state)).toEqual(['connecting', 'catching-up', 'live']);
    expect(frames).toEqual(['ready', 'live']);
    expect(connection.state).toBe('live');
  });

  test('opens the socket while stored data is being loaded, and sends hello once it is', async () => {
    const { connection, sockets } = aConnection();
    const { promise, resolve } = pending();
    connection.start(promise);
    await vi.advanceTimersByTimeAsync(0);
    sockets[0]?.open();
    await vi.advanceTimersByTimeAsync(0);
    expect(ops(sockets[0])).toEqual([]);
    resolve();
    await vi.advanceTimersByTimeAsync(0);
    expect(ops(sockets[0])).toEqual(['hello']);
  });

  test('sends no hello on a socket that was closed while data was being loaded', async () => {
    const { connection, sockets } = aConnection();
    const { promise, resolve } = pending();
    connection.start(promise);
    await vi.advanceTimersByTimeAsync(0);
    sockets[0]?.open();
    connection.stop();
    resolve();
    await vi.advanceTimersByTimeAsync(0);
    expect(ops(sockets[0])).toEqual([]);
    expect(sockets[0]?.closedWith).toBe(1000);
  });

  test('ends without a hello if the stored data cannot be loaded', async () => {
    const { connection, sockets, states } = aConnection();
    let fail: (error: Error) => void = () => undefined;
    connection.start(new Promise((_, reject) => (fail = reject)));
    await vi.advanceTimersByTimeAsync(0);
    sockets[0]?.open();
    fail(new Error('The store is broken'));
    await vi.advanceTimersByTimeAsync(60_000);
    expect(sockets).toHaveLength(1);
    expect([sockets[0]?.sent, sockets[0]?.closedWith]).toEqual([[], 1000]);
    expect(states.at(-1)).toEqual(['offline', null]);
  });

  test('reports the end of the session once stored data is loaded', async () => {
    const { connection, tokens, ended } = aConnection();
    const { promise, resolve } = pending();
    tokens.refuse = Response.json({ code: 'session_ended', title: 'Ended' }, { status: 401 });
    connection.start(promise);
    await vi.advanceTimersByTimeAsync(0);
    expect(ended()).toBe(0);
    resolve();
    await vi.advanceTimersByTimeAsync(0);
    expect(ended()).toBe(1);
  });

  test('sends nothing before `ready`', async () => {
    const { connection, sockets } = aConnection();
    expect(connection.send('{"op":"ping"}')).toBe(false);
    connection.start();
    await vi.advanceTimersByTimeAsync(0);
    sockets[0]?.open();
    expect(connection.send('{"op":"ping"}')).toBe(false);
    say(sockets[0], ready());
    expect(connection.send('{"op":"ping"}')).toBe(true);
    expect(ops(sockets[0])).toEqual(['hello', 'ping']);
  });

  test('starts once, however often start is called', async () => {
    const { connection, sockets } = await aLiveConnection();
    connection.start();
    await vi.advanceTimersByTimeAsync(1_000);
    expect(sockets).toHaveLength(1);
  });

  test('fails a hello without an answer after 20 s', async () => {
    const { connection, sockets } = aConnection();
    connection.start();
    await vi.advanceTimersByTimeAsync(0);
    sockets[0]?.open();
    await vi.advanceTimersByTimeAsync(19_000);
    expect(sockets[0]?.closedWith).toBeNull();
    await vi.advanceTimersByTimeAsync(2_500);
    expect(sockets[0]?.closedWith).toBeUndefined();
    expect(sockets).toHaveLength(2);
  });
});

describe('the end of a socket', () => {
  test('frames of an earlier socket are not delivered (B15)', async () => {
    const { connection, sockets, frames } = await aLiveConnection();
    sockets[0]?.close(1006, null);
    await vi.advanceTimersByTimeAsync(10_000);
    expect(sockets).toHaveLength(2);
    const before = frames.length;
    say(sockets[0], { op: 'event' });
    sockets[0]?.open();
    sockets[0]?.close(1006, null);
    expect(frames).toHaveLength(before);
    expect([ops(sockets[0]), ops(sockets[1])]).toEqual([['hello'], []]);
    expect(connection.state).toBe('connecting');
  });

  test('doubles its pauses up to 15 s, and restarts them after a stable minute', async () => {
    const { sockets, states } = await aLiveConnection({ random: 0.999 });
    const pauses: number[] = [];
    for (let n = 0; n < 9; n++) {
      sockets.at(-1)?.close(1006, null);
      const [state, pause] = states.at(-1) ?? [];
      expect(state).toBe('offline');
      pauses.push(Math.round(pause ?? 0));
      await vi.advanceTimersByTimeAsync(15_000);
    }
    expect(pauses).toEqual([250, 500, 999, 1998, 3996, 7992, 14985, 14985, 14985]);
    sockets.at(-1)?.open();
    say(sockets.at(-1), ready(1e9));
    say(sockets.at(-1), { op: 'live' });
    await vi.advanceTimersByTimeAsync(61_000);
    sockets.at(-1)?.close(1006, null);
    expect(Math.round(states.at(-1)?.[1] ?? 0)).toBe(250);
  });

  test('waits as long as `goodbye` or the rejected upgrade requests', async () => {
    const { sockets, states } = await aLiveConnection();
    say(sockets[0], { op: 'goodbye', reason: 'restart', retryAfter: 3 });
    sockets[0]?.close(CLOSE.restart, null);
    expect(states.at(-1)).toEqual(['offline', 3_000]);
    await vi.advanceTimersByTimeAsync(2_900);
    expect(sockets).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(200);
    expect(sockets).toHaveLength(2);
    // `goodbye` applies to that socket only.
    sockets[1]?.close(1013, 7_000);
    expect(states.at(-1)).toEqual(['offline', 7_000]);
    await vi.advanceTimersByTimeAsync(7_100);
    sockets[2]?.close(1006, null);
    expect(states.at(-1)?.[1]).toBeLessThan(1_000);
  });

  test('does not reconnect after the session has ended', async () => {
    const { sockets, connection, ended } = await aLiveConnection();
    sockets[0]?.close(CLOSE.sessionEnded, null);
    expect(ended()).toBe(1);
    expect(connection.state).toBe('offline');
    connection.nudge();
    connection.lost();
    await vi.advanceTimersByTimeAsync(120_000);
    expect(sockets).toHaveLength(1);
    // Until it is started again, after another login.
    connection.start();
    await vi.advanceTimersByTimeAsync(0);
    expect(sockets).toHaveLength(2);
  });

  test('replaces a token that is rejected', async () => {
    const { sockets } = await aLiveConnection();
    sockets[0]?.close(CLOSE.unauthenticated, null);
    await vi.advanceTimersByTimeAsync(1_000);
    sockets[1]?.open();
    expect(sockets[1]?.sent[0]).toMatchObject({ op: 'hello', token: 'token-2' });
  });

  test('keeps the token after any other close', async () => {
    const { sockets } = await aLiveConnection();
    sockets[0]?.close(1006, null);
    await vi.advanceTimersByTimeAsync(1_000);
    sockets[1]?.open();
    expect(sockets[1]?.sent[0]).toMatchObject({ op: 'hello', token: 'token-1' });
  });

  test('waits as the server requests if it gets no token, and ends if the session has ended', async () => {
    const { connection, tokens, states, sockets, ended } = aConnection();
    const refused = (status: number, code: string) =>
      Response.json(
        { type: '', title: '', status, code },
        { status, headers: { 'retry-after': '4' } },
      );
    tokens.refuse = refused(503, 'unavailable');
    connection.start();
    await vi.advanceTimersByTimeAsync(0);
    expect(states.at(-1)).toEqual(['offline', 4_000]);
    tokens.refuse = refused(401, 'unauthenticated');
    await vi.advanceTimersByTimeAsync(4_100);
    expect(ended()).toBe(1);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(sockets).toHaveLength(0);
  });

  test('ends on a socket of another account, and delivers nothing from it', async () => {
    const { connection, sockets, frames, ended } = aConnection();
    connection.start();
    await vi.advanceTimersByTimeAsync(0);
    sockets[0]?.open();
    say(sockets[0], { op: 'ready', me: { id: 'another' }, limits: {} });
    expect(ended()).toBe(1);
    expect(frames).toEqual([]);
    expect(connection.send('{"op":"ping"}')).toBe(false);
  });

  test('does not end when the renewal of a stopped connection is refused', async () => {
    const { connection, tokens, ended } = await aLiveConnection();
    tokens.refuse = Response.json({ code: 'session_ended', title: 'Ended' }, { status: 401 });
    // The renewal is in flight when the connection stops.
    vi.setSystemTime(Date.now() + (tokens.lastsSeconds - 30) * 1_000);
    vi.advanceTimersByTime(10_000);
    connection.stop();
    await vi.advanceTimersByTimeAsync(1_000);
    expect(ended()).toBe(0);
  });

  test('closes the socket on stop and does not reconnect', async () => {
    const { connection, sockets, states } = await aLiveConnection();
    connection.stop();
    expect(sockets[0]?.closedWith).toBe(1000);
    expect(states.at(-1)).toEqual(['offline', null]);
    await vi.advanceTimersByTimeAsync(120_000);
    expect(sockets).toHaveLength(1);
  });
});

describe('timers', () => {
  test('considers a silent server lost; any frame shows that it is alive', async () => {
    const { sockets, connection } = await aLiveConnection({ silenceMs: 10_000 });
    await vi.advanceTimersByTimeAsync(9_000);
    say(sockets[0], { op: 'pong' });
    await vi.advanceTimersByTimeAsync(9_500);
    expect(connection.state).toBe('live');
    await vi.advanceTimersByTimeAsync(2_000);
    expect(sockets[0]?.closedWith).toBeUndefined();
    expect(connection.state).not.toBe('live');
  });

  test('answers a ping', async () => {
    const { sockets } = await aLiveConnection();
    say(sockets[0], { op: 'ping', heads: {}, readVersion: 0 });
    expect(ops(sockets[0])).toEqual(['hello', 'pong']);
  });

  test('renews the token of the socket once before it expires', async () => {
    const { sockets, tokens } = await aLiveConnection({ silenceMs: 1e9 });
    await vi.advanceTimersByTimeAsync(505_000);
    expect(ops(sockets[0])).toEqual(['hello']);
    await vi.advanceTimersByTimeAsync(10_000);
    expect(ops(sockets[0])).toEqual(['hello', 'renew']);
    expect(sockets[0]?.sent[1]).toMatchObject({ token: 'token-2' });
    await vi.advanceTimersByTimeAsync(60_000);
    expect(tokens.handedOut).toBe(2);
  });

  test('on a hint that the network is back, connects at once while waiting, and pings while live', async () => {
    const { connection, sockets } = await aLiveConnection({ random: 0.999, silenceMs: 1e9 });
    connection.nudge();
    expect(ops(sockets[0])).toEqual(['hello', 'ping']);
    say(sockets[0], { op: 'pong' });
    await vi.advanceTimersByTimeAsync(7_000);
    expect(connection.state).toBe('live');
    connection.nudge();
    await vi.advanceTimersByTimeAsync(4_000);
    expect(connection.state).toBe('live');
    await vi.advanceTimersByTimeAsync(2_100);
    expect(connection.state).not.toBe('live');
    connection.nudge();
    await vi.advanceTimersByTimeAsync(0);
    expect(sockets).toHaveLength(2);
    // The ping that had no answer does not end the next socket, which may take longer.
    await vi.advanceTimersByTimeAsync(15_000);
    expect(sockets).toHaveLength(2);
    connection.stop();
    connection.nudge();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(sockets).toHaveLength(2);
  });

  test('on that hint while an attempt is under way, soon makes another one if it fails', async () => {
    const { connection, sockets } = await aLiveConnection({ random: 0.999, silenceMs: 1e9 });
    connection.lost();
    // The pauses grow with each attempt that fails.
    for (let attempt = 1; attempt <= 5; attempt++) {
      await vi.advanceTimersByTimeAsync(15_000);
      expect(sockets).toHaveLength(attempt + 1);
      if (attempt < 5) sockets.at(-1)?.close(1006, null);
    }
    connection.nudge();
    sockets.at(-1)?.close(1006, null);
    await vi.advanceTimersByTimeAsync(250);
    expect(sockets).toHaveLength(7);
  });

  test('does not wait for a lost network', async () => {
    const { connection, sockets } = await aLiveConnection();
    connection.lost();
    expect(connection.state).toBe('offline');
    await vi.advanceTimersByTimeAsync(1_000);
    expect(sockets).toHaveLength(2);
  });
});
