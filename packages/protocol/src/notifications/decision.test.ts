import { describe, expect, test } from 'vitest';
import type { AccountId } from '../base/ids.ts';
import {
  type ChannelDecision,
  type ChannelReason,
  decideNotification,
  NOTIFYING_REASONS,
  type NotificationReason,
  type NotificationRecipient,
  type NotifyingEvent,
  type NotifyingMessage,
  type RecipientSettings,
  SILENT_REASONS,
} from './decision.ts';
import { NOTIFICATION_DEFAULTS } from './defaults.ts';
import type { NotificationSettings } from './notifications.ts';

const ME = 'me' as AccountId;
const OTHER = 'other' as AccountId;
const NOW = Date.parse('2026-06-10T12:00:00Z');
const LATER = '2026-06-10T13:00:00.000Z';
const EARLIER = '2026-06-10T11:00:00.000Z';
const MUTED = { level: null, muted: { until: null } } as const;
const level = (l: NotificationSettings['level']) => ({ level: l, muted: null });

interface Case {
  event?: Partial<NotifyingMessage> | NotifyingEvent;
  general?: Partial<NotificationSettings>;
  settings?: Partial<RecipientSettings>;
  recipient?: Partial<NotificationRecipient>;
}

function decide({ event, general, settings, recipient }: Case) {
  const message: NotifyingMessage = {
    kind: 'message',
    actor: OTHER,
    isDirect: false,
    body: 'The deploy failed',
    mention: null,
    isOnlyInThread: false,
    isDeleted: false,
  };
  return decideNotification(
    { ...message, ...event } as NotifyingEvent,
    {
      general: { ...NOTIFICATION_DEFAULTS, ...general },
      conversation: null,
      thread: null,
      doNotDisturbUntil: null,
      ...settings,
    },
    {
      account: ME,
      isMember: true,
      isFollowing: null,
      presence: 'away',
      hasRead: false,
      isBlocked: false,
      ...recipient,
    },
    NOW,
  );
}

/** What is decided: b = badge, a = in-app, p = push, l = push later, e = email. */
const shown = (c: Case) => {
  const { badge, inApp, push, email, reason } = decide(c);
  const pushed = { now: 'p', later: 'l', never: '' }[push.send];
  const channels = `${badge ? 'b' : ''}${inApp ? 'a' : ''}${pushed}${email.send === 'never' ? '' : 'e'}`;
  return [reason, channels];
};

const inThread = { event: { isOnlyInThread: true } };
const named = { mention: 'name' } as const;
const direct = { isDirect: true };
const quietHours = { start: '13:00', end: '15:00', timeZone: 'Europe/Berlin' };
const reaction: NotifyingEvent = { kind: 'reaction', actor: OTHER };
const newUser: NotifyingEvent = { kind: 'new_user', actor: OTHER };

/** Each row: the case, the reason, the channels, and what the case is. */
const TABLE: [NotificationReason, string, string, Case][] = [
  ['all_messages', 'ba', 'a message of a group, by default', {}],
  ['all_messages', 'ba', 'while a device is in use', { recipient: { presence: 'active' } }],
  ['all_messages', 'ba', 'while it is unknown', { recipient: { presence: 'unknown' } }],
  ['direct_message', 'bape', 'a direct message', { event: direct }],
  [
    'direct_message',
    'bale',
    'a direct message at a desk',
    { event: direct, recipient: { presence: 'active' } },
  ],
  ['mention', 'bape', 'a mention', { event: named }],
  ['mention', 'bape', 'a mention in a direct conversation', { event: { ...direct, ...named } }],
  [
    'mention',
    'bape',
    'a mention in a thread that is not followed',
    { event: { ...inThread.event, ...named }, recipient: { isFollowing: false } },
  ],
  ['mention_of_everyone', 'bap', '@everyone', { event: { mention: 'everyone' } }],
  [
    'mention_of_everyone',
    'bap',
    '@everyone at the level of mentions',
    { event: { mention: 'everyone' }, general: { level: 'mentions' } },
  ],
  [
    'mention_of_here',
    'bal',
    '@here for those who are',
    {
      event: { mention: 'here' },
      recipient: { presence: 'active' },
      general: { level: 'mentions' },
    },
  ],
  [
    'level_mentions',
    'b',
    '@here for those who are not',
    { event: { mention: 'here' }, general: { level: 'mentions' } },
  ],
  ['keyword', 'bape', 'a keyword', { general: { keywords: ['deploy'], level: 'mentions' } }],
  [
    'keyword',
    'bape',
    'a keyword in a thread that is not followed',
    { ...inThread, general: { keywords: ['deploy'] }, recipient: { isFollowing: false } },
  ],
  [
    'thread_reply',
    'bap',
    'a reply in a followed thread',
    { ...inThread, recipient: { isFollowing: true } },
  ],
  [
    'thread_not_followed',
    '',
    'a reply in another thread',
    { ...inThread, recipient: { isFollowing: false } },
  ],
  [
    'all_messages',
    'ba',
    'a reply that is shown in the conversation too',
    { recipient: { isFollowing: false } },
  ],
  [
    'all_messages',
    'bap',
    'a thread of which everything was chosen',
    { ...inThread, settings: { thread: level('all') }, recipient: { isFollowing: false } },
  ],
  [
    'level_mentions',
    'b',
    'a reply in a followed thread at the level of mentions',
    { ...inThread, general: { level: 'mentions' }, recipient: { isFollowing: true } },
  ],
  [
    'thread_reply',
    'bap',
    'the level of the thread before that in general',
    {
      ...inThread,
      general: { level: 'nothing' },
      settings: { thread: level('all') },
      recipient: { isFollowing: true },
    },
  ],
  ['own_event', '', 'an own message', { event: { actor: ME } }],
  ['not_member', '', 'a former member', { event: direct, recipient: { isMember: false } }],
  [
    'blocked',
    '',
    'a message of a blocked author',
    { event: named, recipient: { isBlocked: true } },
  ],
  [
    'blocked',
    '',
    'a reaction of a blocked user',
    {
      event: { kind: 'reaction', actor: OTHER },
      general: { reactions: true },
      recipient: { isBlocked: true },
    },
  ],
  ['message_deleted', '', 'a deleted message', { event: { ...named, isDeleted: true } }],
  [
    'already_read',
    '',
    'a message that was read on another device',
    { event: named, recipient: { hasRead: true } },
  ],
  ['viewing', '', 'a message on the screen', { event: named, recipient: { presence: 'viewing' } }],
  ['conversation_muted', '', 'a muted conversation', { settings: { conversation: MUTED } }],
  [
    'conversation_muted',
    '',
    'until an end',
    { settings: { conversation: { level: null, muted: { until: LATER } } } },
  ],
  [
    'all_messages',
    'ba',
    'after the end of a mute',
    { settings: { conversation: { level: null, muted: { until: EARLIER } } } },
  ],
  [
    'conversation_muted',
    '',
    'a mention in a muted conversation',
    { event: named, settings: { conversation: MUTED } },
  ],
  [
    'mention',
    'bape',
    'a mention that breaks mutes',
    { event: named, general: { mentionsBreakMute: true }, settings: { conversation: MUTED } },
  ],
  [
    'conversation_muted',
    '',
    '@everyone breaks no mute',
    {
      event: { mention: 'everyone' },
      general: { mentionsBreakMute: true },
      settings: { conversation: MUTED },
    },
  ],
  [
    'conversation_muted',
    '',
    'a direct message in a muted conversation',
    { event: direct, settings: { conversation: MUTED } },
  ],
  [
    'direct_message',
    'bape',
    'a direct message that breaks mutes',
    { event: direct, general: { directBreaksMute: true }, settings: { conversation: MUTED } },
  ],
  [
    'thread_muted',
    '',
    'a muted thread',
    { ...inThread, settings: { thread: MUTED }, recipient: { isFollowing: true } },
  ],
  [
    'conversation_muted',
    '',
    'a thread of a muted conversation',
    {
      ...inThread,
      settings: { conversation: MUTED, thread: level('all') },
      recipient: { isFollowing: true },
    },
  ],
  [
    'level_nothing',
    'b',
    'a mention at the level of nothing',
    { event: named, general: { level: 'nothing' } },
  ],
  [
    'all_messages',
    'bap',
    'the level of the conversation before that in general',
    { general: { level: 'nothing' }, settings: { conversation: level('all') } },
  ],
  ['level_mentions', 'b', 'a message at the level of mentions', { general: { level: 'mentions' } }],
  [
    'direct_message',
    'bape',
    'a direct message at the level of mentions',
    { event: direct, general: { level: 'mentions' } },
  ],
  [
    'level_mentions',
    'b',
    'a direct conversation at the level of mentions',
    { event: direct, settings: { conversation: level('mentions') } },
  ],
  [
    'do_not_disturb',
    'be',
    'do not disturb',
    { event: direct, settings: { doNotDisturbUntil: NOW + 1 } },
  ],
  [
    'direct_message',
    'bape',
    'after do not disturb',
    { event: direct, settings: { doNotDisturbUntil: NOW } },
  ],
  ['quiet_hours', 'be', 'quiet hours', { event: named, general: { quietHours } }],
  [
    'quiet_hours',
    'b',
    'a message that is not for an email in quiet hours',
    { general: { quietHours } },
  ],
  ['reactions_off', '', 'a reaction, by default', { event: reaction }],
  ['reaction', 'a', 'a reaction', { event: reaction, general: { reactions: true } }],
  [
    'conversation_muted',
    '',
    'a reaction in a muted conversation',
    { event: reaction, general: { reactions: true }, settings: { conversation: MUTED } },
  ],
  [
    'level_nothing',
    '',
    'a reaction at the level of nothing',
    { event: reaction, general: { reactions: true, level: 'nothing' } },
  ],
  ['new_user', 'a', 'someone new', { event: newUser }],
  [
    'new_people_off',
    '',
    'someone new, switched off',
    { event: newUser, general: { newPeople: false } },
  ],
  [
    'do_not_disturb',
    '',
    'someone new while not to be disturbed',
    { event: newUser, settings: { doNotDisturbUntil: NOW + 1 } },
  ],
];

describe('decideNotification', () => {
  test.each(TABLE)('%s → %s: %s', (reason, channels, _words, given) => {
    expect(shown(given)).toEqual([reason, channels]);
  });

  test.each<[ChannelDecision['send'], ChannelReason, ChannelDecision['send'], ChannelReason, Case]>(
    [
      ['now', 'away', 'later', 'unread', { event: direct }],
      ['later', 'in_use', 'later', 'unread', { event: direct, recipient: { presence: 'active' } }],
      ['later', 'in_use', 'later', 'unread', { event: direct, recipient: { presence: 'unknown' } }],
      [
        'now',
        'away',
        'never',
        'turned_off',
        { event: direct, general: { emailDelayMinutes: null } },
      ],
      ['now', 'away', 'never', 'not_about_recipient', { event: { mention: 'everyone' } }],
      ['never', 'not_about_recipient', 'never', 'not_about_recipient', {}],
      ['never', 'not_notified', 'never', 'not_notified', { event: { actor: ME } }],
      ['never', 'not_notified', 'later', 'unread', { event: direct, general: { quietHours } }],
      ['never', 'not_notified', 'never', 'not_notified', { general: { level: 'mentions' } }],
    ],
  )('sends a push %s: %s, and an email %s: %s', (push, why, email, whyEmail, given) => {
    expect(decide(given)).toMatchObject({
      push: { send: push, reason: why },
      email: { send: email, reason: whyEmail },
    });
  });

  test('has a case for each reason', () => {
    const tested = new Set(TABLE.map(([reason]) => reason));
    expect([...tested].sort()).toEqual([...NOTIFYING_REASONS, ...SILENT_REASONS].sort());
  });
});
