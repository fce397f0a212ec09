import { count, countText, Timestamp } from '../base/bounds.ts';
import { AccountId } from '../base/ids.ts';
import { LIMITS } from '../base/limits.ts';
import { z } from '../base/z.ts';

/** The audit log: what happened to accounts, settings and content, and who did it. */

/** The kinds of events. */
export const AUDIT_EVENT_NAMES = [
  'login_succeeded',
  'login_failed',
  'locked_out',
  'logged_out',
  'reauthenticated',
  'reauthentication_failed',
  'session_ended',
  'sessions_ended',
  'session_token_reused',
  'account_registered',
  'account_created',
  'account_updated',
  'account_deactivated',
  'account_reactivated',
  'account_suspended',
  'account_unsuspended',
  'account_deleted',
  'account_unlocked',
  'role_changed',
  'email_verified',
  'email_changed',
  'identity_linked',
  'reset_requested',
  'password_reset',
  'password_changed',
  'factor_added',
  'factor_removed',
  'factors_reset',
  'recovery_codes_renewed',
  'api_key_created',
  'api_key_revoked',
  'invitation_created',
  'invitation_revoked',
  'bulk_deletion_requested',
  'bulk_deletion_cancelled',
  'bulk_deletion_finished',
  'legal_hold_placed',
  'legal_hold_released',
  'legal_hold_exported',
  'legal_hold_purged',
  'message_hidden',
  'message_unhidden',
  'hidden_message_viewed',
  'report_viewed',
  'report_resolved',
  'user_group_created',
  'user_group_changed',
  'user_group_deleted',
  'emoji_added',
  'emoji_changed',
  'emoji_deleted',
  'settings_changed',
  'test_email_sent',
  'retention_changed',
  'messages_expired',
  'word_filter_changed',
  'audit_log_exported',
  'admin_denied',
] as const;
/** The name of a security event. */
export type AuditEvent = (typeof AUDIT_EVENT_NAMES)[number];

/** How a security event ended. `denied`: the account lacks the permission. */
export const AuditOutcome = z.enum(['succeeded', 'failed', 'denied']);
export type AuditOutcome = z.infer<typeof AuditOutcome>;

/** An entry of the audit log. */
export const AuditLogEntry = z
  .object({
    id: z.uuid(),
    at: Timestamp,
    /** The kind of event; a newer server may have more. */
    event: z.string(),
    outcome: AuditOutcome,
    /** The account concerned; null when it is not known. */
    account: AccountId.nullable(),
    /** Its username now. */
    accountName: z.string().nullable(),
    /** The account that acted. */
    actor: AccountId.nullable(),
    actorName: z.string().nullable(),
    /** The address of the request; null for the command line. */
    address: z.string().nullable(),
    /** Greater than 1 if events were aggregated. */
    count: count(1),
    details: z.record(z.string(), z.union([z.string(), z.number(), z.array(z.string())])),
  })
  .meta({ id: 'AuditLogEntry' });
export type AuditLogEntry = z.infer<typeof AuditLogEntry>;

/** Selects the entries that meet all given conditions. */
export const AuditLogFilter = z.object({
  event: z
    .string()
    .regex(/^[a-z_]{1,60}$/)
    .optional(),
  outcome: AuditOutcome.optional(),
  /** The account concerned, or the one that acted. */
  account: AccountId.optional(),
  /** Entries at this time or later. */
  from: Timestamp.optional(),
  /** Entries before this time. */
  until: Timestamp.optional(),
});
export type AuditLogFilter = z.infer<typeof AuditLogFilter>;

/** A page of the audit log, newest entry first. */
export const AuditLogQuery = AuditLogFilter.extend({
  limit: countText(1, LIMITS.pageMax).default(LIMITS.pageDefault),
  /** The `next` of the previous page. */
  after: z.string().max(1_000).optional(),
});
/** A page of the audit log. */
export const AuditLogPage = z.object({
  items: z.array(AuditLogEntry),
  /** The `after` of the next page; null on the last page. */
  next: z.string().nullable(),
});
export type AuditLogPage = z.infer<typeof AuditLogPage>;

/** The file format of an export: JSON Lines or CSV. */
export const AuditLogFormat = z.enum(['jsonl', 'csv']);
export type AuditLogFormat = z.infer<typeof AuditLogFormat>;
/** An export of the entries that the filter selects. */
export const ExportAuditLogQuery = AuditLogFilter.extend({ format: AuditLogFormat });
