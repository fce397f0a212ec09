import { fileURLToPath } from 'node:url';
import { runningEmbedded } from '@parley/server/embedded';
import pg from 'pg';
import { CLI, type ParleyProcess, startServer } from '../server-process.ts';
import { canPin, generateWindow } from './generate.ts';
import { group, insertMembers, type User, users } from './setup.ts';
import type { WindowResult } from './window-generator.ts';

/** A load that two servers get in turn. */
export interface PairLoad {
  readonly name: string;
  readonly members: number;
  /** Members that are connected, and post in turn. */
  readonly connected: number;
  /** Members with an ntfy topic, to which nothing is pushed as long as nothing mentions them. */
  readonly devices: number;
  readonly window: number;
}

/** Loads next to another build: the path of a plain post. */
const POST_LOADS: readonly PairLoad[] = [
  { name: 'group of 10, window 1', members: 10, connected: 10, devices: 0, window: 1 },
  { name: 'group of 10, window 32', members: 10, connected: 10, devices: 0, window: 32 },
];

/** Loads next to the same build without decisions: a plain post in a large group. */
const DECIDING_LOADS: readonly PairLoad[] = [
  { name: 'group of 1,000, window 1', members: 1_000, connected: 1, devices: 200, window: 1 },
  { name: 'group of 1,000, window 32', members: 1_000, connected: 1, devices: 200, window: 32 },
];

/** The command line of a server that decides nothing. */
const WITHOUT_DECIDING = fileURLToPath(new URL('./without-deciding.js', import.meta.url));

const WARMUP_MS = 1_500;

/** What a message costs, µs of processor time. */
export interface Cost {
  readonly node: number;
  readonly database: number;
  /** From sending to the last receiver, ms. */
  readonly p50: number;
}

/** The costs of a message in one pair of measurements, one after the other. */
export interface PairCosts {
  readonly first: Cost;
  readonly second: Cost;
}

/** A server with the group of a load. */
class Target {
  readonly #server: ParleyProcess;
  readonly #group: string;
  readonly #connected: readonly User[];

  private constructor(server: ParleyProcess, id: string, connected: readonly User[]) {
    this.#server = server;
    this.#group = id;
    this.#connected = connected;
  }

  static async start(cli: string, load: PairLoad): Promise<Target> {
    const server = await startServer({ ...(canPin && { cpu: 0 }), cli });
    try {
      const connected = await users(server.url, load.connected);
      const id = await group('Pairs', connected);
      await addOthers(server, id, load);
      return new Target(server, id, connected);
    } catch (error) {
      await server.stop();
      throw error;
    }
  }

  async measure(window: number, measureMs: number): Promise<Cost> {
    const members = await Promise.all(this.#connected.map((user) => user.api.accessToken()));
    const result = await generateWindow({
      kind: 'parley',
      url: this.#server.url,
      pid: this.#server.pid,
      conversations: [{ id: this.#group, members }],
      window,
      warmupMs: WARMUP_MS,
      measureMs,
    });
    if (result.missing !== null) throw new Error(`${result.missing}. No figure is given.`);
    return costOf(result);
  }

  stop(): Promise<void> {
    return this.#server.stop();
  }
}

/** Adds the members who are never connected, and the devices of some of them, to which nothing is pushed here. */
async function addOthers(server: ParleyProcess, id: string, load: PairLoad): Promise<void> {
  const others = load.members - load.connected;
  if (others === 0) return;
  const pool = new pg.Pool({ ...runningEmbedded(server.dataDir), max: 1 });
  try {
    const names = Array.from({ length: others }, (_, n) => `Member ${n}`);
    const accounts = await insertMembers(pool, id, names);
    await pool.query(
      `insert into notification_devices (id, account_id, kind, added_by, name, sealed, address_hash, shows_content)
       select gen_random_uuid(), a, 'ntfy', a, 'Phone', '', uuid_send(a), true from unnest($1::uuid[]) a`,
      [accounts.slice(0, load.devices)],
    );
  } finally {
    await pool.end();
  }
}

const costOf = ({ messages, p50, serverCpu }: WindowResult): Cost => ({
  node: (serverCpu.node * 1e6) / messages,
  database: (serverCpu.database * 1e6) / messages,
  p50,
});

/** Two servers that are measured in turn: one is idle while the other one is loaded. */
export class Pair {
  readonly #load: PairLoad;
  readonly #targets: readonly [Target, Target];

  private constructor(load: PairLoad, targets: readonly [Target, Target]) {
    this.#load = load;
    this.#targets = targets;
  }

  static async start(load: PairLoad, clis: readonly [string, string]): Promise<Pair> {
    const first = await Target.start(clis[0], load);
    try {
      return new Pair(load, [first, await Target.start(clis[1], load)]);
    } catch (error) {
      await first.stop();
      throw error;
    }
  }

  /** Measures pairs in the order A B, B A, A B …, after a first pair that warms up compilers and caches. */
  async measure(pairs: number, measureMs: number): Promise<PairCosts[]> {
    const measured: PairCosts[] = [];
    for (let n = 0; n <= pairs; n++) {
      const costs: Cost[] = [];
      for (const i of n % 2 === 0 ? [0, 1] : [1, 0]) {
        costs[i] = await (this.#targets[i] as Target).measure(this.#load.window, measureMs);
      }
      if (n > 0) measured.push({ first: costs[0] as Cost, second: costs[1] as Cost });
    }
    return measured;
  }

  async stop(): Promise<void> {
    for (const target of this.#targets) await target.stop();
  }
}

/** Compares this build with another one: plain posts, in pairs. */
export async function comparePosts(other: string, pairs: number, measureMs: number): Promise<void> {
  await compare(POST_LOADS, [other, CLI], pairs, measureMs, ['other', 'this build']);
}

/** Compares this build with itself without decisions: plain posts in a large group, in pairs. */
export async function compareDeciding(pairs: number, measureMs: number): Promise<void> {
  await compare(DECIDING_LOADS, [WITHOUT_DECIDING, CLI], pairs, measureMs, ['without', 'with']);
}

async function compare(
  loads: readonly PairLoad[],
  clis: readonly [string, string],
  pairs: number,
  measureMs: number,
  names: readonly [string, string],
): Promise<void> {
  for (const load of loads) {
    const pair = await Pair.start(load, clis);
    try {
      printPairs(load.name, names, await pair.measure(pairs, measureMs));
    } finally {
      await pair.stop();
    }
  }
}

/** Prints each pair, the medians, and the ratios of the second to the first with their quartiles. */
function printPairs(
  name: string,
  names: readonly [string, string],
  pairs: readonly PairCosts[],
): void {
  console.log(`\n${name}; µs a message: node + database, ratio`);
  for (const { first, second } of pairs) {
    console.log(
      `  ${names[0]} ${text(first)}   ${names[1]} ${text(second)}   ${(sum(second) / sum(first)).toFixed(3)}`,
    );
  }
  for (const [of, costs] of [
    [names[0], pairs.map((p) => p.first)],
    [names[1], pairs.map((p) => p.second)],
  ] as const) {
    const of3 = [(c: Cost) => c.node, (c: Cost) => c.database, (c: Cost) => c.p50].map((get) =>
      quantile(costs.map(get), 0.5),
    );
    const [node = 0, database = 0, p50 = 0] = of3;
    console.log(
      `  median, ${of}: ${node.toFixed(0)} + ${database.toFixed(0)}, p50 ${p50.toFixed(2)} ms`,
    );
  }
  const ratios = pairs.map(({ first, second }) => sum(second) / sum(first));
  const [low, middle, high] = [0.25, 0.5, 0.75].map((at) => quantile(ratios, at).toFixed(3));
  console.log(`  ratio: ${middle} (quartiles ${low} … ${high}, ${pairs.length} pairs)`);
}

const sum = ({ node, database }: Cost): number => node + database;

const text = ({ node, database }: Cost): string => `${node.toFixed(0)} + ${database.toFixed(0)}`;

/** Returns a quantile, interpolated between neighbors. */
function quantile(values: readonly number[], at: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  const place = (sorted.length - 1) * at;
  const low = sorted[Math.floor(place)] ?? Number.NaN;
  const high = sorted[Math.ceil(place)] ?? Number.NaN;
  return low + (high - low) * (place - Math.floor(place));
}
