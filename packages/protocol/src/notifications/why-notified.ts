import { Timestamp } from '../base/bounds.ts';
import { ConversationId, SeqText } from '../base/ids.ts';
import { LIMITS } from '../base/limits.ts';
import { z } from '../base/z.ts';
import { NOTIFYING_REASONS, SILENT_REASONS } from './decision.ts';

/** A message of a conversation. */
export const WhyNotifiedQuery = z.object({ conversation: ConversationId, seq: SeqText });

/** The delivery of a notification to a device or as an email. */
const WhyDelivery = z.object({
  channel: z.string(),
  /** The name of the device; null: an email, or the device is gone. */
  device: z.string().nullable(),
  /** With those that failed before the outcome. */
  attempts: z.number().int(),
  /** `sent`, `failed`, or why it was not sent; null: pending. */
  outcome: z.string().nullable(),
  /** When it was finished. */
  at: Timestamp.nullable(),
  /** Why the last attempt failed; null unless the delivery failed or will be retried. */
  error: z.string().nullable(),
});

/**
 * Why you were or were not notified of a message. If the decision is stored, `push` and `email` say
 * why these channels were or were not used (`no_channel`: the account had none), and `deliveries`
 * lists the results. `decidedAt` is null if the decision is not stored, but computed from your
 * settings at the time of the post.
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
