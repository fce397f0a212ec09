import { Timestamp } from '../base/bounds.ts';
import { z } from '../base/z.ts';

/** The health of notification delivery, for admins. */

/** Why a delivery failed; `other`: see the error itself. */
export const DELIVERY_FAILURES = [
  'refused',
  'not_found',
  'unreachable',
  'timed_out',
  'certificate',
  'credentials',
  'rejected',
  'unavailable',
  'gone',
  'rate_limited',
  'not_public',
  'undecryptable',
  'other',
] as const;
/** Why a delivery failed. */
export type DeliveryFailureReason = (typeof DELIVERY_FAILURES)[number];

/** A failed delivery. Clients show the reason in the language of the user, with the error for admins. */
export const DeliveryFailure = z
  .object({
    reason: z.enum(DELIVERY_FAILURES),
    /** The response of the other server, or the local error. */
    error: z.string().max(300),
  })
  .meta({ id: 'DeliveryFailure' });
export type DeliveryFailure = z.infer<typeof DeliveryFailure>;

/** A channel through which notifications are sent. Counts go up to 10,000. */
export const NotificationChannelHealth = z
  .object({
    channel: z.enum(['email', 'push']),
    /** Waiting to be sent, including those not yet due or to be retried. */
    waiting: z.number().int(),
    /** Those of them that have failed and will be retried. */
    retrying: z.number().int(),
    /** Those of them that are overdue. */
    overdue: z.number().int(),
    /** How long the oldest of these has been overdue. */
    overdueSeconds: z.number().int(),
    /** Sent in the last 24 hours. */
    sent: z.number().int(),
    /** Failed permanently in the last 24 hours. */
    failed: z.number().int(),
    /** The last failed attempt in the last 24 hours; null: none. */
    lastFailure: z.object({ at: Timestamp, ...DeliveryFailure.shape }).nullable(),
  })
  .meta({ id: 'NotificationChannelHealth' });
export type NotificationChannelHealth = z.infer<typeof NotificationChannelHealth>;

/** The progress of notification decisions, and the health of the channels. */
export const NotificationHealth = z
  .object({
    /** Conversations with undecided messages. */
    undecided: z.number().int(),
    /** How long the oldest of them has been waiting; usually below a second. */
    undecidedSeconds: z.number().int(),
    channels: z.array(NotificationChannelHealth),
  })
  .meta({ id: 'NotificationHealth' });
export type NotificationHealth = z.infer<typeof NotificationHealth>;

/** Where a test email is sent. */
export const TestEmailAnswer = z
  .object({ recipient: z.string() })
  .meta({ id: 'TestEmailAnswer', examples: [{ recipient: 'ada@example.org' }] });
export type TestEmailAnswer = z.infer<typeof TestEmailAnswer>;
