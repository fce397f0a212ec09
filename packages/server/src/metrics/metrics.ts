import type { NotificationHealth } from '@parley/protocol';
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import { RecentTimes } from './recent.ts';

/** The result of a command, as a label. */
export type CommandResult = 'stored' | 'repeated' | 'refused' | 'unknown';

/** What was rejected by a rate limit, as a label. */
export type LimitedThing = 'commands' | 'signals' | 'frames' | 'upgrades' | 'requests';

/** The source of a delivered event, as a label. */
export type EventSource = 'here' | 'broker' | 'database';

/** The sources of the gauges, which are read only when metrics are scraped. */
export interface Gauged {
  /** The number of sockets by state. */
  connections(): Readonly<Record<string, number>>;
  figures(): {
    readonly accounts: number;
    readonly congested: number;
    readonly buffered: number;
    readonly stalled: number;
  };
  readonly hub: {
    readonly streams: number;
    readonly counters: { readonly fills: number; readonly repairs: number; readonly late: number };
  };
  readonly pool: {
    readonly totalCount: number;
    readonly idleCount: number;
    readonly waitingCount: number;
  };
  readonly broker: {
    readonly status: string;
    readonly lagMs: number | null;
    readonly counters: {
      readonly sent: number;
      readonly received: number;
      readonly dropped: number;
    };
  };
  /** How notifications are delivered, on all nodes. */
  notifications(): Promise<NotificationHealth | null>;
  /** The disk of the embedded database; null with an external one. */
  readonly disk: {
    readonly figures: { readonly freeBytes: number; readonly full: boolean };
  } | null;
}

const STATES = ['handshake', 'replaying', 'live', 'draining'] as const;
/** Buckets in seconds, from half a millisecond to five seconds. */
const SHORT = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5];
const SIZES = [1, 2, 4, 8, 16, 32, 64, 128, 256];

/**
 * The metrics of one node, in the Prometheus format. Names, units and labels are defined only here;
 * docs/grafana/ has a dashboard for them.
 */
export class Metrics {
  /** Times over the last minute, for admins. */
  readonly recent = { delivery: new RecentTimes(), commit: new RecentTimes() };
  readonly #registry = new Registry();
  readonly #commands = this.#counter('parley_commands_total', 'Commands by kind and result', [
    'kind',
    'result',
  ]);
  readonly #limited = this.#counter(
    'parley_rate_limited_total',
    'Commands, frames, upgrades and requests rejected by a rate limit',
    ['what'],
  );
  readonly #batch = this.#histogram(
    'parley_batch_commands',
    'Commands that shared a transaction',
    SIZES,
  );
  readonly #wait = this.#histogram(
    'parley_batch_wait_seconds',
    'Time that the oldest command of a batch waited for its transaction',
    SHORT,
  );
  readonly #transaction = this.#histogram(
    'parley_batch_transaction_seconds',
    'Time of a batch from BEGIN to its confirmed commit',
    SHORT,
  );
  readonly #commit = this.#histogram(
    'parley_commit_seconds',
    'Time of the COMMIT of a batch, mostly the disk',
    SHORT,
  );
  readonly #lag = this.#histogram(
    'parley_fanout_lag_seconds',
    'Time from the timestamp of an event to its delivery to the sockets of this node',
    SHORT,
    ['source'],
  );
  readonly #deliveries = this.#counter(
    'parley_deliveries_total',
    'Events delivered to live sockets',
  );
  readonly #resumes = this.#counter(
    'parley_resumes_total',
    'Hello frames, with a cursor (resumed) or without one (new)',
    ['result'],
  );
  readonly #resets = this.#counter(
    'parley_resets_total',
    'Streams reset because too many events were missing to replay them',
  );
  readonly #requests = this.#histogram(
    'parley_http_request_seconds',
    'HTTP requests by route and status',
    SHORT,
    ['method', 'route', 'status'],
  );

  constructor() {
    collectDefaultMetrics({ register: this.#registry });
  }

  /** Returns the metrics as text for Prometheus. */
  text(): Promise<string> {
    return this.#registry.metrics();
  }

  /** The media type of {@link text}. */
  get contentType(): string {
    return this.#registry.contentType;
  }

  command(kind: string, result: CommandResult): void {
    this.#commands.inc({ kind, result });
  }

  limited(what: LimitedThing): void {
    this.#limited.inc({ what });
  }

  /** Records a committed batch; times in ms. */
  committed(batch: {
    commands: number;
    waitMs: number;
    transactionMs: number;
    commitMs: number;
  }): void {
    this.#batch.observe(batch.commands);
    this.#wait.observe(batch.waitMs / 1000);
    this.#transaction.observe(batch.transactionMs / 1000);
    this.#commit.observe(batch.commitMs / 1000);
    this.recent.commit.add(batch.commitMs);
  }

  /** Records the delivery of events to sockets, `lagMs` after the timestamp of the last one. */
  delivered({
    source,
    events,
    sockets,
    lagMs,
  }: {
    source: EventSource;
    events: number;
    sockets: number;
    lagMs: number;
  }): void {
    // The clocks of two nodes differ slightly.
    const lag = Math.max(0, lagMs);
    this.#lag.observe({ source }, lag / 1000);
    if (sockets === 0) return;
    this.#deliveries.inc(events * sockets);
    this.recent.delivery.add(lag);
  }

  /** Records a hello frame, with a cursor or without one. */
  hello(withCursor: boolean): void {
    this.#resumes.inc({ result: withCursor ? 'resumed' : 'new' });
  }

  reset(): void {
    this.#resets.inc();
  }

  request(method: string, route: string, status: number, ms: number): void {
    this.#requests.observe({ method, route, status: String(status) }, ms / 1000);
  }

  /** Registers the gauges that are read when metrics are scraped. */
  watch(gauged: Gauged): void {
    this.#watchSockets(gauged);
    this.#watchDatabase(gauged);
    this.#watchBroker(gauged);
    this.#watchNotifications(gauged);
    this.#watchDisk(gauged);
    this.#watchDelivery(gauged);
  }

  #watchSockets({ connections, figures, hub }: Gauged): void {
    this.#gauge(
      'parley_connections',
      'Sockets by state',
      (gauge) => {
        const counts = connections();
        for (const state of STATES) gauge.set({ state }, counts[state] ?? 0);
      },
      ['state'],
    );
    this.#value(
      'parley_accounts_connected',
      'Accounts with a socket on this node',
      () => figures().accounts,
    );
    this.#value('parley_connections_congested', 'Congested sockets', () => figures().congested);
    this.#value('parley_buffered_bytes', 'Unsent bytes of all sockets', () => figures().buffered);
    this.#value(
      'parley_subscribed_streams',
      'Streams with a subscription on this node',
      () => hub.streams,
    );
  }

  #watchDatabase({ pool }: Gauged): void {
    this.#value(
      'parley_database_waiting',
      'Queries waiting for a database connection',
      () => pool.waitingCount,
    );
    this.#gauge(
      'parley_database_connections',
      'Database connections',
      (gauge) => {
        gauge.set({ state: 'idle' }, pool.idleCount);
        gauge.set({ state: 'busy' }, pool.totalCount - pool.idleCount);
      },
      ['state'],
    );
  }

  #watchBroker({ broker }: Gauged): void {
    this.#gauge(
      'parley_broker_status',
      'Status of the broker: 1 for one of standalone, connected, disconnected',
      (gauge) => {
        for (const status of ['standalone', 'connected', 'disconnected']) {
          gauge.set({ status }, broker.status === status ? 1 : 0);
        }
      },
      ['status'],
    );
    this.#value(
      'parley_broker_round_trip_seconds',
      'The latest round trip through the broker',
      () => (broker.lagMs ?? 0) / 1000,
    );
    this.#total(
      'parley_broker_messages_total',
      'Messages to and from other nodes, and dropped ones',
      (counter) => {
        for (const direction of ['sent', 'received', 'dropped'] as const) {
          counter.inc({ direction }, broker.counters[direction]);
        }
      },
      ['direction'],
    );
  }

  /** Registers the gauges of notifications: the same on each node, from the database. */
  #watchNotifications(gauged: Gauged): void {
    this.#gauge(
      'parley_notifications_undecided_seconds',
      'Time that the oldest message has waited for the decision about whom it notifies',
      async (gauge) => gauge.set((await gauged.notifications())?.undecidedSeconds ?? Number.NaN),
    );
    const figures = {
      waiting: ['parley_notification_queue', 'Emails and push notifications that wait'],
      overdueSeconds: ['parley_notification_overdue_seconds', 'Time that the oldest is overdue'],
      failed: ['parley_notification_failures', 'Failures for good in the last 24 hours'],
    } as const;
    for (const [figure, [name, help]] of Object.entries(figures)) {
      this.#gauge(
        name,
        help,
        async (gauge) => {
          for (const health of (await gauged.notifications())?.channels ?? []) {
            gauge.set({ channel: health.channel }, health[figure as keyof typeof figures]);
          }
        },
        ['channel'],
      );
    }
  }

  #watchDisk({ disk }: Gauged): void {
    this.#value(
      'parley_disk_free_bytes',
      'Free space on the file system of the embedded database; NaN with an external one',
      () => disk?.figures.freeBytes ?? Number.NaN,
    );
    this.#value(
      'parley_disk_full',
      '1 while writes are rejected because the disk is almost full',
      () => (disk?.figures.full ? 1 : 0),
    );
  }

  /** Registers the counters of the delivery that its modules keep themselves. */
  #watchDelivery({ hub, figures }: Gauged): void {
    this.#total('parley_gap_fills_total', 'Gaps in received hints, filled from the database', (c) =>
      c.inc(hub.counters.fills),
    );
    this.#total('parley_head_repairs_total', 'Events found in the database without a hint', (c) =>
      c.inc(hub.counters.repairs),
    );
    this.#total(
      'parley_late_repairs_total',
      'Gap fills and head repairs whose events arrived from another node later',
      (c) => c.inc(hub.counters.late),
    );
    this.#total(
      'parley_slow_consumers_total',
      'Sockets closed because their client did not read',
      (c) => c.inc(figures().stalled),
    );
  }

  /** Registers a gauge without labels. */
  #value(name: string, help: string, read: () => number): void {
    this.#gauge(name, help, (gauge) => gauge.set(read()));
  }

  #counter<L extends string>(name: string, help: string, labelNames: readonly L[] = []) {
    return new Counter<L>({ name, help, labelNames, registers: [this.#registry] });
  }

  #histogram<L extends string>(
    name: string,
    help: string,
    buckets: readonly number[],
    labelNames: readonly L[] = [],
  ) {
    return new Histogram<L>({
      name,
      help,
      labelNames,
      buckets: [...buckets],
      registers: [this.#registry],
    });
  }

  #gauge(
    name: string,
    help: string,
    read: (gauge: Gauge) => void | Promise<void>,
    labelNames: readonly string[] = [],
  ): void {
    const gauge: Gauge = new Gauge({
      name,
      help,
      labelNames,
      registers: [this.#registry],
      collect: () => read(gauge),
    });
  }

  /** Registers a counter whose value is kept elsewhere. */
  #total(
    name: string,
    help: string,
    read: (counter: Counter) => void,
    labelNames: readonly string[] = [],
  ): void {
    const counter: Counter = new Counter({
      name,
      help,
      labelNames,
      registers: [this.#registry],
      collect: () => {
        counter.reset();
        read(counter);
      },
    });
  }
}
