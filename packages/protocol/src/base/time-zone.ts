import { isStorable } from './characters.ts';
import { z } from './z.ts';

/** A time zone by its name in the IANA database, or UTC. */
export const TimeZone = z
  .string()
  .max(64)
  .refine((text) => isStorable(text) && isTimeZone(text), {
    message: 'Use a time zone such as Europe/Berlin or UTC',
  });

function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    return true;
  } catch {
    return false;
  }
}
