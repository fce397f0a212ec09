import { z } from 'zod';
import { codePoints, isStorable } from './characters.ts';
import { LIMITS } from './limits.ts';
import { hasBidiControls, hasHeapedMarks, hasInvisible, hasVisible } from './visible.ts';

/** Zod’s `params.code` carries our error code, so that a wrong body is told by its own code. */
const coded = (code: string) => ({ params: { code } });

/** A message’s body: 1 to 16,000 characters, not only white space, nothing unstorable. */
export const Body = z
  .string()
  .refine((t) => t.trim().length > 0, {
    message: 'A message cannot be empty',
    ...coded('body_empty'),
  })
  .refine((t) => t.length <= LIMITS.bodyCharacters || codePoints(t) <= LIMITS.bodyCharacters, {
    message: `A message has at most ${LIMITS.bodyCharacters} characters`,
    ...coded('body_too_long'),
  })
  .refine(isStorable, {
    message: 'The text has a NUL or half of a surrogate pair',
    ...coded('text_invalid'),
  })
  .meta({ minLength: 1, maxLength: LIMITS.bodyCharacters });

/**
 * One line of text for names: trimmed, one space between words, and nothing in it that cannot be
 * seen, turns the text around it, or hides it under marks.
 */
export const line = (max: number, what: string) =>
  z
    .string()
    .refine(isStorable, { message: `${what} has characters that cannot be stored` })
    .transform((t) =>
      t
        .normalize('NFC')
        .replace(/\p{Zs}+/gu, ' ')
        .trim(),
    )
    .pipe(
      z
        .string()
        .min(1, `${what} is missing`)
        .refine((t) => codePoints(t) <= max, { message: `${what} has at most ${max} characters` })
        .refine((t) => !hasBidiControls(t) && !hasInvisible(t), {
          message: `${what} has invisible control characters`,
        })
        .refine((t) => t === '' || hasVisible(t), { message: `${what} has nothing to be seen` })
        .refine((t) => !hasHeapedMarks(t), {
          message: `${what} has more accents on a letter than can be read`,
        }),
    );

/** An emoji of one grapheme (flags, skin tones and joined families included), at most 32 UTF-16 units. */
export const Emoji = z
  .string()
  .max(32)
  .refine((t) => isStorable(t) && isEmoji(t), { message: 'That is not an emoji' })
  .meta({ examples: ['👍'] });

const segmenter = new Intl.Segmenter('en', { granularity: 'grapheme' });
function isEmoji(text: string): boolean {
  const [first, second] = segmenter.segment(text);
  if (!first || second) return false;
  return /\p{Extended_Pictographic}|\p{Regional_Indicator}|^[0-9#*]\ufe0f?\u20e3$/u.test(text);
}
