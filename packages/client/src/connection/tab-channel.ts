/** The channel between the tabs of a browser that share a connection. Simulated in tests. */
export interface TabChannel {
  /** Sends a message to all other tabs, in order. Messages may be late, and are lost if a tab is frozen or closed. */
  post(message: TabMessage): void;
  /**
   * Makes this tab the leader, and then calls `onGranted`. There is one leader at a time. `onResigned` is called when
   * another tab has replaced this one.
   */
  lead(mode: LeadMode, onGranted: () => void, onResigned: () => void): void;
  /** Calls `onClosed` once when a tab is closed or has crashed, which it cannot announce itself. */
  whenClosed(tab: string, onClosed: () => void): void;
  /** Leaves: another tab may lead. */
  close(): void;
}

/** `wait`: becomes the leader when the current one has left. `steal`: replaces one that does not answer. */
export type LeadMode = 'wait' | 'steal';

/** Identifies one socket of one tab. */
export type SocketId = string;

/** A message between tabs. `from` is the sender. */
export type TabMessage = { readonly from: string } & (
  | { readonly kind: 'ask' }
  /** The leader, to one tab (an answer) or to all: whether its socket can be shared. */
  | {
      readonly kind: 'leader';
      readonly to: string | null;
      readonly socket: SocketId | null;
      readonly state: 'live' | 'opening' | 'down';
    }
  /** The leader’s socket has received a frame. */
  | { readonly kind: 'frame'; readonly socket: SocketId; readonly text: string }
  | {
      readonly kind: 'closed';
      readonly socket: SocketId;
      readonly retryAfterMs: number | null;
    }
  /** A follower has a frame to send on the leader’s socket. */
  | { readonly kind: 'send'; readonly socket: SocketId; readonly text: string }
  | { readonly kind: 'left' }
);

/**
 * Returns a channel between tabs with this name, based on Web Locks and a BroadcastChannel; null if
 * the browser lacks them (plain http). The lock is free as soon as its tab is closed or has
 * crashed.
 */
export function browserTabChannel(
  name: string,
  tab: string,
  receive: (message: TabMessage) => void,
): TabChannel | null {
  const { locks } = navigator as { locks?: LockManager };
  if (!locks || typeof BroadcastChannel === 'undefined') return null;
  const channel = new BroadcastChannel(name);
  channel.onmessage = ({ data }) => receive(data as TabMessage);
  let isClosed = false;
  let release: () => void = () => undefined;
  const waiting = new AbortController();
  const { signal } = waiting;
  const nameOf = (one: string): string => `${name}-${one}`;
  const watched = new Set<string>();
  const present = new Promise<void>((resolve) => {
    signal.addEventListener('abort', () => resolve());
  });
  void locks.request(nameOf(tab), () => present);
  return {
    post: (message) => {
      if (!isClosed) channel.postMessage(message);
    },
    lead: (mode, onGranted, onResigned) => {
      const untilReleased = () =>
        new Promise<void>((resolve) => {
          if (isClosed) {
            resolve();
            return;
          }
          release = resolve;
          onGranted();
        });
      // A request that steals cannot be aborted, and need not be.
      const options = mode === 'steal' ? { steal: true } : { signal };
      locks.request(name, options, untilReleased).catch(() => {
        if (!isClosed) onResigned();
      });
    },
    whenClosed: (other, onClosed) => {
      if (watched.has(other)) return;
      watched.add(other);
      const free = () => {
        watched.delete(other);
        onClosed();
      };
      // Rejects only when this tab leaves.
      locks.request(nameOf(other), { signal }, free).catch(() => undefined);
    },
    close: () => {
      isClosed = true;
      waiting.abort();
      release();
      channel.close();
    },
  };
}
