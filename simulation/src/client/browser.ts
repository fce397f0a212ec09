import type { Random } from '@parley/chaos/lib/random';
import type { SharedSocketsDeps } from '@parley/client/internal/connection/shared-sockets';
import type {
  LeadMode,
  TabChannel,
  TabMessage,
} from '@parley/client/internal/connection/tab-channel';
import type { EventLoop } from '../event-loop/event-loop.ts';
import type { Process } from '../event-loop/process.ts';

/** How long a message or a lock takes to reach another tab, ms. */
const DELAY_MS = 2;

/** A tab that has joined, and the callbacks of its process. */
interface Tab {
  readonly id: string;
  readonly process: Process;
  readonly receive: (message: TabMessage) => void;
}

/** A request for the lock of the leader. */
interface Request {
  readonly tab: Tab;
  readonly granted: () => void;
  readonly resigned: () => void;
}

/**
 * The connections between the tabs of a browser: a BroadcastChannel and Web Locks. Messages from
 * one tab to another arrive in order. A killed tab no longer holds locks; a frozen one keeps them,
 * and receives everything when it is thawed.
 */
export class SimulatedBrowser {
  readonly #loop: EventLoop;
  readonly #random: Random;
  readonly #tabs = new Map<string, Tab>();
  /** The time at which the last message of a tab arrives at another one. */
  readonly #arrivals = new Map<string, number>();
  #holder: Request | null = null;
  #waiting: Request[] = [];
  #watches: { readonly by: Tab; readonly other: string; readonly gone: () => void }[] = [];

  constructor(loop: EventLoop, random: Random) {
    this.#loop = loop;
    this.#random = random;
  }

  /** Returns the interface with which a tab of a process joins. */
  channelOf(id: string, process: Process): SharedSocketsDeps['join'] {
    return (receive): TabChannel => {
      const tab = { id, process, receive };
      this.#tabs.set(id, tab);
      return {
        post: (message) => this.#post(tab, message),
        lead: (mode, granted, resigned) => {
          if (this.#tabs.has(id)) this.#request({ tab, granted, resigned }, mode);
        },
        whenClosed: (other, gone) => {
          this.#watches.push({ by: tab, other, gone });
        },
        close: () => this.left(id),
      };
    };
  }

  /** Handles a tab that was closed, has crashed, or has left. */
  left(id: string): void {
    if (!this.#tabs.delete(id)) return;
    for (const { by, other, gone } of this.#watches) if (other === id) this.#later(by, gone);
    this.#watches = this.#watches.filter(({ by, other }) => by.id !== id && other !== id);
    this.#waiting = this.#waiting.filter(({ tab }) => tab.id !== id);
    if (this.#holder?.tab.id === id) this.#holder = null;
    this.#grant();
  }

  #post(from: Tab, message: TabMessage): void {
    if (!this.#tabs.has(from.id)) return;
    // Each tab receives a copy.
    const text = JSON.stringify(message);
    for (const to of this.#tabs.values()) {
      if (to === from) continue;
      const pair = `${from.id} ${to.id}`;
      const { now } = this.#loop;
      const at = Math.max(this.#arrivals.get(pair) ?? 0, now + this.#random.next() * DELAY_MS);
      this.#arrivals.set(pair, at);
      this.#loop.after(at - now, to.process, () => {
        if (this.#tabs.get(to.id) === to) to.receive(JSON.parse(text) as TabMessage);
      });
    }
  }

  #request(request: Request, mode: LeadMode): void {
    const before = this.#holder;
    if (mode === 'steal') this.#waiting.unshift(request);
    else this.#waiting.push(request);
    if (mode === 'steal' && before) {
      this.#holder = null;
      this.#later(before.tab, before.resigned);
    }
    this.#grant();
  }

  #grant(): void {
    if (this.#holder !== null) return;
    const next = this.#waiting.shift();
    if (!next) return;
    this.#holder = next;
    this.#later(next.tab, () => {
      if (this.#holder === next) next.granted();
    });
  }

  #later({ process }: Tab, fn: () => void): void {
    this.#loop.after(this.#random.next() * DELAY_MS, process, fn);
  }
}
