import { overrideKey, type ParleyClient } from '@parley/client';
import type {
  AccountId,
  ConversationId,
  NotificationRecipient,
  RecipientSettings,
  Seq,
} from '@parley/protocol';
import { isSoundOn } from './settings.ts';

/** Returns the settings of the account for a conversation, or for one of its threads. */
export function recipientSettings(
  client: ParleyClient,
  account: AccountId,
  conversation?: ConversationId,
  thread?: Seq,
): RecipientSettings {
  const { notifications, statuses } = client.snapshot;
  const until = statuses.get(account)?.doNotDisturbUntil;
  const of = (key: string) => notifications.overrides.get(key) ?? null;
  return {
    general: notifications.settings,
    conversation: conversation === undefined ? null : of(overrideKey(conversation)),
    thread:
      conversation === undefined || thread === undefined
        ? null
        : of(overrideKey(conversation, thread)),
    doNotDisturbUntil: until == null ? null : Date.parse(until),
  };
}

/**
 * Returns the user of this device as the recipient of something other than a message, from an
 * author they may have blocked.
 */
export const recipientOf = (account: AccountId, isBlocked: boolean): NotificationRecipient => ({
  account,
  isMember: true,
  isFollowing: null,
  presence: 'active',
  hasRead: false,
  isBlocked,
});

/**
 * Returns whether notifications play a sound here: turned off neither in general nor on this
 * device.
 */
export const areSoundsOn = (client: ParleyClient, account: AccountId): boolean =>
  client.snapshot.notifications.settings.sounds && isSoundOn(account);
