import { count, Timestamp } from '../base/bounds.ts';
import { AccountId, ConversationId, EmojiId, Seq, UserGroupId } from '../base/ids.ts';
import { LIMITS } from '../base/limits.ts';
import { z } from '../base/z.ts';

/** What a message contains besides its text, both in events and in messages. */

/**
 * A resolved `@name`, `#name` or `:name:` in the text of a message: the user or user group that it
 * mentions, the group that it links to, or the custom emoji that it shows. The text remains as
 * typed; `name` is the part of it that is meant, and `id` is not affected by renames. `@here`
 * mentions the members who are online when the message is posted. The `accounts` of a user group
 * are those that were members of the conversation when the message was posted or edited.
 */
export const Mention = z
  .discriminatedUnion('kind', [
    z.object({ kind: z.literal('user'), name: z.string(), id: AccountId }),
    z.object({ kind: z.literal('group'), name: z.string(), id: ConversationId }),
    z.object({
      kind: z.literal('user_group'),
      name: z.string(),
      id: UserGroupId,
      accounts: z.array(AccountId).max(LIMITS.userGroupMembers),
    }),
    z.object({ kind: z.literal('emoji'), name: z.string(), id: EmojiId }),
    z.object({ kind: z.literal('everyone') }),
    z.object({ kind: z.literal('here') }),
  ])
  .meta({ id: 'Mention' });
export type Mention = z.infer<typeof Mention>;
/** The summary of a thread that its root shows. `authors` are up to three, the latest first. */
export const ThreadSummary = z
  .object({
    replies: count(1),
    lastReplySeq: Seq,
    lastReplyAt: Timestamp,
    authors: z.array(AccountId).max(LIMITS.threadAuthors),
  })
  .meta({ id: 'ThreadSummary' });
export type ThreadSummary = z.infer<typeof ThreadSummary>;
/** Where the text of a forwarded message comes from: the message, its author, and when it was posted. */
export const ForwardedFrom = z
  .object({ conversation: ConversationId, seq: Seq, author: AccountId, at: Timestamp })
  .meta({ id: 'ForwardedFrom' });
export type ForwardedFrom = z.infer<typeof ForwardedFrom>;
