/** SQL: a time as RFC 3339 text in UTC with milliseconds, for JSON that PostgreSQL makes. */
export const timestamp = (column: string) =>
  `to_char(${column} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`;
