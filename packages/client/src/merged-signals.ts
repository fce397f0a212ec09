import { type AccountId, LIMITS } from '@parley/protocol';

type Activity = 'active' | 'idle';

/**
 * What several tabs tell the server on one socket about themselves: whose presence they show, and whether their user is
 * active. The socket tells the server the union.
 */
export class MergedSignals {
  readonly #watched = new Map<string, readonly AccountId[]>();
  readonly #activity = new Map<string, Activity>();
  #toldActivity: Activity = 'active';

  /** `own`: the tab of the socket. Its user counts as active until it tells otherwise, as the server assumes too. */
  constructor(own: string) {
    this.#activity.set(own, 'active');
  }

  /** A tab shows the presence of these accounts. Returns the frame for all tabs. */
  watch(tab: string, accounts: readonly AccountId[]): string {
    // The latest change last: it is what is on the screen.
    this.#watched.delete(tab);
    this.#watched.set(tab, accounts);
    return this.#watchFrame();
  }

  /** A user is active in a tab or not. Returns the frame for all tabs; null if that does not change. */
  presence(tab: string, state: Activity): string | null {
    this.#activity.set(tab, state);
    return this.#presenceFrame();
  }

  /** A tab has left. Returns the frames for those that are left. */
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
    if (state === this.#toldActivity) return null;
    this.#toldActivity = state;
    return JSON.stringify({ op: 'presence', state });
  }
}
