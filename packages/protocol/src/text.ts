import { z } from 'zod';
import { codePoints, isStorable } from './characters.ts';
import { LIMITS } from './limits.ts';
import { hasBidiControls, hasInvisible, hasStackedMarks, hasVisible } from './visible.ts';

/** Zod’s `params.code` carries the error code with which an invalid body is rejected. */
const coded = (code: string) => ({ params: { code } });

/**
 * The body of a message: 1 to 16,000 characters, not only white space, all of them storable. Clients show it
 * as Markdown (a subset of CommonMark, with tables and strikethrough); it is stored as it was typed.
 */
export const Body = z
  .string()
  .refine((t) => t.trim().length > 0, {
    message: 'A message can’t be empty',
    ...coded('body_empty'),
  })
  .refine((t) => t.length <= LIMITS.bodyCharacters || codePoints(t) <= LIMITS.bodyCharacters, {
    message: `A message can have at most ${LIMITS.bodyCharacters} characters`,
    ...coded('body_too_long'),
  })
  .refine(isStorable, {
    message: 'The text contains a NUL character or half of a surrogate pair',
    ...coded('text_invalid'),
  })
  .meta({ minLength: 1, maxLength: LIMITS.bodyCharacters });

/**
 * Returns the schema of a one-line name: trimmed, with single spaces, without invisible characters,
 * bidi controls and stacked combining marks. With `min` 0 it may be empty.
 */
export const line = (max: number, what: string, min = 1) =>
  z
    .string()
    .refine(isStorable, { message: `${what} contains characters that can’t be stored` })
    .transform((t) =>
      t
        .normalize('NFC')
        .replace(/\p{Zs}+/gu, ' ')
        .trim(),
    )
    .pipe(
      z
        .string()
        .min(min, `${what} is required`)
        .refine((t) => codePoints(t) <= max, {
          message: `${what} can have at most ${max} characters`,
        })
        .refine((t) => !hasBidiControls(t) && !hasInvisible(t), {
          message: `${what} contains invisible characters`,
        })
        .refine((t) => t === '' || hasVisible(t), { message: `${what} has no visible characters` })
        .refine((t) => !hasStackedMarks(t), {
          message: `${what} has too many accents on one letter`,
        }),
    );

/** Returns the schema of a text of several lines, which may be empty: trimmed, the same as {@link line} in each. */
export const paragraph = (max: number, what: string) =>
  z
    .string()
    .refine(isStorable, { message: `${what} contains characters that can’t be stored` })
    .transform((t) => t.normalize('NFC').replace(/\r\n?/g, '\n').trim())
    .pipe(
      z
        .string()
        .refine((t) => codePoints(t) <= max, {
          message: `${what} can have at most ${max} characters`,
        })
        .refine((t) => t.split('\n').every((l) => !hasBidiControls(l) && !hasInvisible(l)), {
          message: `${what} contains invisible characters`,
        })
        .refine((t) => !hasStackedMarks(t), {
          message: `${what} has too many accents on one letter`,
        }),
    );

/** One emoji, including flags, skin tones and joined families; at most 32 UTF-16 code units. */
export const Emoji = z
  .string()
  .max(32)
  .refine((t) => isStorable(t) && isEmoji(t), { message: 'Choose an emoji' })
  .meta({ examples: ['👍'] });

const segmenter = new Intl.Segmenter('en', { granularity: 'grapheme' });
function isEmoji(text: string): boolean {
  const [first, second] = segmenter.segment(text);
  if (!first || second) return false;
  return /\p{Extended_Pictographic}|\p{Regional_Indicator}|^[0-9#*]\ufe0f?\u20e3$/u.test(text);
}
