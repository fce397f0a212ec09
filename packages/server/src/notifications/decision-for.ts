import {
  decideNotification,
  isMentionOf,
  mentionOf,
  type NotificationDecision,
} from '@parley/protocol';
import type { MessageToDecide } from './messages-to-decide.ts';
import type { PresenceOf, Recipient } from './recipients.ts';

/** Returns what is decided about a message for one recipient. */
export const decisionFor = (
  message: MessageToDecide,
  { account, isMember, isFollowing, isNamed, hasRead, isBlocked, settings }: Recipient,
  presence: ReturnType<PresenceOf>,
  now: number,
): NotificationDecision =>
  decideNotification(
    {
      kind: 'message',
      actor: message.author,
      isDirect: message.isDirect,
      body: message.body,
      mention: mentionOf(
        message.mentions?.filter((mention) => isNamed || !isMentionOf(mention, account)),
        account,
      ),
      isOnlyInThread: message.isOnlyInThread,
      isDeleted: message.isDeleted,
    },
    settings,
    { account, isMember, isFollowing, hasRead, isBlocked, presence },
    now,
  );
