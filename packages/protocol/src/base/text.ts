import { codePoints, isBlank, isStorable } from './characters.ts';
import { customEmojiOf } from './emoji-reference.ts';
import { AttachmentIds } from './files.ts';
import { LIMITS } from './limits.ts';
import { hasBidiControls, hasInvisible, hasStackedMarks, hasVisible } from './visible.ts';
import { z } from './z.ts';

/** Zod’s `params.code` carries the error code with which an invalid body is rejected. */
const coded = (code: string) => ({ params: { code } });

const EMPTY = { message: 'A message can’t be empty', ...coded('body_empty') };

/** The body of a message with files, which may be empty. */
const OptionalBody = z
  .string()
  .refine((t) => t.length <= LIMITS.bodyCharacters || codePoints(t) <= LIMITS.bodyCharacters, {
    message: `A message can have at most ${LIMITS.bodyCharacters} characters`,
    ...coded('body_too_long'),
  })
  .refine(isStorable, {
    message: 'The text contains a NUL character or half of a surrogate pair',
    ...coded('text_invalid'),
  })
  .meta({ maxLength: LIMITS.bodyCharacters });

/**
 * The body of a message: 1 to 16,000 characters, at least one of them visible, all of them storable.
 * Clients show it as Markdown (a subset of CommonMark, with tables and strikethrough); it is stored
 * as typed.
 */
export const Body = OptionalBody.refine((t) => !isBlank(t), EMPTY).meta({
  minLength: 1,
  maxLength: LIMITS.bodyCharacters,
});

/** The fields of a new message. */
const content = {
  /** May be empty if there are attachments. */
  body: OptionalBody,
  attachments: AttachmentIds.optional(),
};

/** Returns the schema of an object with the content of a new message, which has a text, files or both. */
export const withContent = <T extends z.ZodRawShape>(fields: T) =>
  z.object({ ...fields, ...content }).refine(hasContent, { path: ['body'], ...EMPTY });

const hasContent = (value: unknown): boolean => {
  const { body, attachments } = value as { body?: unknown; attachments?: unknown };
  return attachments !== undefined || typeof body !== 'string' || !isBlank(body);
};

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

/** The emoji of a reaction: a Unicode emoji, or the reference of a custom one (`:` + its id + `:`). */
export const ReactionEmoji = z
  .string()
  .max(38)
  .refine((t) => customEmojiOf(t) !== null || Emoji.safeParse(t).success, {
    message: 'Choose an emoji',
  })
  .meta({ examples: ['👍'] });

const segmenter = new Intl.Segmenter('en', { granularity: 'grapheme' });
function isEmoji(text: string): boolean {
  const [first, second] = segmenter.segment(text);
  if (!first || second) return false;
  return /\p{Extended_Pictographic}|\p{Regional_Indicator}|^[0-9#*]\ufe0f?\u20e3$/u.test(text);
}
