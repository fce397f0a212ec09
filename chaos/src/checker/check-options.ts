/** The properties of a run that a checker needs besides the history. */
export interface CheckOptions {
  readonly mode: 'clean' | 'chaos' | 'slow' | 'database';
  /** Every client must have everything this long after a round, ms. */
  readonly deadlineMs: number;
  /** The number of nodes. */
  readonly nodes?: number;
  /** Times are simulated: delays come from faults, never from other load on the machine. */
  readonly isSimulated?: boolean;
}
