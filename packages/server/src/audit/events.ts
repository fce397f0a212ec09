import type { AuditEvent } from '@parley/protocol';

export type { AuditEvent };

/**
 * How many events of a kind are stored individually; further ones are counted (see `AuditBudget`).
 */
export type AuditRate =
  /** Caused without an account: few for each address, and few in total. */
  | 'unauthenticated'
  /** Caused by an account: few for each account. */
  | 'account'
  /** Caused by admins: all of them. */
  | 'every';

/** Describes a kind of event. */
export interface AuditKind {
  readonly rate: AuditRate;
  /** For docs/audit-log.md. */
  readonly description: string;
}

const unauthenticated = (description: string): AuditKind => ({
  rate: 'unauthenticated',
  description,
});
const account = (description: string): AuditKind => ({ rate: 'account', description });
const every = (description: string): AuditKind => ({ rate: 'every', description });

/** Every kind of event. */
export const AUDIT_EVENTS: Readonly<Record<AuditEvent, AuditKind>> = {
  login_succeeded: account('a session started; `methods`: how it was authenticated'),
  login_failed: unauthenticated('a login failed; `reason`'),
  locked_out: unauthenticated(
    'further attempts are rejected for a while; `limit`: which limit, `seconds`: for how long',
  ),
  logged_out: account('a session was ended by its own logout'),
  reauthenticated: account('the password was confirmed in a session'),
  reauthentication_failed: account('a wrong password was given to confirm a session'),
  session_ended: account('a session was ended from another session; `session`: its id'),
  sessions_ended: account('all sessions of an account were ended, or all but one'),
  session_token_reused: account('a session was ended because an old session token was reused'),
  account_registered: account('a user registered'),
  account_created: every('an admin created an account; `role`'),
  account_updated: every('an admin changed names or the email address; `fields`: which'),
  account_deactivated: every('an account was deactivated'),
  account_reactivated: every('an account was reactivated'),
  account_suspended: every('an account was suspended; `until`, unless indefinitely'),
  account_unsuspended: every('an account was unsuspended before its suspension ended'),
  account_deleted: every('an account was deleted, by its user or an admin'),
  account_unlocked: every('an admin removed the lock of an account'),
  role_changed: every('a role was changed; `role`: the new one'),
  email_verified: account('an email address was verified with a code'),
  email_changed: account('a user changed their own email address'),
  identity_linked: account('an account was linked to a single sign-on identity'),
  reset_requested: unauthenticated('a password reset was requested'),
  password_reset: account('a password was reset with a link'),
  password_changed: account('a password was changed'),
  factor_added: account('a second factor was added; `factor`: totp or passkey'),
  factor_removed: account('a second factor was removed; `factor`'),
  factors_reset: every('an admin removed all second factors of an account'),
  recovery_codes_renewed: account('new recovery codes replaced the previous ones'),
  api_key_created: every('an API key was created; `key`: its id, `scopes`'),
  api_key_revoked: every('an API key was revoked; `key`: its id'),
  invitation_created: every('an invitation was created; `invitation`: its id'),
  invitation_revoked: every('an invitation was revoked; `invitation`: its id'),
  bulk_deletion_requested: every(
    'an admin requested the deletion of all messages of an account; `deletion`: its id, `since`: earlier ones are kept',
  ),
  bulk_deletion_cancelled: every(
    'an admin canceled the deletion of the messages of an account; `deletion`, `messages`: how many were deleted before',
  ),
  bulk_deletion_finished: every(
    'the messages of an account were deleted; `deletion`, `messages`: how many',
  ),
  legal_hold_placed: every(
    'an owner placed a legal hold; `hold`: its id, `accounts`, `conversations`: how many',
  ),
  legal_hold_released: every('an owner released a legal hold; `hold`'),
  legal_hold_exported: every(
    'the messages of a legal hold, or one of its files, were read; `hold`, `file`: its id',
  ),
  legal_hold_purged: every(
    'what a released legal hold had kept of deleted messages was deleted; `hold`, `versions`: how many since the last start',
  ),
  message_hidden: every('a moderator hid a message; `conversation`, `message`'),
  message_unhidden: every('a moderator showed a hidden message again; `conversation`, `message`'),
  hidden_message_viewed: every(
    'a moderator read what a hidden message says; `conversation`, `message`',
  ),
  report_viewed: every(
    'a report was read with the messages around the reported one; `report`, `conversation`, `message`',
  ),
  report_resolved: every(
    'reports of a message were resolved; `resolution`, `conversation`, `message`, `reports`: how many',
  ),
  user_group_created: every('a user group was created; `userGroup`: its id, `members`: how many'),
  user_group_changed: every(
    'a user group was changed; `userGroup`: its id, `fields`: which, `members`: how many',
  ),
  user_group_deleted: every('a user group was deleted; `userGroup`: its id'),
  emoji_added: every('a custom emoji was added; `emoji`: its id, `name`'),
  emoji_changed: every('a custom emoji was renamed; `emoji`: its id, `name`: the new one'),
  emoji_deleted: every('a custom emoji was deleted; `emoji`: its id, `name`'),
  settings_changed: every(
    'settings of the server were changed; their names, each with its new value',
  ),
  test_email_sent: every('an admin sent a test email to their own address'),
  retention_changed: every(
    'how long a group keeps messages was changed; `conversation`, `retention`: the new value',
  ),
  messages_expired: every(
    'the server deleted messages that had reached their retention period; `messages`, `conversations`: how many',
  ),
  word_filter_changed: every(
    'the list of the word filter was replaced; `rejected`, `flagged`: how many words',
  ),
  audit_log_exported: every('entries of the audit log were exported; `format`'),
  admin_denied: account('an admin operation was refused; `operation`, `code`: the reason'),
};
