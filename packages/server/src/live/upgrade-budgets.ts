import { Budget } from './budget.ts';

/** Upgrades from all addresses: initial burst, then per second. */
const BURST = 600;
const PER_SECOND = 300;
/** Upgrades from one address: half of that, so that a single address cannot exclude the others. */
const ADDRESS_BURST = BURST / 2;
const ADDRESS_PER_SECOND = PER_SECOND / 2;
/** Addresses that are remembered; beyond that, the least recently used are forgotten. */
const ADDRESSES_MAX = 10_000;

/** Limits how fast connections are opened, by one address and in total. */
export class UpgradeBudgets {
  readonly #all: Budget;
  readonly #isOn: boolean;
  /** In order of their last request. */
  readonly #addresses = new Map<string, Budget>();

  /** With `isOn` false nothing is limited. */
  constructor(isOn: boolean) {
    this.#isOn = isOn;
    this.#all = new Budget(isOn ? BURST : 0, (BURST / PER_SECOND) * 1000);
  }

  /** Counts an upgrade from an address (for IPv6, its /64). Returns false over the limit. */
  take(address: string): boolean {
    if (!this.#isOn) return true;
    const own =
      this.#addresses.get(address) ??
      new Budget(ADDRESS_BURST, (ADDRESS_BURST / ADDRESS_PER_SECOND) * 1000);
    this.#addresses.delete(address);
    this.#addresses.set(address, own);
    for (const oldest of this.#addresses.keys()) {
      if (this.#addresses.size <= ADDRESSES_MAX) break;
      this.#addresses.delete(oldest);
    }
    // The common budget is charged only if the address is within its own.
    return own.take() && this.#all.take();
  }
}
