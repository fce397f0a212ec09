import { Timestamp } from './bounds.ts';
import { ConversationId, SeqText } from './ids.ts';
import { LIMITS } from './limits.ts';
import { NOTIFYING_REASONS, SILENT_REASONS } from './notification-decision.ts';
import { z } from './z.ts';

/** A message of a conversation. */
export const WhyNotifiedQuery = z.object({ conversation: ConversationId, seq: SeqText });

/** What became of a notification on a device, or as an email. */
const WhyDelivery = z.object({
  channel: z.string(),
  /** The name of the device; null: an email, or the device is gone. */
  device: z.string().nullable(),
  attempts: z.number().int(),
  /** `sent`, `failed`, or why it was not sent; null: not yet. */
  outcome: z.string().nullable(),
  /** When it was finished. */
  at: Timestamp.nullable(),
  /** The last error. */
  error: z.string().nullable(),
});

/**
 * Why you were notified of a message, or were not. `push` and `email` say why these channels were used or were not, if
 * the decision is stored: `no_channel` means that there was no way to send them; `deliveries` says what became of them.
 * `decidedAt` is null if the decision is not stored: then it follows from the settings that you had when the message
 * was posted.
 */
export const WhyNotified = z
  .object({
    reason: z.enum([...NOTIFYING_REASONS, ...SILENT_REASONS]),
    badge: z.boolean(),
    inApp: z.boolean(),
    push: z.string().nullable(),
    email: z.string().nullable(),
    deliveries: z.array(WhyDelivery).max(LIMITS.notificationDevices + 1),
    decidedAt: Timestamp.nullable(),
  })
  .meta({ id: 'WhyNotified' });
export type WhyNotified = z.infer<typeof WhyNotified>;
