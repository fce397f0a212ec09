import type { AccountId, Event, EventData, EventType } from '@parley/protocol';

/**
 * The effect of an event type on memberships: it starts or ends that of its `account`, ends all, or
 * has none.
 */
type MembershipEffect<T extends EventType> =
  | 'none'
  | 'ends_all'
  | (EventData<T> extends { account: AccountId } ? 'starts' | 'ends' : never);

const EFFECTS: { readonly [T in EventType]: MembershipEffect<T> } = {
  'conversation.created': 'none',
  'conversation.updated': 'none',
  'conversation.deleted': 'ends_all',
  'member.joined': 'starts',
  'member.left': 'ends',
  'member.role_changed': 'none',
  'member.banned': 'none',
  'member.unbanned': 'none',
  'link.created': 'none',
  'link.revoked': 'none',
  'message.posted': 'none',
  'message.edited': 'none',
  'message.deleted': 'none',
  'message.hidden': 'none',
  'message.unhidden': 'none',
  'reaction.added': 'none',
  'reaction.removed': 'none',
  'message.pinned': 'none',
  'message.unpinned': 'none',
  'poll.voted': 'none',
  'poll.closed': 'none',
  'message.previewed': 'none',
  // Personal streams repeat what the conversation’s stream says.
  'conversation.joined': 'none',
  'conversation.left': 'none',
  'message.saved': 'none',
  'message.unsaved': 'none',
  'reminder.due': 'none',
  'message.scheduled': 'none',
  'message.unscheduled': 'none',
  'scheduled.sent': 'none',
  'scheduled.failed': 'none',
  'thread.followed': 'none',
  'thread.unfollowed': 'none',
  'message.reported': 'none',
  'report.resolved': 'none',
  'account.blocked': 'none',
  'account.unblocked': 'none',
  'status.changed': 'none',
  'notifications.changed': 'none',
  'notifications.overridden': 'none',
  'sidebar.changed': 'none',
  'sidebar.moved': 'none',
  'sidebar.closed': 'none',
  'user.registered': 'none',
  'user.updated': 'none',
  'user.deactivated': 'none',
  'user.reactivated': 'none',
  'user.suspended': 'none',
  'user.unsuspended': 'none',
  'user.role_changed': 'none',
  'user.deleted': 'none',
  'group.created': 'none',
  'group.updated': 'none',
  'group.deleted': 'none',
  'user_group.changed': 'none',
  'user_group.deleted': 'none',
  'emoji.changed': 'none',
  'emoji.deleted': 'none',
  'server.updated': 'none',
};

/** Returns whether an event starts or ends the membership of an account in its conversation. */
export function membershipChange(
  event: Event,
  account: AccountId | null,
): 'starts' | 'ends' | null {
  // Undefined for a type that only a newer server knows.
  const effect: MembershipEffect<EventType> | 'starts' | 'ends' | undefined = EFFECTS[event.type];
  if (effect === 'ends_all') return 'ends';
  if (effect !== 'starts' && effect !== 'ends') return null;
  // The type of the data follows from that of the event, which the compiler cannot express.
  return (event.data as { account: AccountId }).account === account ? effect : null;
}
