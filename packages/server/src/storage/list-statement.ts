/** The columns of a list: the PostgreSQL type of each, or `ordinality` for the number of the row, from 1. */
export type ListColumns = Readonly<Record<string, string>>;

/** The rows of a list, as one array for each column that has a type. */
export type ListValues = readonly (readonly unknown[])[];

/** A statement with its values, prepared under its name. */
interface NamedStatement {
  readonly name: string;
  readonly text: string;
  readonly values: unknown[];
}

/** A list in the text of a statement. */
export interface ListSql {
  /** Its rows, for FROM. */
  readonly rows: string;
  /** The number of its rows. */
  readonly count: string;
}

/**
 * Returns a function that makes a statement from the rows of its lists, which are not empty.
 *
 * The statement has two forms. If every list has one row, the values are parameters of their own, and
 * PostgreSQL plans the statement as if they stood in it, for a command that is alone. Otherwise they are
 * arrays. The second form has the name of the statement; the name of the first one ends in `-one`.
 */
export function listStatement(
  name: string,
  lists: readonly ListColumns[],
  text: (...lists: ListSql[]) => string,
): (...values: ListValues[]) => NamedStatement {
  const one = { name: `${name}-one`, text: text(...sqlOf(lists, oneRow)) };
  const many = { name, text: text(...sqlOf(lists, manyRows)) };
  return (...values) => {
    const columns = values.flat();
    return columns.every((column) => column.length === 1)
      ? { name: one.name, text: one.text, values: columns.map((column) => column[0]) }
      : { name: many.name, text: many.text, values: columns };
  };
}

/** How the rows of a list are written. Parameters have the numbers of their columns. */
interface Form {
  value(parameter: number, type: string): string;
  ordinality(parameter: number, type: string): string;
  count(parameter: number, type: string): string;
}

const oneRow: Form = {
  value: (parameter, type) => `$${parameter}::${type}`,
  ordinality: () => '1',
  count: () => '1',
};

// In the select list: in FROM, PostgreSQL would first store what each `unnest` returns.
const manyRows: Form = {
  value: (parameter, type) => `unnest($${parameter}::${type}[])`,
  ordinality: (parameter, type) => `generate_subscripts($${parameter}::${type}[], 1)`,
  count: (parameter, type) => `cardinality($${parameter}::${type}[])`,
};

function sqlOf(lists: readonly ListColumns[], form: Form): ListSql[] {
  let parameter = 0;
  return lists.map((columns) => {
    const first = [parameter + 1, Object.values(columns)[0] as string] as const;
    const items = Object.entries(columns).map(([column, type]) => {
      const value =
        type === 'ordinality' ? form.ordinality(...first) : form.value(++parameter, type);
      return `${value} as ${column}`;
    });
    return { rows: `(select ${items.join(', ')})`, count: form.count(...first) };
  });
}
