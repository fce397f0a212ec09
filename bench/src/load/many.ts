import { startCluster } from './cluster.ts';
import { rss } from './cpu.ts';
import { group, users } from './setup.ts';
import { RawSocket } from './wire.ts';

const MEMBERS = 10;
const HELLOS = 20;

/** Measures an account in `count` conversations: time and size of the hello, memory of the socket. */
export async function measureConversations(count: number): Promise<void> {
  const cluster = await startCluster(1);
  try {
    const url = cluster.urls[0] as string;
    const all = await users(url, MEMBERS);
    for (let n = 0; n < count; n++) {
      const id = await group(`Group ${n}`, all);
      await all[n % MEMBERS]?.api.post(id as never, 'The latest message of this group.');
    }
    const pid = cluster.nodes[0]?.pid as number;
    const before = rss(pid);
    const token = (await all[0]?.api.accessToken()) as string;
    const times: number[] = [];
    let bytes = 0;
    const cpu = cluster.cpu();
    for (let n = 0; n < HELLOS; n++) {
      const other = (await all[n % MEMBERS]?.api.accessToken()) as string;
      const raw = await RawSocket.open(url, '/api/v1/live');
      const startedAt = performance.now();
      await new Promise<void>((resolve) => {
        raw.onFrame = (buffer, at, length) => {
          if (buffer.toString('latin1', at, at + 13) === '{"op":"ready"') bytes = length;
          if (buffer.toString('latin1', at, at + length) === '{"op":"live"}') resolve();
        };
        raw.send(JSON.stringify({ op: 'hello', token: other, cursor: {} }));
      });
      times.push(performance.now() - startedAt);
    }
    const used = cluster.cpu();
    times.sort((a, b) => a - b);
    const startedAt = performance.now();
    await fetch(new URL('/api/v1/conversations', url), {
      headers: { authorization: `Bearer ${token}` },
    }).then((r) => r.text());
    const list = performance.now() - startedAt;
    console.log(
      `\n${count} conversations a person: hello to live ${times[HELLOS / 2]?.toFixed(0)} ms (median of ${HELLOS}), ` +
        `ready is ${(bytes / 1024).toFixed(0)} KiB; GET /conversations ${list.toFixed(0)} ms; ` +
        `${(((used.nodes - cpu.nodes) * 1000) / HELLOS).toFixed(1)} ms of the node and ` +
        `${(((used.database - cpu.database) * 1000) / HELLOS).toFixed(1)} ms of the database for a hello; ` +
        `RSS ${before} MiB before, ${rss(pid)} MiB with ${HELLOS} sockets (${((rss(pid) - before) / HELLOS).toFixed(2)} MiB each)`,
    );
  } finally {
    await cluster.stop();
  }
}
