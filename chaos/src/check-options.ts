/** What a checker needs to know of the run besides its history. */
export interface CheckOptions {
  readonly mode: 'clean' | 'chaos' | 'slow' | 'database';
  /** Every client must have everything this long after a round, ms. */
  readonly deadlineMs: number;
  /** The number of nodes. */
  readonly nodes?: number;
  /** Times are simulated: what takes long was delayed by a fault, never by other work of the machine. */
  readonly isSimulated?: boolean;
}
