import { Timestamp } from './bounds.ts';
import { z } from './z.ts';

/** How the delivery of notifications is doing, for admins. */

/** Why a delivery failed; `other`: see the error itself. */
export const DELIVERY_FAILURES = [
  'refused',
  'not_found',
  'timed_out',
  'certificate',
  'credentials',
  'rejected',
  'gone',
  'too_many',
  'other',
] as const;
/** Why a delivery failed. */
export type DeliveryFailure = (typeof DELIVERY_FAILURES)[number];

/** A channel by which notifications are sent. Numbers are counted up to 10,000. */
export const NotificationChannelHealth = z
  .object({
    channel: z.enum(['email', 'push']),
    /** What waits to be sent, also for its time or for another attempt. */
    waiting: z.number().int(),
    /** What of that has failed, and is attempted again. */
    retrying: z.number().int(),
    /** What of that should have been sent by now. */
    overdue: z.number().int(),
    /** For how long the oldest of these has been overdue. */
    overdueSeconds: z.number().int(),
    /** What was sent in the last 24 hours. */
    sent: z.number().int(),
    /** What failed for good in the last 24 hours. */
    failed: z.number().int(),
    /** The last failed attempt in the last 24 hours; null: none. */
    lastFailure: z
      .object({
        at: Timestamp,
        reason: z.enum(DELIVERY_FAILURES),
        /** What the other server answered, or what prevented it. */
        error: z.string().max(300),
      })
      .nullable(),
  })
  .meta({ id: 'NotificationChannelHealth' });
export type NotificationChannelHealth = z.infer<typeof NotificationChannelHealth>;

/** How far notifications are decided, and how their channels are doing. */
export const NotificationHealth = z
  .object({
    /** Conversations with messages about which it is not decided whom they notify. */
    undecided: z.number().int(),
    /** For how long the oldest of them has been waiting; it is usually below a second. */
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
