import type { Event, EventType } from '@parley/protocol';

/** The type that a field must have; with `?` it may be missing. */
type FieldType = 'string' | 'number' | 'object' | 'text?' | 'number?' | 'object?';

/** The fields of an event’s data that a client uses. */
const FIELDS: Readonly<Record<EventType, Readonly<Record<string, FieldType>>>> = {
  'conversation.created': {},
  'conversation.updated': {
    name: 'text?',
    visibility: 'text?',
    topic: 'text?',
    description: 'text?',
  },
  'conversation.deleted': {},
  'member.joined': { account: 'string', role: 'string' },
  'member.left': { account: 'string' },
  'member.role_changed': { account: 'string', role: 'string' },
  'member.banned': { account: 'string' },
  'member.unbanned': { account: 'string' },
  'link.created': { link: 'string' },
  'link.revoked': { link: 'string' },
  'message.posted': {
    body: 'string',
    replyTo: 'number?',
    thread: 'number?',
    mentions: 'object?',
    attachments: 'object?',
  },
  'message.edited': { message: 'number', body: 'string', thread: 'number?', mentions: 'object?' },
  'message.deleted': {
    message: 'number',
    author: 'string',
    thread: 'number?',
    threadSummary: 'object?',
  },
  'message.hidden': { message: 'number', author: 'string', thread: 'number?' },
  'message.unhidden': {
    message: 'number',
    author: 'string',
    body: 'string',
    replyTo: 'number?',
    thread: 'number?',
    mentions: 'object?',
    attachments: 'object?',
  },
  'reaction.added': { message: 'number', emoji: 'string' },
  'reaction.removed': { message: 'number', emoji: 'string' },
  'message.pinned': { message: 'number' },
  'message.unpinned': { message: 'number' },
  'poll.voted': { message: 'number', choices: 'object?', before: 'object?' },
  'poll.closed': { message: 'number' },
  'message.previewed': { message: 'number', previews: 'object?' },
  'conversation.joined': { conversation: 'string', seq: 'number' },
  'conversation.left': { conversation: 'string', seq: 'number' },
  'message.saved': { conversation: 'string', message: 'number' },
  'message.unsaved': { conversation: 'string', message: 'number' },
  'reminder.due': { conversation: 'string', message: 'number' },
  'message.scheduled': { scheduled: 'string', conversation: 'string', body: 'string' },
  'message.unscheduled': { scheduled: 'string' },
  'scheduled.sent': { scheduled: 'string', conversation: 'string', message: 'number' },
  'scheduled.failed': { scheduled: 'string', conversation: 'string', reason: 'string' },
  'thread.followed': { conversation: 'string', message: 'number' },
  'thread.unfollowed': { conversation: 'string', message: 'number' },
  'message.reported': { conversation: 'string', message: 'number' },
  'report.resolved': { conversation: 'string', message: 'number', resolution: 'string' },
  'account.blocked': { account: 'string' },
  'account.unblocked': { account: 'string' },
  'status.changed': { text: 'string' },
  'notifications.changed': { level: 'string', keywords: 'object?', quietHours: 'object?' },
  'notifications.overridden': { conversation: 'string', thread: 'number?', muted: 'object?' },
  'sidebar.changed': { sections: 'object' },
  'sidebar.moved': { placed: 'object', removed: 'object' },
  'sidebar.closed': { closed: 'object', reopened: 'object' },
  'user.registered': { account: 'string', username: 'string', displayName: 'string' },
  'user.updated': { account: 'string', username: 'string', displayName: 'string' },
  'user.deactivated': { account: 'string' },
  'user.reactivated': { account: 'string' },
  'user.suspended': { account: 'string' },
  'user.unsuspended': { account: 'string' },
  'user.role_changed': { account: 'string', role: 'string' },
  'user.deleted': { account: 'string' },
  'group.created': { conversation: 'string', name: 'string' },
  'group.updated': { conversation: 'string', name: 'string' },
  'group.deleted': { conversation: 'string' },
  'user_group.changed': {
    userGroup: 'string',
    name: 'string',
    title: 'string',
    members: 'object',
  },
  'user_group.deleted': { userGroup: 'string' },
  'emoji.changed': { emoji: 'string', name: 'string', aliases: 'object', image: 'string' },
  'emoji.deleted': { emoji: 'string' },
  'server.updated': {},
};

/**
 * Returns whether an event can be processed. The server follows its schemas, so this checks only
 * what would break the client: otherwise one damaged row in the database would stop synchronization
 * for every client that is subscribed to the stream. It costs a thousandth of what validating the
 * schemas would.
 */
export function isWellFormed(event: Event): boolean {
  const data = event.data as Readonly<Record<string, unknown>> | null;
  if (typeof data !== 'object' || data === null) return false;
  // Of a type that only a newer server knows, no field is used.
  const fields = FIELDS[event.type];
  for (const name in fields) {
    if (!HAS_TYPE[fields[name] as FieldType](typeof data[name])) return false;
  }
  return true;
}

/** Whether a field whose `typeof` is given has each type. */
const HAS_TYPE: Readonly<Record<FieldType, (type: string) => boolean>> = {
  string: (type) => type === 'string',
  number: (type) => type === 'number',
  object: (type) => type === 'object',
  'text?': (type) => type === 'undefined' || type === 'string',
  'number?': (type) => type === 'undefined' || type === 'number',
  'object?': (type) => type === 'undefined' || type === 'object',
};
