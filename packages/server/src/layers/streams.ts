import type { Limits, Refusal } from '@parley/protocol';
import type { Pool } from 'pg';
import type { Config } from '../config/config.ts';
import { EVENT_VISIBILITY } from '../event-types/event-visibility.ts';
import { PROJECTIONS } from '../event-types/projections.ts';
import { SharedLimits } from '../limits/shared-limits.ts';
import { Metrics } from '../metrics/metrics.ts';
import type { Logger } from '../runtime/log.ts';
import type { DiskReserve } from '../storage/disk-reserve.ts';
import { Append } from '../stream/append.ts';
import { type Broker, LocalBroker } from '../stream/broker.ts';
import { Hub } from '../stream/hub.ts';
import { Projections } from '../stream/projections.ts';
import { readerOf } from '../stream/read.ts';
import type { StoredEvent } from '../stream/record.ts';
import { startTracing } from '../tracing/start.ts';
import { WordFilter } from '../word-filter/word-filter.ts';
import type { LayerContext } from './context.ts';
import type { Pools } from './storage.ts';

/** Rejects writes while the disk is full. */
export interface WriteGate {
  /** Returns why writes are rejected at the moment; null if they are accepted. */
  rejection(): Refusal | null;
  /**
   * From now on a full disk rejects writes. During the start, only stored commands are repeated,
   * which write nothing.
   */
  enforce(): void;
}

/** The streams, with their metrics and limits. */
export interface StreamLayer {
  readonly broker: Broker;
  readonly shared: SharedLimits;
  readonly metrics: Metrics;
  readonly hub: Hub;
  readonly append: Append;
  readonly writes: WriteGate;
  /** The word filter for texts to store, once its list is loaded. */
  readonly wordFilter: WordFilter;
  /** Adds a listener that is called with the events of this node after their commit. */
  onCommitted(listener: (events: readonly StoredEvent[]) => void): void;
}

/** Builds the streams: committed events go from append to the hub. */
export async function openStreams(
  context: LayerContext,
  { pool, appendPool }: Pools,
  disk: DiskReserve | null,
): Promise<StreamLayer> {
  const { config, log, clock, limits, onStop } = context;
  const space = await spaceOf(pool);
  const broker = await openBroker(config, space, log);
  onStop(() => broker.stop());
  const shared = await openLimits(config, space, limits, log);
  onStop(() => shared.stop());
  const metrics = new Metrics();
  const writes = writeGate(disk);
  const tracing =
    config.tracesUrl === undefined ? null : startTracing(config.tracesUrl, broker.node, log);
  if (tracing) onStop(() => tracing.stop());
  const hub = new Hub({
    reader: readerOf(pool),
    log,
    visibility: EVENT_VISIBILITY,
    broker,
    metrics,
    tracing,
  });
  const committed: ((events: readonly StoredEvent[]) => void)[] = [];
  const wordFilter = new WordFilter();
  const append = new Append({
    pool: appendPool,
    clock,
    log,
    projections: new Projections(PROJECTIONS),
    visibility: EVENT_VISIBILITY,
    review: wordFilter.review,
    metrics,
    ...(tracing && { tracing }),
    publish: (events) => {
      hub.publish(events);
      for (const listener of committed) listener(events);
    },
    announce: (stream, seq) => hub.hint(stream, seq),
    rejectWrites: writes.rejection,
  });
  onStop(() => append.close());
  hub.start();
  onStop(() => hub.stop());
  const onCommitted: StreamLayer['onCommitted'] = (listener) => committed.push(listener);
  return { broker, shared, metrics, hub, append, writes, wordFilter, onCommitted };
}

function writeGate(disk: DiskReserve | null): WriteGate {
  let enforced = false;
  return {
    rejection: () => (enforced ? (disk?.rejection() ?? null) : null),
    enforce: () => {
      enforced = true;
    },
  };
}

/**
 * Opens the connection to the other nodes: Redis or Valkey, if configured. Its library, a tenth of the
 * memory of an idle node, is loaded only then.
 */
async function openBroker(config: Config, space: string, log: Logger): Promise<Broker> {
  if (config.redisUrl === undefined) return new LocalBroker();
  if (config.publicUrl === undefined) {
    log.warn('PUBLIC_URL is not set: nodes reject access tokens of other nodes');
  }
  const { RedisBroker } = await import('../stream/broker-redis.ts');
  return new RedisBroker(config.redisUrl, space, log);
}

async function openLimits(
  config: Config,
  space: string,
  limits: Limits,
  log: Logger,
): Promise<SharedLimits> {
  const connect = async (url: string) => {
    const { connectLimits } = await import('../limits/limits-redis.ts');
    return connectLimits(url, log);
  };
  return new SharedLimits(
    {
      commands: { points: limits.accountCommands, seconds: limits.commandWindowMs / 1000 },
      requests: { points: limits.accountRequests, seconds: 60 },
      address: { points: limits.addressRequests, seconds: 60 },
    },
    config.redisUrl === undefined ? null : { connection: await connect(config.redisUrl), space },
    log,
  );
}

/**
 * Returns the epoch of the database, which separates servers that share a Redis but not a database.
 */
async function spaceOf(pool: Pool): Promise<string> {
  const { rows } = await pool.query<{ epoch: string }>('select epoch from server_state');
  return (rows[0] as { epoch: string }).epoch;
}
