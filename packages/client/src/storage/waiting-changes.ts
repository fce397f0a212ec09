import type { ClientId } from '@parley/protocol';
import { ApiError } from '../api/api-error.ts';

/** A change over REST that the server has not answered, as it is stored. */
export interface WaitingChange<Change = unknown> {
  /** Created once per user action; every attempt uses this id. A UUIDv7, so ids are in the order of the actions. */
  readonly id: ClientId;
  /** What is changed. */
  readonly of: 'sidebar' | 'overrides' | 'notifications' | 'locale';
  readonly change: Change;
}

/** What became of a change: the server made it, or it is stored until there is a connection. */
export type ChangeOutcome = 'made' | 'waiting';

/** How changes that wait are stored, and what happens to those that are refused. */
export interface ChangeDeps {
  /** Stores a change until it is removed. Resolves when it is stored. */
  put(change: WaitingChange): Promise<void>;
  remove(id: ClientId): void;
  /** Called when the server refuses a change, or it fails otherwise, after its caller was told that it waits. */
  refused(error: Error): void;
}

/** How {@link WaitingChanges} sends its changes. */
export interface WaitingChangesDeps<Change> extends ChangeDeps {
  readonly of: WaitingChange['of'];
  /** Sends a change and takes over the answer. Rejects with an {@link ApiError}. */
  send(change: Change, id: ClientId): Promise<void>;
  /** Called when other changes wait. */
  changed(): void;
}

interface Caller {
  resolve(outcome: ChangeOutcome | Promise<ChangeOutcome>): void;
  reject(error: unknown): void;
}

interface Waiting<Change> extends WaitingChange<Change> {
  /** Resolves when the change is stored. */
  readonly stored: Promise<void>;
  /** The caller that waits for the answer; null: it was told that the change is stored. */
  caller: Caller | null;
}

/**
 * Changes of one kind, such as those of the sidebar, that the server has not answered. They are sent one at a time, in the order
 * in which the user made them, each with the same id in all attempts, so that none is made twice. Without a connection
 * they are kept, also over a restart.
 */
export class WaitingChanges<Change> {
  readonly #deps: WaitingChangesDeps<Change>;
  #waiting: Waiting<Change>[] = [];
  #isSending = false;
  /** The server could not be reached: nothing is sent until `resume`. */
  #isHeld = false;
  /** Increases with `clear`: answers to earlier requests are ignored. */
  #generation = 0;

  constructor(deps: WaitingChangesDeps<Change>) {
    this.#deps = deps;
  }

  /** The changes in their order. */
  get changes(): readonly WaitingChange<Change>[] {
    return this.#waiting;
  }

  /**
   * Adds a change and sends it when its turn comes. Resolves when it was made, or is stored until there is a connection;
   * rejects when the server refuses it.
   */
  add(change: Change, id: ClientId): Promise<ChangeOutcome> {
    const of = this.#deps.of;
    const stored = this.#deps.put({ id, of, change });
    const outcome = new Promise<ChangeOutcome>((resolve, reject) => {
      this.#waiting.push({ id, of, change, stored, caller: { resolve, reject } });
    });
    if (this.#isHeld) this.#release();
    this.#deps.changed();
    void this.#send();
    return outcome;
  }

  /** Adds changes that were stored, by an earlier start or another tab. */
  restore(stored: readonly WaitingChange[]): void {
    const known = new Set(this.#waiting.map(({ id }) => id));
    const added = stored.filter(({ id, of }) => of === this.#deps.of && !known.has(id));
    if (added.length === 0) return;
    // Its form is that of this class: no one else stores changes of this kind.
    const all = added.map((one) => ({
      ...one,
      change: one.change as Change,
      stored: Promise.resolve(),
      caller: null,
    }));
    const [first, ...others] = this.#waiting;
    // The one that is being sent stays first.
    const sending = this.#isSending && first ? [first] : [];
    const rest = sending.length > 0 ? others : this.#waiting;
    this.#waiting = [...sending, ...[...rest, ...all].sort((a, b) => (a.id < b.id ? -1 : 1))];
    this.#deps.changed();
  }

  /** Sends what waits: there is a connection. Must be called regularly while connected. */
  resume(): void {
    this.#isHeld = false;
    void this.#send();
  }

  /** Removes everything from memory. */
  clear(): void {
    this.#generation++;
    this.#waiting = [];
    this.#isSending = false;
    this.#isHeld = false;
  }

  async #send(): Promise<void> {
    if (this.#isSending) return;
    this.#isSending = true;
    const generation = this.#generation;
    try {
      for (let next = this.#waiting[0]; next && !this.#isHeld; next = this.#waiting[0]) {
        const error = await this.#attempt(next);
        if (generation !== this.#generation) return;
        if (error instanceof ApiError && error.retryable) this.#hold();
        else this.#settle(next, error);
      }
    } finally {
      // Also if a listener has thrown: the next changes are sent at the next `resume`.
      if (generation === this.#generation) this.#isSending = false;
    }
  }

  async #attempt({ change, id }: Waiting<Change>): Promise<unknown> {
    try {
      await this.#deps.send(change, id);
      return null;
    } catch (error) {
      return error;
    }
  }

  #hold(): void {
    this.#isHeld = true;
    this.#release();
  }

  /** Tells the callers that their changes wait, once these are stored. */
  #release(): void {
    for (const one of this.#waiting) {
      one.caller?.resolve(one.stored.then(() => 'waiting'));
      one.caller = null;
    }
  }

  #settle(settled: Waiting<Change>, error: unknown): void {
    this.#waiting = this.#waiting.filter((one) => one !== settled);
    this.#deps.remove(settled.id);
    this.#deps.changed();
    const { caller } = settled;
    if (error === null) caller?.resolve('made');
    else if (caller) caller.reject(error);
    else this.#deps.refused(error instanceof Error ? error : new Error(String(error)));
  }
}
