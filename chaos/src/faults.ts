import type { Actor } from './actor.ts';
import type { RunDatabase } from './database.ts';
import type { SmallDisk } from './disk.ts';
import type { NodeProcess } from './node-process.ts';
import type { Random } from './random.ts';
import type { LocalRedis } from './redis.ts';
import type { Fate, RedisProxy } from './redis-proxy.ts';

/** What faults are done to. */
export interface Ground {
  readonly nodes: readonly NodeProcess[];
  readonly database: RunDatabase;
  readonly actors: readonly Actor[];
  /** The small file system that the database lies on, or why there is none. */
  readonly disk: SmallDisk | string;
  /** What joins the nodes, and the proxy before it; or why there is none. */
  readonly redis: { readonly server: LocalRedis; readonly proxy: RedisProxy } | string;
  /** All faults that this run may have. */
  readonly faults: readonly string[];
  /** The run goes wrong in a way that no invariant names. */
  readonly complain: (what: string) => void;
}

/** A fault under way: how it is ended. */
type End = () => Promise<void> | void;

interface Fault {
  /** Why it cannot be done on this ground. */
  readonly unless?: (ground: Ground) => string | null;
  readonly begin: (ground: Ground, random: Random) => Promise<End> | End;
}

const severalNodes = (ground: Ground) =>
  ground.nodes.length < 2 ? 'there is only one node' : null;
const withRedis = ({ redis }: Ground) => (typeof redis === 'string' ? redis : null);
const aNode = (ground: Ground, random: Random) => random.pick(ground.nodes);
const nothing: End = () => undefined;

/** Some of the clients, about one in three. */
const someActors = (ground: Ground, random: Random): Actor[] =>
  ground.actors.filter(() => random.chance(0.33));

const faults = {
  /** kill -9 of a node. */
  'kill-node': {
    begin: async (ground, random) => {
      const node = aNode(ground, random);
      await node.kill();
      return () => node.start();
    },
  },
  /** SIGTERM under load: it has to end by itself within 15 s, with exit code 0. */
  'terminate-node': {
    begin: async (ground, random) => {
      const node = aNode(ground, random);
      if (!node.running) return nothing;
      const { ms, code } = await node.terminate();
      if (code !== 0) {
        ground.complain(`${node.name} ended with ${code} after ${Math.round(ms)} ms of SIGTERM`);
      }
      return () => node.start();
    },
  },
  /** SIGSTOP, and SIGCONT some seconds later: its sockets look alive all the while. */
  'freeze-node': {
    begin: (ground, random) => {
      const node = aNode(ground, random);
      node.freeze();
      return () => node.thaw();
    },
  },
  /** kill -9 of the database; it is started again by whoever keeps it. */
  'kill-database': {
    begin: (ground) => {
      signalDatabase(ground, 'SIGKILL');
      return nothing;
    },
  },
  /** `pg_ctl stop -m immediate` (SIGQUIT), again and again for some seconds. */
  'stop-database': {
    begin: (ground) => {
      signalDatabase(ground, 'SIGQUIT');
      const timer = setInterval(() => signalDatabase(ground, 'SIGQUIT'), 250);
      return () => clearInterval(timer);
    },
  },
  /** All connections to the database are ended by it, in whatever they are. */
  'end-connections': {
    begin: async (ground) => {
      try {
        await ground.database.query(
          `select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'parley'`,
        );
      } catch {
        // The database is away by another fault: its connections are ended already.
      }
      return nothing;
    },
  },
  /** Connections are reset. */
  'cut-sockets': {
    begin: (ground, random) => {
      for (const actor of someActors(ground, random)) actor.proxy.cut();
      return nothing;
    },
  },
  /** Connections are reset in the middle of a frame. */
  'cut-in-frame': {
    begin: (ground, random) => {
      for (const actor of someActors(ground, random)) actor.proxy.cutInFrame(random.int(1, 300));
      return nothing;
    },
  },
  /** What clients send vanishes, what they get goes on: nobody is told. */
  'deaf-server': {
    begin: (ground, random) => {
      for (const actor of someActors(ground, random)) actor.proxy.set({ swallowUp: true });
      // Bytes are missing for good: such a connection has to be noticed, not mended.
      return nothing;
    },
  },
  /** What the server sends vanishes, what it gets goes on. */
  'deaf-clients': {
    begin: (ground, random) => {
      for (const actor of someActors(ground, random)) actor.proxy.set({ swallowDown: true });
      return nothing;
    },
  },
  /** Every chunk takes its time. */
  delay: {
    begin: (ground, random) => {
      const actors = someActors(ground, random);
      for (const actor of actors) actor.proxy.settle({ delayMs: random.int(20, 300) });
      return () => {
        for (const actor of actors) actor.proxy.settle({});
      };
    },
  },
  /** Clients come back to another node than before. */
  'move-clients': {
    unless: severalNodes,
    begin: (ground, random) => {
      for (const actor of someActors(ground, random)) {
        actor.proxy.lead(aNode(ground, random).port);
        actor.proxy.cut();
      }
      return nothing;
    },
  },
  /** A node’s clock jumps forward, and back in the end. */
  'clock-forward': {
    begin: (ground, random) => setClock(ground, random, random.pick([90_000, 3_600_000])),
  },
  /** A node’s clock is set back, and right in the end. */
  'clock-back': {
    begin: (ground, random) => setClock(ground, random, -random.pick([90_000, 3_600_000])),
  },
  /** Redis is killed, and started again, empty. */
  'kill-redis': {
    unless: withRedis,
    begin: async ({ redis }) => {
      if (typeof redis === 'string') return nothing;
      await redis.server.kill();
      return () => redis.server.start();
    },
  },
  /** Redis stands still (SIGSTOP): connections stay, nothing passes. */
  'freeze-redis': {
    unless: withRedis,
    begin: ({ redis }) => {
      if (typeof redis === 'string') return nothing;
      redis.server.freeze();
      return () => redis.server.thaw();
    },
  },
  /** Redis cuts off those who listen, as it does with slow ones. */
  'cut-redis-listeners': {
    unless: withRedis,
    begin: async ({ redis }) => {
      if (typeof redis !== 'string') await redis.server.cutListeners();
      return nothing;
    },
  },
  /** What is published gets lost, doubled, swapped or late on its way. */
  'lossy-redis': {
    unless: withRedis,
    begin: ({ redis }, random) => {
      if (typeof redis === 'string') return nothing;
      const fates: readonly Fate[] = ['pass', 'lose', 'double', 'swap', 'late'];
      redis.proxy.fate = () => random.pick(fates);
      return () => {
        redis.proxy.fate = () => 'pass';
      };
    },
  },
  /**
   * The file system of the database is full for a while: wholly, or with room for data but not for the
   * next WAL segment. A node that has nothing else to suffer answers reads all the while.
   */
  'disk-full': {
    unless: ({ disk }) => (typeof disk === 'string' ? disk : null),
    begin: (ground, random) => {
      const { disk } = ground;
      if (typeof disk === 'string') return nothing;
      disk.fill(random.pick([0, 13 * 1024 * 1024]));
      const reads = watchReads(ground);
      return async () => {
        await reads?.stop();
        disk.clear();
      };
    },
  },
} as const satisfies Record<string, Fault>;

/** Name of a fault. */
export type FaultName = keyof typeof faults;
/** All faults there are. */
export const FAULTS = Object.keys(faults) as FaultName[];

/**
 * Begins a fault; returns how to end it, or in words why it cannot be done here.
 */
export async function beginFault(
  name: FaultName,
  ground: Ground,
  random: Random,
): Promise<End | string> {
  const fault: Fault = faults[name];
  return fault.unless?.(ground) ?? (await fault.begin(ground, random));
}

function setClock(ground: Ground, random: Random, offsetMs: number): End {
  const node = aNode(ground, random);
  node.setClock(offsetMs);
  return () => node.setClock(0);
}

/**
 * Complains when the only node stops to serve during its only fault; null in other runs, where it may
 * have other reasons (and where an external database has no reserve of its own). As soon as the node
 * knows of the full disk, its database has to begin the next WAL segment.
 */
function watchReads(ground: Ground): { stop(): Promise<void> } | null {
  const { nodes, faults, complain, database } = ground;
  const [node] = nodes;
  if (!node || nodes.length > 1 || faults.some((name) => name !== 'disk-full')) return null;
  let stopped = false;
  const watching = (async () => {
    for (let switched = false; !stopped; ) {
      const state = await readiness(node.url);
      if (state.code !== 200) complain(`${node.name} did not serve on a full disk`);
      if (state.disk === 'full' && !switched) {
        switched = true;
        await nextSegments(database).catch((error: Error) => {
          complain(`no WAL segment on a full disk: ${error.message}`);
        });
      }
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  })();
  return {
    stop: () => {
      stopped = true;
      return watching;
    },
  };
}

/** Ends two WAL segments: the database has to begin two more, whatever it had prepared. */
async function nextSegments(database: RunDatabase): Promise<void> {
  for (let n = 0; n < 2; n++) {
    await database.query(`select pg_logical_emit_message(true, 'chaos', '${n}')`);
    await database.query('select pg_switch_wal()');
  }
}

async function readiness(url: string): Promise<{ code: number; disk?: unknown }> {
  try {
    const answer = await fetch(new URL('/health/ready', url));
    const { disk } = (await answer.json()) as { disk?: unknown };
    return { code: answer.status, disk };
  } catch {
    // Not even an answer: the caller complains.
    return { code: 0 };
  }
}

function signalDatabase({ database }: Ground, signal: NodeJS.Signals): void {
  const pid = database.pid();
  if (pid === null) return;
  try {
    process.kill(pid, signal);
  } catch (error) {
    // It has died in this moment.
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}
