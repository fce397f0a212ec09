import { AccountId } from '@parley/protocol';
import { redactMessages } from './messages/redact.ts';
import { redactScheduled } from './messages/redact-scheduled.ts';
import { type EventVisibilities, NO_CHANGE } from './stream/event-visibility.ts';
import { peek } from './stream/record.ts';

/** Which events end memberships and redact earlier ones: the table of all domains. */
export const EVENT_VISIBILITY: EventVisibilities = {
  'conversation.created': NO_CHANGE,
  'conversation.updated': NO_CHANGE,
  'conversation.deleted': { endsMembershipOf: () => 'everyone', redact: null },
  'member.joined': NO_CHANGE,
  'member.left': {
    // An event whose data is damaged ends no membership, and does not keep others from being sent.
    endsMembershipOf: (event) => AccountId.safeParse(peek(event).account).data ?? null,
    redact: null,
  },
  'member.role_changed': NO_CHANGE,
  'member.banned': NO_CHANGE,
  'member.unbanned': NO_CHANGE,
  'link.created': NO_CHANGE,
  'link.revoked': NO_CHANGE,
  'message.posted': NO_CHANGE,
  'message.edited': NO_CHANGE,
  'message.deleted': { endsMembershipOf: null, redact: redactMessages },
  'reaction.added': NO_CHANGE,
  'reaction.removed': NO_CHANGE,
  'message.pinned': NO_CHANGE,
  'message.unpinned': NO_CHANGE,
  'poll.voted': NO_CHANGE,
  'poll.closed': NO_CHANGE,
  'conversation.joined': NO_CHANGE,
  'conversation.left': NO_CHANGE,
  'message.saved': NO_CHANGE,
  'message.unsaved': NO_CHANGE,
  'reminder.due': NO_CHANGE,
  'message.scheduled': { endsMembershipOf: null, redact: redactScheduled },
  'message.unscheduled': { endsMembershipOf: null, redact: redactScheduled },
  'scheduled.sent': { endsMembershipOf: null, redact: redactScheduled },
  'scheduled.failed': NO_CHANGE,
  'thread.followed': NO_CHANGE,
  'thread.unfollowed': NO_CHANGE,
  'account.blocked': NO_CHANGE,
  'account.unblocked': NO_CHANGE,
  'status.changed': NO_CHANGE,
  'user.registered': NO_CHANGE,
  'user.updated': NO_CHANGE,
  'user.deactivated': NO_CHANGE,
  'user.reactivated': NO_CHANGE,
  'user.suspended': NO_CHANGE,
  'user.unsuspended': NO_CHANGE,
  'user.role_changed': NO_CHANGE,
  'user.deleted': NO_CHANGE,
  'group.created': NO_CHANGE,
  'group.updated': NO_CHANGE,
  'group.deleted': NO_CHANGE,
  'server.updated': NO_CHANGE,
};
