/** What the audit log tells of. */
export type AuditEvent =
  | 'login_succeeded'
  | 'login_failed'
  | 'locked_out'
  | 'logged_out'
  | 'reauthenticated'
  | 'reauthentication_failed'
  | 'session_ended'
  | 'sessions_ended'
  | 'session_token_reused'
  | 'account_registered'
  | 'account_created'
  | 'account_updated'
  | 'account_deactivated'
  | 'account_reactivated'
  | 'account_deleted'
  | 'account_unlocked'
  | 'role_changed'
  | 'email_verified'
  | 'identity_linked'
  | 'reset_requested'
  | 'password_reset'
  | 'password_changed'
  | 'factor_added'
  | 'factor_removed'
  | 'factors_reset'
  | 'recovery_codes_renewed'
  | 'api_key_created'
  | 'api_key_revoked'
  | 'invitation_created'
  | 'invitation_revoked'
  | 'admin_denied';

/** How many of a kind are stored one by one; what is more is counted (see `AuditBudget`). */
export type AuditRate =
  /** Anybody can cause it without an account: few for an address, and few altogether. */
  | 'stranger'
  /** Somebody with an account causes it: few for an account. */
  | 'account'
  /** Those who administer cause it: all of them. */
  | 'every';

/** One kind of event. */
export interface AuditKind {
  readonly rate: AuditRate;
  /** For docs/operations.md. */
  readonly description: string;
}

const stranger = (description: string): AuditKind => ({ rate: 'stranger', description });
const account = (description: string): AuditKind => ({ rate: 'account', description });
const every = (description: string): AuditKind => ({ rate: 'every', description });

/** Every kind of event. */
export const AUDIT_EVENTS: Readonly<Record<AuditEvent, AuditKind>> = {
  login_succeeded: account('a session began; `methods`: what was shown for it'),
  login_failed: stranger('a log-in was refused; `reason`: what was wrong'),
  locked_out: stranger('attempts have to wait from now on; `limit`: which, `seconds`: how long'),
  logged_out: account('a session was ended by whoever held it'),
  reauthenticated: account('the password was confirmed within a session'),
  reauthentication_failed: account('the password that a session confirmed was wrong'),
  session_ended: account('a session was ended from another one; `session`: its id'),
  sessions_ended: account('all sessions of an account were ended, or all but one'),
  session_token_reused: account('a session ended because an old token of it was brought again'),
  account_registered: account('somebody registered'),
  account_created: every('an admin created an account; `role`'),
  account_updated: every('an admin changed names or the address; `fields`: which'),
  account_deactivated: every('an account was deactivated'),
  account_reactivated: every('an account was reactivated'),
  account_deleted: every('an account was deleted, by its owner or an admin'),
  account_unlocked: every('an admin ended the waits of an account'),
  role_changed: every('a role was changed; `role`: the new one'),
  email_verified: account('the address of an account was proven by a code'),
  identity_linked: account('an account was linked to an identity of single sign-on'),
  reset_requested: stranger('a link to a new password was asked for'),
  password_reset: account('a password was set by a link'),
  password_changed: account('a password was changed by the one of before'),
  factor_added: account('a second factor was added; `factor`: totp or passkey'),
  factor_removed: account('a second factor was removed; `factor`'),
  factors_reset: every('an admin removed all second factors of an account'),
  recovery_codes_renewed: account('new recovery codes replaced those of before'),
  api_key_created: every('a key of a service account was created; `key`: its id, `scopes`'),
  api_key_revoked: every('a key of a service account was revoked; `key`: its id'),
  invitation_created: every('an invitation was created; `invitation`: its id'),
  invitation_revoked: every('an invitation was revoked; `invitation`: its id'),
  admin_denied: account('an act of administration was refused; `operation`, `code`: why'),
};
