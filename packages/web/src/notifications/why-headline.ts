import type { WhyNotified } from '@parley/protocol';
import { listOf } from '../lib/text.ts';
import { t } from '../texts/index.ts';

/** The input of the headline. */
export type HowNotified = Pick<WhyNotified, 'inApp' | 'push'> & {
  readonly deliveries: readonly Pick<WhyNotified['deliveries'][number], 'channel' | 'outcome'>[];
};

/** Returns one sentence that says whether and through which channels the user was notified. */
export function whyHeadline(how: HowNotified): string {
  const channels = [
    ...(wasInUse(how) ? [t('why.onDevicesInUse')] : []),
    ...(wasSent(how, 'push') ? [t('why.byPush')] : []),
    ...(wasSent(how, 'email') ? [t('why.byEmail')] : []),
  ];
  if (channels.length > 0) return t('why.notified', { channels: listOf(channels) });
  const isWaiting = how.deliveries.some(({ outcome }) => outcome === null);
  return t(isWaiting ? 'why.notYet' : 'why.notNotified');
}

/** Returns whether devices in use showed it: `away` and `no_channel` say that there were none. */
const wasInUse = ({ inApp, push }: HowNotified): boolean =>
  inApp && push !== 'away' && push !== 'no_channel';

/**
 * If several messages of a conversation are due, one is pushed, and replaces the notifications of
 * the others.
 */
const SENT: readonly (string | null)[] = ['sent', 'replaced'];

const wasSent = ({ deliveries }: HowNotified, channel: 'push' | 'email'): boolean =>
  deliveries.some((delivery) => delivery.channel === channel && SENT.includes(delivery.outcome));
