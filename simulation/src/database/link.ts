import type { Scheduler } from '../event-loop/scheduler.ts';

/** A range of ms from which the seed chooses. */
export type Range = readonly [min: number, max: number];

/** One direction of a connection: it delivers in order, with delays, until it is cut. */
export class Link<T> {
  readonly #scheduler: Scheduler;
  readonly #delay: () => Range;
  readonly #deliver: (items: readonly T[]) => void;
  #items: T[] = [];
  #cancel: (() => void) | null = null;
  #isCut = false;
  #isHanging = false;

  constructor(scheduler: Scheduler, delay: () => Range, deliver: (items: readonly T[]) => void) {
    this.#scheduler = scheduler;
    this.#delay = delay;
    this.#deliver = deliver;
  }

  /** Sends an item. Items that are sent before its delivery are delivered together. */
  send(item: T): void {
    if (this.#isCut) return;
    this.#items.push(item);
    if (this.#cancel || this.#isHanging) return;
    const [min, max] = this.#delay();
    this.#cancel = this.#scheduler.later(min, max, () => this.#flush());
  }

  #flush(): void {
    this.#cancel = null;
    if (this.#items.length > 0) this.#deliver(this.#items.splice(0));
  }

  /** Silently delivers nothing from now on. */
  hang(): void {
    this.#isHanging = true;
    this.#cancel?.();
    this.#cancel = null;
  }

  /** Delivers the first items in transit, as many as the seed decides, and nothing more. */
  cut(): void {
    if (this.#isCut) return;
    this.#isCut = true;
    this.#cancel?.();
    this.#cancel = null;
    if (this.#isHanging) return;
    const arrived = Math.floor(this.#scheduler.random() * (this.#items.length + 1));
    const items = this.#items.splice(0, arrived);
    this.#items = [];
    if (items.length > 0) this.#deliver(items);
  }
}
