import type { TimelineMessage } from '@parley/client';
import type { NotificationReason, WhyNotified } from '@parley/protocol';
import { useQuery } from '@tanstack/react-query';
import { fullTime } from '../lib/time.ts';
import { keys } from '../queries/keys.ts';
import { useClient } from '../session/use-client.ts';
import { t } from '../texts/index.ts';
import type { PlainKey } from '../texts/keys.ts';
import { Dialog } from '../ui/dialog.tsx';
import { Loading } from '../ui/loading.tsx';
import { whyHeadline } from './why-headline.ts';

const REASONS: Record<NotificationReason, PlainKey> = {
  direct_message: 'why.directMessage',
  mention: 'why.mention',
  mention_of_everyone: 'why.mentionOfEveryone',
  mention_of_here: 'why.mentionOfHere',
  keyword: 'why.keyword',
  thread_reply: 'why.threadReply',
  all_messages: 'why.allMessages',
  reaction: 'why.reaction',
  new_user: 'why.newUser',
  own_event: 'why.ownEvent',
  not_member: 'why.notMember',
  message_deleted: 'why.messageDeleted',
  blocked: 'why.blocked',
  already_read: 'why.alreadyRead',
  viewing: 'why.viewing',
  thread_not_followed: 'why.threadNotFollowed',
  thread_muted: 'why.threadMuted',
  conversation_muted: 'why.conversationMuted',
  level_nothing: 'why.levelNothing',
  level_mentions: 'why.levelMentions',
  do_not_disturb: 'why.doNotDisturb',
  quiet_hours: 'why.quietHours',
  reactions_off: 'why.reactionsOff',
  new_people_off: 'why.newPeopleOff',
};

/** Explains why the user was or was not notified of a message. */
export function WhyNotifiedDialog({
  message,
  onClose,
}: {
  message: TimelineMessage;
  onClose: () => void;
}) {
  const client = useClient();
  const loaded = useQuery({
    queryKey: keys.whyNotified(message.conversation, message.seq),
    queryFn: ({ signal }) =>
      client.api.notifications.why(message.conversation, message.seq, { signal }),
  });
  return (
    <Dialog open onClose={onClose} title={t('why.title')}>
      {loaded.data === undefined ? <Loading of={loaded} /> : <Why why={loaded.data} />}
    </Dialog>
  );
}

function Why({ why }: { why: WhyNotified }) {
  // Reasons of a newer server have no text here.
  const text = REASONS[why.reason] as PlainKey | undefined;
  return (
    <>
      <p className="font-medium">{whyHeadline(why)}</p>
      <p className="mt-1">{text === undefined ? why.reason : t(text)}</p>
      {why.push === 'no_channel' && why.deliveries.length === 0 && (
        <p className="mt-3 text-muted text-sm">{t('why.noChannel')}</p>
      )}
      {why.deliveries.length > 0 && (
        <ul className="mt-3 text-muted text-sm">
          {why.deliveries.map((delivery, n) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: the list does not change.
            <li key={n}>
              <bdi>{channelName(delivery)}</bdi>: {outcomeText(delivery)}
            </li>
          ))}
        </ul>
      )}
      <p className="mt-3 text-note text-muted">
        {why.decidedAt === null
          ? t('why.computed')
          : t('why.decidedAt', { time: fullTime(why.decidedAt) })}
      </p>
    </>
  );
}

type Delivery = WhyNotified['deliveries'][number];

const channelName = ({ channel, device }: Delivery): string =>
  device ?? (channel === 'email' ? t('why.email') : t('why.removedDevice'));

/** Returns the text for the delivery of a notification to a device or as an email. */
function outcomeText({ outcome, at, attempts, error }: Delivery): string {
  if (outcome === null) return t(error === null ? 'why.pending' : 'why.retrying');
  const time = at === null ? '' : fullTime(at);
  if (outcome === 'sent') return t(attempts > 1 ? 'why.sentAfterFailure' : 'why.sent', { time });
  if (outcome === 'replaced') return t('why.replaced');
  if (outcome === 'device_gone') return t('why.deviceGone');
  if (outcome === 'failed') return t('why.failed', { count: attempts });
  // Reasons of a newer server have no text here.
  const reason = REASONS[outcome as NotificationReason] as PlainKey | undefined;
  return reason === undefined ? t('why.canceled') : `${t('why.canceled')} ${t(reason)}`;
}
