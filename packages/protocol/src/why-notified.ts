import { z } from 'zod';
import { Timestamp } from './bounds.ts';
import { ConversationId, SeqText } from './ids.ts';
import { NOTIFYING_REASONS, SILENT_REASONS } from './notification-decision.ts';

/** A message of a conversation. */
export const WhyNotifiedQuery = z.object({ conversation: ConversationId, seq: SeqText });

/**
 * Why you were notified of a message, or were not. `push` and `email` say what became of them, if they were decided:
 * `no_channel` means that there was no way to send them. `decidedAt` is null if the decision is not stored: then it
 * follows from the settings that you had when the message was posted.
 */
export const WhyNotified = z
  .object({
    reason: z.enum([...NOTIFYING_REASONS, ...SILENT_REASONS]),
    badge: z.boolean(),
    inApp: z.boolean(),
    push: z.string().nullable(),
    email: z.string().nullable(),
    decidedAt: Timestamp.nullable(),
  })
  .meta({ id: 'WhyNotified' });
export type WhyNotified = z.infer<typeof WhyNotified>;
