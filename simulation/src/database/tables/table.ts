import type { Row } from './row.ts';

/**
 * An index over columns that no statement changes. It also has the rows of transactions in
 * progress: each reader decides what is visible.
 */
export class Index<T extends object> {
  /** Returns the key of a row; null if the index leaves it out. */
  readonly keyOf: (value: T) => string | null;
  /** The name of the constraint, if the index is unique. */
  readonly constraint: string | null;
  /** Whether a value is in the index at the moment: the condition of a partial index. */
  readonly where: ((value: T) => boolean) | null;
  readonly #rows = new Map<string, Row<T>[]>();

  constructor(
    keyOf: (value: T) => string | null,
    constraint: string | null = null,
    where: ((value: T) => boolean) | null = null,
  ) {
    this.keyOf = keyOf;
    this.constraint = constraint;
    this.where = where;
  }

  /** Returns the rows with a key, in the order of their inserts. */
  find(key: string): readonly Row<T>[] {
    return this.#rows.get(key) ?? NONE;
  }

  add(row: Row<T>, value: T): void {
    const key = this.keyOf(value);
    if (key === null) return;
    const rows = this.#rows.get(key);
    if (rows) rows.push(row);
    else this.#rows.set(key, [row]);
  }

  remove(row: Row<T>, value: T): void {
    const key = this.keyOf(value);
    const rows = key === null ? undefined : this.#rows.get(key);
    const at = rows?.indexOf(row) ?? -1;
    if (key === null || !rows || at === -1) return;
    if (rows.length > 1) rows.splice(at, 1);
    else this.#rows.delete(key);
  }
}

const NONE: readonly never[] = [];

/** An index over a group and a number, in the order of the number. */
export class OrderedIndex<T extends object> {
  readonly #groupOf: (value: T) => string;
  readonly #numberOf: (value: T) => number;
  readonly #groups = new Map<string, { readonly numbers: number[]; readonly rows: Row<T>[] }>();

  constructor(groupOf: (value: T) => string, numberOf: (value: T) => number) {
    this.#groupOf = groupOf;
    this.#numberOf = numberOf;
  }

  /** Returns the rows of a group, in order; those from `from` on. */
  *from(group: string, from: number): Generator<Row<T>> {
    const found = this.#groups.get(group);
    if (!found) return;
    for (let n = firstAt(found.numbers, from); n < found.rows.length; n++) {
      yield found.rows[n] as Row<T>;
    }
  }

  /** Returns the rows of a group that are before `before`, the last first. */
  *before(group: string, before: number): Generator<Row<T>> {
    const found = this.#groups.get(group);
    if (!found) return;
    for (let n = firstAt(found.numbers, before) - 1; n >= 0; n--) yield found.rows[n] as Row<T>;
  }

  add(row: Row<T>, value: T): void {
    const group = this.#groupOf(value);
    const number = this.#numberOf(value);
    let found = this.#groups.get(group);
    if (!found) {
      found = { numbers: [], rows: [] };
      this.#groups.set(group, found);
    }
    const { numbers, rows } = found;
    if (numbers.length === 0 || (numbers.at(-1) as number) <= number) {
      numbers.push(number);
      rows.push(row);
      return;
    }
    const at = firstAt(numbers, number);
    numbers.splice(at, 0, number);
    rows.splice(at, 0, row);
  }

  remove(row: Row<T>, value: T): void {
    const found = this.#groups.get(this.#groupOf(value));
    if (!found) return;
    const at = found.rows.indexOf(row, firstAt(found.numbers, this.#numberOf(value)));
    if (at === -1) return;
    found.numbers.splice(at, 1);
    found.rows.splice(at, 1);
  }
}

/** Returns the place of the first number that is not less than `bound`. */
function firstAt(numbers: readonly number[], bound: number): number {
  let [low, high] = [0, numbers.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((numbers[middle] as number) < bound) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** A foreign key: the row that another one refers to. */
export interface Reference<T extends object> {
  readonly constraint: string;
  /** Returns the rows that a value may refer to. */
  readonly find: (value: T) => readonly Row[];
}

/** The constraints of a table, besides unique keys. */
export interface Constraints<T extends object> {
  /** Returns the name of a check constraint that a value violates; null if there is none. */
  readonly violated?: (value: T) => string | null;
  readonly references?: readonly Reference<T>[];
}

/** A table: its indexes hold its rows. */
export class Table<T extends object> {
  readonly name: string;
  /** The unique indexes in the order in which PostgreSQL checks them: that of their creation. */
  readonly unique: readonly Index<T>[];
  readonly constraints: Constraints<T>;
  readonly #others: readonly (Index<T> | OrderedIndex<T>)[];
  readonly #rows = new Set<Row<T>>();

  constructor(
    name: string,
    unique: readonly Index<T>[],
    others: readonly (Index<T> | OrderedIndex<T>)[] = [],
    constraints: Constraints<T> = {},
  ) {
    this.name = name;
    this.unique = unique;
    this.#others = others;
    this.constraints = constraints;
  }

  /** Returns all rows, including those of transactions in progress. */
  rows(): readonly Row<T>[] {
    return [...this.#rows];
  }

  /** Returns all committed rows. */
  committed(): T[] {
    return [...this.#rows].flatMap((row) => row.committed ?? []);
  }

  /** Adds a row to the table and to the indexes that are not unique: those are checked one by one. */
  add(row: Row<T>, value: T): void {
    this.#rows.add(row);
    for (const index of this.#others) index.add(row, value);
  }

  /** Adds a row that was removed, with its place in each index. */
  restore(row: Row<T>, value: T): void {
    this.add(row, value);
    for (const index of this.unique) index.add(row, value);
  }

  remove(row: Row<T>, value: T): void {
    this.#rows.delete(row);
    for (const index of this.unique) index.remove(row, value);
    for (const index of this.#others) index.remove(row, value);
  }
}
