/** The share of a transaction’s time that the next one may wait for further commands. */
const SHARE = 0.15;
/** The longest wait, ms. */
const MAX_MS = 1;
/** Weight of the latest transaction in the average. */
const WEIGHT = 0.1;

/**
 * Decides how long the next batch waits for further commands when no transaction is in flight.
 *
 * Senders that were just answered often send again at once. If a batch starts without them, two
 * groups of senders alternate from then on: twice as many transactions, each half the size. A batch
 * therefore waits until as many commands are queued as were in flight when the last transaction
 * ended, but no longer than a small share of a transaction’s time. A single command does not wait.
 */
export class BatchDelay {
  #transactionMs = 0;
  readonly #batchMax: number;
  #underWay = 1;

  /** `batchMax` is the largest number of commands in a batch. */
  constructor(batchMax: number) {
    this.#batchMax = batchMax;
  }

  /** The longest time that a batch waits, ms. */
  get waitMs(): number {
    return Math.min(SHARE * this.#transactionMs, MAX_MS);
  }

  /** Returns whether a batch of the `waiting` commands starts at once. */
  isComplete(waiting: number): boolean {
    return waiting >= this.#underWay;
  }

  /** Records a transaction that ended, the number of its commands, and how many waited at its end. */
  observe(transactionMs: number, commands: number, waiting: number): void {
    this.#transactionMs += WEIGHT * (transactionMs - this.#transactionMs);
    this.#underWay = Math.min(commands + waiting, this.#batchMax);
  }
}
