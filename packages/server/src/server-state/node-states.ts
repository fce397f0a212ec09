import { readFileSync } from 'node:fs';
import { NodeState } from '@parley/protocol';
import type { Metrics } from '../metrics/metrics.ts';
import { RecentCount } from '../metrics/recent.ts';
import type { Logger } from '../runtime/log.ts';
import type { Broker } from '../stream/broker.ts';
import type { StoredEvent } from '../stream/record.ts';

/** Interval at which a node sends its state to the others. */
const SEND_MS = 5_000;
/** The state of a node is dropped when nothing was received from it for this long. */
const SILENT_MS = 20_000;
/** The maximum number of other nodes that are kept. */
const NODES_MAX = 100;
/** The node message with the state of a node. */
const STATE = 'node-state';

const { version: VERSION } = JSON.parse(
  readFileSync(new URL('../../package.json', import.meta.url), 'utf8'),
) as { version: string };

/** What {@link NodeStates} reads the state of this node from. */
export interface NodeStatesDeps {
  readonly broker: Pick<Broker, 'node' | 'status' | 'lagMs' | 'sendNodeMessage' | 'onNodeMessage'>;
  readonly metrics: Pick<Metrics, 'recent'>;
  readonly pool: {
    readonly totalCount: number;
    readonly idleCount: number;
    readonly waitingCount: number;
  };
  readonly log: Logger;
  /** The number of sockets by state. */
  sockets(): Readonly<Record<string, number>>;
  figures(): { readonly accounts: number; readonly congested: number; readonly buffered: number };
}

/**
 * Measures the state of this node and keeps those of the others: each sends its own through the
 * broker every five seconds. Nothing is stored.
 */
export class NodeStates {
  readonly #deps: NodeStatesDeps;
  readonly #startedAt = new Date().toISOString();
  readonly #posted = new RecentCount();
  readonly #others = new Map<string, { readonly state: NodeState; readonly receivedAt: number }>();
  readonly #timer: NodeJS.Timeout;

  constructor(deps: NodeStatesDeps) {
    this.#deps = deps;
    deps.broker.onNodeMessage(STATE, (body, from) => this.#receive(body, from));
    this.#timer = setInterval(() => this.#send(), SEND_MS);
    this.#timer.unref();
  }

  /** Counts what this node commits. */
  committed(events: readonly StoredEvent[]): void {
    const posted = events.filter(({ type }) => type === 'message.posted').length;
    if (posted > 0) this.#posted.add(posted);
  }

  /** Returns the states of all nodes, this one first, the others by name. */
  all(): NodeState[] {
    const now = performance.now();
    for (const [node, { receivedAt }] of this.#others) {
      if (now - receivedAt > SILENT_MS) this.#others.delete(node);
    }
    const others = [...this.#others.values()].map(({ state }) => state);
    return [this.#ownState(), ...others.sort((a, b) => (a.node < b.node ? -1 : 1))];
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  #ownState(): NodeState {
    const { broker, metrics, pool } = this.#deps;
    const sockets = this.#deps.sockets();
    const { accounts, congested, buffered } = this.#deps.figures();
    return {
      node: broker.node,
      version: VERSION,
      startedAt: this.#startedAt,
      measuredAt: new Date().toISOString(),
      sockets: { open: sockets.live ?? 0, catchingUp: sockets.replaying ?? 0, congested },
      accounts,
      messagesPerMinute: this.#posted.total,
      delivery: metrics.recent.delivery.summary,
      commit: metrics.recent.commit.summary,
      unsentBytes: buffered,
      database: {
        busy: pool.totalCount - pool.idleCount,
        idle: pool.idleCount,
        waiting: pool.waitingCount,
      },
      memoryBytes: process.memoryUsage.rss(),
      broker: broker.status,
      brokerRoundTripMs: broker.lagMs,
    };
  }

  #send(): void {
    const { broker } = this.#deps;
    if (broker.status === 'connected')
      broker.sendNodeMessage(null, STATE, JSON.stringify(this.#ownState()));
  }

  #receive(body: string, from: string): void {
    // Another version of the server may have sent it.
    const parsed = NodeState.safeParse(parsedJson(body));
    if (!parsed.success) {
      this.#deps.log.debug({ from }, 'invalid state of a node ignored');
      return;
    }
    if (!this.#others.has(from) && this.#others.size >= NODES_MAX) return;
    this.#others.set(from, {
      state: { ...parsed.data, node: from },
      receivedAt: performance.now(),
    });
  }
}

function parsedJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
