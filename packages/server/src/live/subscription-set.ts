import {
  CLOSE,
  type ClientFrame,
  ConversationId,
  type Cursor,
  conversationOfStream,
  type Goodbye,
  type Refusal,
  refusal,
  Seq,
  type ServerFrame,
  type StreamId,
  streamOfAccount,
  streamOfConversation,
  WORKSPACE_STREAM,
} from '@parley/protocol';
import type { Start } from '../conversations/snapshot.ts';
import type { Logger } from '../log.ts';
import { peek, type StoredEvent } from '../stream/record.ts';
import { type DrainableSink, Resume } from '../stream/resume.ts';
import { Subscription } from '../stream/subscription.ts';
import type { LiveContext } from './context.ts';
import { planResume } from './resume-plan.ts';

/** The socket that is followed for. */
export interface SubscriptionSocket extends DrainableSink {
  send(frame: ServerFrame): void;
  ack(id: string, stream: StreamId, seq: Seq, at: string): void;
  nack(id: string | null, refusal: Refusal): void;
  close(code: number, reason: Goodbye['reason'], retryAfter?: number): void;
}

/**
 * The streams that one socket follows: those of its hello, and those that its account joins later.
 *
 * 1. Each membership period of the account is sent from its start to its end, one period after another.
 * 2. `onLive` is called when nothing is behind any more.
 */
export class SubscriptionSet {
  readonly #context: LiveContext;
  readonly #sink: SubscriptionSocket;
  readonly #log: Logger;
  readonly #resume: Resume;
  readonly #onLive: () => void;
  readonly #subscriptions = new Map<StreamId, Subscription>();
  /** The end of a stay is waited for, to go on with the next one. */
  readonly #ends = new Map<Subscription, () => void>();
  /** What the last ping of each stream told. */
  readonly #pinged = new Map<StreamId, Seq>();
  /** Where the personal stream stood at the hello. */
  #personalSeq = 0;
  /** Conversations are opened one after the other, in the order of their joining. */
  #opening: Promise<void> = Promise.resolve();

  constructor(context: LiveContext, sink: SubscriptionSocket, log: Logger, onLive: () => void) {
    this.#context = context;
    this.#sink = sink;
    this.#log = log;
    this.#onLive = onLive;
    this.#resume = new Resume(context.hub, context.pool, log, sink, onLive);
  }

  /** Follows everything of a hello, from its cursor on. */
  start(start: Start, cursor: Cursor, epochKnown: boolean): void {
    this.#personalSeq = start.personalSeq;
    const whole = [{ joinedSeq: 1 as Seq, leftSeq: null }];
    const personal = streamOfAccount(this.#sink.account);
    this.#subscribe(WORKSPACE_STREAM, cursor, epochKnown, whole, start.workspaceSeq);
    this.#subscribe(personal, cursor, epochKnown, whole, start.personalSeq);
    for (const c of start.conversations) {
      const stream = streamOfConversation(c.id);
      const periods = start.periods.get(stream) ?? [{ joinedSeq: c.joinedSeq, leftSeq: null }];
      this.#subscribe(stream, cursor, epochKnown, periods, c.lastSeq);
    }
    // Left while away: the end is still owed.
    for (const [stream, periods] of start.periods) {
      const left = periods[periods.length - 1]?.leftSeq;
      if (left) this.#subscribe(stream, cursor, epochKnown, periods, left);
    }
    if (this.#resume.idle) this.#onLive();
  }

  /** Follows nothing any more. */
  stop(): void {
    for (const subscription of this.#subscriptions.values())
      this.#context.hub.unsubscribe(subscription);
    for (const resolve of this.#ends.values()) resolve();
    this.#ends.clear();
    this.#subscriptions.clear();
  }

  /** The follower has fallen behind, or has ended. */
  wake(subscription: Subscription): void {
    this.#resume.wake(subscription);
  }

  /** The follower has been sent all that it may see. */
  ended(subscription: Subscription): void {
    this.#ends.get(subscription)?.();
    this.#ends.delete(subscription);
    if (this.#subscriptions.get(subscription.stream) === subscription)
      this.#subscriptions.delete(subscription.stream);
  }

  /** Whether the account is, as far as this socket knows, a member. */
  isMember(conversation: ConversationId): boolean {
    return this.#subscriptions.get(streamOfConversation(conversation))?.last === null;
  }

  /** The conversations that are followed. */
  get conversations(): ConversationId[] {
    const streams = [...this.#subscriptions.keys()];
    return streams
      .filter((s) => s !== WORKSPACE_STREAM && s !== streamOfAccount(this.#sink.account))
      .map(conversationOfStream);
  }

  /** Returns how far each stream was written that has moved since the last call, for a ping. */
  newHeads(): Record<string, Seq> {
    const heads: Record<string, Seq> = {};
    for (const [stream, subscription] of this.#subscriptions) {
      // It was written to this socket before the ping, so the client must have it by now.
      const { delivered } = subscription;
      if (delivered === null || this.#pinged.get(stream) === delivered) continue;
      this.#pinged.set(stream, delivered);
      heads[stream] = delivered;
    }
    return heads;
  }

  /** Sees the events of the personal stream after they were sent: they open conversations. */
  personal(events: readonly StoredEvent[]): void {
    for (const event of events) {
      if (event.type !== 'conversation.joined') continue;
      // What the hello has seen stands in its plans already.
      if (event.seq <= this.#personalSeq) continue;
      const { data: conversation } = ConversationId.safeParse(peek(event).conversation);
      const { data: joined } = Seq.safeParse(peek(event).seq);
      if (conversation === undefined || joined === undefined) {
        const { stream, seq } = event;
        this.#log.error({ stream, seq }, 'an event without its conversation is passed over');
        continue;
      }
      this.#opening = this.#opening.then(() => this.#openConversation(conversation, joined));
    }
  }

  /** A client has seen a hole: what comes after its cursor is sent again. */
  fill(frame: Extract<ClientFrame, { op: 'fill' }>): void {
    const subscription = this.#subscriptions.get(frame.stream);
    const topic = this.#context.hub.topic(frame.stream);
    if (!subscription || !topic) {
      this.#sink.nack(frame.id, refusal('not_found'));
      return;
    }
    this.#sink.ack(
      frame.id,
      frame.stream,
      topic.head,
      new Date(this.#context.clock.now()).toISOString(),
    );
    const after = Math.max(frame.after, subscription.floor) as Seq;
    if (after >= subscription.cursor) return;
    if (subscription.cursor - after > this.#context.limits.replayEvents) {
      this.#reset(frame.stream, subscription.cursor);
      return;
    }
    subscription.rewind(after);
    topic.place(subscription);
    this.#resume.wake(subscription);
  }

  #subscribe(
    stream: StreamId,
    cursor: Readonly<Record<string, Seq>>,
    epochKnown: boolean,
    periods: Parameters<typeof planResume>[1],
    lastSeq: Seq,
  ): void {
    const plan = planResume(cursor[stream], periods, lastSeq, this.#context.limits.replayEvents);
    if (!plan) return;
    if (plan.reset || !epochKnown) this.#reset(stream, plan.sent);
    const subscription = new Subscription(stream, this.#sink, {
      cursor: plan.sent,
      floor: plan.floor,
      skips: plan.skips,
      last: plan.last,
      isPersonal: stream === streamOfAccount(this.#sink.account),
    });
    this.#subscriptions.set(stream, subscription);
    this.#context.hub.subscribe(subscription, lastSeq);
  }

  #reset(stream: StreamId, lastSeq: Seq): void {
    this.#context.metrics.reset();
    this.#sink.send({ op: 'reset', stream, lastSeq });
  }

  /** The account has joined: the snapshot, then the stream from the joining on. */
  async #openConversation(id: ConversationId, joined: Seq): Promise<void> {
    if (this.#sink.closed) return;
    try {
      const stream = streamOfConversation(id);
      const before = (joined - 1) as Seq;
      const earlier = this.#subscriptions.get(stream);
      if (earlier && earlier.floor >= before) return;
      // Each stay is told to its end before the next one begins, however fast they came.
      if (earlier) await new Promise<void>((resolve) => this.#ends.set(earlier, resolve));
      if (this.#sink.closed) return;
      const conversation = await this.#context.conversation(this.#sink.account, id);
      if (this.#sink.closed) return;
      // Who is gone again by now is owed the events of the stay all the same. Who has even come back
      // is at a later stay, and gets that one’s snapshot with its own joining.
      if (conversation) {
        this.#sink.send({
          op: 'conversation',
          conversation: { ...conversation, joinedSeq: joined },
        });
      }
      const subscription = new Subscription(stream, this.#sink, { cursor: before, floor: before });
      this.#subscriptions.set(stream, subscription);
      this.#context.hub.subscribe(subscription, conversation?.lastSeq ?? joined);
    } catch (error) {
      // Without this stream the client would miss messages unawares: let it start over.
      this.#log.error({ err: error }, 'a conversation could not be opened');
      this.#sink.close(CLOSE.restart, 'restart', 1);
    }
  }
}
