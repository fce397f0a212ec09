/** The rows of a query as columns, in the same order: for each, the values of all rows. Null if there are no rows. */
export type JsonColumns<Row> = { readonly [Name in keyof Row]: readonly Row[Name][] | null };

/**
 * SQL: the rows of a query as {@link JsonColumns}. For many rows this costs PostgreSQL less than half
 * of an object for each, because the names and types of the values are looked up only once.
 */
export function jsonColumns<Row>(columns: { readonly [Name in keyof Row]: string }): string {
  const aggregated = Object.entries<string>(columns).map(
    ([name, sql]) => `'${name}', json_agg(${sql})`,
  );
  return `json_build_object(${aggregated.join(', ')})`;
}

/** Reads a value of a row. */
export type RowReader<Row> = <Name extends keyof Row>(name: Name, row: number) => Row[Name];

/**
 * Returns the number of rows of columns, and a function that reads them. There are no objects for the
 * rows: V8 makes slow ones when it does not see the names of their properties.
 */
export function readColumns<Row>(columns: JsonColumns<Row>): {
  readonly count: number;
  readonly read: RowReader<Row>;
} {
  const [first] = Object.values<readonly unknown[] | null>(columns);
  return {
    count: first?.length ?? 0,
    read: (name, row) => columns[name]?.[row] as Row[typeof name],
  };
}
