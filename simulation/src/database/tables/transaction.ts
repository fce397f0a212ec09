import { checkViolation, foreignKeyViolation, uniqueViolation } from './errors.ts';
import {
  areInConflict,
  type EndWait,
  type Holder,
  KEY_SHARE,
  type LockMode,
  type LockOwner,
  NO_KEY_UPDATE,
  Row,
  type RowWait,
  type Steps,
  UPDATE,
  type Wait,
} from './row.ts';
import type { Index, Table } from './table.ts';
import type { Tables } from './tables.ts';

/** The write of a transaction to a row. */
interface Write {
  readonly table: Table<object>;
  readonly row: Row;
  /** A value with the key of the row: keys never change. */
  readonly value: object;
}

/**
 * A transaction at READ COMMITTED: a statement sees what was committed when it started, and what its
 * own transaction has written. Everything that a statement reads before its first wait is from that
 * moment; what it locks after a wait is the current row, as in PostgreSQL.
 */
export class Transaction implements LockOwner {
  readonly tables: Tables;
  /** The time of its start: `now()`. */
  readonly startedAt: number;
  /** What it waits for. */
  wait: Wait | null = null;
  /** Whether its commit waits until it is on disk. */
  isSynchronous = true;
  /** Continues the statement that waits; called when a wait is over. */
  readonly #onGranted: () => void;
  readonly #writes: Write[] = [];
  /** Writes of the current statement that refer to other rows. */
  readonly #unchecked: Write[] = [];
  readonly #locked: Row[] = [];
  /** The transactions that wait for the end of this one. */
  readonly #followers: EndWait[] = [];

  constructor(tables: Tables, startedAt: number, onGranted: () => void) {
    this.tables = tables;
    this.startedAt = startedAt;
    this.#onGranted = onGranted;
  }

  /** Whether it has changed anything, so that COMMIT has to wait for the disk. */
  get hasWritten(): boolean {
    return this.#writes.length > 0;
  }

  // ---- reading ----------------------------------------------------------------------------------

  /** Returns the value of a row that the transaction sees; null if it sees none. */
  see<T extends object>(row: Row<T>): T | null {
    return row.writer === this ? row.pending : row.committed;
  }

  /** Returns the only visible row with a key of a unique index. */
  one<T extends object>(index: Index<T>, key: string): T | null {
    for (const row of index.find(key)) {
      const value = this.see(row);
      if (value !== null) return value;
    }
    return null;
  }

  /** Returns the visible rows with a key. */
  all<T extends object>(index: Index<T>, key: string): T[] {
    const found: T[] = [];
    for (const row of index.find(key)) {
      const value = this.see(row);
      if (value !== null) found.push(value);
    }
    return found;
  }

  /** Returns the rows with a key whose visible value meets a condition. */
  rows<T extends object>(
    rows: Iterable<Row<T>>,
    condition: (value: T) => boolean = () => true,
  ): Row<T>[] {
    const found: Row<T>[] = [];
    for (const row of rows) {
      const value = this.see(row);
      if (value !== null && condition(value)) found.push(row);
    }
    return found;
  }

  // ---- locks ------------------------------------------------------------------------------------

  /**
   * Locks a row. Returns its current value; null if another transaction has deleted it in the
   * meantime.
   */
  *lock<T extends object>(row: Row<T>, mode: LockMode): Steps<T | null> {
    if (!this.tryLock(row, mode)) {
      const wait: RowWait = { kind: 'row', transaction: this, row: row as Row, mode };
      row.queue.push(wait);
      this.wait = wait;
      yield wait;
    }
    return this.see(row);
  }

  /** Locks a row unless another transaction holds a lock that conflicts. Returns whether it did. */
  tryLock(row: Row<object>, mode: LockMode): boolean {
    let own: Holder | null = null;
    for (const holder of row.holders) {
      if (holder.transaction === this) own = holder;
      else if (areInConflict(holder.mode, mode)) return false;
    }
    if (own === null) this.#hold(row, mode);
    else if (own.mode < mode) own.mode = mode;
    return true;
  }

  #hold(row: Row, mode: LockMode): void {
    row.holders.push({ transaction: this, mode });
    this.#locked.push(row);
  }

  // ---- writing ----------------------------------------------------------------------------------

  /**
   * Changes the rows, which were found by a condition. Each is locked; if that had to wait, the
   * condition is checked again on the current value. Returns the new values.
   */
  *update<T extends object>(
    table: Table<T>,
    rows: readonly Row<T>[],
    condition: (value: T) => boolean,
    change: (value: T) => T,
  ): Steps<T[]> {
    const changed: T[] = [];
    for (const row of rows) {
      // PostgreSQL checks the new value, computed from what was found, before it waits for the row.
      const found = this.see(row);
      if (found !== null && condition(found)) this.#check(table, change(found));
      const value = yield* this.lock(row, NO_KEY_UPDATE);
      if (value === null || !condition(value)) continue;
      const next = change(value);
      this.#check(table, next);
      this.#write(table, row, next, next);
      changed.push(next);
    }
    return changed;
  }

  /** Deletes the rows. Returns how many still existed. */
  *delete<T extends object>(table: Table<T>, rows: readonly Row<T>[]): Steps<number> {
    let deleted = 0;
    for (const row of rows) {
      const value = yield* this.lock(row, UPDATE);
      if (value === null) continue;
      this.#write(table, row, null, value);
      deleted++;
    }
    return deleted;
  }

  /**
   * Inserts a row, as soon as no transaction in progress has one with the same unique key. Returns
   * false if there is one in an index of `arbiters` (`on conflict do nothing`).
   *
   * @throws 23505 if there is one in another unique index, 23514 if a check forbids the value
   */
  *insert<T extends object>(
    table: Table<T>,
    value: T,
    arbiters: readonly Index<T>[] = [],
  ): Steps<boolean> {
    this.#check(table, value);
    for (const index of arbiters) if (yield* this.#isTaken(index, value)) return false;
    const row = new Row<T>();
    this.#hold(row, UPDATE);
    this.#write(table, row, value, value);
    table.add(row, value);
    // It is in each index while it waits for the next one, as in PostgreSQL.
    for (const index of table.unique) {
      if (!arbiters.includes(index) && (yield* this.#isTaken(index, value))) {
        throw uniqueViolation(index.constraint ?? '', table.name);
      }
      index.add(row, value);
    }
    return true;
  }

  /**
   * Inserts a row, or changes the one that has its key in a unique index (`on conflict do update`).
   * Returns the resulting value.
   */
  *upsert<T extends object>(
    table: Table<T>,
    value: T,
    index: Index<T>,
    change: (before: T) => T,
  ): Steps<T> {
    for (;;) {
      if (yield* this.insert(table, value, [index])) return value;
      const [row] = this.rows(index.find(index.keyOf(value) ?? ''));
      const [changed] = row ? yield* this.update(table, [row], () => true, change) : [];
      // Another transaction has deleted it in the meantime.
      if (changed) return changed;
    }
  }

  #check<T extends object>(table: Table<T>, value: T): void {
    const violated = table.constraints.violated?.(value) ?? null;
    if (violated !== null) throw checkViolation(violated, table.name);
  }

  /** Returns whether another row has the unique key of a value, once no such row is in progress. */
  *#isTaken<T extends object>(index: Index<T>, value: T): Steps<boolean> {
    const key = index.keyOf(value);
    if (key === null || index.where?.(value) === false) return false;
    for (;;) {
      const other = this.#competitor(index, key);
      if (other === null) return false;
      if (other === 'committed') return true;
      const wait: EndWait = { kind: 'end', transaction: this, other };
      other.addFollower(wait);
      this.wait = wait;
      yield wait;
    }
  }

  #competitor<T extends object>(index: Index<T>, key: string): LockOwner | 'committed' | null {
    const counts = (v: T | null) => v !== null && index.where?.(v) !== false;
    for (const row of index.find(key)) {
      if (row.writer === null || row.writer === this) {
        if (counts(this.see(row))) return 'committed';
      } else if (row.committed === null || counts(row.committed) || counts(row.pending)) {
        // An insert holds the key to the end, even if its transaction has deleted the row again.
        return row.writer;
      }
    }
    return null;
  }

  /**
   * Checks the foreign keys of the rows that a statement has written, at its end: locks the rows that they
   * refer to against deletion.
   *
   * @throws 23503 if there is none
   */
  *checkReferences(): Steps<void> {
    for (const { table, value } of this.#unchecked.splice(0)) {
      for (const { constraint, find } of table.constraints.references ?? []) {
        let exists = false;
        for (const row of find(value)) {
          exists ||= this.see(row) !== null && (yield* this.lock(row, KEY_SHARE)) !== null;
        }
        if (!exists) throw foreignKeyViolation(constraint, table.name);
      }
    }
  }

  #write<T extends object>(table: Table<T>, row: Row<T>, pending: T | null, key: T): void {
    const write = { table: table as unknown as Table<object>, row: row as Row, value: key };
    const isOwn = row.writer === this;
    // PostgreSQL rechecks a row that its own transaction has written before, whatever has changed.
    if (table.constraints.references && pending !== null && (isOwn || row.committed === null)) {
      this.#unchecked.push(write);
    }
    if (!isOwn) {
      row.writer = this;
      this.#writes.push(write);
    }
    row.pending = pending;
  }

  // ---- the end ----------------------------------------------------------------------------------

  /**
   * Makes its writes visible to others, and passes its locks on. `durableAt` is the time when they
   * are on disk, if they are not yet.
   */
  commit(durableAt = Number.NEGATIVE_INFINITY): void {
    if (this.hasWritten) {
      const entries = this.#writes.map((write) => ({ ...write, before: write.row.committed }));
      this.tables.journal.add(entries, durableAt);
    }
    for (const { table, row, value } of this.#writes) {
      row.committed = row.pending;
      this.#forget(row);
      if (row.committed === null) table.remove(row, value);
    }
    this.#end();
  }

  /** Undoes its writes, and passes its locks on. */
  rollback(): void {
    this.#cancelWait();
    for (const { table, row, value } of this.#writes) {
      this.#forget(row);
      if (row.committed === null) table.remove(row, value);
    }
    this.#end();
  }

  #forget(row: Row): void {
    row.writer = null;
    row.pending = null;
  }

  #cancelWait(): void {
    if (this.wait?.kind === 'row') {
      const { row } = this.wait;
      row.queue = row.queue.filter((wait) => wait.transaction !== this);
      this.wait = null;
      grant(row);
    } else if (this.wait) {
      this.wait.other.removeFollower(this.wait);
      this.wait = null;
    }
  }

  #end(): void {
    for (const row of this.#locked) {
      const at = row.holders.findIndex((holder) => holder.transaction === this);
      row.holders.splice(at, 1);
    }
    for (const row of this.#locked) if (row.queue.length > 0) grant(row);
    this.#locked.length = 0;
    this.#writes.length = 0;
    for (const { transaction } of this.#followers.splice(0)) transaction.resume();
  }

  resume(): void {
    this.wait = null;
    this.#onGranted();
  }

  grant({ row, mode }: RowWait): void {
    const own = row.holders.find((holder) => holder.transaction === this);
    if (own) own.mode = mode;
    else this.#hold(row, mode);
    this.resume();
  }

  addFollower(wait: EndWait): void {
    this.#followers.push(wait);
  }

  removeFollower(wait: EndWait): void {
    this.#followers.splice(this.#followers.indexOf(wait), 1);
  }
}

/** Grants a row to waiting transactions, in order, until one conflicts with the holders. */
function grant(row: Row): void {
  while (row.queue.length > 0) {
    const wait = row.queue[0] as RowWait;
    // A row that no longer exists blocks no one.
    if (!row.isGone && blockersAmong(row.holders, wait).length > 0) return;
    row.queue.shift();
    wait.transaction.grant(wait);
  }
}

function blockersAmong(holders: readonly (Holder | RowWait)[], wait: RowWait): LockOwner[] {
  return holders
    .filter((h) => h.transaction !== wait.transaction && areInConflict(h.mode, wait.mode))
    .map((h) => h.transaction);
}

/**
 * Returns the transactions that a transaction waits for, including those that are ahead of it in
 * the queue for a row.
 */
export function blockersOf({ wait }: LockOwner): readonly LockOwner[] {
  if (wait === null) return [];
  if (wait.kind === 'end') return [wait.other];
  const { holders, queue } = wait.row;
  const ahead = blockersAmong(queue.slice(0, queue.indexOf(wait)), wait);
  return ahead.length > 0 ? ahead : blockersAmong(holders, wait);
}

/** Returns whether a transaction waits for itself, through others. */
export function isDeadlocked(transaction: LockOwner): boolean {
  const seen = new Set<LockOwner>();
  const open = [...blockersOf(transaction)];
  for (let next = open.pop(); next; next = open.pop()) {
    if (next === transaction) return true;
    if (seen.has(next)) continue;
    seen.add(next);
    open.push(...blockersOf(next));
  }
  return false;
}
