import type { Seq, StreamId } from '@parley/protocol';
import type { StoredEvent } from './record.ts';

/**
 * How this node stands to the others: it has none; it hears them and they hear it; what joins them
 * is out of reach.
 */
export type BrokerStatus = 'alone' | 'joined' | 'away';

/** What the hub hears of other nodes. All of it may be lost, doubled, late or out of order. */
export interface BrokerListener {
  /** Another node has committed these: a contiguous range of one stream. */
  receive(stream: StreamId, events: readonly StoredEvent[]): void;
  /** Another node has seen the stream at `seq`. */
  hint(stream: StreamId, seq: Seq): void;
  /** From now on these streams are listened to: what was committed before may not have been heard. */
  listening(streams: readonly StreamId[]): void;
  /** The broker is back: anything may have been missed. */
  rejoined(): void;
}

/** Takes a note of another node. `from` names the node, `stream` is null for a note to all. */
export type NoteHandler = (body: string, from: string, stream: StreamId | null) => void;

/** What the broker has done since the start, for metrics. */
export interface BrokerCounters {
  /** Messages handed to it for other nodes. */
  sent: number;
  /** Messages of other nodes that came in. */
  received: number;
  /** Messages that were dropped because it was away or did not keep up. */
  dropped: number;
  /** Times that it was joined: the first time, and each time that it came back. */
  joins: number;
}

/**
 * Joins the nodes of one server: carries hints of committed events, and node messages about what is not
 * durable.
 *
 * 1. Nothing that it carries is needed for correctness: whatever is lost, the hub finds in the
 *    database within two seconds.
 * 2. No call waits, throws, or accumulates memory, whatever the other side does.
 * 3. It delivers hints only of streams that have subscriptions here.
 */
export interface Broker {
  /** The name of this node, unlike any other’s. */
  readonly node: string;
  readonly status: BrokerStatus;
  readonly counters: Readonly<BrokerCounters>;
  /** The time of the latest round trip through the broker in ms; null while there is none. */
  readonly lagMs: number | null;
  /** Starts to connect; `status` says whether it is connected. */
  start(listener: BrokerListener): void;
  /** The stream has its first subscription here. */
  subscribe(stream: StreamId): void;
  /** The stream has no subscriptions here any more. */
  unsubscribe(stream: StreamId): void;
  /** Sends committed events, a contiguous range, to the nodes with subscriptions of the stream. */
  publish(stream: StreamId, events: readonly StoredEvent[]): void;
  /** Sends a node message to the nodes with subscriptions of the stream, or to all nodes (null). */
  note(to: StreamId | null, kind: string, body: string): void;
  /** Sets the handler of the node messages of a kind. */
  onNote(kind: string, handler: NoteHandler): void;
  /** Ends all connections. */
  stop(): Promise<void>;
}

/** The broker of a single node: it has no other nodes to send to. */
export class LocalBroker implements Broker {
  readonly node = 'local';
  readonly status = 'alone';
  readonly counters = { sent: 0, received: 0, dropped: 0, joins: 0 };
  readonly lagMs = null;

  start(): void {}
  subscribe(): void {}
  unsubscribe(): void {}
  publish(): void {}
  note(): void {}
  onNote(): void {}
  async stop(): Promise<void> {}
}
