/** Number of rows of a part; on most screens the first part fills the sidebar. */
export const PART_ROWS = 40;

/** Splits a list into parts of {@link PART_ROWS}; the last one may be shorter. */
export function partsOf<T>(ids: readonly T[]): readonly (readonly T[])[] {
  const parts: (readonly T[])[] = [];
  for (let from = 0; from < ids.length; from += PART_ROWS) {
    parts.push(ids.slice(from, from + PART_ROWS));
  }
  return parts;
}
