import { randomBytes } from 'node:crypto';
import type { StreamId } from '@parley/protocol';
import { Redis, type RedisOptions } from 'ioredis';
import type { Logger } from '../runtime/log.ts';
import type {
  Broker,
  BrokerCounters,
  BrokerListener,
  BrokerStatus,
  NodeMessageHandler,
} from './broker.ts';
import {
  decode,
  encodeHeartbeat,
  encodeNodeMessage,
  encodeRange,
  senderOf,
} from './broker-message.ts';
import type { StoredEvent } from './record.ts';

/** Interval of the heartbeat. */
const HEARTBEAT_MS = 500;
/** The broker is considered disconnected if no heartbeat has returned for this long. */
const SILENT_MS = 2_000;
/** The connections are replaced if no heartbeat has returned for this long. */
const RECONNECT_MS = 4_000;
/** While more bytes than this are sent and not confirmed, further messages are dropped. */
const UNCONFIRMED_MAX = 16 * 1024 * 1024;
/** Channels per SUBSCRIBE or UNSUBSCRIBE. */
const CHANNELS_MAX = 500;
/** Interval of unsubscribing from streams without subscriptions. A reloaded page resubscribes within it. */
const UNSUBSCRIBE_MS = 2_000;

/**
 * Connects nodes through the pub/sub of Redis or Valkey: a channel for each stream, to which a node
 * subscribes only while it has subscriptions of the stream; one for all nodes; one for each node,
 * on which it receives its own heartbeat. The heartbeat proves that messages are delivered: if it
 * does not return, the broker is considered disconnected, even if its connections are open.
 */
export class RedisBroker implements Broker {
  readonly node = randomBytes(6).toString('hex');
  readonly counters: BrokerCounters = { sent: 0, received: 0, dropped: 0, connections: 0 };
  readonly #log: Logger;
  readonly #prefix: string;
  readonly #pub: Redis;
  readonly #sub: Redis;
  readonly #handlers = new Map<string, NodeMessageHandler>();
  #listener: BrokerListener | null = null;
  #status: BrokerStatus = 'disconnected';
  #lagMs: number | null = null;
  #heartbeatAt = Number.NEGATIVE_INFINITY;
  #connectingSince = performance.now();
  #timer: NodeJS.Timeout | null = null;
  #outgoing: [channel: string, message: string][] = [];
  #unconfirmedBytes = 0;
  /** Streams that have subscriptions here. */
  readonly #subscribed = new Set<StreamId>();
  /** Streams whose channels Redis has confirmed for the current connection. */
  readonly #confirmed = new Set<StreamId>();
  readonly #toSubscribe = new Set<StreamId>();
  readonly #toUnsubscribe = new Set<StreamId>();
  #unsubscribedAt = performance.now();
  #isUpdating = false;
  /** Counts the connections that receive; the result of a command on an earlier one is ignored. */
  #generation = 0;
  #stopped = false;
  /** Whether it was logged that Redis was unreachable at the start. */
  #hasWarned = false;

  /** `space` separates servers that share a Redis; all nodes of one database have the same. */
  constructor(url: string, space: string, log: Logger) {
    this.#log = log;
    this.#prefix = `parley:${space}:`;
    const options = {
      lazyConnect: true,
      // RESP2, which all versions of Redis and Valkey support.
      protocol: 2 as const,
      connectTimeout: 2_000,
      keepAlive: 10_000,
      // A late hint is useless: by then the comparison of heads has found the events.
      enableOfflineQueue: false,
      autoResendUnfulfilledCommands: false,
      maxRetriesPerRequest: 0,
      // The wanted channels may have changed meanwhile: see #updateChannels.
      autoResubscribe: false,
      retryStrategy: (times: number) =>
        Math.min(50 * 2 ** times, 1_000) * (0.5 + Math.random() / 2),
    } satisfies RedisOptions;
    this.#pub = new Redis(url, { ...options, connectionName: `parley-${this.node}-pub` });
    this.#sub = new Redis(url, { ...options, connectionName: `parley-${this.node}-sub` });
    // Emitted for every attempt; the heartbeat logs the outage once, as a warning.
    for (const redis of [this.#pub, this.#sub]) {
      redis.on('error', (error: Error) =>
        log.debug({ err: error.message }, 'broker connection failed'),
      );
    }
    this.#sub.on('message', (channel: string, text: string) => this.#receive(channel, text));
    this.#sub.on('ready', () => void this.#subscribeAll());
    this.#sub.on('close', () => this.#disconnected());
  }

  get status(): BrokerStatus {
    return this.#status;
  }

  get lagMs(): number | null {
    return this.#lagMs;
  }

  start(listener: BrokerListener): void {
    this.#listener = listener;
    this.#connectingSince = performance.now();
    for (const redis of [this.#pub, this.#sub]) this.#connect(redis);
    this.#timer = setInterval(() => this.#tick(), HEARTBEAT_MS);
  }

  subscribe(stream: StreamId): void {
    this.#subscribed.add(stream);
    this.#toUnsubscribe.delete(stream);
    if (this.#confirmed.has(stream)) return;
    this.#toSubscribe.add(stream);
    if (this.#toSubscribe.size === 1) setImmediate(() => void this.#updateChannels());
  }

  unsubscribe(stream: StreamId): void {
    this.#subscribed.delete(stream);
    this.#toSubscribe.delete(stream);
    if (this.#confirmed.has(stream)) this.#toUnsubscribe.add(stream);
  }

  publish(stream: StreamId, events: readonly StoredEvent[]): void {
    if (this.#isOpen()) this.#send(`s:${stream}`, encodeRange(this.node, events));
  }

  sendNodeMessage(to: StreamId | null, kind: string, body: string): void {
    if (!this.#isOpen()) return;
    this.#send(to === null ? 'nodes' : `s:${to}`, encodeNodeMessage(this.node, kind, body));
  }

  onNodeMessage(kind: string, handler: NodeMessageHandler): void {
    this.#handlers.set(kind, handler);
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    if (this.#timer) clearInterval(this.#timer);
    // Sends the last messages, if Redis is reachable.
    this.#flush();
    await Promise.race([
      this.#pub.quit().catch(() => undefined),
      new Promise((resolve) => setTimeout(resolve, 500)),
    ]);
    this.#pub.disconnect();
    this.#sub.disconnect();
  }

  // ---- sending --------------------------------------------------------------------------------

  #isOpen(): boolean {
    const isReady = !this.#stopped && this.#pub.status === 'ready';
    if (isReady && this.#unconfirmedBytes < UNCONFIRMED_MAX) return true;
    this.counters.dropped++;
    return false;
  }

  #send(channel: string, message: string): void {
    this.counters.sent++;
    this.#outgoing.push([this.#prefix + channel, message]);
    // The messages about one commit share one write.
    if (this.#outgoing.length === 1) queueMicrotask(() => this.#flush());
  }

  #flush(): void {
    const outgoing = this.#outgoing.splice(0);
    if (outgoing.length === 0) return;
    let bytes = 0;
    const pipeline = this.#pub.pipeline();
    for (const [channel, message] of outgoing) {
      bytes += channel.length + message.length;
      pipeline.publish(channel, message);
    }
    this.#unconfirmedBytes += bytes;
    pipeline
      .exec()
      .catch((error: Error) => {
        this.counters.dropped += outgoing.length;
        this.#log.debug({ err: error.message }, 'broker messages not sent');
      })
      .finally(() => {
        this.#unconfirmedBytes -= bytes;
      });
  }

  // ---- receiving ------------------------------------------------------------------------------

  #receive(channel: string, text: string): void {
    const place = channel.slice(this.#prefix.length);
    const stream = place.startsWith('s:') ? (place.slice(2) as StreamId) : null;
    const from = senderOf(text);
    if (from === this.node) {
      // The hub has already published its own events on this node.
      const own = stream === null ? decode(null, text) : null;
      if (own?.kind === 'heartbeat') this.#onHeartbeat(own.sentAt);
      return;
    }
    const message = decode(stream, text);
    if (message === null) {
      this.#log.debug({ channel }, 'invalid broker message ignored');
      return;
    }
    this.counters.received++;
    if (message.kind === 'node_message') {
      this.#handlers.get(message.messageKind)?.(message.body, from, stream);
    } else if (stream === null || this.#listener === null) return;
    else if (message.kind === 'events') this.#listener.receive(stream, message.events);
    else if (message.kind === 'head') this.#listener.hint(stream, message.seq);
  }

  #onHeartbeat(sentAt: number): void {
    const now = performance.now();
    this.#lagMs = now - sentAt;
    // An old heartbeat does not prove that messages are delivered now.
    if (this.#lagMs < SILENT_MS) this.#heartbeatAt = now;
  }

  // ---- the connection -------------------------------------------------------------------------

  #connect(redis: Redis): void {
    // ioredis keeps trying, as `retryStrategy` says.
    redis.connect().catch((error: Error) => {
      this.#log.debug({ err: error.message }, 'broker not reachable yet');
    });
  }

  #tick(): void {
    const now = performance.now();
    if (this.#pub.status === 'ready') {
      this.#pub.publish(`${this.#prefix}node:${this.node}`, encodeHeartbeat(this.node, now)).catch(
        // Without heartbeats the status becomes `disconnected`, which is logged.
        (error: Error) => this.#log.debug({ err: error.message }, 'broker heartbeat not sent'),
      );
    }
    const open = now - this.#heartbeatAt < SILENT_MS && this.#toSubscribe.size === 0;
    if (open && this.#status === 'disconnected') this.#setStatus('connected');
    if (now - this.#heartbeatAt >= SILENT_MS) {
      if (this.#status === 'connected') this.#setStatus('disconnected');
      else if (this.counters.connections === 0 && now - this.#connectingSince > SILENT_MS)
        this.#warnUnreachable();
      if (now - Math.max(this.#heartbeatAt, this.#connectingSince) > RECONNECT_MS)
        this.#reconnect(now);
    }
    const isUnsubscribeDue =
      this.#toUnsubscribe.size > 0 && now - this.#unsubscribedAt > UNSUBSCRIBE_MS;
    if (isUnsubscribeDue) this.#unsubscribedAt = now;
    if (isUnsubscribeDue || this.#toSubscribe.size > 0) void this.#updateChannels();
  }

  #warnUnreachable(): void {
    if (this.#hasWarned) return;
    this.#hasWarned = true;
    this.#log.warn('cannot reach REDIS_URL: messages from other nodes arrive up to 2 s late');
  }

  #setStatus(status: BrokerStatus): void {
    this.#status = status;
    if (status === 'disconnected') {
      this.#lagMs = null;
      this.#log.warn('broker unreachable: messages from other nodes arrive up to 2 s late');
      return;
    }
    this.counters.connections++;
    this.#log.info({ streams: this.#confirmed.size }, 'broker connected');
    this.#listener?.connected();
  }

  /** Replaces connections that are open but deliver nothing: Redis is frozen, or the network is dead. */
  #reconnect(now: number): void {
    this.#connectingSince = now;
    for (const redis of [this.#pub, this.#sub]) {
      if (redis.status === 'ready' || redis.status === 'connect') redis.disconnect(true);
    }
  }

  #disconnected(): void {
    this.#generation++;
    this.#heartbeatAt = Number.NEGATIVE_INFINITY;
    if (this.#status === 'connected' && !this.#stopped) this.#setStatus('disconnected');
    this.#confirmed.clear();
    this.#toUnsubscribe.clear();
    for (const stream of this.#subscribed) this.#toSubscribe.add(stream);
  }

  async #subscribeAll(): Promise<void> {
    const generation = this.#generation;
    try {
      await this.#sub.subscribe(`${this.#prefix}nodes`, `${this.#prefix}node:${this.node}`);
      if (generation !== this.#generation) return;
      for (const stream of this.#subscribed) this.#toSubscribe.add(stream);
      await this.#updateChannels();
      // Sends the first heartbeat at once, so that the status changes without waiting for the timer.
      this.#tick();
    } catch (error) {
      this.#log.debug({ err: (error as Error).message }, 'broker connection lost again');
    }
  }

  /**
   * Subscribes to the channels of the streams with subscriptions and unsubscribes from others, one
   * command at a time.
   */
  async #updateChannels(): Promise<void> {
    if (this.#isUpdating || this.#sub.status !== 'ready') return;
    this.#isUpdating = true;
    try {
      while (!this.#stopped && this.#toSubscribe.size + this.#toUnsubscribe.size > 0) {
        const generation = this.#generation;
        const added = first(this.#toSubscribe, CHANNELS_MAX);
        const removed = added.length > 0 ? [] : first(this.#toUnsubscribe, CHANNELS_MAX);
        if (added.length > 0) await this.#sub.subscribe(...added.map((s) => this.#channel(s)));
        else await this.#sub.unsubscribe(...removed.map((s) => this.#channel(s)));
        if (generation !== this.#generation) continue;
        for (const stream of added) {
          this.#toSubscribe.delete(stream);
          this.#confirmed.add(stream);
          // Its last subscription ended during the command.
          if (!this.#subscribed.has(stream)) this.#toUnsubscribe.add(stream);
        }
        for (const stream of removed) {
          this.#toUnsubscribe.delete(stream);
          this.#confirmed.delete(stream);
          if (this.#subscribed.has(stream)) this.#toSubscribe.add(stream);
        }
        if (added.length > 0) this.#listener?.listening(added);
      }
    } catch (error) {
      // The next connection subscribes to everything again.
      this.#log.debug({ err: (error as Error).message }, 'broker subscriptions not updated');
    } finally {
      this.#isUpdating = false;
    }
  }

  #channel(stream: StreamId): string {
    return `${this.#prefix}s:${stream}`;
  }
}

/** Returns the first elements of a set, at most `count`. */
function first<T>(set: ReadonlySet<T>, count: number): T[] {
  const list: T[] = [];
  for (const item of set) {
    if (list.length >= count) break;
    list.push(item);
  }
  return list;
}
