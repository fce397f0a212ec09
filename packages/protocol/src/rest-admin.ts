import { z } from 'zod';
import { Timestamp } from './bounds.ts';
import { AccountRole } from './events.ts';
import { AccountId } from './ids.ts';
import { DisplayName, EmailAddress, ListQuery, Password, Username } from './rest.ts';
import { Scope } from './scopes.ts';
import { line } from './text.ts';

/** Bodies and answers of administration: accounts, programs and their keys, settings, mail. */

/** A person’s account, or that of a program. */
export const AccountKind = z.enum(['person', 'service']);
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

export const AdminAccountsFilter = z.enum([
  'active',
  'inactive',
  'unverified',
  'admins',
  'service',
]);
export type AdminAccountsFilter = z.infer<typeof AdminAccountsFilter>;
/** `search` also finds parts of e-mail addresses. */
export const AdminAccountsQuery = ListQuery.extend({ filter: AdminAccountsFilter.optional() });
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
    words: z.string(),
  })
  .meta({ id: 'SettingInfo' });
export type SettingInfo = z.infer<typeof SettingInfo>;
export const SettingsAnswer = z.object({ items: z.array(SettingInfo) });

/** A mail that the server has sent, or tries to send. */
export const MailInfo = z
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
export type MailInfo = z.infer<typeof MailInfo>;
export const MailsAnswer = z.object({ items: z.array(MailInfo) });

/** The account of a program. */
export const CreateServiceAccountBody = z.object({ username: Username, displayName: DisplayName });
export const ServiceAccountsAnswer = z.object({ items: z.array(AdminAccount) });

export const KeyName = line(80, 'A key’s name');
export const CreateKeyBody = z.object({
  name: KeyName,
  scopes: z.array(Scope).min(1, 'A key needs a scope').max(20),
  /** Without it, the key is good until it is taken back. */
  expiresAt: Timestamp.optional(),
});
export type CreateKeyBody = z.input<typeof CreateKeyBody>;
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
export const CreatedKey = ApiKey.extend({ key: z.string() });
export type CreatedKey = z.infer<typeof CreatedKey>;
export const KeysAnswer = z.object({ items: z.array(ApiKey) });
