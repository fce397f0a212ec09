import { count } from '../base/bounds.ts';
import { line } from '../base/text.ts';
import { z } from '../base/z.ts';

/** The word filter: words and phrases that messages may not contain, or that are reported to the admins. */

/** At most this many entries. */
export const FILTERED_WORDS_MAX = 500;
/** The longest entry, in code points. */
export const FILTERED_WORD_LENGTH_MAX = 60;

/** The action on a message with the word: it is rejected, or posted and reported to the admins. */
export const FilterAction = z.enum(['reject', 'flag']);
export type FilterAction = z.infer<typeof FilterAction>;

/** A word or a phrase; a `*` at its start or end matches the rest of a longer word. */
export const FilteredWord = z.object({
  text: line(FILTERED_WORD_LENGTH_MAX, 'Word')
    .refine((text) => !/.\*./u.test(text), 'A * can only be at the start or end')
    .refine((text) => /[\p{L}\p{N}]/u.test(text), 'A word needs a letter or a digit'),
  action: FilterAction,
});
export type FilteredWord = z.infer<typeof FilteredWord>;

/** The whole list, with the number of changes so far. */
export const WordFilterAnswer = z
  .object({
    words: z.array(z.object({ text: z.string(), action: FilterAction })),
    revision: count(0),
  })
  .meta({ id: 'WordFilter' });
export type WordFilterAnswer = z.infer<typeof WordFilterAnswer>;

/** Replaces the list. `revision` is that of the list which was edited. */
export const WordFilterBody = z
  .object({ words: z.array(FilteredWord).max(FILTERED_WORDS_MAX), revision: count(0) })
  .meta({
    examples: [{ words: [{ text: 'casino*', action: 'flag' }], revision: 0 }],
  });
export type WordFilterBody = z.input<typeof WordFilterBody>;
