import type { SharedSockets, SharedSocketsDeps } from '../../src/connection/shared-sockets.ts';
import type { LiveSocket, SocketFactory, SocketHandlers } from '../../src/connection/socket.ts';
import type { LeadMode, TabChannel, TabMessage } from '../../src/connection/tab-channel.ts';

/** Something waiting to be delivered, in the order of its queue. */
type Delivery = () => void;

/** Queues that each keep their order; the test chooses which is next. */
export class Queues {
  readonly #queues = new Map<string, Delivery[]>();

  add(queue: string, delivery: Delivery): void {
    this.#queues.set(queue, [...(this.#queues.get(queue) ?? []), delivery]);
  }

  get size(): number {
    return this.#queues.size;
  }

  /** Makes one delivery of a queue whose name is not excluded. Returns false if there is none. */
  deliver(choice: number, isHeld: (queue: string) => boolean = () => false): boolean {
    const names = [...this.#queues.keys()].filter((name) => !isHeld(name));
    const name = names[choice % Math.max(1, names.length)];
    if (name === undefined) return false;
    const [next, ...others] = this.#queues.get(name) ?? [];
    if (others.length > 0) this.#queues.set(name, others);
    else this.#queues.delete(name);
    next?.();
    return true;
  }

  /** Drops everything in the queues with this prefix. */
  drop(prefix: string): void {
    for (const name of [...this.#queues.keys()]) {
      if (name.startsWith(prefix)) this.#queues.delete(name);
    }
  }
}

interface ServerSocket {
  readonly name: string;
  readonly handlers: SocketHandlers;
  isGreeted: boolean;
  isOpen: boolean;
  /** The network no longer carries it, and neither end knows. */
  isLost: boolean;
}

/** How many commands a socket may send at once, and how long refilling them takes, ms. */
export const MODEL_LIMITS = { commands: 30, commandWindowMs: 10_000 };

/**
 * A server with one stream: its log, and its sockets. Stored posts are answered and sent to all
 * connected sockets.
 */
export class TabsServer {
  readonly log: { readonly id: string; readonly tab: string }[] = [];
  readonly #queues: Queues;
  readonly #sockets = new Set<ServerSocket>();
  /** The tabs that are closed: nothing runs in them. */
  readonly #gone = new Set<string>();
  #count = 0;
  /** The latest activity reported by a socket. */
  activity: 'active' | 'idle' = 'active';
  /** Posts that arrived although their socket had used up its limit. */
  overLimit = 0;
  /** Whether the network of a socket was lost. */
  hasLost = false;
  readonly #budgets = new Map<ServerSocket, { readonly left: number; readonly at: number }>();

  constructor(queues: Queues) {
    this.#queues = queues;
  }

  /** The sockets that are open. */
  get open(): number {
    return [...this.#sockets].filter((socket) => socket.isOpen).length;
  }

  /** Opens sockets of a tab. */
  socketOf(tab: string): SocketFactory {
    return (_url, handlers) => {
      this.#count++;
      const name = `${tab}/socket${this.#count}`;
      const socket: ServerSocket = {
        name,
        handlers,
        isGreeted: false,
        isOpen: !this.#gone.has(tab),
        isLost: false,
      };
      this.#sockets.add(socket);
      this.#queues.add(`${name}/down`, () => socket.isOpen && handlers.open());
      const api: LiveSocket = {
        send: (text) => {
          // Frames may reach the server after the socket was closed here.
          if (!socket.isOpen || socket.isLost) return;
          this.#queues.add(`server/${name}`, () => this.#receive(socket, text));
        },
        close: () => this.#close(socket),
      };
      return api;
    };
  }

  /** The network loses a socket, and everything in flight on it. */
  cut(choice: number): void {
    this.end(choice, 1006);
  }

  /** A socket is closed with this code. */
  end(choice: number, code: number): void {
    const socket = this.#pick(choice);
    if (!socket) return;
    this.#close(socket);
    this.#queues.drop(`server/${socket.name}`);
    this.#queues.add(`${socket.name}/end`, () => socket.handlers.close(code, null));
  }

  /** The network of a socket is lost silently: nothing arrives any more. */
  lose(choice: number): void {
    const socket = this.#pick(choice);
    if (!socket) return;
    socket.isLost = true;
    this.hasLost = true;
    socket.isGreeted = false;
    for (const queue of [`server/${socket.name}`, `${socket.name}/down`]) this.#queues.drop(queue);
  }

  #pick(choice: number): ServerSocket | undefined {
    const open = [...this.#sockets].filter((socket) => socket.isOpen && !socket.isLost);
    return open[choice % Math.max(1, open.length)];
  }

  /** A tab is gone, and its sockets with it. */
  gone(tab: string): void {
    this.#gone.add(tab);
    for (const socket of this.#sockets) {
      if (socket.name.startsWith(`${tab}/`)) this.#close(socket);
    }
  }

  /** Another user posts. */
  post(id: string): void {
    this.#append({ id, tab: 'other' });
  }

  #close(socket: ServerSocket): void {
    socket.isOpen = false;
    socket.isGreeted = false;
    this.#queues.drop(`${socket.name}/down`);
    this.#sockets.delete(socket);
  }

  #receive(socket: ServerSocket, text: string): void {
    const frame = JSON.parse(text) as { op: string; id: string; tab: string; cursor: number } & {
      state: 'active' | 'idle';
    };
    if (frame.op === 'ping') this.#down(socket, { op: 'pong' });
    else if (frame.op === 'presence') this.activity = frame.state;
    else if (frame.op === 'hello') {
      this.#down(socket, { op: 'ready' });
      for (let seq = frame.cursor + 1; seq <= this.log.length; seq++) {
        this.#down(socket, { op: 'event', seq });
      }
      this.#down(socket, { op: 'live' });
      socket.isGreeted = true;
    } else if (frame.op === 'post') {
      this.#countPost(socket);
      if (!this.log.some(({ id }) => id === frame.id)) this.#append(frame);
      this.#down(socket, { op: 'ack', id: frame.id });
    }
  }

  #countPost(socket: ServerSocket): void {
    const { commands, commandWindowMs } = MODEL_LIMITS;
    const now = performance.now();
    const { left, at } = this.#budgets.get(socket) ?? { left: commands, at: now };
    const refilled = Math.min(commands, left + ((now - at) * commands) / commandWindowMs);
    if (refilled < 1) this.overLimit++;
    this.#budgets.set(socket, { left: Math.max(0, refilled - 1), at: now });
  }

  #append(entry: { id: string; tab: string }): void {
    this.log.push({ id: entry.id, tab: entry.tab });
    for (const socket of this.#sockets) {
      if (socket.isGreeted) this.#down(socket, { op: 'event', seq: this.log.length });
    }
  }

  #down(socket: ServerSocket, frame: object): void {
    if (!socket.isOpen || socket.isLost) return;
    const text = JSON.stringify(frame);
    this.#queues.add(`${socket.name}/down`, () => socket.isOpen && socket.handlers.message(text));
  }
}

/** The lock and the channel of the tabs of one browser. */
export class Browser {
  readonly #queues: Queues;
  readonly #members = new Map<string, (message: TabMessage) => void>();
  #holder: { tab: string; resigned: () => void } | null = null;
  #watches: { tab: string; other: string; gone: () => void }[] = [];
  #waiting: { tab: string; granted: () => void; resigned: () => void }[] = [];

  constructor(queues: Queues) {
    this.#queues = queues;
  }

  /** What a tab joins. */
  channelOf(tab: string): SharedSocketsDeps['join'] {
    return (receive): TabChannel => {
      this.#members.set(tab, receive);
      return {
        post: (message) => {
          if (!this.#members.has(tab)) return;
          for (const other of this.#members.keys()) {
            if (other === tab) continue;
            const text = JSON.stringify(message);
            this.#queues.add(`${other}/from-${tab}`, () =>
              this.#members.get(other)?.(JSON.parse(text) as TabMessage),
            );
          }
        },
        lead: (mode, granted, resigned) => {
          if (this.#members.has(tab)) this.#request(tab, mode, granted, resigned);
        },
        whenClosed: (other, gone) => {
          this.#watches.push({ tab, other, gone });
        },
        close: () => this.gone(tab),
      };
    };
  }

  /** A tab is gone: its lock is free. */
  gone(tab: string): void {
    this.#members.delete(tab);
    this.#watches = this.#watches.filter((watch) => watch.tab !== tab);
    for (const watch of this.#watches.filter(({ other }) => other === tab)) {
      this.#queues.add(`${watch.tab}/lock`, watch.gone);
    }
    this.#watches = this.#watches.filter((watch) => watch.other !== tab);
    this.#waiting = this.#waiting.filter((one) => one.tab !== tab);
    if (this.#holder?.tab !== tab) return;
    this.#holder = null;
    this.#grant();
  }

  #request(tab: string, mode: LeadMode, granted: () => void, resigned: () => void): void {
    const before = this.#holder;
    if (mode === 'steal' && before) {
      this.#queues.add(`${before.tab}/lock`, before.resigned);
      this.#holder = null;
      this.#waiting.unshift({ tab, granted, resigned });
    } else this.#waiting.push({ tab, granted, resigned });
    this.#grant();
  }

  #grant(): void {
    if (this.#holder !== null) return;
    const next = this.#waiting.shift();
    if (!next) return;
    this.#holder = { tab: next.tab, resigned: next.resigned };
    this.#queues.add(`${next.tab}/lock`, () => {
      if (this.#holder?.tab === next.tab) next.granted();
    });
  }
}

/**
 * A minimal client of a tab with ids and a cursor: an event is applied if it is the next one, and
 * everything unanswered is resent on each new socket, in order.
 */
export class TabClient {
  readonly tab: string;
  cursor: number;
  /**
   * Events that arrived before a missing one. A client would request it; here this must not happen.
   */
  readonly gaps: string[] = [];
  /** The ids that it has sent, in order. */
  readonly sent: string[] = [];
  isLive = false;
  isGone = false;
  /** The codes with which its sockets were closed. */
  readonly closes: number[] = [];
  readonly #sockets: SharedSockets;
  #socket: LiveSocket | null = null;
  #unanswered: string[] = [];
  #isGreeted = false;
  #generation = 0;

  constructor(tab: string, sockets: SharedSockets, cursor: number) {
    this.tab = tab;
    this.cursor = cursor;
    this.#sockets = sockets;
    this.#connect();
  }

  /** Whether the server has answered everything. */
  get isDone(): boolean {
    return this.isLive && this.#unanswered.length === 0;
  }

  post(): void {
    const id = `${this.tab}-${this.sent.length + 1}`;
    this.sent.push(id);
    this.#unanswered.push(id);
    if (this.#isGreeted) this.#send(id);
  }

  /** The user looks at the tab: the connection must show that it works. */
  nudge(): void {
    if (!this.#isGreeted) return;
    let isHeard = false;
    this.#heard = () => {
      isHeard = true;
    };
    const socket = this.#socket;
    socket?.send('{"op":"ping"}');
    setTimeout(() => {
      if (!isHeard && this.#socket === socket) this.#lost();
    }, 5_000);
  }

  /** The user has become active in this tab, or is away from it. */
  presence(state: 'active' | 'idle'): void {
    this.#socket?.send(JSON.stringify({ op: 'presence', state }));
  }

  #heard: () => void = () => undefined;

  #connect(): void {
    if (this.isGone) return;
    const generation = ++this.#generation;
    const mine = () => !this.isGone && generation === this.#generation;
    this.#socket = this.#sockets.open('ws://model', {
      open: () => {
        if (mine()) this.#socket?.send(JSON.stringify({ op: 'hello', cursor: this.cursor }));
      },
      message: (text) => {
        if (mine()) this.#receive(JSON.parse(text) as { op: string; seq: number; id: string });
      },
      close: (code) => {
        if (!mine()) return;
        this.closes.push(code);
        this.#lost();
      },
    });
    // Like a client whose hello is not answered.
    setTimeout(() => {
      if (mine() && !this.#isGreeted) this.#lost();
    }, 20_000);
  }

  #lost(): void {
    this.#generation++;
    this.isLive = false;
    this.#isGreeted = false;
    const socket = this.#socket;
    this.#socket = null;
    socket?.close();
    setTimeout(() => this.#connect(), 100);
  }

  #receive(frame: { op: string; seq: number; id: string }): void {
    this.#heard();
    if (frame.op === 'ready') {
      this.#isGreeted = true;
      this.#socket?.limited?.(MODEL_LIMITS);
      for (const id of this.#unanswered) this.#send(id);
    } else if (frame.op === 'live') this.isLive = true;
    else if (frame.op === 'ack')
      this.#unanswered = this.#unanswered.filter((id) => id !== frame.id);
    else if (frame.op === 'event' && frame.seq > this.cursor) {
      if (frame.seq > this.cursor + 1)
        this.gaps.push(`${this.tab}: ${frame.seq} after ${this.cursor}`);
      this.cursor = frame.seq;
    }
  }

  #send(id: string): void {
    this.#socket?.send(JSON.stringify({ op: 'post', id, tab: this.tab }));
  }
}
