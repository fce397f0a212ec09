import type { AccountId } from '@parley/protocol';
import { uuidv7 } from 'uuidv7';
import { MergedSignals } from './merged-signals.ts';
import {
  browserSocket,
  type LiveSocket,
  type SocketFactory,
  type SocketHandlers,
} from './socket.ts';
import {
  browserTabChannel,
  type SocketId,
  type TabChannel,
  type TabMessage,
} from './tab-channel.ts';

/** A leader that does not answer within this time is frozen: another tab takes its place, ms. */
const ASK_MS = 1_000;
/** The longest wait for a leader that is connecting, ms. */
const LIVE_MS = 5_000;
/** The longest wait for the answers on the own socket before it is closed, ms. */
const DRAIN_MS = 5_000;
/** A tab that could not follow asks again after this time, ms. */
const AGAIN_MS = 30_000;
/** Frames of the leader that are kept while the own socket catches up. */
const BUFFER_MAX = 5_000;
/** The frames of the server that matter here: what they answer, and whether everything missed has arrived. */
const READ = /^\{"op":"(ack|nack|live)"/;
/** The code of a socket that was lost. */
const LOST = 1006;
/** The code with which a client that stops closes its socket. */
const STOPPED = 1000;

/** What {@link SharedSockets} is constructed with. */
export interface SharedSocketsDeps {
  /** Opens a socket of this tab’s own. */
  readonly socket: SocketFactory;
  /** Identifies this tab. */
  readonly tab: string;
  /** Joins the tabs that share a connection; null if they can’t. */
  join(receive: (message: TabMessage) => void): TabChannel | null;
}

/**
 * Lets the tabs of a browser share one connection: the leader (one tab, by a lock) has a socket, and passes its frames on
 * to the others, the followers, and theirs to the server.
 *
 * What a tab is given behaves like a socket of its own that may be lost at any time: when its leader is closed, frozen or
 * disconnected. So exactly-once and order rest on what they rest on with one tab, ids and cursors, and not on this:
 *
 * 1. A follower first asks the leader for its frames, and keeps them; then it connects on a socket of its own until it
 *    is live. Only then does it close that socket, and apply what it has kept. What the leader received before it was
 *    asked is in the answer to the hello after it; all later frames were kept. No event is missing in between, and
 *    those that arrive twice are recognized by their seqs.
 * 2. It closes its own socket only when everything that it has sent there is answered; what it sends meanwhile waits.
 *    So what is sent through the leader never overtakes what was sent before.
 * 3. What goes through a leader’s socket belongs to that socket: when it is lost, so is the follower’s, and everything
 *    unanswered is sent again, with the same ids and in order.
 * 4. Two leaders for a moment, as after one was frozen, are two connections and do no harm.
 */
export class SharedSockets {
  readonly #deps: SharedSocketsDeps;
  #channel: TabChannel | null = null;
  #isLeader = false;
  #current: SharedSocket | null = null;
  #count = 0;
  /** The tabs that are given this tab’s frames. */
  readonly #followers = new Set<string>();
  #signals = new MergedSignals();

  constructor(deps: SharedSocketsDeps) {
    this.#deps = deps;
  }

  /** Opens a socket: of this tab’s own, and later through the leader if there is one. */
  readonly open: SocketFactory = (url, handlers) => {
    this.#count++;
    const id = `${this.#deps.tab}.${this.#count}`;
    if (this.#channel === null) this.#join();
    const socket = new SharedSocket(id, url, handlers, {
      socket: this.#deps.socket,
      tab: this.#deps.tab,
      channel: this.#channel,
      isLeader: () => this.#isLeader,
      takeOver: () => this.#lead(true),
      live: () => this.#tell(null),
      received: (text) => {
        if (this.#followers.size > 0) this.#post({ kind: 'frame', socket: id, text });
      },
      signal: (tab, frame) => this.#signal(tab, frame),
      ended: (code, retryAfterMs) => this.#ended(socket, code, retryAfterMs),
      stopped: () => this.#leave(),
    });
    this.#current = socket;
    this.#signals = new MergedSignals();
    socket.start();
    return socket;
  };

  #join(): void {
    this.#channel = this.#deps.join((message) => this.#receive(message));
    this.#lead(false);
  }

  #lead(steal: boolean): void {
    const channel = this.#channel;
    channel?.lead(
      steal,
      () => {
        if (this.#channel !== channel) return;
        this.#isLeader = true;
        this.#current?.becameLeader();
      },
      () => {
        if (this.#channel !== channel) return;
        // Frozen until now: another tab has taken over.
        if (this.#isLeader) this.#dismiss(LOST, null);
        this.#isLeader = false;
        this.#lead(false);
        this.#current?.resigned();
      },
    );
  }

  /** The client has stopped: another tab may lead. */
  #leave(): void {
    this.#post({ kind: 'left' });
    this.#channel?.close();
    this.#channel = null;
    this.#isLeader = false;
  }

  #receive(message: TabMessage): void {
    const current = this.#current;
    switch (message.kind) {
      case 'ask':
        if (this.#isLeader) this.#tell(message.from);
        break;
      case 'leader':
        if (this.#isLeader || (message.to !== null && message.to !== this.#deps.tab)) return;
        current?.told(message);
        break;
      case 'frame':
        current?.relayed(message.socket, message.text);
        break;
      case 'closed':
        current?.leaderClosed(message.socket, message.code, message.retryAfterMs);
        break;
      case 'send':
        if (this.#followers.has(message.from) && current?.id === message.socket) {
          current.sendFor(message.from, message.text);
        }
        break;
      case 'left':
        this.#forget(message.from);
        break;
    }
  }

  /** Tells a tab, or all, of the socket of this leader. A tab that has asked is given its frames from now on. */
  #tell(to: string | null): void {
    const current = this.#current;
    const state = current === null ? 'down' : current.isLive ? 'live' : 'opening';
    if (to !== null && state === 'live') {
      this.#followers.add(to);
      current?.pass(this.#signals.presence(to, 'active'));
    }
    this.#post({ kind: 'leader', to, socket: current?.id ?? null, state });
  }

  #signal(tab: string, frame: Signal): string | null {
    if (frame.op === 'watch') return this.#signals.watch(tab, frame.accounts);
    return this.#signals.presence(tab, frame.state);
  }

  #forget(tab: string): void {
    if (!this.#followers.delete(tab)) return;
    for (const frame of this.#signals.left(tab)) this.#current?.pass(frame);
  }

  #ended(socket: SharedSocket, code: number, retryAfterMs: number | null): void {
    if (this.#current !== socket) return;
    if (this.#isLeader) this.#dismiss(code, retryAfterMs);
    this.#current = null;
  }

  /** The followers lose what they have through this tab. */
  #dismiss(code: number, retryAfterMs: number | null): void {
    const socket = this.#current?.id;
    if (socket !== undefined && this.#followers.size > 0) {
      this.#post({ kind: 'closed', socket, code, retryAfterMs });
    }
    this.#followers.clear();
  }

  #post(message: DistributiveOmit<TabMessage, 'from'>): void {
    this.#channel?.post({ ...message, from: this.#deps.tab } as TabMessage);
  }
}

/** Returns what opens sockets that the tabs of a browser share, for one account. */
export function tabSocket(account: AccountId): SocketFactory {
  const name = `parley-connection-${account}`;
  const join: SharedSocketsDeps['join'] = (receive) => browserTabChannel(name, receive);
  return new SharedSockets({ socket: browserSocket, tab: uuidv7(), join }).open;
}

type DistributiveOmit<T, K extends PropertyKey> = T extends unknown ? Omit<T, K> : never;

/** A frame with which a client tells about itself. */
type Signal =
  | { readonly op: 'watch'; readonly accounts: readonly AccountId[] }
  | { readonly op: 'presence'; readonly state: 'active' | 'idle' };

interface SharedSocketDeps {
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
  /** Returns what to tell the server for all tabs. */
  signal(tab: string, frame: Signal): string | null;
  ended(code: number, retryAfterMs: number | null): void;
  /** The client has stopped. */
  stopped(): void;
}

/**
 * One socket of a client. `asking`: whether there is a leader to follow. `direct`: on a socket of its own. `draining`: the
 * same, until everything that was sent there is answered. `relayed`: through the leader.
 */
class SharedSocket implements LiveSocket {
  readonly id: SocketId;
  readonly #url: string;
  readonly #handlers: SocketHandlers;
  readonly #deps: SharedSocketDeps;
  #phase: 'asking' | 'direct' | 'draining' | 'relayed' | 'closed' = 'asking';
  #own: LiveSocket | null = null;
  #isLive = false;
  /** The leader’s socket whose frames are kept or applied. */
  #follows: SocketId | null = null;
  #kept: string[] = [];
  /** What was sent on the own socket and is not answered. */
  readonly #unanswered = new Set<string>();
  /** What is sent when this tab follows. */
  #waiting: string[] = [];
  #watched: Signal | null = null;
  #activity: Signal | null = null;
  #timer: ReturnType<typeof setTimeout> | undefined;

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
      this.pass(this.#deps.signal(this.#deps.tab, frame));
    } else {
      if (frame.id !== undefined) this.#unanswered.add(frame.id);
      this.#own?.send(text);
    }
  }

  close(code?: number): void {
    if (this.#phase === 'closed') return;
    if (this.#follows !== null) this.#post({ kind: 'left' });
    this.#end();
    this.#deps.ended(LOST, null);
    this.#own?.close(code);
    this.#own = null;
    if (code === STOPPED) this.#deps.stopped();
  }

  // ---- as a follower -----------------------------------------------------------------------------

  /** The leader, or a tab that has become it, tells of its socket. */
  told({ socket, state, to }: Extract<TabMessage, { kind: 'leader' }>): void {
    if (this.#phase === 'asking') {
      if (state === 'opening') this.#after(LIVE_MS, () => this.#connect());
      else if (state === 'live' && to === null) this.#ask();
      else {
        if (state === 'live') this.#follows = socket;
        this.#connect();
      }
    } else if (this.#phase === 'relayed' && socket === this.#follows && state === 'live') {
      // The answer to a ping.
      if (to !== null) this.#handlers.message('{"op":"pong"}');
    } else if (state === 'live' && socket !== this.#follows && this.#phase !== 'closed') {
      // There is another leader to follow: connected anew, as then nothing is missed.
      if (this.#phase === 'relayed' || this.#isLive) this.#lose(LOST, null);
      // One of two is gone, and it is not certain which: asked again once this socket is live.
      else this.#unfollow();
    }
  }

  /** A frame of a leader’s socket. */
  relayed(socket: SocketId, text: string): void {
    if (socket !== this.#follows) return;
    if (this.#phase === 'relayed') this.#handlers.message(text);
    else if (this.#kept.length < BUFFER_MAX) this.#kept.push(text);
    else this.#unfollow();
  }

  leaderClosed(socket: SocketId, code: number, retryAfterMs: number | null): void {
    if (socket !== this.#follows) return;
    if (this.#phase === 'relayed') this.#lose(code, retryAfterMs);
    else this.#unfollow();
  }

  /** The lock was free: the leader is gone. */
  becameLeader(): void {
    if (this.#phase === 'asking') this.#connect();
    else if (this.#phase === 'relayed') this.#lose(LOST, null);
    else {
      this.#unfollow();
      if (this.isLive) this.#deps.live();
    }
  }

  /** Another tab leads now. */
  resigned(): void {
    if (this.isLive) this.#ask();
  }

  #ask(): void {
    this.#post({ kind: 'ask' });
  }

  /** Stays on the own socket. */
  #unfollow(): void {
    if (this.#follows === null) return;
    this.#post({ kind: 'left' });
    this.#follows = null;
    this.#kept = [];
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
    for (const text of this.#waiting.splice(0)) this.send(text);
    for (const text of this.#kept.splice(0)) {
      if (this.#phase === 'relayed') this.#handlers.message(text);
    }
  }

  #relay(frame: ClientFrame, text: string): void {
    // The leader answers the server’s pings, and renews the token of its socket.
    if (frame.op === 'pong' || frame.op === 'renew') return;
    if (frame.op === 'ping') this.#ask();
    else if (this.#follows !== null) this.#post({ kind: 'send', socket: this.#follows, text });
  }

  // ---- on a socket of its own ---------------------------------------------------------------------

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
        if (this.#own !== null) this.#lose(code, retryAfterMs);
      },
    });
  }

  #received(text: string): void {
    if (this.#deps.isLeader()) this.#deps.received(text);
    // Other frames are not parsed here: they may be long.
    const frame = READ.test(text) ? (JSON.parse(text) as { op: string; id?: string }) : null;
    if (frame?.id !== undefined) this.#unanswered.delete(frame.id);
    const isLive = frame?.op === 'live';
    if (isLive) this.#isLive = true;
    if (isLive && this.#follows !== null) {
      this.#phase = 'draining';
      this.#after(DRAIN_MS, () => this.#unfollow());
    }
    this.#handlers.message(text);
    if (isLive && this.#deps.isLeader()) this.#deps.live();
    // A leader that was not ready when it was asked may be now.
    else if (isLive && this.#follows === null) this.#ask();
    this.#follow();
  }

  /** Sends a frame for another tab. */
  sendFor(tab: string, text: string): void {
    const frame = JSON.parse(text) as ClientFrame;
    const isSignal = frame.op === 'watch' || frame.op === 'presence';
    this.pass(isSignal ? this.#deps.signal(tab, frame) : text);
  }

  /** Sends a frame, if there is one. */
  pass(text: string | null): void {
    if (text !== null) this.#own?.send(text);
  }

  // ---- the end -------------------------------------------------------------------------------------

  #lose(code: number, retryAfterMs: number | null): void {
    if (this.#phase === 'closed') return;
    if (this.#follows !== null) this.#post({ kind: 'left' });
    this.#end();
    const own = this.#own;
    this.#own = null;
    this.#deps.ended(code, retryAfterMs);
    own?.close();
    this.#handlers.close(code, retryAfterMs);
  }

  #end(): void {
    clearTimeout(this.#timer);
    this.#phase = 'closed';
    this.#follows = null;
    this.#kept = [];
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

/** The part of a client’s frames that matters here. */
type ClientFrame =
  | (Signal & { readonly id?: string })
  | { readonly op: 'hello'; readonly presence?: readonly AccountId[]; readonly id?: string }
  | { readonly op: 'ping' | 'pong' | 'renew' | 'post'; readonly id?: string };
