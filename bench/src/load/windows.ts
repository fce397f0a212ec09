import type { ServerProcess } from '../server-process.ts';
import { startServer } from '../server-process.ts';
import { canPin, generateWindow } from './generate.ts';
import type { Kind } from './kinds.ts';
import { startPeer } from './peers.ts';
import { group, type User, users } from './setup.ts';
import type { WindowResult } from './window-generator.ts';

/** A load: some conversations, and messages outstanding in all of them together. */
interface WindowRow {
  readonly name: string;
  readonly conversations: number;
  readonly members: number;
  readonly window: number;
  readonly peers: readonly Exclude<Kind, 'parley'>[];
  /** The throughput that is wanted, as a ratio to a peer’s. */
  readonly bars: Partial<Record<Kind, number>>;
}

const ROWS: readonly WindowRow[] = [
  {
    name: '1 group of 100, window 1',
    conversations: 1,
    members: 100,
    window: 1,
    peers: ['socketio', 'epoll'],
    bars: { socketio: 1 },
  },
  {
    name: '1 group of 100, window 32',
    conversations: 1,
    members: 100,
    window: 32,
    peers: ['socketio', 'epoll'],
    bars: { socketio: 6 },
  },
  {
    name: '1 group of 1,000, window 16',
    conversations: 1,
    members: 1_000,
    window: 16,
    peers: ['socketio', 'epoll'],
    bars: { socketio: 10, epoll: 0.45 },
  },
  {
    name: '100 groups of 10, window 32',
    conversations: 100,
    members: 10,
    window: 32,
    peers: ['socketio'],
    bars: { socketio: 1.3 },
  },
  {
    name: '500 pairs, window 4',
    conversations: 500,
    members: 2,
    window: 4,
    peers: ['socketio'],
    bars: { socketio: 1 },
  },
  {
    name: '500 pairs, window 32',
    conversations: 500,
    members: 2,
    window: 32,
    peers: ['socketio'],
    bars: { socketio: 1 },
  },
];

const WARMUP_MS = 1_500;
const HEADER =
  '  server        msgs/s  deliveries/s   p50 ms   p99 ms   µs a message: node  database   generator CPU';

/** A build of Parley; `cli` is its command line, null for this one. */
interface Build {
  readonly name: string;
  readonly cli: string | null;
}

const THIS_BUILD: Build = { name: 'parley', cli: null };

type Conversations = readonly { readonly id: string; readonly members: readonly string[] }[];

/** A running server with the conversations of a row. */
interface Target {
  readonly kind: Kind;
  /** What the server is called in the results. */
  readonly name: string;
  readonly server: ServerProcess;
  /** Tokens expire: they are asked for before each measurement. */
  conversations(): Promise<Conversations>;
}

/** Returns a fresh peer; null where it is unavailable. */
async function peer(kind: Exclude<Kind, 'parley'>, row: WindowRow): Promise<Target | null> {
  const server = await startPeer(kind);
  return server && { kind, name: kind, server, conversations: async () => peerConversations(row) };
}

/**
 * Measures Parley and its peers in turn, one round after the other; the peers are restarted in
 * between.
 */
export async function measureWindows(
  only: number | null,
  measureMs: number,
  rounds: number,
): Promise<void> {
  for (const row of announcedRows(only)) {
    const own = await parley(row, THIS_BUILD);
    try {
      const results = new Map<Kind, WindowResult[]>();
      for (let round = 0; round < rounds; round++) {
        for (const kind of ['parley', ...row.peers] as const) {
          const target = kind === 'parley' ? own : await peer(kind, row);
          if (!target) continue;
          await measureInto(results, kind, target, row, measureMs).finally(() => {
            if (target !== own) return target.server.stop();
          });
        }
      }
      printRatios(row, results);
    } finally {
      await own.server.stop();
    }
  }
}

/**
 * Measures this build and another one in turn, with a load: what a change costs. Processor time is the figure to
 * compare, since the rate depends on what else the machine does.
 */
export async function measureBeside(
  cli: string,
  only: number | null,
  measureMs: number,
  rounds: number,
): Promise<void> {
  for (const row of announcedRows(only)) {
    const targets: Target[] = [];
    try {
      for (const build of [THIS_BUILD, { name: 'other', cli }]) {
        targets.push(await parley(row, build));
      }
      const results = new Map<string, WindowResult[]>();
      for (let round = 0; round < rounds; round++) {
        // Each is first in every other round.
        for (const target of round % 2 === 0 ? targets : [...targets].reverse()) {
          await measureInto(results, target.name, target, row, measureMs);
        }
      }
      printCosts(results);
    } finally {
      await Promise.all(targets.map(({ server }) => server.stop()));
    }
  }
}

/** Yields the wanted rows, and prints the header of each. */
function* announcedRows(only: number | null): Generator<WindowRow> {
  for (const row of ROWS.filter((_, i) => only === null || i === only - 1)) {
    console.log(`\n${row.name}`);
    console.log(HEADER);
    yield row;
  }
}

/** Measures a target once, adds the result and prints it. */
async function measureInto<K>(
  results: Map<K, WindowResult[]>,
  key: K,
  target: Target,
  row: WindowRow,
  measureMs: number,
): Promise<void> {
  const result = await measure(target, row, measureMs);
  results.set(key, [...(results.get(key) ?? []), result]);
  print(target.name, result);
}

function printCosts(results: ReadonlyMap<string, readonly WindowResult[]>): void {
  const micros = ({ messages, serverCpu }: WindowResult) =>
    ((serverCpu.node + serverCpu.database) * 1e6) / messages;
  const costs = [...results].map(([name, its]) => ({ name, cost: median(its.map(micros)) }));
  const [own, other] = costs.map(({ cost }) => cost) as [number, number];
  for (const { name, cost } of costs) {
    console.log(`  ${name}: ${cost.toFixed(0)} µs a message, node and database together (median)`);
  }
  console.log(`  ${(own / other).toFixed(2)} × the processor time of the other build`);
}

async function parley(row: WindowRow, { name, cli }: Build): Promise<Target> {
  const server = await startServer({ ...(canPin && { cpu: 0 }), ...(cli !== null && { cli }) });
  try {
    const all = await users(server.url, row.conversations * row.members);
    const groups: { id: string; members: User[] }[] = [];
    for (let n = 0; n < row.conversations; n++) {
      const members = all.slice(n * row.members, (n + 1) * row.members);
      groups.push({ id: await group(`Load ${n}`, members), members });
    }
    const conversations = () =>
      Promise.all(
        groups.map(async ({ id, members }) => ({
          id,
          members: await Promise.all(members.map((user) => user.api.accessToken())),
        })),
      );
    return { kind: 'parley', name, server, conversations };
  } catch (error) {
    await server.stop();
    throw error;
  }
}

function peerConversations(row: WindowRow): Conversations {
  return Array.from({ length: row.conversations }, (_, n) => ({
    id: `conversation-${n}`,
    members: Array.from({ length: row.members }, (_, m) => `person-${n}-${m}`),
  }));
}

/** @throws if a message was lost, duplicated, out of order, or not stored. */
async function measure(
  { kind, server, conversations }: Target,
  row: WindowRow,
  measureMs: number,
): Promise<WindowResult> {
  const load = await conversations();
  const before = await stored(kind, load, server.url);
  const result = await generateWindow({
    kind,
    url: server.url,
    pid: server.pid,
    conversations: load,
    window: row.window,
    warmupMs: WARMUP_MS,
    measureMs,
  });
  if (result.missing !== null) throw new Error(`${kind}: ${result.missing}. No figure is given.`);
  const after = await stored(kind, load, server.url);
  if (before !== null && after !== null && after - before !== result.sent) {
    throw new Error(`${kind}: ${result.sent} sent, ${after - before} stored`);
  }
  return result;
}

/** Returns the number of stored events or messages; null for a server that stores nothing. */
async function stored(kind: Kind, load: Conversations, url: string): Promise<number | null> {
  if (kind === 'epoll') return null;
  if (kind === 'socketio') return Number(await (await fetch(url)).text());
  let events = 0;
  for (const { id, members } of load) {
    const response = await fetch(new URL(`/api/v1/conversations/${id}`, url), {
      headers: { authorization: `Bearer ${members[0]}` },
    });
    if (!response.ok) throw new Error(`The conversation could not be read: ${response.status}`);
    events += ((await response.json()) as { lastSeq: number }).lastSeq;
  }
  return events;
}

function print(name: string, result: WindowResult): void {
  const { messages, deliveries, seconds, p50, p99, generatorCpu, serverCpu } = result;
  const perMessage = (cpu: number) => ((cpu * 1e6) / messages).toFixed(0);
  const cells = [
    name.padEnd(10),
    (messages / seconds).toFixed(0).padStart(9),
    (deliveries / seconds).toFixed(0).padStart(13),
    p50.toFixed(2).padStart(8),
    p99.toFixed(2).padStart(8),
    perMessage(serverCpu.node).padStart(19),
    perMessage(serverCpu.database).padStart(9),
    `${Math.round(generatorCpu * 100)} %`.padStart(15),
  ];
  console.log(`  ${cells.join(' ')}`);
}

function printRatios(row: WindowRow, results: ReadonlyMap<Kind, readonly WindowResult[]>): void {
  const own = results.get('parley') ?? [];
  for (const [kind, theirs] of results) {
    if (kind === 'parley') continue;
    const ratio = (of: (result: WindowResult) => number) => {
      const ratios = own.map((result, i) => of(result) / of(theirs[i] as WindowResult));
      return median(ratios).toFixed(2);
    };
    const bar = row.bars[kind];
    const rate = ratio((r) => r.messages / r.seconds);
    console.log(
      `  Parley / ${kind}: ${rate} × messages/s${bar === undefined ? '' : ` (bar: ${bar})`}, ${ratio((r) => r.p50)} × p50 (medians of ${own.length})`,
    );
  }
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}
