import { expandReady, type Ready } from '@parley/protocol';
import { type Cluster, startCluster } from './cluster.ts';
import { rss } from './cpu.ts';
import { group, type User, users } from './setup.ts';
import { RawSocket } from './wire.ts';

/** Members of every conversation. */
const MEMBERS = 10;
/** Conversations of an account, in turn, and hellos per measurement: processor time is counted in 10 ms. */
const SIZES = [
  { conversations: 50, hellos: 100 },
  { conversations: 1_000, hellos: 20 },
];
/** Open connections of which the memory is measured; the server allows 20 of an account. */
const SOCKETS = 20;

/** What a client sends in its hello besides the token. */
type HelloFields = Readonly<Record<string, unknown>>;

/**
 * Measures what a hello costs an account in many conversations: processor time of node and database
 * from the upgrade to `live`, and the size of `ready`. A new client has nothing; one that is started again
 * has its cursors; one that reconnects also has the snapshots of its conversations. None missed anything.
 */
export async function measureHello(rounds: number, cli?: string): Promise<void> {
  const cluster = await startCluster(1, { ...(cli !== undefined && { cli }) });
  try {
    const url = cluster.urls[0] as string;
    const all = await users(url, MEMBERS);
    let made = 0;
    for (const { conversations, hellos } of SIZES) {
      for (; made < conversations; made++) {
        const id = await group(`Group ${made}`, all);
        await all[made % MEMBERS]?.api.post(id as never, 'The latest message of this group.');
      }
      await measureSize(cluster, all, conversations, hellos, rounds);
    }
  } finally {
    await cluster.stop();
  }
}

async function measureSize(
  cluster: Cluster,
  all: readonly User[],
  conversations: number,
  hellos: number,
  rounds: number,
): Promise<void> {
  const [first, ...others] = all as [User, ...User[]];
  // Keeps the topics: a hello that is the first of a node for all of its streams is rare.
  const kept = await open(cluster, first, {});
  for (const [kind, fieldsOf] of [
    ['new client', (): HelloFields => ({})],
    ['restarted client', restarted],
    ['reconnecting client', (ready: Ready) => ({ ...restarted(ready), resend: [] })],
  ] as const) {
    const figures = { node: [] as number[], database: [] as number[], ms: [] as number[] };
    let bytes = 0;
    for (let round = -1; round < rounds; round++) {
      const clients = await Promise.all(others.map((u) => open(cluster, u, {})));
      for (const { raw } of clients) raw.close();
      const before = cluster.cpu();
      const startedAt = performance.now();
      for (let n = 0; n < hellos; n++) {
        const i = n % others.length;
        const fields = fieldsOf((clients[i] as Opened).ready);
        const opened = await open(cluster, others[i] as User, fields);
        bytes = opened.bytes;
        opened.raw.close();
      }
      const ms = performance.now() - startedAt;
      const after = cluster.cpu();
      if (round < 0) continue;
      figures.ms.push(ms / hellos);
      figures.node.push(((after.nodes - before.nodes) * 1000) / hellos);
      figures.database.push(((after.database - before.database) * 1000) / hellos);
    }
    console.log(
      `${conversations} conversations, ${kind}: ` +
        `${median(figures.node)} ms of the node, ${median(figures.database)} ms of the database, ` +
        `ready of ${(bytes / 1024).toFixed(1)} KiB, ${median(figures.ms)} ms to live`,
    );
  }
  const pid = cluster.nodes[0]?.pid as number;
  const before = rss(pid);
  const sockets = [];
  for (let n = 0; n < SOCKETS; n++) sockets.push(await open(cluster, others[0] as User, {}));
  const each = (rss(pid) - before) / SOCKETS;
  console.log(`${conversations} conversations: ${each.toFixed(2)} MiB of RSS for each connection`);
  for (const { raw } of [kept, ...sockets]) raw.close();
}

/** What a client sends that has stored its cursors. */
function restarted({ epoch, streams }: Ready): HelloFields {
  return { epoch, cursor: Object.fromEntries(streams.map((s) => [s.id, s.lastSeq])) };
}

interface Opened {
  readonly raw: RawSocket;
  readonly ready: Ready;
  /** The size of `ready`. */
  readonly bytes: number;
}

/** Opens a connection and sends a hello. Resolves when it is live. */
async function open(cluster: Cluster, user: User, fields: HelloFields): Promise<Opened> {
  const token = await user.api.accessToken();
  const raw = await RawSocket.open(cluster.urls[0] as string, '/api/v1/live');
  return new Promise((resolve, reject) => {
    let ready: Buffer | null = null;
    raw.onFrame = (buffer, at, length) => {
      const start = buffer.toString('latin1', at, at + 13);
      if (start === '{"op":"ready"') ready = Buffer.from(buffer.subarray(at, at + length));
      else if (start.startsWith('{"op":"nack"'))
        reject(new Error(buffer.toString('utf8', at, at + length)));
      else if (start.startsWith('{"op":"live"') && ready) {
        resolve({ raw, bytes: ready.length, ready: expandReady(JSON.parse(ready.toString())) });
      }
    };
    raw.send(JSON.stringify({ op: 'hello', token, cursor: {}, compact: true, ...fields }));
  });
}

function median(values: readonly number[]): string {
  return ([...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0).toFixed(1);
}
