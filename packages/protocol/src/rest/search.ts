import { count, countText } from '../base/bounds.ts';
import { isStorable } from '../base/characters.ts';
import { Visibility } from '../base/group-access.ts';
import { ConversationId, FileId } from '../base/ids.ts';
import { LIMITS } from '../base/limits.ts';
import { TimeZone } from '../base/time-zone.ts';
import { z } from '../base/z.ts';
import { User } from '../events/resources.ts';
import { Message } from '../messages/messages.ts';
import { parseSearch, parseSearchDate, SEARCH_HAS, SEARCH_IS } from './search-query.ts';

/** Queries and responses of the search. */

/** The most results of a page. */
const RESULTS_MAX = 50;

const storable = (max: number) =>
  z
    .string()
    .max(max)
    .refine(isStorable, { message: 'The text contains characters that can’t be searched' });

const SearchDateText = storable(20).refine((text) => parseSearchDate(text) !== null, {
  message: 'Use a date such as 2026-03-01, 2026-03 or 2026, or today or yesterday',
});

/** A search. Filters may also be part of the text; all of them apply. */
export const SearchMessagesQuery = z.object({
  query: storable(LIMITS.searchCharacters)
    .refine((text) => parseSearch(text).length <= LIMITS.searchParts, {
      message: `A search can have at most ${LIMITS.searchParts} words, phrases and filters`,
    })
    .default('')
    .meta({ examples: ['"release notes" from:ann has:link -draft'] }),
  from: storable(100).optional().describe('The author: a username, a display name, or `me`'),
  in: storable(100)
    .optional()
    .describe('The name of a group that you are in, or `@` and the name of a user'),
  mentions: storable(100)
    .optional()
    .describe('Who is mentioned: a username, a display name, `me` or `everyone`'),
  has: z.enum(SEARCH_HAS).optional(),
  is: z
    .enum(SEARCH_IS)
    .optional()
    .describe('`thread`: replies in threads; `saved`: your saved messages'),
  before: SearchDateText.optional().describe(
    'A date such as `2026-03-01`, `2026-03` or `2026`, or `today` or `yesterday`',
  ),
  after: SearchDateText.optional().describe('A date, as for `before`'),
  on: SearchDateText.optional().describe('A date, as for `before`'),
  /** The latest messages first, or the best matches. */
  sort: z
    .enum(['newest', 'best'])
    .default('newest')
    .describe('The latest messages first, or the best matches'),
  /** The time zone in which days begin. */
  timeZone: TimeZone.default('UTC').meta({ examples: ['Europe/Berlin'] }),
  limit: countText(1, RESULTS_MAX).default(20),
  /** The `next` of the previous page. */
  cursor: z.string().max(1_000).optional().describe('The `next` of the previous page'),
});
export type SearchMessagesQuery = z.infer<typeof SearchMessagesQuery>;

/** A range of a text, in UTF-16 code units, like indexes of JavaScript strings. */
const TextRange = z.object({ start: count(), end: count() });

/** The part of a text to show. */
const Snippet = z.object({
  text: z.string(),
  /** The matches in `text`, in order and without overlaps. */
  ranges: z.array(TextRange),
  /** Whether there is more text before and after. */
  isCutBefore: z.boolean(),
  isCutAfter: z.boolean(),
});

/** A found message, with the part of its body to show. */
export const FoundMessage = z
  .object({
    message: Message,
    snippet: Snippet,
    /** The file of the message in whose text the words were found, if they are not in the message. */
    file: z.object({ id: FileId, name: z.string(), snippet: Snippet }).optional(),
  })
  .meta({ id: 'FoundMessage' });
export type FoundMessage = z.infer<typeof FoundMessage>;

/** A filter with an invalid or unknown value: nothing is found, and this lists possible values. */
export const SearchProblem = z
  .object({
    filter: z.string().meta({ examples: ['has'] }),
    value: z.string().meta({ examples: ['lnik'] }),
    message: z
      .string()
      .meta({ examples: ['has: takes one of link, reaction, pin, poll, file, image'] }),
    /** Values that are possible, or examples of them. */
    possible: z.array(z.string()).meta({ examples: [['link', 'reaction', 'pin']] }),
  })
  .meta({ id: 'SearchProblem' });
export type SearchProblem = z.infer<typeof SearchProblem>;

/** A page of messages that were found. It may have fewer than `limit`, even none, and still a `next`. */
export const SearchMessagesPage = z
  .object({
    items: z.array(FoundMessage),
    /** The `cursor` of the next page; null when there are no more results. */
    next: z.string().nullable(),
    problems: z.array(SearchProblem),
  })
  .meta({ id: 'SearchMessagesPage' });
export type SearchMessagesPage = z.infer<typeof SearchMessagesPage>;

/**
 * Searches users and groups by parts of their names; without a text, returns those closest to the
 * account.
 */
export const SearchNamesQuery = z.object({
  query: storable(100)
    .default('')
    .meta({ examples: ['ann'] }),
  limit: countText(1, RESULTS_MAX).default(12),
});
export type SearchNamesQuery = z.infer<typeof SearchNamesQuery>;

/** A user or a group that was found. */
export const FoundName = z
  .discriminatedUnion('kind', [
    z.object({
      kind: z.literal('user'),
      user: User,
      /** The direct conversation with the user; null if there is none. */
      conversation: ConversationId.nullable(),
    }),
    z.object({
      kind: z.literal('group'),
      id: ConversationId,
      name: z.string(),
      visibility: Visibility,
      memberCount: count(),
      isMember: z.boolean(),
    }),
  ])
  .meta({ id: 'FoundName' });
export type FoundName = z.infer<typeof FoundName>;

/** Users and groups, the best match first. */
export const SearchNamesAnswer = z
  .object({ items: z.array(FoundName) })
  .meta({ id: 'SearchNamesAnswer' });
export type SearchNamesAnswer = z.infer<typeof SearchNamesAnswer>;
