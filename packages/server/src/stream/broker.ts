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
  /** Messages that were given up because it was away or did not keep up. */
  dropped: number;
  /** Times that it was joined: the first time, and each time that it came back. */
  joins: number;
}

/**
 * Joins the nodes of one server: carries hints of committed events, and notes about what is not
 * durable.
 *
 * 1. Nothing that it carries is needed for correctness: whatever is lost, the hub finds in the
 *    database within two seconds.
 * 2. No call waits, throws, or piles up memory, whatever the other side does.
 * 3. Of streams it brings only those that are followed here.
 */
export interface Broker {
  /** The name of this node, unlike any other’s. */
  readonly node: string;
  readonly status: BrokerStatus;
  readonly counters: Readonly<BrokerCounters>;
  /** The time of the latest round trip through the broker in ms; null while there is none. */
  readonly lagMs: number | null;
  /** Begins to connect; whether and when that works is told by `status`. */
  start(listener: BrokerListener): void;
  /** The stream has its first follower here. */
  subscribe(stream: StreamId): void;
  /** The stream has no follower here any more. */
  unsubscribe(stream: StreamId): void;
  /** Tells the nodes that follow the stream of committed events: a contiguous range. */
  publish(stream: StreamId, events: readonly StoredEvent[]): void;
  /** Sends a note to the nodes that follow the stream, or to all nodes (null). */
  note(to: StreamId | null, kind: string, body: string): void;
  /** Sets who takes the notes of a kind. */
  onNote(kind: string, handler: NoteHandler): void;
  /** Ends all connections. */
  stop(): Promise<void>;
}

/** The broker of a node that has no others: there is nobody to tell. */
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
