import { type AccountId, type ErrorCode, isRetryable } from '@parley/protocol';
import { CommandPacer } from './command-pacer.ts';
import type { CommandLimits } from './command-rate.ts';
import type { LiveSocket, SocketFactory, SocketHandlers } from './socket.ts';
import type { SocketId, TabChannel, TabMessage } from './tab-channel.ts';

/** A leader that does not answer within this time counts as frozen, and another tab replaces it, ms. */
const ASK_MS = 1_000;
/** The longest wait for a leader that is connecting, ms. */
const LIVE_MS = 5_000;
/** The longest wait for answers on the tab’s own socket before it is closed, ms. */
const DRAIN_MS = 5_000;
/**
 * A leader through which nothing arrives for this long after a ping is frozen or has lost its
 * network, ms.
 */
const PROBE_MS = 4_000;
/** A tab that could not follow retries after this time, ms. */
const AGAIN_MS = 30_000;
/** Frames of the leader that are buffered while the tab’s own socket catches up. */
const BUFFER_MAX = 5_000;
/** The server frames that are parsed here: answers, and whether everything missed has arrived. */
const READ = /^\{"op":"(ack|nack|live)"/;
/** The close code of a lost socket. */
export const LOST = 1006;
/** Frames with an id that are not outbox commands: they are not queued, and the outbox leaves some of the rate for them. */
const UNPACED: ReadonlySet<string> = new Set(['fill', 'renew']);
/** The code with which a client that stops closes its socket. */
const STOPPED = 1000;

/** A frame with which a client reports its own state. */
export type Signal =
  | { readonly op: 'watch'; readonly accounts: readonly AccountId[] }
  | { readonly op: 'presence'; readonly state: 'active' | 'idle' };

/** The tab of a {@link SharedSocket}. */
export interface SharedSocketDeps {
  readonly socket: SocketFactory;
  readonly tab: string;
  readonly channel: TabChannel | null;
  isLeader(): boolean;
  /** The leader does not answer. */
  takeOver(): void;
  /** This tab leads, and its socket is live. */
  live(): void;
  /** This tab leads, and its socket has received a frame. */
  received(text: string): void;
  /** Returns the frames that report the state of all tabs to the server. */
  signal(tab: string, frame: Signal): string | null;
  ended(retryAfterMs: number | null): void;
  /** The client has stopped. */
  stopped(): void;
}

/**
 * The state of a client’s socket. `asking`: looking for a leader. `direct`: using the tab’s own socket. `draining`: as
 * `direct`, until everything sent there is answered. `relayed`: sending and receiving through the leader.
 */
export class SharedSocket implements LiveSocket {
  readonly id: SocketId;
  readonly #url: string;
  readonly #handlers: SocketHandlers;
  readonly #deps: SharedSocketDeps;
  #phase: 'asking' | 'direct' | 'draining' | 'relayed' | 'closed' = 'asking';
  #own: LiveSocket | null = null;
  #isLive = false;
  /** The leader’s socket whose frames are buffered or applied. */
  #follows: SocketId | null = null;
  #buffered: string[] = [];
  /** Unanswered frames on the tab’s own socket. */
  readonly #unanswered = new Set<string>();
  /** Frames to send once this tab is a follower. */
  #waiting: string[] = [];
  #watched: Signal | null = null;
  #activity: Signal | null = null;
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** The signals sent on the tab’s own socket, merged from all tabs. */
  readonly #pacer = new CommandPacer((text) => this.#own?.send(text));

  constructor(id: SocketId, url: string, handlers: SocketHandlers, deps: SharedSocketDeps) {
    this.id = id;
    this.#url = url;
    this.#handlers = handlers;
    this.#deps = deps;
  }

  /** Whether this tab’s own socket has received everything that was missed. */
  get isLive(): boolean {
    return this.#isLive && this.#own !== null;
  }

  start(): void {
    if (this.#deps.channel === null || this.#deps.isLeader()) {
      this.#connect();
      return;
    }
    this.#ask();
    this.#after(ASK_MS, () => {
      this.#deps.takeOver();
      this.#connect();
    });
  }

  send(text: string): void {
    if (this.#phase === 'closed') return;
    const frame = JSON.parse(text) as ClientFrame;
    if (frame.op === 'watch') this.#watched = frame;
    else if (frame.op === 'presence') this.#activity = frame;
    else if (frame.op === 'hello' && frame.presence) {
      this.#watched = { op: 'watch', accounts: frame.presence };
      this.#deps.signal(this.#deps.tab, this.#watched);
    }
    if (this.#phase === 'draining') this.#waiting.push(text);
    else if (this.#phase === 'relayed') this.#relay(frame, text);
    else if (frame.op === 'watch' || frame.op === 'presence') {
      this.sendToServer(this.#deps.signal(this.#deps.tab, frame));
    } else {
      if (frame.id !== undefined) this.#unanswered.add(frame.id);
      this.#sendPaced(this.#deps.tab, frame, text);
    }
  }

  limited(limits: CommandLimits): void {
    this.#pacer.limit(limits);
  }

  close(code?: number): void {
    if (this.#phase === 'closed') return;
    if (this.#follows !== null) this.#post({ kind: 'left' });
    this.#end();
    this.#deps.ended(null);
    this.#own?.close(code);
    this.#own = null;
    if (code === STOPPED) this.#deps.stopped();
  }

  // ---- as a follower -----------------------------------------------------------------------------

  /** Handles the state of the socket that the leader, or the tab that has replaced it, reports. */
  leaderReported({ socket, state, to }: Extract<TabMessage, { kind: 'leader' }>): void {
    if (this.#phase === 'asking') {
      if (state === 'opening') this.#after(LIVE_MS, () => this.#connect());
      else if (state === 'live' && to === null) this.#ask();
      else {
        if (state === 'live') this.#follows = socket;
        this.#connect();
      }
    } else if (state === 'live' && socket !== this.#follows && this.#phase !== 'closed') {
      // Another tab is the leader now: reconnect, so that nothing is missed.
      if (this.#phase === 'relayed' || this.#isLive) this.#disconnect(LOST, null);
      // One of two leaders is gone, and it is unknown which: ask again once this socket is live.
      else this.#unfollow();
    }
  }

  /** Handles a frame of the leader’s socket. */
  relayed(socket: SocketId, text: string): void {
    if (socket !== this.#follows) return;
    if (this.#phase === 'relayed') {
      clearTimeout(this.#timer);
      this.#handlers.message(text);
    } else if (this.#buffered.length < BUFFER_MAX) this.#buffered.push(text);
    else this.#unfollow();
  }

  /**
   * Handles the closing of the leader’s socket. This tab’s client does not get the close code, because it may have
   * another session or a newer token.
   */
  leaderClosed(socket: SocketId, retryAfterMs: number | null): void {
    if (socket !== this.#follows) return;
    if (this.#phase === 'relayed') this.#disconnect(LOST, retryAfterMs);
    else this.#unfollow();
  }

  /** Takes over as the leader: the lock was free, so the previous one is gone. */
  becameLeader(): void {
    if (this.#phase === 'asking') this.#connect();
    else if (this.#phase === 'relayed') this.#disconnect(LOST, null);
    else {
      this.#unfollow();
      if (this.isLive) this.#deps.live();
    }
  }

  /** Follows another tab, which leads now. */
  resigned(): void {
    if (this.isLive) this.#ask();
  }

  /** Prepares for the freezing of the page: the followers connect, and so does this tab when it is thawed. */
  freezing(): void {
    if (this.#phase !== 'closed') this.#disconnect(LOST, null);
  }

  #ask(): void {
    this.#post({ kind: 'ask' });
  }

  /** Stays on the tab’s own socket. */
  #unfollow(): void {
    if (this.#follows === null) return;
    this.#post({ kind: 'left' });
    this.#follows = null;
    this.#buffered = [];
    this.#after(AGAIN_MS, () => this.#ask());
    if (this.#phase !== 'draining') return;
    this.#phase = 'direct';
    for (const text of this.#waiting.splice(0)) this.send(text);
  }

  #follow(): void {
    if (this.#phase !== 'draining' || this.#unanswered.size > 0) return;
    clearTimeout(this.#timer);
    const own = this.#own;
    this.#own = null;
    this.#phase = 'relayed';
    own?.close();
    for (const signal of [this.#watched, this.#activity]) {
      if (signal) this.#relay(signal, JSON.stringify(signal));
    }
    // The leader may have lost its network since the last frame without noticing.
    this.#ping();
    for (const text of this.#waiting.splice(0)) this.send(text);
    for (const text of this.#buffered.splice(0)) {
      if (this.#phase === 'relayed') this.#handlers.message(text);
    }
  }

  #relay(frame: ClientFrame, text: string): void {
    // The leader answers the server’s pings, and renews the token of its socket.
    if (frame.op === 'pong' || frame.op === 'renew') return;
    if (frame.op === 'ping') this.#ping();
    else if (this.#follows !== null) this.#post({ kind: 'send', socket: this.#follows, text });
  }

  /** Sends a ping to the server through the leader. Without any frame from there, this tab leads itself. */
  #ping(): void {
    if (this.#follows === null) return;
    this.#post({ kind: 'send', socket: this.#follows, text: '{"op":"ping"}' });
    this.#after(PROBE_MS, () => {
      this.#deps.takeOver();
      this.#disconnect(LOST, null);
    });
  }

  // ---- on the tab’s own socket --------------------------------------------------------------------

  #connect(): void {
    clearTimeout(this.#timer);
    this.#phase = 'direct';
    this.#own = this.#deps.socket(this.#url, {
      open: () => {
        if (this.#own !== null) this.#handlers.open();
      },
      message: (text) => {
        if (this.#own !== null) this.#received(text);
      },
      close: (code, retryAfterMs) => {
        if (this.#own !== null) this.#disconnect(code, retryAfterMs);
      },
    });
  }

  #received(text: string): void {
    this.#pacer.pump();
    if (this.#deps.isLeader()) this.#deps.received(text);
    // Other frames are not parsed here, because they may be long.
    const frame = READ.test(text) ? (JSON.parse(text) as Answer) : null;
    // Only the node of this socket knows that a command was deferred: on another one, waiting
    // commands would overtake it.
    const isDeferred = frame?.op === 'nack' && isRetryable(frame.code);
    if (isDeferred && this.#waiting.length > 0) this.#unfollow();
    if (frame?.id !== undefined) {
      this.#unanswered.delete(frame.id);
      if (!isDeferred) this.#pacer.answered(frame.id);
    }
    const isLive = frame?.op === 'live';
    if (isLive) this.#isLive = true;
    if (isLive && this.#follows !== null) {
      this.#phase = 'draining';
      this.#after(DRAIN_MS, () => this.#unfollow());
    }
    this.#handlers.message(text);
    if (isLive && this.#deps.isLeader()) this.#deps.live();
    // A leader that was not ready when asked may be now.
    else if (isLive && this.#follows === null) this.#ask();
    this.#follow();
  }

  /** Sends a frame for another tab. */
  sendFor(tab: string, text: string): void {
    const frame = JSON.parse(text) as ClientFrame;
    if (frame.op === 'watch' || frame.op === 'presence')
      this.sendToServer(this.#deps.signal(tab, frame));
    else this.#sendPaced(tab, frame, text);
  }

  #sendPaced(tab: string, { op, id }: ClientFrame, text: string): void {
    if (id === undefined || UNPACED.has(op)) this.sendToServer(text);
    else this.#pacer.add(tab, id, text);
  }

  /** Removes a tab that has stopped following: it resends its waiting commands elsewhere. */
  forget(tab: string): void {
    this.#pacer.drop(tab);
  }

  /** Sends a frame on the tab’s own socket, if there are both. */
  sendToServer(text: string | null): void {
    if (text !== null) this.#own?.send(text);
  }

  // ---- the end -------------------------------------------------------------------------------------

  /** Ends this socket as if the server had closed it. */
  #disconnect(code: number, retryAfterMs: number | null): void {
    if (this.#phase === 'closed') return;
    if (this.#follows !== null) this.#post({ kind: 'left' });
    this.#end();
    const own = this.#own;
    this.#own = null;
    this.#deps.ended(retryAfterMs);
    own?.close();
    this.#handlers.close(code, retryAfterMs);
  }

  #end(): void {
    clearTimeout(this.#timer);
    this.#pacer.stop();
    this.#phase = 'closed';
    this.#follows = null;
    this.#buffered = [];
    this.#waiting = [];
  }

  #after(ms: number, run: () => void): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(run, ms);
  }

  #post(message: { readonly kind: 'ask' | 'left' } | SendMessage): void {
    this.#deps.channel?.post({ ...message, from: this.#deps.tab });
  }
}

type SendMessage = Omit<Extract<TabMessage, { kind: 'send' }>, 'from'>;

/** The fields used here of the frames that {@link READ} matches. */
type Answer =
  | { readonly op: 'ack' | 'live'; readonly id?: string }
  | { readonly op: 'nack'; readonly id?: string; readonly code: ErrorCode };

/** The fields used here of a client’s frames. */
type ClientFrame =
  | (Signal & { readonly id?: string })
  | { readonly op: 'hello'; readonly presence?: readonly AccountId[]; readonly id?: string }
  | { readonly op: 'ping' | 'pong' | 'renew' | 'fill' | 'post'; readonly id?: string };
