import { setTimeout as pause } from 'node:timers/promises';
import { startCluster } from './cluster.ts';
import { rss } from './cpu.ts';
import { group, users } from './setup.ts';
import { RawSocket } from './wire.ts';

/** Sockets per account; the server allows 20. */
const PER_ACCOUNT = 20;
/** How many events the returning clients have missed. */
const BEHIND = 200;
/** Concurrent connection attempts: a limit of the generator. */
const AT_ONCE = 400;

/**
 * Reconnects `count` clients at once, each with a cursor 200 events old, and measures how long it
 * takes until all have what they missed, and what that costs the server.
 */
export async function measureStorm(count: number, nodes: number, cli?: string): Promise<void> {
  const cluster = await startCluster(nodes, { ...(cli !== undefined && { cli }) });
  try {
    const url = cluster.urls[0] as string;
    const all = await users(url, Math.ceil(count / PER_ACCOUNT));
    const conversation = await group('Storm', all);
    const [first] = all;
    if (!first) return;
    const { lastSeq } = await first.api.conversation(conversation as never);
    const { epoch } = await helloOf(url, await first.api.accessToken());
    for (let n = 0; n < BEHIND; n++) await first.api.post(conversation as never, `message ${n}`);
    const tokens = await Promise.all(all.map((p) => p.api.accessToken()));
    const before = cluster.nodes.map((n) => rss(n.pid));
    const cpu = cluster.cpu();
    const highest = [...before];
    const watch = setInterval(() => {
      for (const [i, n] of cluster.nodes.entries())
        highest[i] = Math.max(highest[i] ?? 0, rss(n.pid));
    }, 100);
    const startedAt = performance.now();
    const times: number[] = [];
    let retries = 0;
    let next = 0;
    const sockets: RawSocket[] = [];
    const work = async () => {
      for (let n = next++; n < count; n = next++) {
        const target = cluster.urls[n % cluster.urls.length] as string;
        for (;;) {
          try {
            const raw = await RawSocket.open(target, '/api/v1/live');
            sockets.push(raw);
            await caughtUp(raw, tokens[n % tokens.length] as string, epoch, conversation, lastSeq);
            break;
          } catch {
            // Deferred: retried as a client does.
            retries++;
            await pause(200 + Math.random() * 800);
          }
        }
        times.push(performance.now() - startedAt);
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, work));
    clearInterval(watch);
    const used = cluster.cpu();
    times.sort((a, b) => a - b);
    const at = (share: number) =>
      ((times[Math.floor(times.length * share)] ?? 0) / 1000).toFixed(1);
    console.log(
      `\n${count} clients with cursors ${BEHIND} events old, ${nodes} node${nodes > 1 ? 's' : ''}: ` +
        `half are live after ${at(0.5)} s, 99 % after ${at(0.99)} s, all after ${at(0.99999)} s; ` +
        `${retries} were told to come later`,
    );
    console.log(
      `${((count * BEHIND) / ((times.at(-1) ?? 1) / 1000)).toFixed(0)} events a second; ` +
        `${(((used.nodes - cpu.nodes) * 1e6) / count).toFixed(0)} µs of the nodes and ` +
        `${(((used.database - cpu.database) * 1e6) / count).toFixed(0)} µs of the database for a client; ` +
        `RSS ${before.join(' and ')} MiB before, ${highest.join(' and ')} MiB at most`,
    );
    for (const socket of sockets) socket.close();
  } finally {
    await cluster.stop();
  }
}

/** The contents of the first ready frame. */
async function helloOf(url: string, token: string): Promise<{ epoch: string }> {
  const raw = await RawSocket.open(url, '/api/v1/live');
  return new Promise((resolve) => {
    raw.onFrame = (bytes, at, length) => {
      const text = bytes.toString('utf8', at, at + length);
      if (!text.startsWith('{"op":"ready"')) return;
      raw.close();
      resolve(JSON.parse(text) as { epoch: string });
    };
    raw.send(JSON.stringify({ op: 'hello', token, cursor: {} }));
  });
}

/** Sends hello with the old cursor; resolves when all missed events have arrived in order. */
function caughtUp(
  raw: RawSocket,
  token: string,
  epoch: string,
  conversation: string,
  after: number,
): Promise<void> {
  return new Promise((resolve, reject) => {
    let events = 0;
    const timer = setTimeout(() => reject(new Error('too late')), 60_000);
    raw.onFrame = (bytes, at, length) => {
      const start = bytes.toString('latin1', at, at + 14);
      if (start.startsWith('{"op":"event"')) events++;
      else if (start.startsWith('{"op":"ping"')) raw.send('{"op":"pong"}');
      else if (start.startsWith('{"op":"nack"'))
        reject(new Error(bytes.toString('utf8', at, at + length)));
      else if (start.startsWith('{"op":"live"')) {
        clearTimeout(timer);
        if (events === BEHIND) resolve();
        else reject(new Error(`${events} events instead of ${BEHIND}`));
      }
    };
    const cursor = { [conversation]: after };
    raw.send(JSON.stringify({ op: 'hello', token, compact: true, epoch, cursor }));
  });
}
