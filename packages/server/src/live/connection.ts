import type { Socket } from 'node:net';
import {
  type AccountId,
  CLOSE,
  type ClientFrame,
  type CommandFrame,
  type ConversationId,
  type Goodbye,
  type Hello,
  type Refusal,
  refusal,
  type Seq,
  type ServerFrame,
  type SessionId,
  type StreamId,
  streamOfAccount,
  streamOfConversation,
  WORKSPACE_STREAM,
} from '@parley/protocol';
import { uuidv7 } from 'uuidv7';
import { type RawData, WebSocket } from 'ws';
import type { Identity } from '../accounts/accounts.ts';
import { refusalOfScope } from '../http/access.ts';
import type { Logger } from '../log.ts';
import { textFrame } from '../stream/frame.ts';
import type { StoredEvent } from '../stream/record.ts';
import type { Subscription } from '../stream/subscription.ts';
import { FRAME_SCOPES } from './access.ts';
import { Budget } from './budget.ts';
import { carryOut } from './commands.ts';
import type { LiveContext } from './context.ts';
import { type FrameReader, Inbound } from './inbound.ts';
import type { LiveSocket } from './live-socket.ts';
import { Output } from './output.ts';
import { readFrame } from './read-frame.ts';
import { SubscriptionSet, type SubscriptionSocket } from './subscription-set.ts';

/**
 * Where a connection stands: waiting for its `hello`; sending what its cursor lacks; live; being
 * told to go away; gone.
 */
export type ConnectionState = 'greeting' | 'replaying' | 'live' | 'draining' | 'closed';

/** Answers and signals beyond this are more than any reader could want: the socket is ended. */
const BUFFERED_MAX = 8 * 1024 * 1024;
/** A peer that does not answer our close is cut off. */
const CLOSE_MS = 3_000;

/**
 * One socket, from the upgrade to its end.
 *
 * 1. The first frame is a `hello` with an access token; nothing is done or told before.
 * 2. Every command is answered once, unless the socket closes first; it closes when the outcome of one
 *    cannot be known.
 * 3. Events leave in the order of seq for each stream, each once, while the account belongs.
 * 4. It never lets more than about `limits.bufferedBytes` of events wait in the socket.
 * 5. Its session’s end is its end.
 * 6. Nothing follows its close frame, whoever began the close (RFC 6455 §5.5.1).
 * 7. It reads no more than its budget, and nothing while the peer leaves too much unread.
 */
export class Connection implements SubscriptionSocket, FrameReader {
  readonly id = uuidv7();
  /** Resolves when the socket is gone. */
  readonly gone: Promise<void>;
  readonly #context: LiveContext;
  readonly #ws: LiveSocket;
  readonly #output: Output;
  readonly #inbound: Inbound;
  readonly #log: Logger;
  readonly #subscriptions: SubscriptionSet;
  readonly #commandBudget: Budget;
  readonly #signalBudget: Budget;
  #state: ConnectionState = 'greeting';
  #identity: Identity | null = null;
  #greeted = false;
  #waiters: (() => void)[] = [];
  #openedAt = performance.now();
  #heardAt = performance.now();
  #pingedAt = performance.now();
  #takenAt = performance.now();
  #taken = 0;
  /** Version of the account’s read cursors as far as this node knows. */
  readVersion = 0;

  constructor(context: LiveContext, ws: LiveSocket, socket: Socket) {
    this.#context = context;
    this.#ws = ws;
    this.#output = new Output(socket, () => this.#releaseWaiters());
    this.#log = context.log.child({ connection: this.id });
    const { limits } = context;
    this.#commandBudget = new Budget(limits.commands, limits.commandWindowMs);
    this.#signalBudget = new Budget(limits.signals, limits.commandWindowMs);
    this.#subscriptions = new SubscriptionSet(context, this, this.#log, () => this.#caughtUp());
    this.gone = new Promise((resolve) => ws.once('close', () => resolve()));
    this.#inbound = new Inbound(ws, this, limits.frames, limits.commandWindowMs);
    ws.onClosing = () => this.#closing();
    ws.on('close', (code) => this.#closed(code));
    ws.on('error', (error) => this.#log.info({ err: error.message }, 'a socket failed'));
  }

  // ---- what others ask of it ------------------------------------------------------------------

  get state(): ConnectionState {
    return this.#state;
  }

  /** Past its `ready`: it is told of signals. */
  get isReady(): boolean {
    return this.#state === 'replaying' || this.#state === 'live';
  }

  get session(): SessionId | null {
    return this.#identity?.session ?? null;
  }

  get account(): AccountId {
    if (!this.#identity) throw new Error('A connection without a hello has no account');
    return this.#identity.account;
  }

  get congested(): boolean {
    return this.#output.buffered > this.#context.limits.bufferedBytes;
  }

  get closed(): boolean {
    return (
      this.#state === 'closed' ||
      this.#state === 'draining' ||
      this.#ws.readyState !== WebSocket.OPEN
    );
  }

  get accountFrames(): Budget | null {
    return this.#identity ? this.#context.connections.framesOf(this.#identity.account) : null;
  }

  flooded(): void {
    if (this.closed) return;
    this.#log.info('socket closed: too many frames');
    this.#context.metrics.limited('frames');
    this.close(CLOSE.tooManyFrames, 'too_many_frames', 10);
  }

  /** Bytes that wait for the peer to read. */
  get buffered(): number {
    return this.#output.buffered;
  }

  write(frames: Buffer): void {
    if (this.closed) return;
    if (this.#output.buffered > BUFFERED_MAX) {
      this.close(CLOSE.tooSlow, 'too_slow');
      return;
    }
    this.#output.write(frames);
  }

  /** Sends one frame. */
  send(frame: ServerFrame): void {
    this.write(textFrame(JSON.stringify(frame)));
  }

  wake(subscription: Subscription): void {
    this.#subscriptions.wake(subscription);
  }

  drained(): Promise<void> {
    if (!this.congested || this.#state === 'closed') return Promise.resolve();
    return new Promise((resolve) => this.#waiters.push(resolve));
  }

  ended(subscription: Subscription): void {
    this.#subscriptions.ended(subscription);
  }

  personal(events: readonly StoredEvent[]): void {
    this.#subscriptions.personal(events);
  }

  /** Whether the account is, as far as this socket knows, a member. */
  follows(conversation: ConversationId): boolean {
    return this.#subscriptions.isMember(conversation);
  }

  /**
   * Says why, and closes. What was written before still leaves.
   * `retryAfter`, in seconds, tells the client when to come back.
   */
  close(code: number, reason: Goodbye['reason'] | 'hello_expected', retryAfter = 0): void {
    if (this.closed) return;
    if (reason !== 'hello_expected')
      this.#output.write(textFrame(JSON.stringify({ op: 'goodbye', reason, retryAfter })));
    this.#ws.close(code, reason);
  }

  /** The close frame is about to be written: what was written before leaves before it. */
  #closing(): void {
    this.#become('draining');
    this.#output.flush();
    this.#inbound.closing();
    const cut = setTimeout(() => this.#ws.terminate(), CLOSE_MS);
    cut.unref();
    this.#ws.once('close', () => clearTimeout(cut));
    this.#releaseWaiters();
  }

  /** Regular look at the clock, about once a second. `now` is monotonic, ms. */
  tick(now: number): void {
    const { limits, clock } = this.#context;
    if (this.#state === 'closed' || this.#state === 'draining') return;
    if (this.#state === 'greeting') {
      if (now - this.#openedAt > limits.helloMs) this.close(CLOSE.helloExpected, 'hello_expected');
      return;
    }
    if (this.#identity && this.#identity.expiresAt <= clock.now()) {
      this.close(CLOSE.unauthenticated, 'unauthenticated');
      return;
    }
    this.#inbound.tick();
    if (this.#inbound.paused) this.#heardAt = now;
    if (now - this.#heardAt > limits.silenceMs) {
      this.#log.info('a silent socket is cut off');
      this.#ws.terminate();
      return;
    }
    if (this.#stalled(now)) {
      this.#log.info({ buffered: this.buffered }, 'a reader takes nothing');
      this.#context.stalled();
      this.close(CLOSE.tooSlow, 'too_slow');
      return;
    }
    if (now - this.#pingedAt >= limits.pingMs) this.#ping(now);
  }

  // ---- frames in ------------------------------------------------------------------------------

  receive(data: RawData, isBinary: boolean): void {
    this.#heardAt = performance.now();
    if (this.closed) return;
    if (isBinary) {
      if (this.#commandBudget.take()) this.nack(null, refusal('invalid_json', 'Frames are text'));
      return;
    }
    const read = readFrame(data.toString());
    if (this.#state === 'greeting') {
      this.#greet(read);
      return;
    }
    if ('refusal' in read) {
      if (this.#commandBudget.take()) this.nack(read.id, read.refusal);
      // Without an id nobody waits for the answer.
      else if (read.id !== null) this.nack(read.id, this.#tooMany());
      return;
    }
    this.#handle(read.frame);
  }

  #handle(frame: ClientFrame): void {
    switch (frame.op) {
      case 'hello':
        if (this.#commandBudget.take())
          this.nack(null, refusal('invalid', 'hello was said already'));
        return;
      case 'ping':
        this.send({ op: 'pong' });
        return;
      case 'pong':
        return;
      case 'typing':
        if (
          !this.#refusalOf('typing') &&
          this.#signalBudget.take() &&
          this.follows(frame.conversation)
        ) {
          this.#context.tellTyping(frame.conversation, this.account);
        }
        return;
      case 'presence':
        if (this.#signalBudget.take()) this.#context.presence.set(this.account, this, frame.state);
        return;
      default:
        this.#command(frame);
    }
  }

  #command(frame: CommandFrame): void {
    const refused = this.#commandBudget.take() ? this.#refusalOf(frame.op) : this.#tooMany();
    if (refused) {
      this.nack(frame.id, refused);
      return;
    }
    if (this.#refusedByAccount(frame.id)) return;
    if (frame.op === 'fill') this.#subscriptions.fill(frame);
    else if (frame.op === 'renew') void this.#renew(frame);
    else carryOut(this.#context, this, frame);
  }

  /** Why a key may not send such a frame; null when it may, as people may. */
  #refusalOf(op: ClientFrame['op'], identity = this.#identity): Refusal | null {
    if (!identity?.scopes) return null;
    for (const scope of FRAME_SCOPES[op]) {
      const refused = refusalOfScope(scope, identity);
      if (refused) return refused;
    }
    return null;
  }

  /** Answers a command with its refusal. */
  nack(id: string | null, { code, message, retryAfter }: Refusal): void {
    this.send({ op: 'nack', id, code, message, ...(retryAfter !== undefined && { retryAfter }) });
  }

  /** Answers a command: it is stored. */
  ack(id: string, stream: StreamId, seq: Seq, at: string): void {
    // Put together by hand: on the busiest path, and none of these needs escaping.
    this.write(
      textFrame(`{"op":"ack","id":"${id}","stream":"${stream}","seq":${seq},"at":"${at}"}`),
    );
  }

  /** Whether the account, over all its sockets, has too many; answers the command then. */
  #refusedByAccount(id: string): boolean {
    const retryAfter = this.#context.limitCommands(this.account);
    if (retryAfter === null) return false;
    this.#context.metrics.limited('commands');
    this.nack(id, refusal('rate_limited', undefined, { retryAfter }));
    return true;
  }

  #tooMany(): Refusal {
    this.#context.metrics.limited('commands');
    return refusal('rate_limited', undefined, { retryAfter: this.#commandBudget.retryAfter });
  }

  // ---- hello ----------------------------------------------------------------------------------

  #greet(read: ReturnType<typeof readFrame>): void {
    if ('refusal' in read || read.frame.op !== 'hello') {
      this.nack(
        'refusal' in read ? read.id : null,
        'refusal' in read ? read.refusal : refusal('unauthenticated', 'The first frame is hello'),
      );
      this.close(CLOSE.helloExpected, 'hello_expected');
      return;
    }
    // A second hello that came along with the first one.
    if (this.#greeted) return;
    this.#greeted = true;
    this.#start(read.frame).catch((error: unknown) => {
      this.#log.error({ err: error }, 'a hello failed');
      this.nack(null, refusal('unavailable', undefined, { retryAfter: 2 }));
      this.close(CLOSE.restart, 'restart', 2);
    });
  }

  async #start(hello: Hello): Promise<void> {
    const context = this.#context;
    const identified = await context.identify(hello.token);
    if (this.closed) return;
    if ('refusal' in identified) {
      this.nack(null, identified.refusal);
      const ended = identified.refusal.code === 'session_ended';
      this.close(
        ended ? CLOSE.sessionEnded : CLOSE.unauthenticated,
        ended ? 'session_ended' : 'unauthenticated',
      );
      return;
    }
    const refused = this.#refusalOf('hello', identified.identity);
    if (refused) {
      this.nack(null, refused);
      this.close(CLOSE.unauthenticated, 'unauthenticated');
      return;
    }
    const frames = context.connections.framesOf(identified.identity.account);
    if (frames.debt > 0) {
      this.close(CLOSE.tooManyFrames, 'too_many_frames', Math.ceil(frames.msUntil(1) / 1000));
      return;
    }
    this.#identity = identified.identity;
    // Registered before anything is read: the end of the session from here on closes this socket.
    context.connections.add(this);
    const [me, start] = await Promise.all([
      context.me(this.account),
      context.start(this.account, Object.keys(hello.cursor)),
    ]);
    if (this.closed) return;
    if (!me?.isActive) {
      this.close(CLOSE.sessionEnded, 'session_ended');
      return;
    }
    const cursor = hello.epoch === start.epoch ? hello.cursor : {};
    context.metrics.hello(Object.keys(cursor).length > 0);
    this.readVersion = start.readVersion;
    context.presence.set(this.account, this, 'active');
    const personal = streamOfAccount(this.account);
    this.send({
      op: 'ready',
      epoch: start.epoch,
      connection: this.id,
      me,
      streams: [
        { id: WORKSPACE_STREAM, kind: 'workspace', lastSeq: start.workspaceSeq },
        { id: personal, kind: 'personal', lastSeq: start.personalSeq },
        ...start.conversations.map((c) => ({
          id: streamOfConversation(c.id),
          kind: 'conversation' as const,
          lastSeq: c.lastSeq,
        })),
      ],
      conversations: start.conversations,
      readVersion: start.readVersion,
      presence: context.presence.list(context.limits.presenceMax),
      limits: { ...context.limits },
    });
    this.#become('replaying');
    this.#subscriptions.start(
      start,
      cursor,
      hello.epoch === undefined || hello.epoch === start.epoch,
    );
  }

  #caughtUp(): void {
    if (this.#state !== 'replaying') return;
    this.#become('live');
    this.send({ op: 'live' });
  }

  // ---- commands about the connection itself ---------------------------------------------------

  async #renew(frame: Extract<ClientFrame, { op: 'renew' }>): Promise<void> {
    const identified = await this.#context.identify(frame.token).catch((error: unknown) => {
      this.#log.error({ err: error }, 'a token could not be checked');
      return { refusal: refusal('unavailable', undefined, { retryAfter: 2 }) };
    });
    if (this.closed || !this.#identity) return;
    if ('refusal' in identified) {
      this.nack(frame.id, identified.refusal);
      return;
    }
    const { account, session, expiresAt } = identified.identity;
    if (account !== this.#identity.account || session !== this.#identity.session) {
      this.nack(frame.id, refusal('forbidden', 'The token belongs to another session'));
      return;
    }
    this.#identity = { ...this.#identity, expiresAt };
    const at = new Date(this.#context.clock.now()).toISOString();
    this.ack(frame.id, streamOfAccount(account), 0 as Seq, at);
  }

  // ---- heartbeat, slowness, the end ------------------------------------------------------------

  #ping(now: number): void {
    this.#pingedAt = now;
    const heads = this.#subscriptions.newHeads();
    this.send({ op: 'ping', heads, readVersion: this.readVersion });
  }

  #stalled(now: number): boolean {
    const { taken } = this.#output;
    if (taken !== this.#taken || this.#output.buffered === 0) {
      this.#taken = taken;
      this.#takenAt = now;
    }
    return this.congested && now - this.#takenAt > this.#context.limits.stalledMs;
  }

  #releaseWaiters(): void {
    if (this.congested && !this.closed) return;
    for (const resolve of this.#waiters.splice(0)) resolve();
    this.#inbound.resume();
  }

  #closed(code: number): void {
    if (this.#state === 'closed') return;
    this.#become('closed');
    this.#log.debug({ code }, 'a socket closed');
    this.#subscriptions.stop();
    this.#context.connections.remove(this);
    if (this.#identity) this.#context.presence.remove(this.#identity.account, this);
    this.#releaseWaiters();
  }

  #become(state: ConnectionState): void {
    this.#log.debug({ from: this.#state, to: state }, 'connection');
    this.#state = state;
  }

  /** The conversations that this socket follows. */
  get conversations(): ConversationId[] {
    return this.#subscriptions.conversations;
  }
}
