import type { Random } from '@parley/chaos/lib/random';
import type { StreamId } from '@parley/protocol';
import type {
  Broker,
  BrokerCounters,
  BrokerListener,
  BrokerStatus,
  NodeMessageHandler,
} from '@parley/server/internal/stream/broker';
import {
  decode,
  encodeNodeMessage,
  encodeRange,
  senderOf,
} from '@parley/server/internal/stream/broker-message';
import type { StoredEvent } from '@parley/server/internal/stream/record';
import type { EventLoop } from '../event-loop/event-loop.ts';
import type { Process } from '../event-loop/process.ts';

/** How likely the broker loses or doubles a message, and how long it carries one, ms. */
export interface BrokerConditions {
  loss: number;
  duplication: number;
  min: number;
  max: number;
}

/**
 * Connects the nodes of a run, as Redis would: a message to a channel reaches the nodes that are
 * subscribed at that moment. Messages may be lost, duplicated, delayed and, as each has its own
 * delay, swapped.
 */
export class BrokerBus {
  readonly #normal: BrokerConditions;
  /** Changes of the conditions that are in effect; of two that contradict each other, the later one. */
  readonly #changes = new Set<Partial<BrokerConditions>>();
  #isUnreachable = false;
  readonly #loop: EventLoop;
  readonly #random: Random;
  readonly #nodes = new Set<SimulatedBroker>();

  constructor(loop: EventLoop, random: Random, conditions: BrokerConditions) {
    this.#loop = loop;
    this.#random = random;
    this.#normal = conditions;
  }

  /** Joins a node. */
  join(process: Process): SimulatedBroker {
    const broker = new SimulatedBroker(process, this);
    if (this.#isUnreachable) this.#cut(broker);
    this.#nodes.add(broker);
    return broker;
  }

  /** Removes a node that is gone. */
  remove(broker: SimulatedBroker): void {
    this.#nodes.delete(broker);
  }

  /** Makes the broker unreachable. The nodes notice it a little later. */
  disconnect(): void {
    this.#isUnreachable = true;
    for (const broker of this.#nodes) this.#cut(broker);
  }

  #cut(broker: SimulatedBroker): void {
    broker.isConnected = false;
    this.later(broker.process, 0, 300, () => broker.disconnected());
  }

  /** Makes the broker reachable. The nodes reconnect one after the other. */
  reconnect(): void {
    this.#isUnreachable = false;
    for (const broker of this.#nodes) {
      this.later(broker.process, 5, 400, () => {
        if (!this.#isUnreachable) broker.reconnect();
      });
    }
  }

  /** Changes the conditions until the returned function is called. */
  worsen(change: Partial<BrokerConditions>): () => void {
    this.#changes.add(change);
    return () => void this.#changes.delete(change);
  }

  /** Ends all changes of the conditions. */
  restore(): void {
    this.#changes.clear();
  }

  /** Carries a message to the other nodes that are subscribed; null: to all. */
  carry(from: SimulatedBroker, channel: StreamId | null, text: string): void {
    const { loss, duplication, min, max } = Object.assign({}, this.#normal, ...this.#changes);
    for (const to of this.#nodes) {
      if (to === from || !(channel === null || to.channels.has(channel))) continue;
      if (!to.isConnected || this.#random.chance(loss)) continue;
      const copies = this.#random.chance(duplication) ? 2 : 1;
      for (let n = 0; n < copies; n++) {
        this.later(to.process, min, max, () => to.arrived(channel, text));
      }
    }
  }

  /** Runs `fn` in a process within a range of ms. */
  later(process: Process, min: number, max: number, fn: () => void): void {
    this.#loop.after(min + this.#random.next() * (max - min), process, fn);
  }
}

/** The broker of one node. Messages are encoded as Redis carries them. */
export class SimulatedBroker implements Broker {
  readonly node: string;
  readonly process: Process;
  readonly counters: BrokerCounters = { sent: 0, received: 0, dropped: 0, connections: 0 };
  readonly lagMs = 1;
  readonly channels = new Set<StreamId>();
  /** Whether messages pass; the node learns of a change later. */
  isConnected = true;
  status: BrokerStatus = 'connected';
  readonly #bus: BrokerBus;
  readonly #wanted = new Set<StreamId>();
  readonly #handlers = new Map<string, NodeMessageHandler>();
  #listener: BrokerListener | null = null;

  constructor(process: Process, bus: BrokerBus) {
    // As long as the names of nodes in messages.
    this.node = process.name.padEnd(12, '-').slice(0, 12);
    this.process = process;
    this.#bus = bus;
  }

  start(listener: BrokerListener): void {
    this.#listener = listener;
  }

  subscribe(stream: StreamId): void {
    this.#wanted.add(stream);
    this.#bus.later(this.process, 0.2, 3, () => this.#listen(stream));
  }

  unsubscribe(stream: StreamId): void {
    this.#wanted.delete(stream);
    this.channels.delete(stream);
  }

  publish(stream: StreamId, events: readonly StoredEvent[]): void {
    this.#send(stream, encodeRange(this.node, events));
  }

  sendNodeMessage(to: StreamId | null, kind: string, body: string): void {
    this.#send(to, encodeNodeMessage(this.node, kind, body));
  }

  onNodeMessage(kind: string, handler: NodeMessageHandler): void {
    this.#handlers.set(kind, handler);
  }

  async stop(): Promise<void> {
    this.#bus.remove(this);
  }

  /** Lets the node notice that the broker is unreachable. */
  disconnected(): void {
    if (this.isConnected) return;
    this.status = 'disconnected';
    this.channels.clear();
  }

  /** Reconnects the node: it subscribes again, and may have missed anything. */
  reconnect(): void {
    if (this.isConnected) return;
    this.isConnected = true;
    this.status = 'connected';
    for (const stream of this.#wanted) this.channels.add(stream);
    this.#listener?.connected();
  }

  /** Handles a message that has arrived. */
  arrived(channel: StreamId | null, text: string): void {
    if (channel !== null && !this.channels.has(channel)) return;
    this.counters.received++;
    const message = decode(channel, text);
    if (!message || !this.#listener) return;
    if (message.kind === 'events' && channel !== null) {
      this.#listener.receive(channel, message.events);
    } else if (message.kind === 'head' && channel !== null) {
      this.#listener.hint(channel, message.seq);
    } else if (message.kind === 'node_message') {
      this.#handlers.get(message.messageKind)?.(message.body, senderOf(text), channel);
    }
  }

  #listen(stream: StreamId): void {
    if (!this.#wanted.has(stream) || !this.isConnected) return;
    this.channels.add(stream);
    this.#listener?.listening([stream]);
  }

  #send(channel: StreamId | null, text: string): void {
    if (!this.isConnected) {
      this.counters.dropped++;
      return;
    }
    this.counters.sent++;
    this.#bus.carry(this, channel, text);
  }
}
