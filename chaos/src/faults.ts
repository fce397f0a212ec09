import { setTimeout as pause } from 'node:timers/promises';
import type { ClientDriver } from './clients/client-driver.ts';
import type { Random } from './lib/random.ts';
import type { FaultName } from './plan/fault-names.ts';
import type { RunDatabase } from './processes/database.ts';
import type { SmallDisk } from './processes/disk.ts';
import type { NodeProcess } from './processes/node-process.ts';
import type { LocalRedis } from './processes/redis.ts';
import type { Fate, RedisProxy } from './processes/redis-proxy.ts';

/** The targets of faults. */
export interface FaultContext {
  readonly nodes: readonly NodeProcess[];
  readonly database: RunDatabase;
  readonly drivers: readonly ClientDriver[];
  /** The small file system of the database, or the reason why there is none. */
  readonly disk: SmallDisk | string;
  /** The broker of the nodes and the proxy in front of it, or the reason why there is none. */
  readonly redis: { readonly server: LocalRedis; readonly proxy: RedisProxy } | string;
  /** All faults that this run may have. */
  readonly faults: readonly string[];
  /** Reports a failure that no invariant covers. */
  readonly reportFailure: (what: string) => void;
}

/** Ends an active fault. */
type End = () => Promise<void> | void;

interface Fault {
  /** Returns the reason why the fault is impossible in this run, or null. */
  readonly unless?: (context: FaultContext) => string | null;
  readonly begin: (context: FaultContext, random: Random) => Promise<End> | End;
}

const severalNodes = (context: FaultContext) =>
  context.nodes.length < 2 ? 'there is only one node' : null;
const withRedis = ({ redis }: FaultContext) => (typeof redis === 'string' ? redis : null);
const aNode = (context: FaultContext, random: Random) => random.pick(context.nodes);
const nothing: End = () => undefined;

/** Some of the clients, about one in three. */
const someDrivers = (context: FaultContext, random: Random): ClientDriver[] =>
  context.drivers.filter(() => random.chance(0.33));

const faults: Readonly<Record<FaultName, Fault>> = {
  /** kill -9 of a node. */
  'kill-node': {
    begin: async (context, random) => {
      const node = aNode(context, random);
      await node.kill();
      return () => node.start();
    },
  },
  /** SIGTERM under load: the node must end within 15 s, with exit code 0. */
  'terminate-node': {
    begin: async (context, random) => {
      const node = aNode(context, random);
      if (!node.running) return nothing;
      const { ms, code } = await node.terminate();
      if (code !== 0) {
        context.reportFailure(
          `${node.name} ended with ${code} after ${Math.round(ms)} ms of SIGTERM`,
        );
      }
      return () => node.start();
    },
  },
  /** SIGSTOP, and SIGCONT some seconds later: its sockets look alive in between. */
  'freeze-node': {
    begin: (context, random) => {
      const node = aNode(context, random);
      node.freeze();
      return () => node.thaw();
    },
  },
  /** kill -9 of the database; its supervisor restarts it. */
  'kill-database': {
    begin: (context) => {
      signalDatabase(context, 'SIGKILL');
      return nothing;
    },
  },
  /** `pg_ctl stop -m immediate` (SIGQUIT), repeatedly for some seconds. */
  'stop-database': {
    begin: (context) => {
      signalDatabase(context, 'SIGQUIT');
      const timer = setInterval(() => signalDatabase(context, 'SIGQUIT'), 250);
      return () => clearInterval(timer);
    },
  },
  /** The database terminates all connections, whatever they are doing. */
  'end-connections': {
    begin: async (context) => {
      try {
        await context.database.query(
          `select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'parley'`,
        );
      } catch {
        // Another fault has stopped the database: its connections have already ended.
      }
      return nothing;
    },
  },
  /** Connections are reset. */
  'cut-sockets': {
    begin: (context, random) => {
      for (const driver of someDrivers(context, random)) driver.proxy.cut();
      return nothing;
    },
  },
  /** Connections are reset in the middle of a frame. */
  'cut-in-frame': {
    begin: (context, random) => {
      for (const driver of someDrivers(context, random))
        driver.proxy.cutInFrame(random.int(1, 300));
      return nothing;
    },
  },
  /** What clients send is dropped without notice; the other direction works. */
  'deaf-server': {
    begin: (context, random) => {
      for (const driver of someDrivers(context, random)) driver.proxy.set({ swallowUp: true });
      // Bytes are permanently lost: such a connection must be detected, not repaired.
      return nothing;
    },
  },
  /** What the server sends is dropped without notice; the other direction works. */
  'deaf-clients': {
    begin: (context, random) => {
      for (const driver of someDrivers(context, random)) driver.proxy.set({ swallowDown: true });
      return nothing;
    },
  },
  /** Every chunk is delayed. */
  delay: {
    begin: (context, random) => {
      const drivers = someDrivers(context, random);
      for (const driver of drivers) driver.proxy.setDefaults({ delayMs: random.int(20, 300) });
      return () => {
        for (const driver of drivers) driver.proxy.setDefaults({});
      };
    },
  },
  /** Clients reconnect to another node. */
  'move-clients': {
    unless: severalNodes,
    begin: (context, random) => {
      for (const driver of someDrivers(context, random)) {
        driver.proxy.forwardTo(aNode(context, random).port);
        driver.proxy.cut();
      }
      return nothing;
    },
  },
  /** The clock of a node jumps forward, and back at the end. */
  'clock-forward': {
    begin: (context, random) => setClock(context, random, random.pick([90_000, 3_600_000])),
  },
  /** The clock of a node is set back, and corrected at the end. */
  'clock-back': {
    begin: (context, random) => setClock(context, random, -random.pick([90_000, 3_600_000])),
  },
  /** Redis is killed, and restarted empty. */
  'kill-redis': {
    unless: withRedis,
    begin: async ({ redis }) => {
      if (typeof redis === 'string') return nothing;
      await redis.server.kill();
      return () => redis.server.start();
    },
  },
  /** Redis is frozen (SIGSTOP): connections stay open, but nothing gets through. */
  'freeze-redis': {
    unless: withRedis,
    begin: ({ redis }) => {
      if (typeof redis === 'string') return nothing;
      redis.server.freeze();
      return () => redis.server.thaw();
    },
  },
  /** Redis disconnects its subscribers, as it does with slow ones. */
  'cut-redis-listeners': {
    unless: withRedis,
    begin: async ({ redis }) => {
      if (typeof redis !== 'string') await redis.server.cutListeners();
      return nothing;
    },
  },
  /** Published messages are lost, duplicated, swapped or delayed. */
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
   * The file system of the database is full for a while: completely, or with space for data but not
   * for the next WAL segment. A node without other faults serves reads throughout.
   */
  'disk-full': {
    unless: ({ disk }) => (typeof disk === 'string' ? disk : null),
    begin: (context, random) => {
      const { disk } = context;
      if (typeof disk === 'string') return nothing;
      disk.fill(random.pick([0, 13 * 1024 * 1024]));
      const reads = watchReads(context, disk);
      return async () => {
        await reads?.stop();
        disk.clear();
      };
    },
  },
};

/**
 * Starts a fault. Returns a function that ends it, or the reason why it is impossible in this run.
 */
export async function beginFault(
  name: FaultName,
  context: FaultContext,
  random: Random,
): Promise<End | string> {
  const fault = faults[name];
  return fault.unless?.(context) ?? (await fault.begin(context, random));
}

function setClock(context: FaultContext, random: Random, offsetMs: number): End {
  const node = aNode(context, random);
  node.setClock(offsetMs);
  return () => node.setClock(0);
}

/**
 * Reports when the only node stops serving during its only fault; null in other runs, where there
 * may be other reasons (and where an external database has no reserve of its own). As soon as the
 * node has detected the full disk and deleted its reserve file, the database is made to start the
 * next WAL segments. Not before: the node may have measured the disk while it was being filled.
 */
function watchReads(context: FaultContext, disk: SmallDisk): { stop(): Promise<void> } | null {
  const { nodes, faults, reportFailure, database } = context;
  const [node] = nodes;
  if (!node || nodes.length > 1 || faults.some((name) => name !== 'disk-full')) return null;
  let stopped = false;
  const watching = (async () => {
    for (let switched = false; !stopped; ) {
      const state = await readiness(node.url);
      if (state.code !== 200) reportFailure(`${node.name} did not serve on a full disk`);
      if (state.disk === 'full' && !switched && disk.free >= 2 * SEGMENT_BYTES) {
        switched = true;
        await nextSegments(database).catch((error: Error) => {
          reportFailure(`no WAL segment on a full disk: ${error.message}`);
        });
      }
      await pause(100);
    }
  })();
  return {
    stop: () => {
      stopped = true;
      return watching;
    },
  };
}

const SEGMENT_BYTES = 16 * 1024 * 1024;

/** Ends two WAL segments: the database must create two more, beyond any prepared one. */
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
    // No answer at all: the caller reports it.
    return { code: 0 };
  }
}

function signalDatabase({ database }: FaultContext, signal: NodeJS.Signals): void {
  const pid = database.pid();
  if (pid === null) return;
  try {
    process.kill(pid, signal);
  } catch (error) {
    // It has just died.
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}
