import { expect, test } from 'vitest';
import { type HowNotified, whyHeadline } from './why-headline.ts';

const push = (outcome: string | null) => ({ channel: 'push', outcome });
const email = (outcome: string | null) => ({ channel: 'email', outcome });

const TABLE: [
  inApp: boolean,
  push: string | null,
  deliveries: HowNotified['deliveries'],
  shown: string,
][] = [
  // Computed decisions are about devices that were in use.
  [true, null, [], 'You were notified on the devices you were using.'],
  [true, 'in_use', [], 'You were notified on the devices you were using.'],
  [true, 'in_use', [push('already_read')], 'You were notified on the devices you were using.'],
  [true, 'not_about_recipient', [], 'You were notified on the devices you were using.'],
  [
    true,
    'in_use',
    [push('sent')],
    'You were notified on the devices you were using and by push notification.',
  ],
  [
    true,
    'in_use',
    [push('sent'), push('failed'), email('sent')],
    'You were notified on the devices you were using, by push notification, and by email.',
  ],
  [true, 'away', [push('sent')], 'You were notified by push notification.'],
  [true, 'away', [push('sent'), push(null)], 'You were notified by push notification.'],
  [true, 'away', [push('replaced')], 'You were notified by push notification.'],
  [true, 'away', [push('failed'), email('sent')], 'You were notified by email.'],
  [true, 'away', [push(null)], 'You haven’t been notified yet.'],
  [true, 'away', [push('failed'), email(null)], 'You haven’t been notified yet.'],
  [true, 'away', [push('failed')], 'You were not notified.'],
  [true, 'away', [push('already_read')], 'You were not notified.'],
  [true, 'no_channel', [], 'You were not notified.'],
  [true, 'no_channel', [email('sent')], 'You were notified by email.'],
  // During quiet hours only the email is sent, later.
  [false, 'not_notified', [email('sent')], 'You were notified by email.'],
  [false, 'not_notified', [], 'You were not notified.'],
  [false, null, [], 'You were not notified.'],
];

test.each(TABLE)(
  'in the app %s, push %s, deliveries %j: %s',
  (inApp, reason, deliveries, shown) => {
    expect(whyHeadline({ inApp, push: reason, deliveries })).toBe(shown);
  },
);
