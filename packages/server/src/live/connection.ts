import type { Socket } from 'node:net';
import {
  type AccountId,
  CLOSE,
  type Goodbye,
  type Refusal,
  type Seq,
  type ServerFrame,
  type SessionId,
  type StreamId,
} from '@parley/protocol';
import { uuidv7 } from 'uuidv7';
import { type RawData, WebSocket } from 'ws';
import type { Identity } from '../accounts/accounts.ts';
import type { Start } from '../conversations/start.ts';
import type { Logger } from '../runtime/log.ts';
import type { Budget } from './budget.ts';
import type { LiveConnection } from './connections.ts';
import type { LiveContext } from './context.ts';
import { type FrameConnection, FrameHandler } from './frame-handler.ts';
import { FrameWriter } from './frame-writer.ts';
import { GuestPresence } from './guest-presence.ts';
import { Handshake, type HandshakeConnection, type StartedHello } from './handshake.ts';
import { type FrameReader, Inbound } from './inbound.ts';
import type { LiveSocket } from './live-socket.ts';
import { readFrame } from './read-frame.ts';
import { SubscriptionSet } from './subscription-set.ts';

/**
 * - `handshake`: waits for the hello, or for the answer to it.
 * - `replaying`: `ready` was sent; sends the events after the cursors.
 * - `live`: all of them were sent.
 * - `draining`: the close frame was sent.
 * - `closed`: the socket is closed.
 */
export type ConnectionState = 'handshake' | 'replaying' | 'live' | 'draining' | 'closed';

/** A peer that has not answered the close frame is disconnected after this time. */
const CLOSE_MS = 3_000;

/**
 * One connection, from the upgrade to the end of its socket: its state, its heartbeat and its close.
 * The handshake, the frames of the client and the subscriptions have a class each.
 *
 * 1. Each event of a stream is sent once, in the order of seq, while the account is a member.
 * 2. About `limits.bufferedBytes` of events wait in the socket at most.
 * 3. It closes when its session ends, and when the outcome of a command is unknown.
 * 4. Nothing follows its close frame, whoever started the close (RFC 6455 §5.5.1).
 * 5. It reads no more than its budget allows, and nothing while the client leaves too much unread.
 */
export class Connection
  implements LiveConnection, HandshakeConnection, FrameConnection, FrameReader
{
  readonly id = uuidv7();
  /** Resolves when the socket is closed. */
  readonly gone: Promise<void>;
  readonly #context: LiveContext;
  readonly #ws: LiveSocket;
  readonly #writer: FrameWriter;
  readonly #inbound: Inbound;
  readonly #log: Logger;
  readonly #handshake: Handshake;
  readonly #subscriptions: SubscriptionSet;
  readonly #frames: FrameHandler;
  readonly #openedAt = performance.now();
  #state: ConnectionState = 'handshake';
  #identity: Identity | null = null;
  /** Set for guests only. */
  #guestPresence: GuestPresence | null = null;
  #receivedAt = performance.now();
  #pingedAt = performance.now();
  readVersion = 0;

  constructor(context: LiveContext, ws: LiveSocket, socket: Socket) {
    this.#context = context;
    this.#ws = ws;
    this.#log = context.log.child({ connection: this.id });
    const { limits } = context;
    this.#writer = new FrameWriter(socket, {
      congestedBytes: limits.bufferedBytes,
      isClosed: () => this.closed,
      onOverflow: () => this.close(CLOSE.tooSlow, 'too_slow'),
      onDrained: () => this.#inbound.resume(),
    });
    this.#handshake = new Handshake(context, this);
    this.#subscriptions = new SubscriptionSet(context, this, this.#writer, this.#log, () =>
      this.#caughtUp(),
    );
    this.#frames = new FrameHandler(context, this, this.#subscriptions);
    this.gone = new Promise((resolve) => ws.once('close', () => resolve()));
    this.#inbound = new Inbound(ws, this, limits.frames, limits.commandWindowMs);
    ws.onClosing = () => this.#closing();
    ws.on('close', (code) => this.#closed(code));
    ws.on('error', (error) => this.#log.info({ err: error.message }, 'socket error'));
  }

  get state(): ConnectionState {
    return this.#state;
  }

  get isReady(): boolean {
    return this.#state === 'replaying' || this.#state === 'live';
  }

  get closed(): boolean {
    return (
      this.#state === 'closed' ||
      this.#state === 'draining' ||
      this.#ws.readyState !== WebSocket.OPEN
    );
  }

  /** @throws before the hello was authenticated */
  get identity(): Identity {
    if (!this.#identity) throw new Error('The hello of the connection was not authenticated');
    return this.#identity;
  }

  get account(): AccountId {
    return this.identity.account;
  }

  get session(): SessionId | null {
    return this.#identity?.session ?? null;
  }

  // ---- handshake ------------------------------------------------------------------------------

  authenticated(identity: Identity): void {
    this.#identity = identity;
    this.#context.connections.add(this);
  }

  subscribe(start: Start, hello: StartedHello): void {
    const { presence, isGuest } = hello;
    this.readVersion = start.readVersion;
    if (isGuest) {
      this.#guestPresence = new GuestPresence(this.#context, this, this.#log);
      this.#guestPresence.watch(presence ?? []);
      this.#context.guests.add(this, start.workspaceSeq);
    } else this.#context.audience.add(this, presence);
    this.setPresence('active');
    this.#become('replaying');
    this.#subscriptions.start(start, hello);
  }

  #caughtUp(): void {
    if (this.#state !== 'replaying') return;
    this.#become('live');
    this.send({ op: 'live' });
  }

  // ---- frames of the client -------------------------------------------------------------------

  receive(data: RawData, isBinary: boolean): void {
    this.#receivedAt = performance.now();
    if (this.closed) return;
    if (isBinary) {
      this.#frames.rejectBinary();
      return;
    }
    const read = readFrame(data.toString());
    if (this.#state === 'handshake') this.#handshake.receive(read);
    else this.#frames.receive(read);
  }

  get accountFrames(): Budget | null {
    return this.#identity ? this.#context.connections.framesOf(this.#identity.account) : null;
  }

  flooded(): void {
    if (this.closed) return;
    this.#log.info('connection closed: too many frames');
    this.#context.metrics.limited('frames');
    this.close(CLOSE.tooManyFrames, 'too_many_frames', 10);
  }

  setPresence(state: 'active' | 'idle'): void {
    this.#context.presence.set(this.account, this, state);
  }

  watch(accounts: readonly AccountId[]): void {
    if (this.#guestPresence) this.#guestPresence.watch(accounts);
    else this.#context.audience.replace(this, accounts);
  }

  renewed(expiresAt: Identity['expiresAt']): void {
    this.#identity = { ...this.identity, expiresAt };
  }

  // ---- frames to the client -------------------------------------------------------------------

  get buffered(): number {
    return this.#writer.buffered;
  }

  get congested(): boolean {
    return this.#writer.congested;
  }

  write(frames: Buffer): void {
    this.#writer.write(frames);
  }

  send(frame: ServerFrame): void {
    this.#writer.send(frame);
  }

  ack(id: string, stream: StreamId, seq: Seq, at: string): void {
    this.#writer.ack(id, stream, seq, at);
  }

  nack(id: string | null, refused: Refusal): void {
    this.#writer.nack(id, refused);
  }

  // ---- heartbeat ------------------------------------------------------------------------------

  /** Checks the timeouts, and sends a ping if one is due. `now` is monotonic, ms. */
  tick(now: number): void {
    const { limits, clock } = this.#context;
    if (this.#state === 'closed' || this.#state === 'draining') return;
    if (this.#state === 'handshake') {
      if (now - this.#openedAt > limits.helloMs) this.close(CLOSE.helloExpected, 'hello_expected');
      return;
    }
    if (this.identity.expiresAt <= clock.now()) {
      this.close(CLOSE.unauthenticated, 'unauthenticated');
      return;
    }
    this.#inbound.tick();
    // Nothing is read from a paused client, so its silence means nothing.
    if (this.#inbound.paused) this.#receivedAt = now;
    if (now - this.#receivedAt > limits.silenceMs) {
      this.#log.info('connection timed out');
      this.#ws.terminate();
      return;
    }
    if (this.#writer.stalledMs(now) > limits.stalledMs) {
      this.#log.info({ buffered: this.buffered }, 'connection closed: client does not read');
      this.#context.countStalled();
      this.close(CLOSE.tooSlow, 'too_slow');
      return;
    }
    this.#guestPresence?.tick(now);
    if (now - this.#pingedAt >= limits.pingMs) this.#ping(now);
  }

  #ping(now: number): void {
    this.#pingedAt = now;
    const heads = this.#subscriptions.newHeads();
    this.send({ op: 'ping', heads, readVersion: this.readVersion });
  }

  // ---- close ----------------------------------------------------------------------------------

  /**
   * Sends the reason and closes. Frames that were written before are still sent. `retryAfter`, in
   * seconds, is when the client should reconnect.
   */
  close(code: number, reason: Goodbye['reason'] | 'hello_expected', retryAfter = 0): void {
    if (this.closed) return;
    if (reason !== 'hello_expected') this.#writer.writeLast({ op: 'goodbye', reason, retryAfter });
    this.#ws.close(code, reason);
  }

  outcomeUnknown(): void {
    this.close(CLOSE.restart, 'restart', 0.5 + Math.random());
  }

  /** Flushes what was written before the close frame, which is about to be written. */
  #closing(): void {
    this.#become('draining');
    this.#writer.flush();
    this.#inbound.closing();
    const timeout = setTimeout(() => this.#ws.terminate(), CLOSE_MS);
    timeout.unref();
    this.#ws.once('close', () => clearTimeout(timeout));
    this.#writer.checkDrained();
  }

  #closed(code: number): void {
    if (this.#state === 'closed') return;
    this.#become('closed');
    this.#log.debug({ code }, 'connection closed');
    this.#subscriptions.stop();
    this.#context.connections.remove(this);
    this.#context.audience.remove(this);
    if (this.#guestPresence) this.#context.guests.remove(this);
    if (this.#identity) this.#context.presence.remove(this.#identity.account, this);
    this.#writer.checkDrained();
  }

  #become(state: ConnectionState): void {
    this.#log.debug({ from: this.#state, to: state }, 'connection state');
    this.#state = state;
  }
}
