import type { Columns } from './frames.ts';

type Column = Columns['columns'][string];

/**
 * Returns rows as columns: without the names of the fields in each row, and with values that many rows share
 * only once. All rows must have the fields of the first one.
 */
export function toColumns(rows: readonly object[]): Columns {
  const columns: Record<string, Column> = {};
  for (const name of Object.keys(rows[0] ?? {})) {
    columns[name] = columnOf(rows.map((row) => (row as Record<string, unknown>)[name]));
  }
  return { rows: rows.length, columns };
}

/**
 * Returns the rows of columns. The caller asserts their type. Rows with the same list or object
 * share it.
 */
export function fromColumns<Row>({ rows, columns }: Columns): Row[] {
  const shared: Record<string, unknown> = {};
  for (const [name, column] of Object.entries(columns)) {
    shared[name] = 'all' in column ? column.all : null;
  }
  // An object that is parsed has fast properties, and so have its copies.
  const template = JSON.parse(JSON.stringify(shared)) as typeof shared;
  const made = Array.from({ length: rows }, () => ({ ...template }));
  for (const [name, column] of Object.entries(columns)) {
    if ('all' in column) continue;
    for (const [i, row] of made.entries()) {
      row[name] = 'each' in column ? column.each[i] : column.values[column.at[i] as number];
    }
  }
  return made as Row[];
}

function columnOf(values: readonly unknown[]): Column {
  // An index is only shorter than a text, a list or an object.
  const isIndexed = values.some((value) => typeof value === 'string' || isObject(value));
  const distinct = distinctOf(values, isIndexed ? values.length / 2 : 1);
  if (distinct === null) return { each: [...values] };
  if (distinct.values.length === 1) return { all: distinct.values[0] };
  return distinct;
}

/** Returns the distinct values, and which of them each value is; null if there are more than `max`, which is at least one. */
function distinctOf(
  all: readonly unknown[],
  max: number,
): { values: unknown[]; at: number[] } | null {
  const values: unknown[] = [];
  const at: number[] = [];
  const known = new Map<unknown, number>();
  for (const value of all) {
    let index = known.get(value);
    if (index === undefined && isObject(value)) {
      const text = JSON.stringify(value);
      index = known.get(text) ?? values.length;
      known.set(text, index).set(value, index);
    }
    index ??= values.length;
    if (index === values.length) {
      values.push(value);
      if (values.length > Math.max(max, 1)) return null;
      known.set(value, index);
    }
    at.push(index);
  }
  return { values, at };
}

const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null;
