import { z } from './z.ts';

/** A locale as a tag of BCP 47, such as `de-AT`. Parley need not support its language. */
export const Locale = z
  .string()
  .max(35)
  .refine(isLocale, { message: 'Use a language tag such as en or de-AT' })
  .meta({ examples: ['de-AT'] });

function isLocale(tag: string): boolean {
  try {
    return Intl.getCanonicalLocales(tag).length === 1;
  } catch {
    return false;
  }
}
