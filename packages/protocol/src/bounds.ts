import { z } from 'zod';

/**
 * Schemas of numbers and times whose bounds are those of JavaScript and of the database. Every
 * numeric and date field of the wire is made by one of these, so that no value passes validation
 * that the database then rejects.
 */

/** The greatest integer that JavaScript, JSON and PostgreSQL's `bigint` all hold exactly. */
const INTEGER_MAX = Number.MAX_SAFE_INTEGER;

/** Times before this year have no use here, and PostgreSQL has no year 0. */
const YEAR_MIN = 1970;
/** The last year that RFC 3339 can write. Its last day is left out: offsets lead beyond it. */
const TIME_MAX = Date.UTC(9999, 11, 31);

/** A whole number from `min` to `max`, such as a number of members or a version. */
export const count = (min = 0, max: number = INTEGER_MAX) => z.number().int().min(min).max(max);

/** A {@link count} in a query or a path, where everything is text. */
export const countText = (min = 0, max: number = INTEGER_MAX) =>
  z.coerce.number().int().min(min).max(max);

/** Seconds to wait; fractions are allowed. */
export const seconds = () => z.number().min(0).max(INTEGER_MAX);

/** Time as RFC 3339 text in UTC with milliseconds, from 1970 until the end of the year 9999. */
export const Timestamp = z.iso
  .datetime()
  .refine((text) => Number(text.slice(0, 4)) >= YEAR_MIN && Date.parse(text) < TIME_MAX, {
    message: `The time must be between the years ${YEAR_MIN} and 9999`,
  });
