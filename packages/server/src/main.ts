import { LIMITS, type Limits } from '@parley/protocol';
import type { Config } from './config/config.ts';
import { Health } from './http-server/health.ts';
import type { LayerContext } from './layers/context.ts';
import { openDomains } from './layers/domains.ts';
import { openHttp } from './layers/http.ts';
import { openListener } from './layers/listener.ts';
import { openLive } from './layers/live.ts';
import { openDataFolder, openPools } from './layers/storage.ts';
import { openStreams } from './layers/streams.ts';
import type { LiveFigures } from './live/live.ts';
import { cachedHealth } from './notifications/health.ts';
import { type Clock, systemClock } from './runtime/clock.ts';
import type { Logger } from './runtime/log.ts';
import { NodeStates } from './server-state/node-states.ts';
import type { HubCounters } from './stream/hub.ts';

/** A running server. */
export interface Parley {
  /** The URL for users: PUBLIC_URL, or the address it listens on. */
  readonly url: string;
  /** The URL on this machine; the same as `url` without PUBLIC_URL. */
  readonly address: string;
  /** The current socket counts, and the counters of the hub. */
  figures(): LiveFigures & HubCounters;
  /** Drains the sockets, finishes pending work, and stops the database. */
  stop(): Promise<void>;
}

/** The limits that RATE_LIMITS=off disables. */
const NO_RATE_LIMITS = {
  commands: 0,
  frames: 0,
  accountFrames: 0,
  signals: 0,
  accountCommands: 0,
  accountRequests: 0,
  addressRequests: 0,
} as const;

/** Options that are not settings, for tests and commands. */
export interface Overrides {
  /** Limits that replace those of the protocol. */
  readonly limits?: Partial<Limits>;
  /** The source of the time; the clock of the machine by default. */
  readonly clock?: Clock;
  /** Aborts a start that is still waiting for its database. */
  readonly signal?: AbortSignal;
}

/**
 * Builds the server layer by layer, in the order in which data flows. Started layers are stopped in
 * reverse order, even if a later layer fails.
 *
 * @throws with a message for the operator
 */
export async function startParley(
  config: Config,
  log: Logger,
  overrides: Overrides = {},
): Promise<Parley> {
  const steps: (() => Promise<void> | void)[] = [];
  const stop = async () => {
    for (const step of steps.splice(0).reverse()) await step();
  };
  const limits = { ...LIMITS, ...(config.rateLimits ? {} : NO_RATE_LIMITS), ...overrides.limits };
  const { clock = systemClock, signal } = overrides;
  const onStop: LayerContext['onStop'] = (step) => steps.push(step);
  try {
    return { ...(await build({ config, log, clock, limits, signal, onStop })), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function build(context: LayerContext): Promise<Omit<Parley, 'stop'>> {
  const { log, onStop } = context;
  const data = await openDataFolder(context);
  const listening = await openListener(context);
  const pools = await openPools(context, data);
  const { pool } = pools;
  const streams = await openStreams(context, pools, data.disk);
  const domains = await openDomains(context, pool, streams, listening.url);
  const live = openLive(context, pool, streams, domains);
  const health = new Health(pool, streams.broker, data.disk, domains.files.store.remote);
  const nodes = new NodeStates({
    broker: streams.broker,
    metrics: streams.metrics,
    pool,
    log,
    sockets: () => live.states,
    figures: () => live.figures,
  });
  onStop(() => nodes.stop());
  streams.onCommitted((events) => nodes.committed(events));
  const notifications = cachedHealth(pool, (err) =>
    log.warn({ err }, 'notification figures not read'),
  );
  const state = { nodes, disk: data.disk, notifications };
  const app = openHttp(context, { pool, listening, streams, domains, live, health, state });
  domains.decider.usePresence((account) => live.presenceOf(account));
  domains.decider.useActivity((change) => live.sendActivity(change));
  domains.digests.usePresence((account) => live.presenceOf(account));
  domains.push.sender.usePresence((account) => live.presenceOf(account));
  live.attach(listening.listener.server);
  onStop(() => {
    health.drain();
    return live.drain();
  });
  streams.metrics.watch({
    connections: () => live.states,
    figures: () => live.figures,
    hub: streams.hub,
    pool,
    broker: streams.broker,
    notifications,
    disk: data.disk,
  });
  await app.ready();
  domains.start();
  streams.writes.enforce();
  const { url, address } = listening;
  log.info({ url, address }, 'listening');
  return { url, address, figures: () => ({ ...live.figures, ...streams.hub.counters }) };
}
