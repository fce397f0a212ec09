import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { startServer } from '../server-process.ts';
import { serverCpuOf } from './cpu.ts';
import { type User, users } from './setup.ts';
import { RawSocket } from './wire.ts';

/** Sockets per account; the server allows 20. */
const PER_ACCOUNT = 20;
/** Subscriptions of a client: a sidebar and an open conversation. */
const SHOWN = 40;
/** How long each case is measured, s. */
const SECONDS = 15;
/** Changes of presence a second over all accounts, in each case. */
const RATES = [4, 40];
/** Concurrent connection attempts: a limit of the generator. */
const AT_ONCE = 50;

interface Received {
  frames: number;
  bytes: number;
}

/**
 * Measures what changes of presence cost with `count` connections: clients that receive all
 * accounts, as before there were subscriptions, and clients that subscribe to those they show.
 */
export async function measurePresence(count: number): Promise<void> {
  const server = await startServer();
  try {
    const all = await users(server.url, Math.ceil(count / PER_ACCOUNT));
    for (const subscribed of [false, true]) {
      const received: Received = { frames: 0, bytes: 0 };
      const sockets = await connect(server.url, all, count, subscribed, received);
      for (const rate of RATES) {
        // The presence of the connections themselves is reported before the measurement.
        await pause(5_000);
        const before = { ...received, ...serverCpuOf(server.pid) };
        await change(sockets, all.length, rate);
        const { node } = serverCpuOf(server.pid);
        report({ count, subscribed, rate, seconds: node - before.node }, before, received);
      }
      for (const socket of sockets) socket.close();
      await pause(8_000);
    }
  } finally {
    await server.stop();
  }
}

/**
 * Opens the connections: connection n is of account n modulo the number of accounts. On a server on which
 * each connection is of another account, an account is shown by {@link SHOWN} clients on average. To have
 * the same here, most subscriptions are to accounts that do not exist.
 */
async function connect(
  url: string,
  all: readonly User[],
  count: number,
  subscribed: boolean,
  received: Received,
): Promise<RawSocket[]> {
  const tokens = await Promise.all(all.map(({ api }) => api.accessToken()));
  const sockets: RawSocket[] = new Array(count);
  let next = 0;
  const work = async () => {
    for (let n = next++; n < count; n = next++) {
      const shown = Array.from({ length: SHOWN }, (_, i) =>
        i < (SHOWN * all.length) / count ? all[(n * 7 + i) % all.length]?.id : randomUUID(),
      );
      const hello = {
        op: 'hello',
        token: tokens[n % all.length],
        ...(subscribed && { presence: shown }),
      };
      for (;;) {
        try {
          sockets[n] = await open(url, JSON.stringify(hello), received);
          break;
        } catch {
          // Deferred: retried as a client does.
          await pause(200 + Math.random() * 800);
        }
      }
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  return sockets;
}

async function open(url: string, hello: string, received: Received): Promise<RawSocket> {
  const raw = await RawSocket.open(url, '/api/v1/live');
  await new Promise<void>((resolve) => {
    raw.onFrame = (bytes, at, length) => {
      const start = bytes.toString('latin1', at, at + 16);
      if (start.startsWith('{"op":"ping"')) raw.send('{"op":"pong"}');
      else if (start.startsWith('{"op":"live"')) resolve();
      else if (start.startsWith('{"op":"presence"')) {
        received.frames++;
        received.bytes += length;
      }
    };
    raw.send(hello);
  });
  return raw;
}

/**
 * Lets accounts go away and come back, one after the other: `rate` changes a second. An account is away
 * when all its connections are.
 */
async function change(sockets: readonly RawSocket[], accounts: number, rate: number) {
  const startedAt = performance.now();
  for (let n = 0; n < rate * SECONDS; n++) {
    const account = Math.floor(n / 2) % accounts;
    const frame = JSON.stringify({ op: 'presence', state: n % 2 === 0 ? 'idle' : 'active' });
    // The two changes of an account are further apart than the interval of reports.
    const due = startedAt + (n * 1_000) / rate;
    const send = () => {
      for (let i = account; i < sockets.length; i += accounts) sockets[i]?.send(frame);
    };
    if (n % 2 === 0) send();
    else setTimeout(send, 700);
    await pause(Math.max(0, due - performance.now()));
  }
  await pause(Math.max(0, startedAt + SECONDS * 1_000 + 1_500 - performance.now()));
}

function report(
  run: { count: number; subscribed: boolean; rate: number; seconds: number },
  before: Received,
  after: Received,
): void {
  const { count, subscribed, rate, seconds } = run;
  const frames = after.frames - before.frames;
  const bytes = after.bytes - before.bytes;
  console.log(
    `${count} connections, ${subscribed ? `${SHOWN} subscriptions each` : 'told of all'}, ` +
      `${rate} changes a second: ${(frames / SECONDS).toFixed(0)} frames and ` +
      `${(bytes / SECONDS / 1024).toFixed(0)} KiB a second in all, ` +
      `${((seconds * 100) / SECONDS).toFixed(1)} % of a core of the node`,
  );
}
