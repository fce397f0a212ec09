import { setTimeout as pause } from 'node:timers/promises';
import { type Cluster, type Cpu, startCluster } from './cluster.ts';
import { generate } from './generate.ts';
import { group, type User, users } from './setup.ts';

/** Less processor time than this per second counts as idle, s. */
const QUIET = 0.1;

/** A shape of load for measuring the cost of a message. */
interface Shape {
  readonly name: string;
  readonly conversations: number;
  readonly members: number;
  readonly senders: number;
  readonly outstanding: number;
}

const SHAPES: readonly Shape[] = [
  { name: '1 conversation, 10 members', conversations: 1, members: 10, senders: 5, outstanding: 8 },
  {
    name: '1 conversation, 100 members',
    conversations: 1,
    members: 100,
    senders: 10,
    outstanding: 32,
  },
  {
    name: '1 conversation, 500 members',
    conversations: 1,
    members: 500,
    senders: 20,
    outstanding: 8,
  },
  { name: '25 conversations of 2', conversations: 25, members: 2, senders: 1, outstanding: 8 },
  { name: '250 conversations of 2', conversations: 250, members: 2, senders: 1, outstanding: 4 },
];

interface Figures {
  readonly rate: number;
  readonly p50: number;
  readonly cpu: Cpu;
}

const usersOf = (shape: Shape): number => shape.conversations * shape.members;

/** Which nodes the sockets are on. */
interface Setting {
  readonly name: string;
  readonly urls: readonly string[];
}

/**
 * Measures the processor time of a message by subscribers, conversations and nodes. It measures
 * processor time and not speed: on a machine with few cores, nodes, database and load share them,
 * perhaps with others. Sockets are spread over the nodes in turn, so that each message has
 * subscribers on all nodes and every conversation has writers on all nodes: the most expensive case.
 */
export async function measureGrowth(
  nodes: number,
  measureMs: number,
  rounds: number,
  only: number | null,
): Promise<void> {
  const cluster = await startCluster(nodes, { alone: true });
  try {
    const shapes = SHAPES.filter((_, i) => only === null || i === only - 1);
    const all = await users(cluster.urls[0] as string, Math.max(...shapes.map(usersOf)));
    const settings: Setting[] = [
      { name: '1, no Redis', urls: [cluster.aloneUrl as string] },
      ...(nodes === 1 ? [] : cluster.urls).map((_, n) => ({
        name: `${n + 1}${n === 0 ? ', Redis' : ''}`,
        urls: cluster.urls.slice(0, n + 1),
      })),
    ];
    await whenQuiet(cluster);
    for (const shape of shapes) {
      console.log(`\n${shape.name}`);
      console.log('  nodes         msgs/s   p50 ms   µs a message: nodes  database  redis');
      const conversations = await conversationsOf(all, shape);
      const figures = new Map<Setting, Figures[]>(settings.map((s) => [s, []]));
      for (let round = 0; round < rounds; round++) {
        for (const [setting, list] of figures) {
          list.push(
            await measure(cluster, setting, shape, await tokensOf(conversations), measureMs),
          );
        }
      }
      for (const [setting, list] of figures) print(setting, list);
    }
  } finally {
    await cluster.stop();
  }
}

/** Waits for the background work of registrations (emails), which is no cost of the messages. */
async function whenQuiet(cluster: Cluster): Promise<void> {
  for (let before = cluster.cpu(), looks = 0; looks < 20; looks++) {
    await pause(1_000);
    const after = cluster.cpu();
    if (after.nodes - before.nodes + after.database - before.database < QUIET) return;
    before = after;
  }
}

/** Prints the medians of the rounds. */
function print(setting: Setting, all: readonly Figures[]): void {
  const median = (of: (f: Figures) => number, digits = 0) => {
    const sorted = all.map(of).sort((a, b) => a - b);
    return (sorted[Math.floor(sorted.length / 2)] ?? Number.NaN).toFixed(digits);
  };
  const cells = [
    `  ${setting.name.padEnd(11)}`,
    median((f) => f.rate).padStart(8),
    median((f) => f.p50, 1).padStart(8),
    median((f) => f.cpu.nodes).padStart(20),
    median((f) => f.cpu.database).padStart(9),
    median((f) => f.cpu.redis).padStart(6),
  ];
  console.log(cells.join(' '));
}

async function measure(
  cluster: Cluster,
  setting: Setting,
  shape: Shape,
  conversations: { id: string; members: string[] }[],
  measureMs: number,
): Promise<Figures> {
  const before = cluster.cpu();
  const result = await generate({
    kind: 'parley',
    urls: setting.urls,
    conversations,
    senders: shape.senders,
    outstanding: shape.outstanding,
    warmupMs: 500,
    measureMs,
  });
  if (result.missing !== null) throw new Error(`${result.missing}. No figure is given.`);
  const after = cluster.cpu();
  const perMessage = (of: (cpu: Cpu) => number) => ((of(after) - of(before)) * 1e6) / result.acked;
  return {
    rate: result.messages / result.seconds,
    p50: result.p50,
    cpu: {
      nodes: perMessage((c) => c.nodes),
      database: perMessage((c) => c.database),
      redis: perMessage((c) => c.redis),
    },
  };
}

interface Conversation {
  readonly id: string;
  readonly members: readonly User[];
}

async function conversationsOf(all: readonly User[], shape: Shape): Promise<Conversation[]> {
  const conversations: Conversation[] = [];
  for (let r = 0; r < shape.conversations; r++) {
    const members = all.slice(r * shape.members, (r + 1) * shape.members);
    conversations.push({ id: await group(`Load ${r}`, members), members });
  }
  return conversations;
}

const tokensOf = (conversations: readonly Conversation[]) =>
  Promise.all(
    conversations.map(async ({ id, members }) => ({
      id,
      members: await Promise.all(members.map((p) => p.api.accessToken())),
    })),
  );
