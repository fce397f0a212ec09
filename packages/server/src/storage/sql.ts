/** SQL: a time as RFC 3339 text in UTC with milliseconds, for JSON that PostgreSQL makes. */
export const timestamp = (column: string) =>
  `to_char(${column} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`;

/** SQL: a time for {@link timestampOf}, which is cheaper to make than {@link timestamp}. */
export const epochSeconds = (column: string) => `date_part('epoch', ${column})`;

/** Returns the same text as {@link timestamp}. */
export function timestampOf(seconds: number): string {
  // Microseconds are exact in a double, their fractions are not. Both forms truncate to milliseconds.
  return new Date(Math.floor(Math.round(seconds * 1e6) / 1e3)).toISOString();
}
