import { cpus } from 'node:os';
import { parseArgs } from 'node:util';
import { measureFileTexts } from '../search/files.ts';
import { measureSearch } from '../search/measure.ts';
import { measureNames } from '../search/names.ts';
import { CLI, startServer } from '../server-process.ts';
import { measureCommands } from './commands.ts';
import { canPin, generate } from './generate.ts';
import type { Load, LoadResult } from './generator.ts';
import { measureGrowth } from './growth.ts';
import { measureHello } from './hello.ts';
import { measureIdle } from './idle.ts';
import type { Kind } from './kinds.ts';
import { compareDeciding, comparePosts } from './pairs.ts';
import { startPeer } from './peers.ts';
import { measurePresence } from './presence.ts';
import { measureReads } from './reads.ts';
import { group, type User, users } from './setup.ts';
import { measureStorm } from './storm.ts';
import { measureBeside, measureWindows } from './windows.ts';

const USAGE = `Usage: npm run bench -- [--row 1…6] [--baseline FILE] [--seconds N] [--rounds N]
       npm run bench -- --per-sender [--row 1|2|3] [--seconds N] [--rounds N]
       npm run bench -- --nodes N [--seconds N] [--rounds N]
       npm run bench -- --idle N | --presence N | --storm N [--nodes N] | --hello | --reads
       npm run bench -- --search [--messages N] [--logs FILE …] [--rounds N]
       npm run bench -- --file-texts N [--baseline FILE] [--rounds N]
       npm run bench -- --commands [--baseline FILE] [--rounds N]
       npm run bench -- --names [--rounds N]
       npm run bench -- --posts FILE | --deciding [--rounds N] [--seconds N]

Puts six loads on the built server and, in the same run, on a socket.io + pg server with the same
PostgreSQL. Each load keeps a fixed number of messages outstanding over all conversations: when every
member has received one, the next one is sent. Servers (with their databases) run on one core, the
load generator on another.

  --per-sender     three loads in which each sender keeps a fixed number of messages outstanding
  --nodes          processor time of a message, by subscriptions, conversations and nodes
  --idle           the memory of N idle connections
  --presence       the cost of presence changes with N connections, with and without subscriptions
  --storm          N clients reconnect at once, each 200 events behind
  --hello          the cost of a hello with 50 and with 1,000 conversations
  --reads          the cost of the most common reads
  --search         searches in N messages (default: 1,000,000): varied lines of IRC logs, or generated ones
  --file-texts     searches in the texts of N files of 20,000 to 164,000 characters
  --commands       posts over REST, edits and reactions, 50 at once
  --baseline       compares with another build (FILE: its packages/server/dist/bundle/cli.js) instead of the
                   peers, in turn; for --commands, --file-texts, --hello, --storm and loads with a window
  --names          suggestions of mentions and the quick switcher, with 10,000 users and 2,000 groups
  --posts          the cost of a plain post, next to another build (FILE: its packages/server/dist/bundle/cli.js),
                   in alternating pairs of N seconds
  --deciding       the cost of deciding who is notified, for a plain post in a group of 1,000, likewise

With --nodes, --row N runs one of its five loads.
`;

/** One of the loads. */
interface Row {
  readonly name: string;
  readonly conversations: number;
  readonly members: number;
  readonly senders: number;
  readonly outstanding: number;
  readonly peers: readonly Kind[];
}

const ROWS: readonly Row[] = [
  {
    name: '100 members, 10 senders, 32 outstanding',
    conversations: 1,
    members: 100,
    senders: 10,
    outstanding: 32,
    peers: ['socketio'],
  },
  {
    name: '1,000 members, 50 senders, 16 outstanding',
    conversations: 1,
    members: 1_000,
    senders: 50,
    outstanding: 16,
    peers: ['socketio', 'epoll'],
  },
  {
    name: '500 groups of 2, 4 outstanding',
    conversations: 500,
    members: 2,
    senders: 1,
    outstanding: 4,
    peers: ['socketio'],
  },
];

const WARMUP_MS = 1_500;

const OPTIONS = {
  row: { type: 'string' },
  seconds: { type: 'string', default: '5' },
  rounds: { type: 'string', default: '3' },
  idle: { type: 'string' },
  presence: { type: 'string' },
  nodes: { type: 'string' },
  storm: { type: 'string' },
  hello: { type: 'boolean' },
  reads: { type: 'boolean' },
  commands: { type: 'boolean' },
  search: { type: 'boolean' },
  'file-texts': { type: 'string' },
  names: { type: 'boolean' },
  posts: { type: 'string' },
  deciding: { type: 'boolean' },
  messages: { type: 'string', default: '1000000' },
  logs: { type: 'string', multiple: true },
  baseline: { type: 'string' },
  'per-sender': { type: 'boolean' },
  help: { type: 'boolean' },
} as const;

const optionsOf = () => parseArgs({ options: OPTIONS }).values;
type Values = ReturnType<typeof optionsOf>;

const roundsOf = ({ rounds }: Values) => Number(rounds);
const measureMsOf = ({ seconds }: Values) => Number(seconds) * 1000;
/** Returns the only row to measure, if one is chosen. */
const rowOf = ({ row }: Values) => (row === undefined ? null : Number(row));

/** The measurements that an option chooses. The first of these options that is set decides. */
const MEASUREMENTS: readonly (readonly [
  option: keyof Values,
  measure: (values: Values) => Promise<void>,
])[] = [
  ['idle', (v) => measureIdle(Number(v.idle))],
  ['presence', (v) => measurePresence(Number(v.presence))],
  ['storm', (v) => onBuilds(v, (cli) => measureStorm(Number(v.storm), Number(v.nodes ?? 1), cli))],
  ['hello', (v) => onBuilds(v, (cli) => measureHello(roundsOf(v), cli))],
  [
    'commands',
    (v) => measureCommands(roundsOf(v), [CLI, ...(v.baseline === undefined ? [] : [v.baseline])]),
  ],
  ['posts', (v) => comparePosts(v.posts ?? '', roundsOf(v), measureMsOf(v))],
  ['deciding', (v) => compareDeciding(roundsOf(v), measureMsOf(v))],
  ['names', (v) => measureNames(roundsOf(v))],
  [
    'file-texts',
    (v) => onBuilds(v, (cli) => measureFileTexts(Number(v['file-texts']), roundsOf(v), cli)),
  ],
  ['search', (v) => measureSearch(Number(v.messages), v.logs ?? [], roundsOf(v))],
  ['reads', (v) => measureReads(roundsOf(v))],
  ['nodes', (v) => measureGrowth(Number(v.nodes), measureMsOf(v), roundsOf(v), rowOf(v))],
  ['per-sender', measureRows],
];

async function main(): Promise<void> {
  const values = optionsOf();
  if (values.help) {
    process.stderr.write(USAGE);
    return;
  }
  console.log(
    `${cpus()[0]?.model ?? 'unknown CPU'}, ${cpus().length} cores, Node ${process.version}${canPin ? '' : '; processes are not pinned'}`,
  );
  const chosen = MEASUREMENTS.find(([option]) => values[option] !== undefined);
  await (chosen?.[1] ?? measureThroughput)(values);
}

/** Measures messages in windows, beside another build if one is named. */
function measureThroughput(values: Values): Promise<void> {
  const [only, measureMs, rounds] = [rowOf(values), measureMsOf(values), roundsOf(values)];
  return values.baseline === undefined
    ? measureWindows(only, measureMs, rounds)
    : measureBeside(values.baseline, only, measureMs, rounds);
}

async function measureRows(values: Values): Promise<void> {
  const rows =
    values.row === undefined ? ROWS : ROWS.filter((_, i) => String(i + 1) === values.row);
  for (const row of rows) await measureRow(row, measureMsOf(values), roundsOf(values));
}

/** Measures the other build first, if one is named, then this one. */
async function onBuilds(
  { baseline }: Values,
  measure: (cli: string | undefined) => Promise<void>,
): Promise<void> {
  for (const cli of buildsOf(baseline)) await measure(cli);
}

/** Returns the command lines of the builds to measure: the other one, if there is one, then this one. */
const buildsOf = (baseline: string | undefined): (string | undefined)[] =>
  baseline === undefined ? [undefined] : [baseline, undefined];

/** Measures a row: Parley and its peers in turn, each time on fresh servers. */
async function measureRow(row: Row, measureMs: number, rounds: number): Promise<void> {
  console.log(`\n${row.name}`);
  console.log('  server        msgs/s  deliveries/s   p50 ms   p99 ms  generator CPU');
  const rates = new Map<Kind, number[]>();
  for (let round = 0; round < rounds; round++) {
    for (const kind of ['parley', ...row.peers] as const) {
      const result = await measure(kind, row, measureMs);
      if (result === null) continue;
      const { messages, deliveries, seconds, p50, p99, generatorCpu } = result;
      rates.set(kind, [...(rates.get(kind) ?? []), deliveries / seconds]);
      const figures = [
        kind.padEnd(10),
        Math.round(messages / seconds)
          .toString()
          .padStart(9),
        Math.round(deliveries / seconds)
          .toString()
          .padStart(13),
        p50.toFixed(1).padStart(8),
        p99.toFixed(1).padStart(8),
        `${Math.round(generatorCpu * 100)} %`.padStart(14),
      ];
      console.log(`  ${figures.join(' ')}`);
    }
  }
  const own = rates.get('parley') ?? [];
  for (const peer of row.peers) {
    const theirs = rates.get(peer);
    if (!theirs) continue;
    const ratios = own.map((rate, i) => rate / (theirs[i] ?? Number.NaN)).sort((a, b) => a - b);
    console.log(
      `  Parley / ${peer}: ${ratios[Math.floor(ratios.length / 2)]?.toFixed(2)} × (median of ${ratios.length})`,
    );
  }
}

async function measure(kind: Kind, row: Row, measureMs: number): Promise<LoadResult | null> {
  const server =
    kind === 'parley' ? await startServer(canPin ? { cpu: 0 } : {}) : await startPeer(kind);
  if (server === null) return null;
  try {
    const conversations =
      kind === 'parley' ? await parleyConversations(server.url, row) : peerConversations(row);
    const load: Load = {
      kind,
      urls: [server.url],
      conversations,
      senders: row.senders,
      outstanding: row.outstanding,
      warmupMs: WARMUP_MS,
      measureMs,
    };
    const before = await storedInParley(kind, conversations, server.url);
    const result = await generate(load, { pinned: true });
    if (result.missing !== null) throw new Error(`${kind}: ${result.missing}. No figure is given.`);
    if (kind === 'socketio') {
      const stored = Number(await (await fetch(server.url)).text());
      if (stored !== result.acked)
        throw new Error(`${kind}: ${result.acked} acknowledged, ${stored} stored`);
    }
    const stored = (await storedInParley(kind, conversations, server.url)) - before;
    if (kind === 'parley' && stored !== result.acked) {
      throw new Error(`${kind}: ${result.acked} acknowledged, ${stored} stored`);
    }
    return result;
  } finally {
    await server.stop();
  }
}

async function parleyConversations(url: string, row: Row): Promise<Load['conversations']> {
  const all = await users(url, row.conversations * row.members);
  const conversations: { id: string; members: string[] }[] = [];
  for (let r = 0; r < row.conversations; r++) {
    const members: User[] = all.slice(r * row.members, (r + 1) * row.members);
    const id = await group(`Load ${r}`, members);
    conversations.push({ id, members: await Promise.all(members.map((p) => p.api.accessToken())) });
  }
  return conversations;
}

function peerConversations(row: Row): Load['conversations'] {
  return Array.from({ length: row.conversations }, (_, r) => ({
    id: `conversation-${r}`,
    members: Array.from({ length: row.members }, (_, m) => `person-${r}-${m}`),
  }));
}

/** Returns the number of events in the conversations, read over REST; 0 for other servers. */
async function storedInParley(
  kind: Kind,
  conversations: Load['conversations'],
  url: string,
): Promise<number> {
  if (kind !== 'parley') return 0;
  let events = 0;
  for (const { id, members } of conversations) {
    const answer = await fetch(new URL(`/api/v1/conversations/${id}`, url), {
      headers: { authorization: `Bearer ${members[0]}` },
    });
    if (!answer.ok) throw new Error(`The conversation could not be read: ${answer.status}`);
    events += ((await answer.json()) as { lastSeq: number }).lastSeq;
  }
  return events;
}

await main();
