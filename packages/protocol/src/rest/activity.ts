import { count, countText, Timestamp } from '../base/bounds.ts';
import { AccountId, ConversationId, Seq } from '../base/ids.ts';
import { LIMITS } from '../base/limits.ts';
import { ReactionEmoji } from '../base/text.ts';
import { z } from '../base/z.ts';
import { Mention } from '../messages/message-content.ts';
import { ReportResolution } from '../settings/report.ts';
import { page } from './rest.ts';

/** The activity of an account: versioned state, like its read cursors. */

/**
 * Why an item is in the list: a mention; replies in a followed thread; reactions to one of its
 * messages; the account was added to a group; one of its messages was deleted by another member; a
 * reminder; a resolved report; a scheduled message that was not sent; or a new user.
 */
export const ActivityKind = z
  .enum([
    'mention',
    'reply',
    'reaction',
    'added',
    'removed',
    'reminder',
    'report',
    'scheduled',
    'new_user',
  ])
  .meta({ id: 'ActivityKind' });
export type ActivityKind = z.infer<typeof ActivityKind>;

/** An item of the activity. It contains no text that the account can no longer see. */
export const ActivityItem = z
  .object({
    /** The same for everything that the item covers, such as all reactions to a message. */
    id: z.string(),
    /** Increases each time something is added to the item, which then becomes unread again. */
    seq: count(),
    kind: ActivityKind,
    at: Timestamp,
    isRead: z.boolean(),
    /** Null: the server, or no one. */
    actor: AccountId.nullable(),
    /** Null: none, or one that the account is no longer a member of. */
    conversation: ConversationId.nullable(),
    /** The message to show; for replies, the first unread one, or the latest. */
    message: Seq.nullable(),
    /** The root of the thread in which the message is shown; null: none. */
    thread: Seq.nullable(),
    /** The beginning of the text of the message; null if it has none or was deleted. */
    excerpt: z.string().nullable(),
    /** What the names in the excerpt mean; empty without one. */
    mentions: z.array(Mention).max(LIMITS.mentionsPerMessage),
    /** How the account is mentioned; null if this is not a mention. */
    mention: z.enum(['name', 'everyone', 'here']).nullable(),
    /** The number of unread replies, or of reactions; otherwise 1. */
    count: count(),
    /** The authors of the replies or reactions: a few, the latest first. */
    actors: z.array(AccountId).max(LIMITS.activityActors),
    /** The emoji of reactions: a few, the latest first. */
    emojis: z.array(ReactionEmoji).max(LIMITS.activityActors),
    /** How a report was resolved; null if this is not a report. */
    resolution: ReportResolution.nullable(),
  })
  .meta({ id: 'ActivityItem' });
export type ActivityItem = z.infer<typeof ActivityItem>;

/** Which items to list: those of some kinds, separated by commas; `unread`: only unread ones. */
export const ActivityQuery = z.object({
  kinds: z
    .string()
    .max(200)
    .transform((text) => text.split(','))
    .pipe(z.array(ActivityKind))
    .optional()
    .meta({ examples: ['mention,reply'] }),
  unread: z.enum(['true', 'false']).optional(),
  after: z.string().max(1_000).optional(),
  limit: countText(1, LIMITS.pageMax).default(LIMITS.pageDefault),
});

/** The latest first, of the last 90 days. */
export const ActivityPage = page(ActivityItem).meta({ id: 'ActivityPage' });
export type ActivityPage = z.infer<typeof ActivityPage>;

/**
 * How many items are unread, up to `limits.unreadMax`, with the read version of the account at that
 * time.
 */
export const ActivityUnread = z
  .object({ unread: count(), readVersion: count() })
  .meta({ id: 'ActivityUnread' });
export type ActivityUnread = z.infer<typeof ActivityUnread>;

/**
 * The items that were read, in the state in which they were listed: later additions remain unread.
 */
export const ReadActivityBody = z
  .object({
    items: z
      .array(z.object({ id: z.string().max(120), seq: count() }))
      .min(1)
      .max(LIMITS.pageMax),
  })
  .meta({
    examples: [{ items: [{ id: 'reaction:01890a5d-ac96-774b-bcce-b302099a8057:7', seq: 12 }] }],
  });
export type ReadActivityBody = z.infer<typeof ReadActivityBody>;
