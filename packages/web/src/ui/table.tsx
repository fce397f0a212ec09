import type { ReactNode } from 'react';

/** A table with a heading for each column, which scrolls sideways where it does not fit. */
export function Table({
  label,
  columns,
  rows,
}: {
  /** What it lists, for screen readers. */
  label: string;
  columns: readonly string[];
  /** A key and the cells of each row. */
  rows: readonly (readonly [key: string, cells: readonly ReactNode[]])[];
}) {
  return (
    <section
      aria-label={label}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable with the keyboard
      tabIndex={0}
      className="overflow-x-auto rounded-xl border border-line"
    >
      <table className="w-full border-collapse text-start text-sm">
        <thead className="bg-sunken text-soft">
          <tr>
            {columns.map((column) => (
              <th
                key={column}
                scope="col"
                className="whitespace-nowrap px-3.5 py-2.5 text-start font-medium"
              >
                {column}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map(([key, cells]) => (
            <tr key={key} className="border-line border-t hover:bg-hover/60">
              {cells.map((cell, n) => (
                <td key={columns[n]} className="px-3.5 py-2.5 align-top">
                  {cell}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}
