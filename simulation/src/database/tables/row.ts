/** The owner of row locks, which waits for others: a transaction. */
export interface LockOwner {
  /** What it waits for. */
  readonly wait: Wait | null;
  /** Grants it the lock that it waits for. */
  grant(wait: RowWait): void;
  /** Its wait is over. */
  resume(): void;
  /** Another owner waits for its end. */
  addFollower(wait: EndWait): void;
  removeFollower(wait: EndWait): void;
}

/**
 * A row: its committed value, and the value that a transaction in progress has given it. There is
 * at most one of those, because its transaction holds an exclusive lock.
 */
export class Row<T extends object = object> {
  /** The committed value; null before the insert and after the deletion. */
  committed: T | null = null;
  /** The transaction that has inserted, changed or deleted the row and has not ended. */
  writer: LockOwner | null = null;
  /** The value that the writer sees; null if it has deleted the row. */
  pending: T | null = null;
  /** The transactions that hold a lock. */
  holders: Holder[] = [];
  /** The transactions that wait for one, in order. */
  queue: RowWait[] = [];

  /** Whether the row was permanently deleted, or its insert was rolled back. */
  get isGone(): boolean {
    return this.committed === null && this.writer === null;
  }
}

/** How strong a row lock is. Two are in conflict if their sum is at least 10. */
export type LockMode = 1 | 4 | 6 | 9;
/** `for key share`: the lock that a foreign key takes on the row that it refers to. */
export const KEY_SHARE: LockMode = 1;
/** `for share`: the lock of a reader that waits for updates, and lets none begin. */
export const SHARE: LockMode = 4;
/** `for no key update`: the lock of an update that does not change the key. */
export const NO_KEY_UPDATE: LockMode = 6;
/** `for update`: the lock of a deletion. */
export const UPDATE: LockMode = 9;

/** Returns whether two transactions cannot hold these locks of a row at the same time. */
export const areInConflict = (one: LockMode, other: LockMode): boolean => one + other >= 10;

/** A transaction that holds a lock of a row. */
export interface Holder {
  readonly transaction: LockOwner;
  mode: LockMode;
}

/** A transaction that waits for a lock of a row. */
export interface RowWait {
  readonly kind: 'row';
  readonly transaction: LockOwner;
  readonly row: Row;
  readonly mode: LockMode;
}

/** A transaction that waits for the end of another one, which has inserted the same unique key. */
export interface EndWait {
  readonly kind: 'end';
  readonly transaction: LockOwner;
  readonly other: LockOwner;
}

/** What a transaction waits for. */
export type Wait = RowWait | EndWait;

/** The steps of a statement: it yields each wait, and is continued when the wait is over. */
export type Steps<T> = Generator<Wait, T, void>;
