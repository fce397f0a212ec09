import { randomBytes } from 'node:crypto';
import type { StreamId } from '@parley/protocol';
import { Redis, type RedisOptions } from 'ioredis';
import type { Logger } from '../log.ts';
import type {
  Broker,
  BrokerCounters,
  BrokerListener,
  BrokerStatus,
  NoteHandler,
} from './broker.ts';
import { decode, encodeBeat, encodeNote, encodeRange, senderOf } from './broker-message.ts';
import type { StoredEvent } from './record.ts';

/** A beat goes through the broker this often; without any for `DEAF_MS` it counts as away. */
const BEAT_MS = 500;
const DEAF_MS = 2_000;
/** A connection that receives nothing for this long is replaced. */
const GIVE_UP_MS = 4_000;
/** More than this on its way to the broker, in bytes, and what comes then is dropped. */
const UNDER_WAY_MAX = 16 * 1024 * 1024;
/** Channels in one command. */
const CHANNELS = 500;
/** Interval of unsubscribing from streams without subscriptions: a page that is reloaded has resubscribed by then. */
const LEAVE_MS = 2_000;

/**
 * Joins nodes by the pub/sub of Redis or Valkey: a channel for each stream, to which a node
 * subscribes only while it has subscriptions of the stream; one for all nodes; one for each node, on
 * which it receives its own heartbeat. The heartbeat proves that messages pass: a connection that is
 * open while nothing passes counts as away, too.
 */
export class RedisBroker implements Broker {
  readonly node = randomBytes(6).toString('hex');
  readonly counters: BrokerCounters = { sent: 0, received: 0, dropped: 0, joins: 0 };
  readonly #log: Logger;
  readonly #prefix: string;
  readonly #pub: Redis;
  readonly #sub: Redis;
  readonly #handlers = new Map<string, NoteHandler>();
  #listener: BrokerListener | null = null;
  #status: BrokerStatus = 'away';
  #lagMs: number | null = null;
  #heardAt = Number.NEGATIVE_INFINITY;
  #triedAt = performance.now();
  #beat: NodeJS.Timeout | null = null;
  #outgoing: [channel: string, message: string][] = [];
  #underWay = 0;
  /** Streams that have subscriptions here, and those that the current connection is subscribed to. */
  readonly #subscribed = new Set<StreamId>();
  readonly #listened = new Set<StreamId>();
  readonly #joining = new Set<StreamId>();
  readonly #leaving = new Set<StreamId>();
  #leftAt = performance.now();
  #arranging = false;
  /** Counts connections of the listening side: what an earlier one began is not believed. */
  #generation = 0;
  #stopped = false;
  /** That it was never there has been said. */
  #complained = false;

  /** `space` keeps servers apart that share a Redis: the same for all nodes of one database. */
  constructor(url: string, space: string, log: Logger) {
    this.#log = log;
    this.#prefix = `parley:${space}:`;
    const options = {
      lazyConnect: true,
      // Of all versions of Redis and Valkey; nothing here needs RESP3.
      protocol: 2 as const,
      connectTimeout: 2_000,
      keepAlive: 10_000,
      // What cannot be sent now is not worth sending later.
      enableOfflineQueue: false,
      autoResendUnfulfilledCommands: false,
      maxRetriesPerRequest: 0,
      // Which channels are wanted may have changed meanwhile: see #arrange.
      autoResubscribe: false,
      retryStrategy: (times: number) =>
        Math.min(50 * 2 ** times, 1_000) * (0.5 + Math.random() / 2),
    } satisfies RedisOptions;
    this.#pub = new Redis(url, { ...options, connectionName: `parley-${this.node}-pub` });
    this.#sub = new Redis(url, { ...options, connectionName: `parley-${this.node}-sub` });
    // Both tell of every failed attempt; the beat says it once.
    for (const redis of [this.#pub, this.#sub]) {
      redis.on('error', (error: Error) => log.debug({ err: error.message }, 'broker connection'));
    }
    this.#sub.on('message', (channel: string, text: string) => this.#take(channel, text));
    this.#sub.on('ready', () => void this.#begin());
    this.#sub.on('close', () => this.#lost());
  }

  get status(): BrokerStatus {
    return this.#status;
  }

  get lagMs(): number | null {
    return this.#lagMs;
  }

  start(listener: BrokerListener): void {
    this.#listener = listener;
    this.#triedAt = performance.now();
    for (const redis of [this.#pub, this.#sub]) this.#connect(redis);
    this.#beat = setInterval(() => this.#tick(), BEAT_MS);
  }

  subscribe(stream: StreamId): void {
    this.#subscribed.add(stream);
    this.#leaving.delete(stream);
    if (this.#listened.has(stream)) return;
    this.#joining.add(stream);
    if (this.#joining.size === 1) setImmediate(() => void this.#arrange());
  }

  unsubscribe(stream: StreamId): void {
    this.#subscribed.delete(stream);
    this.#joining.delete(stream);
    if (this.#listened.has(stream)) this.#leaving.add(stream);
  }

  publish(stream: StreamId, events: readonly StoredEvent[]): void {
    if (this.#isOpen()) this.#send(`s:${stream}`, encodeRange(this.node, events));
  }

  note(to: StreamId | null, kind: string, body: string): void {
    if (!this.#isOpen()) return;
    this.#send(to === null ? 'nodes' : `s:${to}`, encodeNote(this.node, kind, body));
  }

  onNote(kind: string, handler: NoteHandler): void {
    this.#handlers.set(kind, handler);
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    if (this.#beat) clearInterval(this.#beat);
    // What was handed over last still leaves, if it can.
    this.#flush();
    await Promise.race([
      this.#pub.quit().catch(() => undefined),
      new Promise((resolve) => setTimeout(resolve, 500)),
    ]);
    this.#pub.disconnect();
    this.#sub.disconnect();
  }

  // ---- out ------------------------------------------------------------------------------------

  #isOpen(): boolean {
    const isReady = !this.#stopped && this.#pub.status === 'ready';
    if (isReady && this.#underWay < UNDER_WAY_MAX) return true;
    this.counters.dropped++;
    return false;
  }

  #send(channel: string, message: string): void {
    this.counters.sent++;
    this.#outgoing.push([this.#prefix + channel, message]);
    // All that one commit brings leaves in one write.
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
    this.#underWay += bytes;
    pipeline
      .exec()
      .catch((error: Error) => {
        this.counters.dropped += outgoing.length;
        this.#log.debug({ err: error.message }, 'broker messages not sent');
      })
      .finally(() => {
        this.#underWay -= bytes;
      });
  }

  // ---- in -------------------------------------------------------------------------------------

  #take(channel: string, text: string): void {
    const place = channel.slice(this.#prefix.length);
    const stream = place.startsWith('s:') ? (place.slice(2) as StreamId) : null;
    const from = senderOf(text);
    if (from === this.node) {
      // Our own, except the beat, has been told here already.
      const own = stream === null ? decode(null, text) : null;
      if (own?.kind === 'beat') this.#heard(own.sentAt);
      return;
    }
    const message = decode(stream, text);
    if (message === null) {
      this.#log.debug({ channel }, 'invalid broker message ignored');
      return;
    }
    this.counters.received++;
    if (message.kind === 'note') this.#handlers.get(message.note)?.(message.body, from, stream);
    else if (stream === null || this.#listener === null) return;
    else if (message.kind === 'events') this.#listener.receive(stream, message.events);
    else if (message.kind === 'head') this.#listener.hint(stream, message.seq);
  }

  #heard(sentAt: number): void {
    const now = performance.now();
    this.#lagMs = now - sentAt;
    // An old beat that comes late is no proof that the way is open now.
    if (this.#lagMs < DEAF_MS) this.#heardAt = now;
  }

  // ---- the connection -------------------------------------------------------------------------

  #connect(redis: Redis): void {
    // A failed attempt is followed by others, by the retry strategy.
    redis.connect().catch((error: Error) => {
      this.#log.debug({ err: error.message }, 'broker not reachable yet');
    });
  }

  #tick(): void {
    const now = performance.now();
    if (this.#pub.status === 'ready') {
      this.#pub.publish(`${this.#prefix}node:${this.node}`, encodeBeat(this.node, now)).catch(
        // No beat, no proof: that is all there is to it.
        (error: Error) => this.#log.debug({ err: error.message }, 'broker heartbeat not sent'),
      );
    }
    const open = now - this.#heardAt < DEAF_MS && this.#joining.size === 0;
    if (open && this.#status === 'away') this.#become('joined');
    if (now - this.#heardAt >= DEAF_MS) {
      if (this.#status === 'joined') this.#become('away');
      else if (this.counters.joins === 0 && now - this.#triedAt > DEAF_MS) this.#complain();
      if (now - Math.max(this.#heardAt, this.#triedAt) > GIVE_UP_MS) this.#renew(now);
    }
    const leave = this.#leaving.size > 0 && now - this.#leftAt > LEAVE_MS;
    if (leave) this.#leftAt = now;
    if (leave || this.#joining.size > 0) void this.#arrange();
  }

  #complain(): void {
    if (this.#complained) return;
    this.#complained = true;
    this.#log.warn('cannot reach REDIS_URL: messages from other nodes arrive up to 2 s late');
  }

  #become(status: BrokerStatus): void {
    this.#status = status;
    if (status === 'away') {
      this.#lagMs = null;
      this.#log.warn('broker unreachable: messages from other nodes arrive up to 2 s late');
      return;
    }
    this.counters.joins++;
    this.#log.info({ streams: this.#listened.size }, 'broker connected');
    this.#listener?.rejoined();
  }

  /** Connections that stand while nothing passes (a frozen server, a dead network) are cut. */
  #renew(now: number): void {
    this.#triedAt = now;
    for (const redis of [this.#pub, this.#sub]) {
      if (redis.status === 'ready' || redis.status === 'connect') redis.disconnect(true);
    }
  }

  #lost(): void {
    this.#generation++;
    this.#heardAt = Number.NEGATIVE_INFINITY;
    if (this.#status === 'joined' && !this.#stopped) this.#become('away');
    this.#listened.clear();
    this.#leaving.clear();
    for (const stream of this.#subscribed) this.#joining.add(stream);
  }

  async #begin(): Promise<void> {
    const generation = this.#generation;
    try {
      await this.#sub.subscribe(`${this.#prefix}nodes`, `${this.#prefix}node:${this.node}`);
      if (generation !== this.#generation) return;
      for (const stream of this.#subscribed) this.#joining.add(stream);
      await this.#arrange();
      // The first beat at once: whoever waits for the broker need not wait for the clock.
      this.#tick();
    } catch (error) {
      this.#log.debug({ err: (error as Error).message }, 'broker connection lost again');
    }
  }

  /** Listens to what is followed and to nothing else; one command under way at a time. */
  async #arrange(): Promise<void> {
    if (this.#arranging || this.#sub.status !== 'ready') return;
    this.#arranging = true;
    try {
      while (!this.#stopped && this.#joining.size + this.#leaving.size > 0) {
        const generation = this.#generation;
        const joining = first(this.#joining, CHANNELS);
        const leaving = joining.length > 0 ? [] : first(this.#leaving, CHANNELS);
        if (joining.length > 0) await this.#sub.subscribe(...joining.map((s) => this.#channel(s)));
        else await this.#sub.unsubscribe(...leaving.map((s) => this.#channel(s)));
        if (generation !== this.#generation) continue;
        for (const stream of joining) {
          this.#joining.delete(stream);
          this.#listened.add(stream);
          // Left while the command was under way.
          if (!this.#subscribed.has(stream)) this.#leaving.add(stream);
        }
        for (const stream of leaving) {
          this.#leaving.delete(stream);
          this.#listened.delete(stream);
          if (this.#subscribed.has(stream)) this.#joining.add(stream);
        }
        if (joining.length > 0) this.#listener?.listening(joining);
      }
    } catch (error) {
      // With the next connection all begins anew.
      this.#log.debug({ err: (error as Error).message }, 'broker subscriptions not updated');
    } finally {
      this.#arranging = false;
    }
  }

  #channel(stream: StreamId): string {
    return `${this.#prefix}s:${stream}`;
  }
}

function first<T>(set: ReadonlySet<T>, count: number): T[] {
  const list: T[] = [];
  for (const item of set) {
    if (list.length >= count) break;
    list.push(item);
  }
  return list;
}
