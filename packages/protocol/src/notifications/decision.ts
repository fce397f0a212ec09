import type { AccountId } from '../base/ids.ts';
import { isMentionOf } from '../messages/mention-text.ts';
import type { Mention } from '../messages/message-content.ts';
import { findKeyword } from './keywords.ts';
import type { Mute, NotificationOverride, NotificationSettings } from './notifications.ts';
import { isInQuietHours } from './quiet-hours.ts';

/**
 * Decides who is notified of what: one function without I/O, which the server and the clients call, so that both
 * decide alike and can say why.
 */

/** Why an account is notified. The first that applies to a message is the reason. */
export const NOTIFYING_REASONS = [
  'direct_message',
  'mention',
  'mention_of_everyone',
  'mention_of_here',
  'keyword',
  'thread_reply',
  'all_messages',
  'reaction',
  'new_user',
] as const;

/** Why an account is not notified. */
export const SILENT_REASONS = [
  'own_event',
  'not_member',
  'message_deleted',
  'blocked',
  'already_read',
  'viewing',
  'thread_not_followed',
  'thread_muted',
  'conversation_muted',
  'level_nothing',
  'level_mentions',
  'do_not_disturb',
  'quiet_hours',
  'reactions_off',
  'new_people_off',
] as const;

/** Why a channel is used, or is not. */
export const CHANNEL_REASONS = [
  /** No device is in use. */
  'away',
  /** A device is in use, which shows it. */
  'in_use',
  /** It is still not read after a while. */
  'unread',
  /** The channel is only for what is about the recipient. */
  'not_about_recipient',
  /** The recipient is not notified at all, or not to be disturbed. */
  'not_notified',
  /** The recipient has turned the channel off. */
  'turned_off',
] as const;
/** Why a channel sends something, or does not. */
export type ChannelReason = (typeof CHANNEL_REASONS)[number];

/** Whether and when something is sent by a channel that reaches those who use no device. */
export interface ChannelDecision {
  /** `later`: after the delay of the channel, if it is still not read then. */
  readonly send: 'now' | 'later' | 'never';
  readonly reason: ChannelReason;
}

/** The reason of a decision. */
export type NotificationReason =
  | (typeof NOTIFYING_REASONS)[number]
  | (typeof SILENT_REASONS)[number];

/** A message that may notify. */
export interface NotifyingMessage {
  readonly kind: 'message';
  readonly actor: AccountId;
  readonly isDirect: boolean;
  readonly body: string;
  /** How the message mentions the recipient; by name before the others. */
  readonly mention: 'name' | 'everyone' | 'here' | null;
  /** Whether it is a reply that is shown in its thread alone. */
  readonly isOnlyInThread: boolean;
  /** Whether it was deleted since. */
  readonly isDeleted: boolean;
}

/** An event that may notify. */
export type NotifyingEvent =
  | NotifyingMessage
  /** A reaction to a message of the recipient. */
  | { readonly kind: 'reaction'; readonly actor: AccountId }
  /** Someone has registered. */
  | { readonly kind: 'new_user'; readonly actor: AccountId };

/** The settings of the recipient that concern an event. */
export interface RecipientSettings {
  readonly general: NotificationSettings;
  /** The override of the conversation; null without one. */
  readonly conversation: NotificationOverride | null;
  /** The override of the thread of the message; null without one, or outside threads. */
  readonly thread: NotificationOverride | null;
  /** Until when the recipient does not want to be disturbed, ms since the epoch; null: not set. */
  readonly doNotDisturbUntil: number | null;
}

/** The recipient of an event. */
export interface NotificationRecipient {
  readonly account: AccountId;
  /** Whether it was a member when the event happened, and still is. */
  readonly isMember: boolean;
  /** Whether it follows the thread of the message; null: the message is in none. */
  readonly isFollowing: boolean | null;
  /**
   * `viewing`: the message is on the screen; `active`: a device is in use; `away`: none is, or the user has
   * set themselves away. `unknown` counts as `active`, except that `@here` does not reach it.
   */
  readonly presence: 'viewing' | 'active' | 'away' | 'unknown';
  /** Whether it has read the message, on any device. */
  readonly hasRead: boolean;
  /** Whether it has blocked the account that caused the event. */
  readonly isBlocked: boolean;
}

/** Returns how a message with these mentions mentions an account: by name or user group before the others. */
export function mentionOf(
  mentions: readonly Mention[] | undefined,
  account: AccountId,
): NotifyingMessage['mention'] {
  if (!mentions) return null;
  if (mentions.some((m) => isMentionOf(m, account))) return 'name';
  if (mentions.some((m) => m.kind === 'everyone')) return 'everyone';
  return mentions.some((m) => m.kind === 'here') ? 'here' : null;
}

/** What is decided for one recipient of one event. */
export interface NotificationDecision {
  /** Whether it counts in the number on the badge. */
  readonly badge: boolean;
  /** Whether devices in use show it. */
  readonly inApp: boolean;
  /** Whether it is pushed to devices that are not in use. */
  readonly push: ChannelDecision;
  readonly email: ChannelDecision;
  readonly reason: NotificationReason;
}

/** Decides at a time, ms since the epoch, whether and how a recipient is notified of an event. */
export function decideNotification(
  event: NotifyingEvent,
  settings: RecipientSettings,
  recipient: NotificationRecipient,
  at: number,
): NotificationDecision {
  if (event.actor === recipient.account) return silent('own_event');
  if (recipient.isBlocked) return silent('blocked');
  if (event.kind === 'new_user') {
    if (!settings.general.newPeople) return silent('new_people_off');
    return inAppOnly('new_user', settings, at);
  }
  if (!recipient.isMember) return silent('not_member');
  if (event.kind === 'reaction') return decideReaction(settings, at);
  return decideMessage(event, settings, recipient, at);
}

/** Decides about a reaction to a message of the recipient. */
function decideReaction(settings: RecipientSettings, at: number): NotificationDecision {
  if (!settings.general.reactions) return silent('reactions_off');
  const muted = mutedBy(settings, at);
  if (muted) return silent(muted);
  if (levelOf(settings) === 'nothing') return silent('level_nothing');
  return inAppOnly('reaction', settings, at);
}

function decideMessage(
  message: NotifyingMessage,
  settings: RecipientSettings,
  recipient: NotificationRecipient,
  at: number,
): NotificationDecision {
  if (message.isDeleted) return silent('message_deleted');
  if (recipient.hasRead) return silent('already_read');
  if (recipient.presence === 'viewing') return silent('viewing');
  const reason = reasonToNotify(message, settings, recipient);
  if (reason === null) return silent('thread_not_followed');
  const muted = mutedBy(settings, at);
  if (muted && !breaksMute(reason, settings.general)) return silent(muted);
  const level = levelOf(settings);
  if (level === 'nothing') return badgeOnly('level_nothing');
  if (level === 'mentions' && !isAboutRecipient(reason, settings)) {
    return badgeOnly('level_mentions');
  }
  const email = emailOf(reason, settings);
  const quiet = reasonForQuiet(settings, at);
  if (quiet) return { ...badgeOnly(quiet), email };
  return { badge: true, inApp: true, push: pushOf(reason, settings, recipient), email, reason };
}

/** Decides whether to push a message that devices in use show. */
function pushOf(
  reason: NotificationReason,
  { conversation, thread }: RecipientSettings,
  { presence }: NotificationRecipient,
): ChannelDecision {
  // All messages of a group are pushed only to those who chose them for the group or the thread itself.
  const chosen = thread?.level ?? conversation?.level ?? null;
  if (reason === 'all_messages' && chosen !== 'all') return NOT_ABOUT_RECIPIENT;
  return presence === 'away'
    ? { send: 'now', reason: 'away' }
    : { send: 'later', reason: 'in_use' };
}

/** Returns the reason to notify of a message, as if everything was wanted; null: it is shown elsewhere. */
function reasonToNotify(
  message: NotifyingMessage,
  { general, thread }: RecipientSettings,
  { isFollowing, presence }: NotificationRecipient,
): (typeof NOTIFYING_REASONS)[number] | null {
  const isShown = !message.isOnlyInThread || isFollowing === true || thread?.level === 'all';
  if (message.mention === 'name') return 'mention';
  if (message.isDirect && isShown) return 'direct_message';
  if (isShown && message.mention === 'everyone') return 'mention_of_everyone';
  if (isShown && message.mention === 'here' && presence === 'active') return 'mention_of_here';
  if (findKeyword(message.body, general.keywords) !== null) return 'keyword';
  if (!isShown) return null;
  return isFollowing ? 'thread_reply' : 'all_messages';
}

/** Returns which mute is in effect. A mute of the conversation holds for its threads. */
function mutedBy(
  { conversation, thread }: RecipientSettings,
  at: number,
): 'thread_muted' | 'conversation_muted' | null {
  if (isMuted(thread?.muted ?? null, at)) return 'thread_muted';
  return isMuted(conversation?.muted ?? null, at) ? 'conversation_muted' : null;
}

/** Returns whether a mute is in effect at a time, ms since the epoch. */
export const isMuted = (mute: Mute | null, at: number): boolean =>
  mute !== null && (mute.until === null || Date.parse(mute.until) > at);

/** A mute holds for direct messages and mentions too, unless the user has said otherwise. */
const breaksMute = (reason: NotificationReason, general: NotificationSettings): boolean =>
  (reason === 'direct_message' && general.directBreaksMute) ||
  (reason === 'mention' && general.mentionsBreakMute);

const levelOf = ({ general, conversation, thread }: RecipientSettings) =>
  thread?.level ?? conversation?.level ?? general.level;

/** Returns whether a message notifies at the level `mentions`. */
function isAboutRecipient(
  reason: NotificationReason,
  { conversation, thread }: RecipientSettings,
): boolean {
  // Whoever chose `mentions` for a direct conversation itself does not want all of its messages.
  if (reason === 'direct_message') return (thread?.level ?? conversation?.level ?? null) === null;
  return reason !== 'all_messages' && reason !== 'thread_reply';
}

const isForEmail = (reason: NotificationReason): boolean =>
  reason === 'direct_message' || reason === 'mention' || reason === 'keyword';

/** Decides whether to email a message that is still not read after the delay that the recipient chose. */
function emailOf(reason: NotificationReason, { general }: RecipientSettings): ChannelDecision {
  if (!isForEmail(reason)) return NOT_ABOUT_RECIPIENT;
  return general.emailDelayMinutes === null ? TURNED_OFF : IF_UNREAD;
}

/** Returns why the recipient is not to be disturbed now, or null. */
function reasonForQuiet(
  { general, doNotDisturbUntil }: RecipientSettings,
  at: number,
): 'do_not_disturb' | 'quiet_hours' | null {
  if (doNotDisturbUntil !== null && doNotDisturbUntil > at) return 'do_not_disturb';
  return general.quietHours && isInQuietHours(general.quietHours, at) ? 'quiet_hours' : null;
}

const NOT_NOTIFIED: ChannelDecision = { send: 'never', reason: 'not_notified' };
const NOT_ABOUT_RECIPIENT: ChannelDecision = { send: 'never', reason: 'not_about_recipient' };
const TURNED_OFF: ChannelDecision = { send: 'never', reason: 'turned_off' };
const IF_UNREAD: ChannelDecision = { send: 'later', reason: 'unread' };

/** Returns the decision not to notify in any way. */
export const silent = (reason: NotificationReason): NotificationDecision => ({
  badge: false,
  inApp: false,
  push: NOT_NOTIFIED,
  email: NOT_NOTIFIED,
  reason,
});
const badgeOnly = (reason: NotificationReason): NotificationDecision => ({
  ...silent(reason),
  badge: true,
});

/** Returns the decision about what is shown only on devices in use, unless the recipient is not to be disturbed. */
function inAppOnly(
  reason: NotificationReason,
  settings: RecipientSettings,
  at: number,
): NotificationDecision {
  const quiet = reasonForQuiet(settings, at);
  return quiet ? silent(quiet) : { ...silent(reason), inApp: true };
}
