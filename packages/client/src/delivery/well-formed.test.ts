import type { Event } from '@parley/protocol';
import { expect, test } from 'vitest';
import { isWellFormed } from './well-formed.ts';

/** The fields of each event that a client uses: texts (s), numbers (n), objects (o), or nothing (?). */
const USED: Readonly<Record<string, string>> = {
  'conversation.created': '',
  'conversation.updated': 'name:s? visibility:s? topic:s? description:s?',
  'conversation.deleted': '',
  'member.joined': 'account:s role:s',
  'member.left': 'account:s',
  'member.role_changed': 'account:s role:s',
  'member.banned': 'account:s',
  'member.unbanned': 'account:s',
  'link.created': 'link:s',
  'link.revoked': 'link:s',
  'message.posted': 'body:s replyTo:n? thread:n? mentions:o? attachments:o?',
  'message.edited': 'message:n body:s thread:n? mentions:o?',
  'message.deleted': 'message:n author:s thread:n? threadSummary:o?',
  'message.hidden': 'message:n author:s thread:n?',
  'message.unhidden': 'message:n author:s body:s replyTo:n? thread:n? mentions:o? attachments:o?',
  'reaction.added': 'message:n emoji:s',
  'reaction.removed': 'message:n emoji:s',
  'message.pinned': 'message:n',
  'message.unpinned': 'message:n',
  'poll.voted': 'message:n choices:o? before:o?',
  'poll.closed': 'message:n',
  'message.previewed': 'message:n previews:o?',
  'conversation.joined': 'conversation:s seq:n',
  'conversation.left': 'conversation:s seq:n',
  'message.saved': 'conversation:s message:n',
  'message.unsaved': 'conversation:s message:n',
  'reminder.due': 'conversation:s message:n',
  'message.scheduled': 'scheduled:s conversation:s body:s',
  'message.unscheduled': 'scheduled:s',
  'scheduled.sent': 'scheduled:s conversation:s message:n',
  'scheduled.failed': 'scheduled:s conversation:s reason:s',
  'thread.followed': 'conversation:s message:n',
  'thread.unfollowed': 'conversation:s message:n',
  'message.reported': 'conversation:s message:n',
  'report.resolved': 'conversation:s message:n resolution:s',
  'account.blocked': 'account:s',
  'account.unblocked': 'account:s',
  'status.changed': 'text:s',
  'notifications.changed': 'level:s keywords:o? quietHours:o?',
  'notifications.overridden': 'conversation:s thread:n? muted:o?',
  'sidebar.changed': 'sections:o',
  'sidebar.moved': 'placed:o removed:o',
  'sidebar.closed': 'closed:o reopened:o',
  'user.registered': 'account:s username:s displayName:s',
  'user.updated': 'account:s username:s displayName:s',
  'user.deactivated': 'account:s',
  'user.reactivated': 'account:s',
  'user.suspended': 'account:s',
  'user.unsuspended': 'account:s',
  'user.role_changed': 'account:s role:s',
  'user.deleted': 'account:s',
  'group.created': 'conversation:s name:s',
  'group.updated': 'conversation:s name:s',
  'group.deleted': 'conversation:s',
  'user_group.changed': 'userGroup:s name:s title:s members:o',
  'user_group.deleted': 'userGroup:s',
  'emoji.changed': 'emoji:s name:s aliases:o image:s',
  'emoji.deleted': 'emoji:s',
  'server.updated': '',
  // Of a newer server.
  'message.sung': '',
};

const VALUES: Readonly<Record<string, unknown>> = { s: 'text', n: 7, o: {}, '?': undefined };

test.each(Object.entries(USED))('%s is well formed if %j are', (type, fields) => {
  const used = fields
    .split(' ')
    .filter((field) => field !== '')
    .map((field) => field.split(':') as [string, string]);
  const complete = Object.fromEntries(used.map(([name, kind]) => [name, VALUES[kind.charAt(0)]]));
  const isValid = (data: unknown) => isWellFormed({ type, data } as unknown as Event);
  expect([isValid(complete), isValid({ ...complete, unused: 1 })]).toEqual([true, true]);
  expect([isValid(null), isValid(undefined), isValid('text')]).toEqual([false, false, false]);
  for (const [name, kind] of used) {
    for (const [letter, value] of Object.entries(VALUES)) {
      expect([name, letter, isValid({ ...complete, [name]: value })]).toEqual([
        ...[name, letter],
        kind.includes(letter),
      ]);
    }
  }
});
