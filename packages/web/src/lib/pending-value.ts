/** A value that the user has chosen, shown until the saved state has it or the request has failed. */
export interface PendingValue<T> {
  readonly value: T;
  /** What was saved when the request succeeded; left out while it is in flight. */
  readonly answeredAt?: { readonly saved: T };
}

/**
 * Returns whether a pending value is over: it was saved, or something else was after the request had
 * succeeded. What others save while the request is in flight is overwritten by it.
 */
export const isOver = <T>({ value, answeredAt }: PendingValue<T>, saved: T): boolean =>
  Object.is(saved, value) || (answeredAt !== undefined && !Object.is(answeredAt.saved, saved));
