import { z } from './z.ts';

/**
 * Schemas of numbers and times within the bounds of JavaScript and the database. Every numeric and
 * date field of the protocol uses one of them, so that the database rejects no value that has
 * passed validation.
 */

/** The greatest integer that JavaScript, JSON and PostgreSQL's `bigint` all represent exactly. */
const INTEGER_MAX = Number.MAX_SAFE_INTEGER;

/** The first year accepted. PostgreSQL has no year 0. */
const YEAR_MIN = 1970;
/** The end of the last year of RFC 3339, less one day: a UTC offset could lead beyond it. */
const TIME_MAX = Date.UTC(9999, 11, 31);

/** Returns the schema of an integer from `min` to `max`, such as a number of members or a version. */
export const count = (min = 0, max: number = INTEGER_MAX) => z.number().int().min(min).max(max);

/** Returns the schema of a {@link count} as text, for queries and paths. */
export const countText = (min = 0, max: number = INTEGER_MAX) =>
  z.coerce.number().int().min(min).max(max);

/** Returns the schema of a wait in seconds; fractions are allowed. */
export const seconds = () => z.number().min(0).max(INTEGER_MAX);

/** A time as RFC 3339 text in UTC with milliseconds, from 1970 to 9999. */
export const Timestamp = z.iso
  .datetime()
  .refine((text) => Number(text.slice(0, 4)) >= YEAR_MIN && Date.parse(text) < TIME_MAX, {
    message: `The time must be between the years ${YEAR_MIN} and 9999`,
  });
