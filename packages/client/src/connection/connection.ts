import {
  type AccountId,
  CLOSE,
  type ConversationId,
  type Cursor,
  expandReady,
  LIVE_PATH,
  type Ready,
  type ServerFrame,
} from '@parley/protocol';
import { uuidv7 } from 'uuidv7';
import type { ParleyApi } from '../api/api.ts';
import { ApiError } from '../api/api-error.ts';
import { Backoff } from './backoff.ts';
import type { LiveSocket, SocketFactory } from './socket.ts';

/**
 * State of a connection: disconnected (and retrying, unless stopped); opening a socket; receiving
 * what it missed; up to date.
 */
export type ConnectionState = 'offline' | 'connecting' | 'catching-up' | 'live';

/** What {@link Connection} says in a hello, and whom it informs. */
export interface ConnectionDeps {
  readonly api: ParleyApi;
  readonly socket: SocketFactory;
  readonly random: () => number;
  readonly device: string | undefined;
  /** Returns the cursor to resume from; called at each hello. */
  cursor(): { epoch: string | null; cursor: Cursor };
  /** Returns the `resend` of the hello with this cursor. */
  resend(cursor: Cursor): ConversationId[] | undefined;
  /** Returns the `presence` of the hello. */
  presence(): AccountId[] | undefined;
  /** The account that the session must belong to. */
  account(): AccountId | null;
  /** Called with each frame of the current socket, in order. */
  frame(frame: ServerFrame): void;
  state(state: ConnectionState, retryInMs: number | null): void;
  /** Called when the session has ended; the connection does not retry. */
  ended(): void;
}

/** A hello that is not answered within this time has failed. */
const READY_MS = 20_000;
/** How often the connection checks its timeouts, ms. */
const CHECK_MS = 1_000;
/** The access token of the socket is renewed this long before it expires. */
const RENEW_BEFORE_MS = 90_000;
/** After a hint that the network is back, the server has this long to answer. */
const NUDGE_MS = 5_000;

/**
 * Keeps one socket at a time, and reconnects.
 *
 * 1. The state changes in one place only.
 * 2. Frames of an earlier socket are never delivered (B15 in docs/guarantees-tests.md: a replaced
 *    connection that keeps delivering).
 * 3. Attempts are spread by full jitter; a delay that the server asks for is respected.
 * 4. A server that is silent for `limits.silenceMs` counts as lost.
 */
export class Connection {
  readonly #deps: ConnectionDeps;
  readonly #backoff: Backoff;
  #state: ConnectionState = 'offline';
  #socket: LiveSocket | null = null;
  /** Counts sockets; callbacks with another number belong to an earlier socket. */
  #generation = 0;
  #wanted = false;
  /** Resolves when the hello can be sent; null once it can. */
  #loaded: Promise<void> | null = null;
  #retryTimer: ReturnType<typeof setTimeout> | null = null;
  #checkTimer: ReturnType<typeof setInterval> | null = null;
  #lastFrameAt = 0;
  #openedAt = 0;
  #silenceMs = 30_000;
  #goodbyeMs: number | null = null;
  #tokenEndsAt: number | null = null;
  #renewing = false;
  #nudgedAt: number | null = null;

  constructor(deps: ConnectionDeps) {
    this.#deps = deps;
    this.#backoff = new Backoff(deps.random);
  }

  get state(): ConnectionState {
    return this.#state;
  }

  /** Number of sockets so far: commands record on which one they were sent. */
  get generation(): number {
    return this.#generation;
  }

  /**
   * Connects, and stays connected until `stop`. The socket is opened while the stored data is being loaded; `loaded`
   * resolves when the hello, which contains its cursor, can be sent.
   */
  start(loaded: Promise<void> = Promise.resolve()): void {
    if (this.#wanted) return;
    this.#wanted = true;
    const waiting = loaded.then(
      () => {
        if (this.#loaded === waiting) this.#loaded = null;
      },
      // The caller of `start` reports the error; without a cursor there is no hello.
      () => {
        if (this.#loaded === waiting) this.stop();
      },
    );
    this.#loaded = waiting;
    void this.#connect();
  }

  /** Closes the socket and stops retrying. */
  stop(): void {
    this.#wanted = false;
    this.#drop(1000);
    this.#become('offline', null);
  }

  /**
   * Reconnects without further delay: the network is back, or the user asks for it. A live
   * connection must show that it is alive.
   */
  nudge(): void {
    if (!this.#wanted) return;
    // Also for an attempt under way: it may have started before the network was back, and fail.
    this.#backoff.reset();
    if (this.#retryTimer) {
      this.#clearRetry();
      void this.#connect();
    } else if (this.#state === 'live' || this.#state === 'catching-up') {
      this.#nudgedAt = performance.now();
      this.send('{"op":"ping"}');
    }
  }

  /** Closes the connection without waiting for a timeout: the network is known to be lost. */
  lost(): void {
    if (this.#socket) this.#failed(null);
  }

  /** Sends a frame. Returns false if there is no socket, or none that has received `ready`. */
  send(text: string): boolean {
    if (!this.#socket || (this.#state !== 'live' && this.#state !== 'catching-up')) return false;
    this.#socket.send(text);
    return true;
  }

  // ---- connecting -------------------------------------------------------------------------------

  async #connect(): Promise<void> {
    const generation = ++this.#generation;
    const isCurrent = () => this.#wanted && generation === this.#generation;
    this.#become('connecting', null);
    let token: string;
    try {
      token = await this.#deps.api.accessToken();
    } catch (error) {
      await this.#loaded;
      if (!isCurrent()) return;
      if (error instanceof ApiError && error.status === 401) this.#end();
      else if (error instanceof ApiError) this.#failed((error.retryAfter ?? 0) * 1000 || null);
      else throw error;
      return;
    }
    if (!isCurrent()) return;
    const url = new URL(LIVE_PATH, this.#deps.api.url);
    url.protocol = url.protocol.replace('http', 'ws');
    this.#openedAt = this.#lastFrameAt = performance.now();
    this.#goodbyeMs = null;
    this.#nudgedAt = null;
    this.#tokenEndsAt = this.#deps.api.accessTokenExpiresAt;
    this.#checkTimer = setInterval(() => this.#checkTimers(), CHECK_MS);
    this.#socket = this.#deps.socket(url.href, {
      open: () => {
        const sayHello = () => {
          if (isCurrent()) this.#sendHello(token);
        };
        if (this.#loaded) void this.#loaded.then(sayHello);
        else sayHello();
      },
      message: (text) => {
        if (isCurrent()) this.#receive(text);
      },
      close: (code, retryAfterMs) => {
        if (isCurrent()) this.#closed(code, retryAfterMs);
      },
    });
  }

  #sendHello(token: string): void {
    const { epoch, cursor } = this.#deps.cursor();
    const { device } = this.#deps;
    const presence = this.#deps.presence();
    const hello = {
      op: 'hello',
      token,
      compact: true,
      ...(presence !== undefined && { presence }),
      ...(epoch !== null && { epoch, cursor, resend: this.#deps.resend(cursor) }),
      ...(device !== undefined && { device }),
    };
    this.#socket?.send(JSON.stringify(hello));
  }

  #receive(text: string): void {
    this.#lastFrameAt = performance.now();
    this.#nudgedAt = null;
    // The server is trusted to follow its schemas: validating each event again would cost more than
    // applying it. Handlers ignore unknown types and fields.
    const parsed = JSON.parse(text) as ServerFrame;
    const frame = parsed.op === 'ready' ? expandReady(parsed) : parsed;
    if (frame.op === 'ready' && frame.me.id !== this.#deps.account()) {
      // Another account has logged in with the same cookies: nothing that is queued here may be
      // sent as that account, and nothing that the server sends now belongs in this store.
      this.#end();
      return;
    }
    if (frame.op === 'ready') this.#ready(frame);
    else if (frame.op === 'goodbye') this.#goodbyeMs = frame.retryAfter * 1000;
    else if (frame.op === 'ping') this.send('{"op":"pong"}');
    this.#deps.frame(frame);
    if (frame.op === 'live') {
      this.#backoff.live(performance.now());
      this.#become('live', null);
    }
  }

  #ready(ready: Ready): void {
    const { silenceMs, commands, commandWindowMs } = ready.limits;
    this.#silenceMs = silenceMs ?? this.#silenceMs;
    if (commands !== undefined && commandWindowMs !== undefined) {
      this.#socket?.limited?.({ commands, commandWindowMs });
    }
    this.#become('catching-up', null);
  }

  // ---- end of a socket -----------------------------------------------------------------------

  #closed(code: number, retryAfterMs: number | null): void {
    if (code === CLOSE.sessionEnded) {
      this.#end();
      return;
    }
    if (code === CLOSE.unauthenticated) this.#deps.api.dropAccessToken();
    this.#failed(retryAfterMs ?? this.#goodbyeMs);
  }

  #failed(wantedMs: number | null): void {
    this.#drop();
    if (!this.#wanted) return;
    const pause = this.#backoff.next(performance.now(), wantedMs);
    this.#become('offline', pause);
    this.#retryTimer = setTimeout(() => {
      this.#retryTimer = null;
      void this.#connect();
    }, pause);
  }

  #end(): void {
    this.#wanted = false;
    this.#drop();
    this.#become('offline', null);
    this.#deps.ended();
  }

  /** Detaches the current socket: what it still delivers belongs to an earlier generation. */
  #drop(code?: number): void {
    this.#generation++;
    this.#clearRetry();
    if (this.#checkTimer) clearInterval(this.#checkTimer);
    this.#checkTimer = null;
    this.#socket?.close(code);
    this.#socket = null;
  }

  #clearRetry(): void {
    if (this.#retryTimer) clearTimeout(this.#retryTimer);
    this.#retryTimer = null;
  }

  // ---- timers ----------------------------------------------------------------------------------

  /** Ends a connection that is silent, and renews the token in time. */
  #checkTimers(): void {
    const now = performance.now();
    const isReady = this.#state === 'live' || this.#state === 'catching-up';
    const isSilent = now - this.#lastFrameAt > this.#silenceMs;
    const isNudgeUnanswered = this.#nudgedAt !== null && now - this.#nudgedAt > NUDGE_MS;
    if (isSilent || isNudgeUnanswered || (!isReady && now - this.#openedAt > READY_MS)) {
      this.#failed(null);
      return;
    }
    if (isReady && this.#tokenEndsAt !== null && this.#tokenEndsAt - Date.now() < RENEW_BEFORE_MS) {
      void this.#renew();
    }
  }

  /** Renews the token of the socket before the one from its hello expires. */
  async #renew(): Promise<void> {
    if (this.#renewing) return;
    this.#renewing = true;
    const generation = this.#generation;
    try {
      this.#deps.api.dropAccessToken();
      const token = await this.#deps.api.accessToken();
      if (generation !== this.#generation) return;
      this.#tokenEndsAt = this.#deps.api.accessTokenExpiresAt;
      this.send(JSON.stringify({ op: 'renew', id: uuidv7(), token }));
    } catch (error) {
      // Retried at the next check; when the token has expired, the server closes the socket and the
      // client reconnects.
      if (!(error instanceof ApiError)) throw error;
      if (error.status === 401 && generation === this.#generation) this.#end();
    } finally {
      this.#renewing = false;
    }
  }

  #become(state: ConnectionState, retryInMs: number | null): void {
    if (state === this.#state && retryInMs === null) return;
    this.#state = state;
    this.#deps.state(state, retryInMs);
  }
}
