import { type AccountId, LIMITS } from '@parley/protocol';

type Activity = 'active' | 'idle';

/**
 * Merges the signals of the tabs that share a socket: whose presence each shows, and whether its user is active. The
 * server receives the union.
 */
export class MergedSignals {
  readonly #watched = new Map<string, readonly AccountId[]>();
  readonly #activity = new Map<string, Activity>();
  #sentActivity: Activity = 'active';

  /** `own`: the tab of the socket. Its user counts as active, also for the server, until the tab reports otherwise. */
  constructor(own: string) {
    this.#activity.set(own, 'active');
  }

  /** Sets the accounts whose presence a tab shows. Returns the frame for all tabs. */
  watch(tab: string, accounts: readonly AccountId[]): string {
    // The latest change last, because it is on the screen: if there are too many, earlier ones are
    // left out.
    this.#watched.delete(tab);
    this.#watched.set(tab, accounts);
    return this.#watchFrame();
  }

  /**
   * Records whether a user is active in a tab. Returns the frame for all tabs; null if nothing changes for the server.
   */
  presence(tab: string, state: Activity): string | null {
    this.#activity.set(tab, state);
    return this.#presenceFrame();
  }

  /** Handles the closing of a tab. Returns the frames that update the server. */
  left(tab: string): string[] {
    const frames: string[] = [];
    if (this.#watched.delete(tab)) frames.push(this.#watchFrame());
    if (this.#activity.delete(tab)) {
      const frame = this.#presenceFrame();
      if (frame !== null) frames.push(frame);
    }
    return frames;
  }

  #watchFrame(): string {
    const all = new Set([...this.#watched.values()].reverse().flat());
    return JSON.stringify({
      op: 'watch',
      accounts: [...all].slice(0, LIMITS.presenceSubscriptions),
    });
  }

  #presenceFrame(): string | null {
    const isActive = [...this.#activity.values()].includes('active');
    const state = isActive ? 'active' : 'idle';
    if (state === this.#sentActivity) return null;
    this.#sentActivity = state;
    return JSON.stringify({ op: 'presence', state });
  }
}
