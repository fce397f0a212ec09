import type { Seq, StreamId } from '@parley/protocol';
import type { StoredEvent } from './record.ts';

/**
 * Whether this node exchanges messages with others: `standalone`, it is the only one; `connected`, it does;
 * `disconnected`, the broker is unreachable.
 */
export type BrokerStatus = 'standalone' | 'connected' | 'disconnected';

/** Receives the hints of other nodes. Each may be lost, duplicated, late or out of order. */
export interface BrokerListener {
  /** Another node has committed these events: a contiguous range of one stream. */
  receive(stream: StreamId, events: readonly StoredEvent[]): void;
  /** Another node has committed the events of the stream up to `seq`. */
  hint(stream: StreamId, seq: Seq): void;
  /** The broker has subscribed to these streams. Hints of earlier events may have been missed. */
  listening(streams: readonly StreamId[]): void;
  /** The broker has connected, the first time or again: any hint may have been missed. */
  connected(): void;
}

/** Handles a message from the node `from`. `stream` is null for a message to all nodes. */
export type NodeMessageHandler = (body: string, from: string, stream: StreamId | null) => void;

/** Totals since the start, for metrics. */
export interface BrokerCounters {
  /** Messages to other nodes. */
  sent: number;
  /** Messages from other nodes. */
  received: number;
  /** Messages that were dropped because the broker was unreachable or too slow. */
  dropped: number;
  /** How often the status has become `connected`. */
  connections: number;
}

/**
 * Carries messages between the nodes of one server: hints of committed events, and node messages about
 * what is not durable.
 *
 * 1. Correctness does not depend on any message: the hub finds events whose hint was lost in the
 *    database within two seconds.
 * 2. No call waits or throws, and the memory for unsent messages is bounded.
 * 3. Only hints of streams that have subscriptions on this node are delivered.
 */
export interface Broker {
  /** The unique name of this node. */
  readonly node: string;
  readonly status: BrokerStatus;
  readonly counters: Readonly<BrokerCounters>;
  /** The latest round-trip time through the broker, ms; null if there is none. */
  readonly lagMs: number | null;
  /** Starts connecting, and reconnects until `stop`. */
  start(listener: BrokerListener): void;
  /** The stream has its first subscription here. */
  subscribe(stream: StreamId): void;
  /** The stream has no subscriptions here anymore. */
  unsubscribe(stream: StreamId): void;
  /** Sends committed events, a contiguous range, to the nodes with subscriptions of the stream. */
  publish(stream: StreamId, events: readonly StoredEvent[]): void;
  /** Sends a node message to the nodes with subscriptions of the stream, or to all nodes (null). */
  sendNodeMessage(to: StreamId | null, kind: string, body: string): void;
  /** Sets the handler of the node messages of a kind. */
  onNodeMessage(kind: string, handler: NodeMessageHandler): void;
  /** Ends all connections. */
  stop(): Promise<void>;
}

/** The broker of a single node: it has no other nodes to send to. */
export class LocalBroker implements Broker {
  readonly node = 'local';
  readonly status = 'standalone';
  readonly counters = { sent: 0, received: 0, dropped: 0, connections: 0 };
  readonly lagMs = null;

  start(): void {}
  subscribe(): void {}
  unsubscribe(): void {}
  publish(): void {}
  sendNodeMessage(): void {}
  onNodeMessage(): void {}
  async stop(): Promise<void> {}
}
