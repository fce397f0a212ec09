import {
  type AccountId,
  CLOSE,
  type ClientFrame,
  ConversationId,
  type Cursor,
  type Goodbye,
  refusal,
  Seq,
  type StreamId,
  streamOfAccount,
  streamOfConversation,
  WORKSPACE_STREAM,
} from '@parley/protocol';
import type { MembershipPeriod, Start } from '../conversations/start.ts';
import type { Logger } from '../runtime/log.ts';
import { peek, type StoredEvent } from '../stream/record.ts';
import { type DrainableSink, Resume } from '../stream/resume.ts';
import { Subscription } from '../stream/subscription.ts';
import type { LiveContext } from './context.ts';
import type { FrameWriter } from './frame-writer.ts';
import { planResume } from './resume-plan.ts';

/** The connection that the subscriptions belong to. */
export interface SubscribingConnection {
  /** Known after the hello. */
  readonly account: AccountId;
  close(code: number, reason: Goodbye['reason'], retryAfter?: number): void;
}

/** What the hello says about the events that the client has. */
interface ResumingClient {
  /** Where each stream starts. */
  readonly cursor: Cursor;
  readonly isEpochKnown: boolean;
}

type SubscriptionDeps = Pick<LiveContext, 'hub' | 'clock' | 'limits' | 'metrics' | 'conversation'>;

/**
 * The subscriptions of one connection: to the streams of its hello, and to those of conversations that
 * its account joins later. It receives their events, and writes them to the socket.
 *
 * 1. Each membership period of the account is sent from its start to its end, one period after another.
 * 2. `onLive` is called whenever no subscription is behind.
 */
export class SubscriptionSet implements DrainableSink {
  readonly #context: SubscriptionDeps;
  readonly #connection: SubscribingConnection;
  readonly #writer: FrameWriter;
  readonly #log: Logger;
  readonly #resume: Resume;
  readonly #onLive: () => void;
  readonly #subscriptions = new Map<StreamId, Subscription>();
  /** Called at the end of a subscription: the next membership period waits for it. */
  readonly #ends = new Map<Subscription, () => void>();
  /** The head of each stream in the last ping that contained it. */
  readonly #pinged = new Map<StreamId, Seq>();
  /** The head of the personal stream at the hello. */
  #personalSeq = 0;
  /** Conversations are opened one after another, in the order of joining. */
  #opening: Promise<void> = Promise.resolve();

  constructor(
    context: SubscriptionDeps,
    connection: SubscribingConnection,
    writer: FrameWriter,
    log: Logger,
    onLive: () => void,
  ) {
    this.#context = context;
    this.#connection = connection;
    this.#writer = writer;
    this.#log = log;
    this.#onLive = onLive;
    this.#resume = new Resume(context.hub, log, this, onLive);
  }

  /** Subscribes to the streams of a hello, each from its cursor; a guest not to that of the workspace. */
  start(start: Start, client: ResumingClient & { readonly isGuest: boolean }): void {
    const { isGuest } = client;
    this.#personalSeq = start.personalSeq;
    const whole = [{ joinedSeq: 1 as Seq, leftSeq: null }];
    const personal = streamOfAccount(this.account);
    if (!isGuest) {
      this.#subscribe(WORKSPACE_STREAM, client, whole, start.workspaceSeq);
    }
    this.#subscribe(personal, client, whole, start.personalSeq);
    for (const c of [...start.conversations, ...start.unchanged]) {
      const stream = streamOfConversation(c.id);
      const periods = start.periods.get(stream) ?? [{ joinedSeq: c.joinedSeq, leftSeq: null }];
      this.#subscribe(stream, client, periods, c.lastSeq);
    }
    // Conversations that the account left while the client was offline: it must learn of the end.
    for (const [stream, periods] of start.periods) {
      const left = periods[periods.length - 1]?.leftSeq;
      if (left) this.#subscribe(stream, client, periods, left);
    }
    if (this.#resume.idle) this.#onLive();
  }

  /** Ends all subscriptions: the connection is closed. */
  stop(): void {
    for (const subscription of this.#subscriptions.values())
      this.#context.hub.unsubscribe(subscription);
    for (const resolve of this.#ends.values()) resolve();
    this.#ends.clear();
    this.#subscriptions.clear();
  }

  /** Returns whether the account is a member, as far as this connection knows. */
  isMember(conversation: ConversationId): boolean {
    return this.#subscriptions.get(streamOfConversation(conversation))?.last === null;
  }

  /** Returns the last seq sent of each stream in which it changed since the last call, for a ping. */
  newHeads(): Record<string, Seq> {
    const heads: Record<string, Seq> = {};
    for (const [stream, subscription] of this.#subscriptions) {
      // Written to this socket before the ping, so the client has it when it receives the ping.
      const { delivered } = subscription;
      if (delivered === null || this.#pinged.get(stream) === delivered) continue;
      this.#pinged.set(stream, delivered);
      heads[stream] = delivered;
    }
    return heads;
  }

  /** Handles a `fill`: the client found a gap after `frame.after` and requests the events again. */
  fill(frame: Extract<ClientFrame, { op: 'fill' }>): void {
    const subscription = this.#subscriptions.get(frame.stream);
    const topic = this.#context.hub.topic(frame.stream);
    if (!subscription || !topic) {
      this.#writer.nack(frame.id, refusal('not_found'));
      return;
    }
    const at = new Date(this.#context.clock.now()).toISOString();
    this.#writer.ack(frame.id, frame.stream, topic.head, at);
    const after = Math.max(frame.after, subscription.floor) as Seq;
    if (after >= subscription.cursor) return;
    if (subscription.cursor - after > this.#context.limits.replayEvents) {
      this.#reset(frame.stream, subscription.cursor);
      return;
    }
    topic.rewind(subscription, after);
    this.#resume.wake(subscription);
  }

  // ---- as the sink of its subscriptions -------------------------------------------------------

  get account(): AccountId {
    return this.#connection.account;
  }

  get congested(): boolean {
    return this.#writer.congested;
  }

  get closed(): boolean {
    return this.#writer.closed;
  }

  write(frames: Buffer): void {
    this.#writer.write(frames);
  }

  drained(): Promise<void> {
    return this.#writer.drained();
  }

  wake(subscription: Subscription): void {
    this.#resume.wake(subscription);
  }

  ended(subscription: Subscription): void {
    this.#ends.get(subscription)?.();
    this.#ends.delete(subscription);
    if (this.#subscriptions.get(subscription.stream) === subscription)
      this.#subscriptions.delete(subscription.stream);
  }

  /** Subscribes to the conversations that events of the personal stream say the account has joined. */
  personal(events: readonly StoredEvent[]): void {
    for (const event of events) {
      if (event.type !== 'conversation.joined') continue;
      // The hello has subscribed to these already.
      if (event.seq <= this.#personalSeq) continue;
      const { data: conversation } = ConversationId.safeParse(peek(event).conversation);
      const { data: joined } = Seq.safeParse(peek(event).seq);
      if (conversation === undefined || joined === undefined) {
        const { stream, seq } = event;
        this.#log.error({ stream, seq }, 'event without its conversation skipped');
        continue;
      }
      this.#opening = this.#opening.then(() => this.#openConversation(conversation, joined));
    }
  }

  #subscribe(
    stream: StreamId,
    { cursor, isEpochKnown }: ResumingClient,
    periods: readonly MembershipPeriod[],
    lastSeq: Seq,
  ): void {
    const plan = planResume(cursor[stream], periods, lastSeq, this.#context.limits.replayEvents);
    if (!plan) return;
    if (plan.reset || !isEpochKnown) this.#reset(stream, plan.cursor);
    const subscription = new Subscription(stream, this, {
      cursor: plan.cursor,
      floor: plan.floor,
      skips: plan.skips,
      last: plan.last,
      awaited: lastSeq,
      isPersonal: stream === streamOfAccount(this.account),
    });
    this.#subscriptions.set(stream, subscription);
    this.#context.hub.subscribe(subscription, lastSeq);
  }

  #reset(stream: StreamId, lastSeq: Seq): void {
    this.#context.metrics.reset();
    this.#writer.send({ op: 'reset', stream, lastSeq });
  }

  /** Sends the snapshot of a conversation that the account has joined, then the stream from there on. */
  async #openConversation(id: ConversationId, joined: Seq): Promise<void> {
    if (this.closed) return;
    try {
      const stream = streamOfConversation(id);
      const before = (joined - 1) as Seq;
      const earlier = this.#subscriptions.get(stream);
      if (earlier && earlier.floor >= before) return;
      // Every membership period is sent to its end before the next one starts, even a very short one.
      if (earlier) await new Promise<void>((resolve) => this.#ends.set(earlier, resolve));
      if (this.closed) return;
      const conversation = await this.#context.conversation(this.account, id);
      if (this.closed) return;
      // An account that has left again by now still gets the events of the period. If it has even
      // rejoined, this is the snapshot of a later period; that one gets its own, too.
      if (conversation) {
        this.#writer.send({
          op: 'conversation',
          conversation: { ...conversation, joinedSeq: joined },
        });
      }
      const awaited = conversation?.lastSeq ?? joined;
      const start = { cursor: before, floor: before, awaited };
      const subscription = new Subscription(stream, this, start);
      this.#subscriptions.set(stream, subscription);
      this.#context.hub.subscribe(subscription, awaited);
    } catch (error) {
      // Without this stream the client would silently miss messages, so it must start over.
      this.#log.error({ err: error }, 'conversation not opened');
      this.#connection.close(CLOSE.restart, 'restart', 1);
    }
  }
}
