import type { AccountId } from '@parley/protocol';
import { uuidv7 } from 'uuidv7';
import { MergedSignals } from '../lib/merged-signals.ts';
import { SharedSocket, type Signal } from './shared-socket.ts';
import { browserSocket, type SocketFactory } from './socket.ts';
import {
  browserTabChannel,
  type LeadMode,
  type TabChannel,
  type TabMessage,
} from './tab-channel.ts';

/** A client that has not reconnected within this time was stopped while offline, ms. */
const STOPPED_MS = 60_000;

/** The tab of {@link SharedSockets}, and how it reaches the server and the other tabs. */
export interface SharedSocketsDeps {
  /** Opens a socket for this tab alone. */
  readonly socket: SocketFactory;
  /** Identifies this tab. */
  readonly tab: string;
  /** Joins the tabs that share a connection; null if they can’t. */
  join(receive: (message: TabMessage) => void): TabChannel | null;
}

/**
 * Lets the tabs of a browser share one connection. One tab, the leader, holds a lock and the socket. It relays the
 * server’s frames to the other tabs, the followers, and their frames to the server.
 *
 * To each tab, this looks like its own socket, which may be lost at any time: when the leader is closed,
 * frozen or disconnected. Exactly-once delivery and order therefore depend only on ids and cursors, not on
 * this class:
 *
 * 1. A follower first asks the leader for its frames, and buffers them; then it connects with its own
 *    socket. Once it is live, it closes that socket and applies the buffered frames. Frames that the
 *    leader received before it was asked are covered by the follower’s hello; all later ones are
 *    buffered. So no event is missing, and duplicates are recognized by their seqs.
 * 2. It closes its own socket only when everything sent there is answered; new commands wait
 *    meanwhile. So commands sent through the leader never overtake earlier ones.
 * 3. When the leader’s socket is lost, so is the follower’s, and everything unanswered is sent
 *    again, with the same ids and in order.
 * 4. Two leaders at a time, for instance after one was frozen, are two connections, which is harmless.
 * 5. A ping of a follower is answered by the server. Without an answer it replaces the leader: a
 *    leader that is frozen, throttled or offline may not notice.
 * 6. The server limits the commands of a connection: the leader paces those of all tabs together.
 */
export class SharedSockets {
  readonly #deps: SharedSocketsDeps;
  #channel: TabChannel | null = null;
  #isLeader = false;
  #current: SharedSocket | null = null;
  #count = 0;
  #stopTimer: ReturnType<typeof setTimeout> | undefined;
  /** The tabs that receive this tab’s frames. */
  readonly #followers = new Set<string>();
  #signals: MergedSignals;

  constructor(deps: SharedSocketsDeps) {
    this.#deps = deps;
    this.#signals = new MergedSignals(deps.tab);
  }

  /** Opens a socket: first this tab’s own, later through the leader if there is one. */
  readonly open: SocketFactory = (url, handlers) => {
    clearTimeout(this.#stopTimer);
    this.#count++;
    const id = `${this.#deps.tab}.${this.#count}`;
    if (this.#channel === null) this.#join();
    const socket = new SharedSocket(id, url, handlers, {
      socket: this.#deps.socket,
      tab: this.#deps.tab,
      channel: this.#channel,
      isLeader: () => this.#isLeader,
      takeOver: () => this.#lead('steal'),
      live: () => this.#announce(null),
      received: (text) => {
        if (this.#followers.size > 0) this.#post({ kind: 'frame', socket: id, text });
      },
      signal: (tab, frame) => this.#signal(tab, frame),
      ended: (retryAfterMs) => this.#ended(socket, retryAfterMs),
      stopped: () => this.#leave(),
    });
    this.#current = socket;
    this.#signals = new MergedSignals(this.#deps.tab);
    socket.start();
    return socket;
  };

  /** Prepares for the freezing of the page: another tab takes over at once. */
  freezing(): void {
    if (!this.#isLeader) return;
    this.#current?.freezing();
    this.#leave();
  }

  #join(): void {
    this.#channel = this.#deps.join((message) => this.#receive(message));
    this.#lead('wait');
  }

  #lead(mode: LeadMode): void {
    const channel = this.#channel;
    channel?.lead(
      mode,
      () => {
        if (this.#channel !== channel) return;
        this.#isLeader = true;
        this.#current?.becameLeader();
      },
      () => {
        if (this.#channel !== channel) return;
        // Frozen until now: another tab has taken over.
        if (this.#isLeader) this.#dismiss(null);
        this.#isLeader = false;
        this.#lead('wait');
        this.#current?.resigned();
      },
    );
  }

  /** Lets another tab lead, after the client of this one has stopped. */
  #leave(): void {
    clearTimeout(this.#stopTimer);
    this.#post({ kind: 'left' });
    this.#channel?.close();
    this.#channel = null;
    this.#isLeader = false;
  }

  #receive(message: TabMessage): void {
    const current = this.#current;
    switch (message.kind) {
      case 'ask':
        if (this.#isLeader) this.#announce(message.from);
        break;
      case 'leader':
        if (this.#isLeader || (message.to !== null && message.to !== this.#deps.tab)) return;
        current?.leaderReported(message);
        break;
      case 'frame':
        current?.relayed(message.socket, message.text);
        break;
      case 'closed':
        current?.leaderClosed(message.socket, message.retryAfterMs);
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

  /**
   * Announces the leader’s socket to a tab, or to all. A tab that has asked receives its frames
   * from now on.
   */
  #announce(to: string | null): void {
    const current = this.#current;
    const state = current === null ? 'down' : current.isLive ? 'live' : 'opening';
    // A follower that asks again keeps its activity.
    if (to !== null && state === 'live' && !this.#followers.has(to)) {
      this.#followers.add(to);
      this.#channel?.whenClosed(to, () => this.#forget(to));
      current?.sendToServer(this.#signals.presence(to, 'active'));
    }
    this.#post({ kind: 'leader', to, socket: current?.id ?? null, state });
  }

  #signal(tab: string, frame: Signal): string | null {
    if (frame.op === 'watch') return this.#signals.watch(tab, frame.accounts);
    return this.#signals.presence(tab, frame.state);
  }

  #forget(tab: string): void {
    if (!this.#followers.delete(tab)) return;
    this.#current?.forget(tab);
    for (const frame of this.#signals.left(tab)) this.#current?.sendToServer(frame);
  }

  #ended(socket: SharedSocket, retryAfterMs: number | null): void {
    if (this.#current !== socket) return;
    if (this.#isLeader) this.#dismiss(retryAfterMs);
    this.#current = null;
    // Another tab may lead then.
    this.#stopTimer = setTimeout(() => this.#leave(), STOPPED_MS);
  }

  /** Disconnects the followers, which are connected through this tab. */
  #dismiss(retryAfterMs: number | null): void {
    const socket = this.#current?.id;
    if (socket !== undefined && this.#followers.size > 0) {
      this.#post({ kind: 'closed', socket, retryAfterMs });
    }
    for (const tab of this.#followers) this.#current?.forget(tab);
    this.#followers.clear();
  }

  #post(message: DistributiveOmit<TabMessage, 'from'>): void {
    this.#channel?.post({ ...message, from: this.#deps.tab } as TabMessage);
  }
}

/**
 * The version of the messages between tabs ({@link TabMessage}), and of what a leader’s hello
 * requests. Tabs with another version, from before an upgrade, have a connection of their own.
 */
export const TAB_FORMAT = 2;

/** Returns a factory of sockets that the tabs of a browser share, for one account. */
export function tabSocket(account: AccountId): SocketFactory {
  const name = `parley-tabs-${TAB_FORMAT}-${account}`;
  const tab = uuidv7();
  const join: SharedSocketsDeps['join'] = (receive) => browserTabChannel(name, tab, receive);
  const sockets = new SharedSockets({ socket: browserSocket, tab, join });
  // Chromium freezes hidden tabs to save energy (Page Lifecycle API); other browsers have no such event.
  globalThis.document?.addEventListener('freeze', () => sockets.freezing());
  return sockets.open;
}

type DistributiveOmit<T, K extends PropertyKey> = T extends unknown ? Omit<T, K> : never;
