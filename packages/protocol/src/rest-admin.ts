import { z } from 'zod';
import { Timestamp } from './bounds.ts';
import { AccountRole } from './events.ts';
import { AccountId } from './ids.ts';
import { DisplayName, EmailAddress, ListQuery, Password, Username } from './rest.ts';
import { Scope } from './scopes.ts';
import { line } from './text.ts';

/** Bodies and answers of administration: accounts, programs and their keys, settings, mail. */

/** A person’s account, or that of a program. */
export const AccountKind = z.enum(['user', 'service']);
export type AccountKind = z.infer<typeof AccountKind>;

/** An account as admins see it. */
export const AdminAccount = z
  .object({
    id: AccountId,
    kind: AccountKind,
    username: z.string(),
    displayName: z.string(),
    /** Null for programs. */
    email: z.string().nullable(),
    verified: z.boolean(),
    role: AccountRole,
    isActive: z.boolean(),
    secondFactor: z.boolean(),
    /** Log-ins are refused until then, from some addresses or all, after too many wrong passwords. */
    lockedUntil: Timestamp.nullable(),
    /** Last use of a session or a key. */
    lastSeen: Timestamp.nullable(),
    createdAt: Timestamp,
  })
  .meta({ id: 'AdminAccount' });
export type AdminAccount = z.infer<typeof AdminAccount>;

export const AdminAccountsFilter = z.enum(['active', 'inactive', 'unverified', 'admins']);
export type AdminAccountsFilter = z.infer<typeof AdminAccountsFilter>;
/** `search` also finds parts of e-mail addresses. */
export const AdminAccountsQuery = ListQuery.extend({
  filter: AdminAccountsFilter.optional(),
  kind: AccountKind.optional(),
});
export const AdminAccountsPage = z.object({
  items: z.array(AdminAccount),
  /** For `after`; null at the end. */
  next: z.string().nullable(),
});

/** Without a password, the person sets one with “forgot password”. */
export const CreateAccountBody = z.object({
  username: Username,
  displayName: DisplayName,
  email: EmailAddress,
  password: Password.optional(),
  role: AccountRole.default('member'),
});
export type CreateAccountBody = z.input<typeof CreateAccountBody>;

/** What is not named stays as it is. */
export const UpdateAccountBody = z.object({
  username: Username.optional(),
  displayName: DisplayName.optional(),
  email: EmailAddress.optional(),
  role: AccountRole.optional(),
});
export type UpdateAccountBody = z.input<typeof UpdateAccountBody>;

/** What becomes of the messages of an account that is deleted. */
export const MessagesFate = z.enum(['keep', 'delete']);
export type MessagesFate = z.infer<typeof MessagesFate>;
export const DeleteAccountQuery = z.object({ messages: MessagesFate.default('keep') });

/** A setting, as the server runs with it. */
export const SettingInfo = z
  .object({
    /** The environment variable. */
    name: z.string(),
    /** As text; null when it is not set, or a secret. */
    value: z.string().nullable(),
    isSet: z.boolean(),
    secret: z.boolean(),
    description: z.string(),
  })
  .meta({ id: 'SettingInfo' });
export type SettingInfo = z.infer<typeof SettingInfo>;
export const SettingsAnswer = z.object({ items: z.array(SettingInfo) });

/** A mail that the server has sent, or tries to send. */
export const EmailInfo = z
  .object({
    id: z.uuid(),
    purpose: z.string(),
    recipient: z.string(),
    subject: z.string(),
    createdAt: Timestamp,
    sentAt: Timestamp.nullable(),
    failedAt: Timestamp.nullable(),
    /** Why the last try failed. */
    error: z.string().nullable(),
    /** Its words, while they lie in the outbox for an admin to pass on. */
    text: z.string().nullable(),
  })
  .meta({ id: 'MailInfo' });
export type EmailInfo = z.infer<typeof EmailInfo>;
export const EmailsAnswer = z.object({ items: z.array(EmailInfo) });

/** The account of a program. */
export const CreateServiceAccountBody = z.object({ username: Username, displayName: DisplayName });
export const ServiceAccountsAnswer = z.object({ items: z.array(AdminAccount) });

export const ApiKeyName = line(80, 'A key’s name');
export const CreateApiKeyBody = z.object({
  name: ApiKeyName,
  scopes: z.array(Scope).min(1, 'A key needs a scope').max(20),
  /** Without it, the key is good until it is taken back. */
  expiresAt: Timestamp.optional(),
});
export type CreateApiKeyBody = z.input<typeof CreateApiKeyBody>;
/** A key as it is shown after it was made: without itself. */
export const ApiKey = z
  .object({
    id: z.uuid(),
    account: AccountId,
    name: z.string(),
    /** Its first characters. */
    hint: z.string(),
    scopes: z.array(Scope),
    createdAt: Timestamp,
    expiresAt: Timestamp.nullable(),
    lastUsedAt: Timestamp.nullable(),
  })
  .meta({ id: 'ApiKey' });
export type ApiKey = z.infer<typeof ApiKey>;
/** The key is shown here and never again. */
export const CreatedApiKey = ApiKey.extend({ key: z.string() });
export type CreatedApiKey = z.infer<typeof CreatedApiKey>;
export const ApiKeysAnswer = z.object({ items: z.array(ApiKey) });
