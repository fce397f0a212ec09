import type { Row } from './row.ts';
import type { Table } from './table.ts';

/** A row that a committed transaction has changed. */
export interface JournalEntry {
  readonly table: Table<object>;
  readonly row: Row;
  /** A value with the keys of the row. */
  readonly value: object;
  /** The previous committed value; null if the transaction inserted the row. */
  readonly before: object | null;
}

/** A committed transaction. */
interface Commit {
  readonly entries: readonly JournalEntry[];
  /** When it is on disk, simulated ms. */
  readonly durableAt: number;
}

/**
 * The committed transactions, in order, so that the last ones can be undone, like the WAL of a
 * database.
 */
export class Journal {
  #commits: Commit[] = [];

  get length(): number {
    return this.#commits.length;
  }

  add(entries: readonly JournalEntry[], durableAt: number): void {
    this.#commits.push({ entries, durableAt });
  }

  /** Committed changes can no longer be undone. */
  clear(): void {
    this.#commits = [];
  }

  /**
   * Undoes everything after the last commit that was on disk at `now`. No transaction may be in
   * progress.
   */
  loseUnwritten(now: number): void {
    this.undo(this.length - 1 - this.#commits.findLastIndex(({ durableAt }) => durableAt <= now));
  }

  /** Undoes the last commits. No transaction may be in progress. */
  undo(count: number): void {
    for (const { entries } of this.#commits.splice(this.length - count).reverse()) {
      for (const { table, row, value, before } of [...entries].reverse()) {
        const wasDeleted = row.committed === null;
        row.committed = before;
        if (before === null) table.remove(row, value);
        else if (wasDeleted) table.restore(row, value);
      }
    }
  }
}
