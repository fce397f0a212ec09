import { count, countText, Timestamp } from '../base/bounds.ts';
import { ConversationId, Seq, SeqText } from '../base/ids.ts';
import { LIMITS } from '../base/limits.ts';
import { Body, Emoji, line } from '../base/text.ts';
import { z } from '../base/z.ts';
import { Draft, ReadCursor, SavedMessage, ScheduledMessage } from '../messages/messages.ts';

/** Bodies, queries and responses of the REST API for the user’s own data: drafts, saved messages, status … */

/** With `remindAt`, the account is reminded at that time. */
export const SaveMessageBody = z
  .object({ remindAt: Timestamp.nullable().optional() })
  .meta({ examples: [{ remindAt: '2027-03-01T09:00:00.000Z' }] });
/** A change to the account’s status; absent fields are unchanged. */
export const UpdateStatusBody = z
  .object({
    emoji: Emoji.nullable().optional(),
    text: line(LIMITS.statusTextMax, 'A status', 0).optional(),
    /** When emoji and text are removed; null: never. */
    expiresAt: Timestamp.nullable().optional(),
    doNotDisturbUntil: Timestamp.nullable().optional(),
    /** True: others see you as away, even while you are active. */
    isAway: z.boolean().optional(),
    /** Whether others see when you were last connected. */
    showLastSeen: z.boolean().optional(),
  })
  .meta({ id: 'UpdateStatusBody' });
export type UpdateStatusBody = z.infer<typeof UpdateStatusBody>;

/** Selects saved messages: the last saved, or those before the `savedSeq` of one. */
export const SavedMessagesQuery = z.object({
  before: SeqText.optional(),
  limit: countText(1, LIMITS.pageMax).default(LIMITS.pageDefault),
});
/** Saved messages, the last saved first. */
export const SavedMessagesPage = z
  .object({ items: z.array(SavedMessage), hasOlder: z.boolean() })
  .meta({ id: 'SavedMessagesPage' });
export type SavedMessagesPage = z.infer<typeof SavedMessagesPage>;

/**
 * A message to send at a time. `replyTo` is the seq of a message of the conversation, and `thread` of the root of the
 * thread in which it is a reply.
 */
export const ScheduleBody = z
  .object({
    conversation: ConversationId,
    body: Body,
    replyTo: Seq.optional(),
    thread: Seq.optional(),
    alsoInConversation: z.boolean().optional(),
    sendAt: Timestamp,
  })
  .meta({
    examples: [
      {
        conversation: '01890a5d-ac96-774b-bcce-b302099a8057',
        body: 'Good morning!',
        sendAt: '2027-03-01T09:00:00.000Z',
      },
    ],
  });
/** A change to a scheduled message. */
export const ChangeScheduledBody = z
  .object({ body: Body.optional(), sendAt: Timestamp.optional() })
  .refine((b) => b.body !== undefined || b.sendAt !== undefined, 'Change the text or the time')
  .meta({ examples: [{ sendAt: '2027-03-01T10:00:00.000Z' }] });
/** All scheduled messages of the account, the next one first. */
export const ScheduledMessages = z
  .object({ items: z.array(ScheduledMessage) })
  .meta({ id: 'ScheduledMessages' });
export type ScheduledMessages = z.infer<typeof ScheduledMessages>;

/** `thread`: the root of the thread in which it is written. */
export const SaveDraftBody = z
  .object({ body: Body, thread: Seq.optional() })
  .meta({ examples: [{ body: 'Not finished yet' }] });
/** With `version`, only that version of the draft is deleted; a newer one is kept. */
export const DeleteDraftQuery = z.object({
  version: countText().optional(),
  thread: SeqText.optional(),
});
/** The drafts of the account, and the version of its read cursors and drafts at that moment. */
export const DraftsAnswer = z
  .object({ readVersion: count(), items: z.array(Draft) })
  .meta({ id: 'DraftsAnswer' });
export type DraftsAnswer = z.infer<typeof DraftsAnswer>;

/** The read cursors of the caller, with their version. */
export const CursorsAnswer = z.object({
  readVersion: count(),
  items: z.array(ReadCursor),
});
