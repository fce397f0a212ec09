import { Timestamp } from '../base/bounds.ts';
import { GuestAccess } from '../base/guests.ts';
import { AccountId, ConversationId, ImageId } from '../base/ids.ts';
import { LIMITS } from '../base/limits.ts';
import { Scope } from '../base/scopes.ts';
import { line } from '../base/text.ts';
import { z } from '../base/z.ts';
import { AccountRole } from '../events/events.ts';
import { DeliveryFailure } from '../notifications/health.ts';
import { DisplayName, EmailAddress, ListQuery, Password, Username } from './rest.ts';

/** Bodies and responses for administration: accounts, API keys, settings, emails. */

/** The account of a user, or a service account. */
export const AccountKind = z.enum(['user', 'service']);
export type AccountKind = z.infer<typeof AccountKind>;

/** An action of an admin on an account. `keys`: manage its API keys. */
export const AdminPermission = z.enum([
  'update',
  'set_role',
  'deactivate',
  'reactivate',
  'suspend',
  'unsuspend',
  'unlock',
  'reset_second_factor',
  'end_sessions',
  'keys',
  'delete_messages',
  'delete',
]);
export type AdminPermission = z.infer<typeof AdminPermission>;

/** An account as admins see it. */
export const AdminAccount = z
  .object({
    id: AccountId,
    kind: AccountKind,
    username: z.string(),
    displayName: z.string(),
    avatar: ImageId.nullable(),
    /** Null for service accounts. */
    email: z.string().nullable(),
    verified: z.boolean(),
    role: AccountRole,
    /** When the access of a guest ends: the account is deactivated then. Null: never. */
    accessEndsAt: Timestamp.nullable(),
    isActive: z.boolean(),
    isSuspended: z.boolean(),
    /** When the suspension ends; null: never by itself, or the account is not suspended. */
    suspendedUntil: Timestamp.nullable(),
    /** Why it is suspended. */
    suspensionReason: z.string().nullable(),
    secondFactor: z.boolean(),
    /** The account is locked until then, for some addresses or all, after too many wrong passwords. */
    lockedUntil: Timestamp.nullable(),
    /** Last use of a session or an API key: also of an account that hides from other users when it was last seen. */
    lastSeen: Timestamp.nullable(),
    createdAt: Timestamp,
    /**
     * What the caller may do to the account in its current state, for clients to offer; the server
     * checks every request. The last owner cannot be removed in any way.
     */
    permissions: z.array(AdminPermission),
    /** The roles that the caller may give the account; none without the permission `set_role`. */
    assignableRoles: z.array(AccountRole),
  })
  .meta({ id: 'AdminAccount' });
export type AdminAccount = z.infer<typeof AdminAccount>;

/** Selects accounts in the list for admins. */
export const AdminAccountsFilter = z.enum([
  'active',
  'inactive',
  'suspended',
  'unverified',
  'admins',
  'guests',
]);
export type AdminAccountsFilter = z.infer<typeof AdminAccountsFilter>;
/** `search` also matches parts of email addresses. */
export const AdminAccountsQuery = ListQuery.extend({
  filter: AdminAccountsFilter.optional(),
  kind: AccountKind.optional(),
});
/** A page of the accounts of the server. */
export const AdminAccountsPage = z.object({
  items: z.array(AdminAccount),
  /** The `after` of the next page; null on the last page. */
  next: z.string().nullable(),
  /** The roles of accounts that the caller may create. */
  creatableRoles: z.array(AccountRole),
});
export type AdminAccountsPage = z.infer<typeof AdminAccountsPage>;

/** Without a password, the user sets one with “Forgot password?”. */
export const CreateAccountBody = z.object({
  username: Username,
  displayName: DisplayName,
  email: EmailAddress,
  password: Password.optional(),
  role: AccountRole.default('member'),
  /** Required with the role `guest`, otherwise not allowed. */
  guest: GuestAccess.optional(),
});
export type CreateAccountBody = z.input<typeof CreateAccountBody>;

/** Missing fields are unchanged. */
export const UpdateAccountBody = z.object({
  username: Username.optional(),
  displayName: DisplayName.optional(),
  email: EmailAddress.optional(),
  role: AccountRole.optional(),
  /**
   * With the role `guest`: the public groups that the account keeps. It leaves the others and the
   * default group, and keeps private groups and direct conversations.
   */
  keepGroups: z.array(ConversationId).max(LIMITS.guestGroups).optional(),
  /** When the access of a guest ends; null: never. Only for guests. */
  accessEndsAt: Timestamp.nullable().optional(),
  /** Null removes the avatar; only users themselves set one. */
  avatar: z.null().optional(),
});
export type UpdateAccountBody = z.input<typeof UpdateAccountBody>;

/** Without an end (null), the suspension lasts until an admin ends it. The reason is shown to the user at the login. */
export const SuspendBody = z.object({
  until: Timestamp.nullable(),
  reason: line(300, 'Reason', 0),
});
export type SuspendBody = z.input<typeof SuspendBody>;

/** Whether the messages of a deleted account are kept or deleted. */
export const MessagesFate = z.enum(['keep', 'delete']);
export type MessagesFate = z.infer<typeof MessagesFate>;
/** What happens to the messages of a deleted account. */
export const DeleteAccountQuery = z.object({ messages: MessagesFate.default('keep') });

/** A setting and its current value. */
export const SettingInfo = z
  .object({
    /** The environment variable. */
    name: z.string(),
    /** The value as text; null if it is not set or a secret. */
    value: z.string().nullable(),
    isSet: z.boolean(),
    secret: z.boolean(),
    description: z.string(),
  })
  .meta({ id: 'SettingInfo' });
export type SettingInfo = z.infer<typeof SettingInfo>;
/** The environment variables of the server, with their values unless they are secrets. */
export const SettingsAnswer = z.object({ items: z.array(SettingInfo) });

/** An email that the server has sent or is trying to send. */
export const EmailInfo = z
  .object({
    id: z.uuid(),
    purpose: z.string(),
    recipient: z.string(),
    subject: z.string(),
    createdAt: Timestamp,
    sentAt: Timestamp.nullable(),
    failedAt: Timestamp.nullable(),
    /** Why the last attempt failed; null: it did not. */
    failure: DeliveryFailure.nullable(),
    /** The text, while the email is in the outbox folder for an admin to pass on. */
    text: z.string().nullable(),
  })
  .meta({ id: 'EmailInfo' });
export type EmailInfo = z.infer<typeof EmailInfo>;
/** The latest emails of the server. */
export const EmailsAnswer = z.object({ items: z.array(EmailInfo) });

/** A new service account. */
export const CreateServiceAccountBody = z.object({ username: Username, displayName: DisplayName });
/** All service accounts. */
export const ServiceAccountsAnswer = z.object({ items: z.array(AdminAccount) });

/** The name that admins give an API key. */
export const ApiKeyName = line(80, 'API key name');
/** A new API key of a service account. */
export const CreateApiKeyBody = z.object({
  name: ApiKeyName,
  scopes: z.array(Scope).min(1, 'Choose at least one scope').max(20),
  /** Without it, the API key is valid until it is revoked. */
  expiresAt: Timestamp.optional(),
});
export type CreateApiKeyBody = z.input<typeof CreateApiKeyBody>;
/** An API key without its secret. */
export const ApiKey = z
  .object({
    id: z.uuid(),
    account: AccountId,
    name: z.string(),
    /** The first characters of the secret. */
    hint: z.string(),
    scopes: z.array(Scope),
    createdAt: Timestamp,
    expiresAt: Timestamp.nullable(),
    lastUsedAt: Timestamp.nullable(),
  })
  .meta({ id: 'ApiKey' });
export type ApiKey = z.infer<typeof ApiKey>;
/** An API key with its secret, which is returned only here. */
export const CreatedApiKey = ApiKey.extend({ key: z.string() });
export type CreatedApiKey = z.infer<typeof CreatedApiKey>;
/** The API keys of a service account, without their secrets. */
export const ApiKeysAnswer = z.object({ items: z.array(ApiKey) });
