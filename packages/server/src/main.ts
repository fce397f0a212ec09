import { existsSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { LIMITS, LIVE_PATH, type Limits } from '@parley/protocol';
import type { Pool } from 'pg';
import { openAccounts } from './accounts/accounts.ts';
import { ApiKeys } from './accounts/api-keys/api-keys.ts';
import { noteDenied } from './admin/denied.ts';
import { adminRoutes } from './admin/routes.ts';
import { AuditLog } from './audit/audit-log.ts';
import { removeLeftovers } from './backup/leftovers.ts';
import { type Clock, systemClock } from './clock.ts';
import type { Config } from './config.ts';
import { bootstrapEveryone } from './conversations/everyone.ts';
import { conversationRoutes } from './conversations/routes.ts';
import { conversationFor, loadStart } from './conversations/snapshot.ts';
import { Emails } from './email/emails.ts';
import { emailTransport } from './email/transport.ts';
import { Erasures } from './erasure/erasures.ts';
import { SecondFactors } from './factors/factors.ts';
import { factorLoginRoutes } from './factors/login-routes.ts';
import { ownFactorRoutes } from './factors/own-routes.ts';
import { Health } from './health.ts';
import { isAllowedOrigin } from './http/origin.ts';
import { createHttpApp } from './http-server/app.ts';
import { isAllowedHost } from './http-server/host.ts';
import { HttpListener } from './http-server/http-listener.ts';
import { metricsRoutes } from './http-server/metrics.ts';
import { clientAddress } from './http-server/proxies.ts';
import { integrationRoutes } from './integrations/routes.ts';
import { loginSteps } from './layers/login-steps.ts';
import { addressKey } from './limits/address-key.ts';
import { SharedLimits } from './limits/shared-limits.ts';
import { Live, type LiveFigures } from './live/live.ts';
import type { Logger } from './log.ts';
import { ReadCursors, readVersions } from './messages/read-cursors.ts';
import { messageRoutes } from './messages/routes.ts';
import { Metrics } from './metrics/metrics.ts';
import { ownDataRoutes } from './own-data/routes.ts';
import { PROJECTIONS } from './projections.ts';
import { loadSecret } from './secret.ts';
import { Identities } from './sso/identities.ts';
import { providerOf } from './sso/provider.ts';
import { ssoRoutes } from './sso/routes.ts';
import { type DatabaseAddress, openDatabase } from './storage/database.ts';
import { DiskReserve } from './storage/disk-reserve.ts';
import { startEmbedded } from './storage/embedded.ts';
import { lockFolder } from './storage/lock.ts';
import { refuseMoved, refuseUnfinished } from './storage/marks.ts';
import { migrate } from './storage/migrate.ts';
import { explained, makeDataFolder } from './storage/start-errors.ts';
import { Append } from './stream/append.ts';
import { type Broker, LocalBroker } from './stream/broker.ts';
import { RedisBroker } from './stream/broker-redis.ts';
import { Hub, type HubCounters } from './stream/hub.ts';
import { Projections } from './stream/projections.ts';
import { startTracing } from './tracing/start.ts';
import { Vault } from './vault.ts';

/** A running server. */
export interface Parley {
  /** The URL for users: PUBLIC_URL, or the address it listens on. */
  readonly url: string;
  /** The URL on this machine; the same as `url` without PUBLIC_URL. */
  readonly address: string;
  /** The current figures of the sockets, and the counters of the hub. */
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
const WEB_DIR = fileURLToPath(new URL('../../web/dist/', import.meta.url));

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
 * Builds the server in the order in which data flows: storage → streams → domains → live and http
 * → listening. What was started is stopped in reverse order, also if a later step fails.
 *
 * @throws with a message for the operator
 */
export async function startParley(
  config: Config,
  log: Logger,
  overrides: Overrides = {},
): Promise<Parley> {
  const undo: (() => Promise<void> | void)[] = [];
  const stop = async () => {
    for (const step of undo.splice(0).reverse()) await step();
  };
  try {
    const { url, address, live, hub } = await build(config, log, overrides, undo);
    return { url, address, stop, figures: () => ({ ...live.figures, ...hub.counters }) };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function build(
  config: Config,
  log: Logger,
  overrides: Overrides,
  undo: (() => Promise<void> | void)[],
): Promise<{ url: string; address: string; live: Live; hub: Hub }> {
  // Storage.
  const { address: database, disk } = await openStorage(config, log, undo);
  const listener = await HttpListener.open(config.host, config.port);
  undo.push(() => listener.close());
  const { pool, close } = await openDatabase(database, log, {
    // An external database may start after this server, at any time.
    ...(config.databaseUrl !== undefined && { waitMs: Number.POSITIVE_INFINITY }),
    signal: overrides.signal,
  });
  undo.push(close);
  await migrate(pool, log);
  disk?.onFull(() => pool.query('checkpoint'));

  // Streams: what is committed goes from append to hub.
  const clock = overrides.clock ?? systemClock;
  const limits: Limits = {
    ...LIMITS,
    ...(config.rateLimits ? {} : NO_RATE_LIMITS),
    ...overrides.limits,
  };
  const space = await spaceOf(pool);
  const broker = openBroker(config, space, log);
  undo.push(() => broker.stop());
  const shared = new SharedLimits(
    {
      commands: { points: limits.accountCommands, seconds: limits.commandWindowMs / 1000 },
      requests: { points: limits.accountRequests, seconds: 60 },
      address: { points: limits.addressRequests, seconds: 60 },
    },
    config.redisUrl === undefined ? null : { url: config.redisUrl, space },
    log,
  );
  undo.push(() => shared.stop());
  const metrics = new Metrics();
  // The start repeats commands that were carried out before; they write nothing.
  let started = false;
  const rejectWrites = () => (started ? (disk?.rejection() ?? null) : null);
  const tracing =
    config.tracesUrl === undefined ? null : startTracing(config.tracesUrl, broker.node, log);
  if (tracing) undo.push(() => tracing.stop());
  const hub = new Hub(pool, log, broker, metrics, tracing);
  const append = new Append({
    pool,
    clock,
    log,
    projections: new Projections(PROJECTIONS),
    metrics,
    ...(tracing && { tracing }),
    publish: (events) => hub.publish(events),
    rejectWrites,
  });
  undo.push(() => append.close());
  hub.start();
  undo.push(() => hub.stop());

  // Domains.
  let url = config.publicUrl ?? '';
  await bootstrapEveryone(append);
  const keys = new ApiKeys(pool, clock);
  const secret = loadSecret(config);
  const vault = new Vault(secret);
  const emails = new Emails({ pool, clock, log, vault, transport: emailTransport(config, log) });
  undo.push(() => emails.stop());
  if (emails.kind === 'smtp' && config.publicUrl === undefined) {
    log.warn('PUBLIC_URL is not set: links in emails work only on this machine');
  }
  const audit = new AuditLog({ pool, clock, log });
  undo.push(() => audit.stop());
  const accounts = await openAccounts({
    audit,
    config,
    pool,
    append,
    clock,
    keys,
    log,
    secret,
    vault,
    emails,
    issuer: () => url,
    loginSteps: (deps) => loginSteps(deps, config),
  });
  undo.push(() => accounts.stop());
  const readCursors = new ReadCursors(pool, log, metrics);
  const factors = new SecondFactors({
    ...accounts.parts,
    clock,
    vault,
    requirement: config.secondFactor,
  });
  await factors.recovery.upgrade();
  const server = () => url;
  const erasures = new Erasures({ pool, append, clock, log, sessions: accounts.sessions });
  undo.push(() => erasures.stop());
  const provider = providerOf(config);
  const identities = new Identities({
    pool,
    append,
    clock,
    config,
    sessions: accounts.sessions,
    audit,
  });

  // Live.
  const addressOf = clientAddress(config.trustedProxies);
  const live = new Live({
    hub,
    broker,
    metrics,
    append,
    pool,
    log,
    clock,
    limits,
    limitCommands: (account) => shared.take('commands', account),
    identify: (token) => accounts.identify(token),
    forgetSession: (session) => accounts.sessions.forgetEnded(session),
    liveSessions: (ids) => accounts.alive(ids),
    isAllowedOrigin: (origin, asked) =>
      isAllowedHost(asked, LIVE_PATH, config) && isAllowedOrigin(origin, asked, config),
    addressOf: (request) => addressKey(addressOf(request)),
    me: (account) => accounts.me(account),
    start: (account, streams) => loadStart(pool, account, streams),
    conversation: (account, id) => conversationFor(pool, account, id),
    moveReadCursor: async (account, id, seq, unread) => {
      const rejection = rejectWrites();
      return rejection ? { refusal: rejection } : await readCursors.move(account, id, seq, unread);
    },
    readVersions: (ids) => readVersions(pool, ids),
  });
  accounts.sessions.onEnded((session) => live.endSession(session));
  keys.onEnded((key) => live.endSession(key));

  metrics.watch({
    connections: () => live.states,
    figures: () => live.figures,
    hub,
    pool,
    broker,
    disk,
  });

  // HTTP.
  const { authenticate } = accounts;
  const health = new Health(pool, broker, disk);
  const app = createHttpApp({
    log,
    listener,
    host: config.host,
    publicUrl: config.publicUrl,
    hstsSubdomains: config.hstsSubdomains,
    securityContacts: config.securityContacts,
    trustedProxies: config.trustedProxies,
    webDir: WEB_DIR,
    health: () => health.state(),
    rejectWrites,
    limitRequests: (of) => {
      const wait =
        'account' in of
          ? shared.take('requests', of.account)
          : shared.take('address', addressKey(of.address));
      if (wait !== null) metrics.limited('requests');
      return wait;
    },
    onRefused: (request, refused) => noteDenied(audit, request, refused),
    onAnswer: (method, route, status, ms) => metrics.request(method, route, status, ms),
    api: [
      accounts.routes,
      (scope) => conversationRoutes(scope, { pool, append, authenticate }),
      (scope) =>
        messageRoutes(scope, {
          pool,
          append,
          authenticate,
          readCursors,
          onReadMoved: (account, move) => live.tellRead(account, move),
        }),
      (scope) => factorLoginRoutes(scope, { accounts: accounts.parts, factors, server }),
      (scope) => ownFactorRoutes(scope, { accounts: accounts.parts, factors, server }),
      (scope) =>
        ssoRoutes(scope, { accounts: accounts.parts, identities, provider, vault, log, server }),
      (scope) => ownDataRoutes(scope, { accounts: accounts.parts, erasures, clock }),
      (scope) => adminRoutes(scope, { accounts: accounts.parts, keys, factors, erasures, config }),
      (scope) => integrationRoutes(scope, { accounts: accounts.parts, keys, clock }),
    ],
    root: [
      accounts.rootRoutes,
      (scope) => {
        const { metricsToken } = config;
        if (metricsToken !== undefined) metricsRoutes(scope, metrics, metricsToken);
      },
    ],
  });
  undo.push(async () => {
    await listener.close();
    await app.close();
  });
  const address = urlOf(config.host, listener.address);
  url ||= address;
  live.attach(listener.server);
  undo.push(() => {
    health.drain();
    return live.drain();
  });
  await app.ready();
  if (!existsSync(WEB_DIR)) log.warn('web client not built');
  // Emails contain links with the address.
  emails.start();
  audit.start();
  accounts.start();
  erasures.start();
  started = true;
  log.info({ url, address }, 'listening');
  return { url, address, live, hub };
}

async function openStorage(
  config: Config,
  log: Logger,
  undo: (() => Promise<void> | void)[],
): Promise<{ address: DatabaseAddress; disk: DiskReserve | null }> {
  refuseUnfinished(config.dataDir);
  if (config.databaseUrl !== undefined) {
    undo.push(await takeDataDir(config.dataDir));
    // Its disk is on another machine: only its error 53100 tells that it is full.
    return { address: { connectionString: config.databaseUrl }, disk: null };
  }
  refuseMoved(config.dataDir);
  const embedded = await startEmbedded({ dataDir: config.dataDir, log });
  undo.push(() => embedded.stop());
  clearBackups(config.dataDir, log);
  const disk = await DiskReserve.open(config.dataDir, log);
  undo.push(() => disk.stop());
  return { address: embedded.connection, disk };
}

/** Removes the leftovers of killed backups from the data folder. */
function clearBackups(dataDir: string, log: Logger): void {
  try {
    const removed = removeLeftovers(join(dataDir, 'backups'));
    if (removed.length > 0) log.info({ removed }, 'leftovers of backups removed');
  } catch (error) {
    log.warn({ err: error }, 'leftovers of backups not removed');
  }
}

/** Creates and locks the data folder of a node with an external database; returns its release. */
async function takeDataDir(dataDir: string): Promise<() => void> {
  try {
    makeDataFolder(dataDir);
    const lock = await lockFolder(dataDir);
    return () => lock.release();
  } catch (error) {
    throw explained(error, dataDir);
  }
}

/** Opens the connection to the other nodes: Redis or Valkey, if configured. */
function openBroker(config: Config, space: string, log: Logger): Broker {
  if (config.redisUrl === undefined) return new LocalBroker();
  if (config.publicUrl === undefined) {
    log.warn('PUBLIC_URL is not set: nodes do not accept the tokens of each other');
  }
  return new RedisBroker(config.redisUrl, space, log);
}

/**
 * Returns the epoch of the database, which separates servers that share a Redis but not a database.
 */
async function spaceOf(pool: Pool): Promise<string> {
  const { rows } = await pool.query<{ epoch: string }>('select epoch from server_state');
  return (rows[0] as { epoch: string }).epoch;
}

/** Returns the URL for a browser on this machine. */
function urlOf(host: string, { port, family }: AddressInfo): string {
  const any = host === '0.0.0.0' || host === '::';
  const name = any ? 'localhost' : family === 'IPv6' && host.includes(':') ? `[${host}]` : host;
  return `http://${name}:${port}`;
}
