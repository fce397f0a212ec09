import { Budget } from './budget.ts';

/** New sockets of all addresses: so many at once, and so many a second after that. */
const BURST = 600;
const PER_SECOND = 300;
/** Of one address: half of it, so that no address alone can keep the others out. */
const ADDRESS_BURST = BURST / 2;
const ADDRESS_PER_SECOND = PER_SECOND / 2;
/** Addresses that are remembered; beyond, those that have asked least recently are forgotten. */
const ADDRESSES_MAX = 10_000;

/** Limits how fast new sockets are opened: by one address, and in all. */
export class UpgradeBudgets {
  readonly #all: Budget;
  readonly #on: boolean;
  /** In the order of their last request. */
  readonly #addresses = new Map<string, Budget>();

  /** With `on` false nothing is ever refused. */
  constructor(on: boolean) {
    this.#on = on;
    this.#all = new Budget(on ? BURST : 0, (BURST / PER_SECOND) * 1000);
  }

  /** Takes one for an address (of IPv6 its /64); false when it, or all of them, have had enough. */
  take(address: string): boolean {
    if (!this.#on) return true;
    const own =
      this.#addresses.get(address) ??
      new Budget(ADDRESS_BURST, (ADDRESS_BURST / ADDRESS_PER_SECOND) * 1000);
    this.#addresses.delete(address);
    this.#addresses.set(address, own);
    for (const oldest of this.#addresses.keys()) {
      if (this.#addresses.size <= ADDRESSES_MAX) break;
      this.#addresses.delete(oldest);
    }
    // What its address refuses takes nothing from the others.
    return own.take() && this.#all.take();
  }
}
