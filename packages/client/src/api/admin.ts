import type {
  AccountId,
  AccountKind,
  AdminAccount,
  AdminAccountsFilter,
  AdminAccountsPage,
  ApiKey,
  AuditLogFilter,
  AuditLogFormat,
  AuditLogPage,
  BulkDeletion,
  BulkDeletionBody,
  ClientId,
  CreateAccountBody,
  CreateApiKeyBody,
  CreatedApiKey,
  CreatedInvitation,
  CreateInvitationBody,
  EmailInfo,
  Invitation,
  MessagesFate,
  NotificationHealth,
  ServerSettingsAnswer,
  ServerSettingsChange,
  ServerState,
  SettingInfo,
  SuspendBody,
  TestEmailAnswer,
  UpdateAccountBody,
  WordFilterAnswer,
  WordFilterBody,
} from '@parley/protocol';
import type { ListRequest, ParleyApi } from './api.ts';
import { query } from './query.ts';
import type { ReadOptions } from './rest-session.ts';

/** Timeout for the export of the audit log, ms. */
const EXPORT_MS = 300_000;

/** Administration over REST: accounts, service accounts and their API keys, settings. */
export class AdminApi {
  readonly #api: ParleyApi;

  constructor(api: ParleyApi) {
    this.#api = api;
  }

  accounts(
    request: ListRequest & {
      readonly filter?: AdminAccountsFilter;
      readonly kind?: AccountKind;
    } = {},
    options: ReadOptions = {},
  ): Promise<AdminAccountsPage> {
    return this.#api.request('GET', `/admin/accounts${query(request)}`, options);
  }

  account(id: AccountId): Promise<AdminAccount> {
    return this.#api.request('GET', `/admin/accounts/${id}`);
  }

  createAccount(body: CreateAccountBody, id?: ClientId): Promise<AdminAccount> {
    return this.#api.request('POST', '/admin/accounts', { body, id });
  }

  updateAccount(account: AccountId, body: UpdateAccountBody, id?: ClientId): Promise<AdminAccount> {
    return this.#api.request('PATCH', `/admin/accounts/${account}`, { body, id });
  }

  deactivate(account: AccountId): Promise<AdminAccount> {
    return this.#api.request('POST', `/admin/accounts/${account}/deactivate`);
  }

  reactivate(account: AccountId): Promise<AdminAccount> {
    return this.#api.request('POST', `/admin/accounts/${account}/reactivate`);
  }

  /** Suspends an account until a given time (RFC 3339), or indefinitely (null). The user reads the reason when logging in. */
  suspend(account: AccountId, body: SuspendBody, id?: ClientId): Promise<AdminAccount> {
    return this.#api.request('POST', `/admin/accounts/${account}/suspend`, { body, id });
  }

  /** Unsuspends an account before its suspension ends. */
  unsuspend(account: AccountId, id?: ClientId): Promise<AdminAccount> {
    return this.#api.request('POST', `/admin/accounts/${account}/unsuspend`, { id });
  }

  /** Ends the delays for an account after too many wrong passwords. */
  unlock(account: AccountId): Promise<void> {
    return this.#api.request('POST', `/admin/accounts/${account}/unlock`);
  }

  resetSecondFactor(account: AccountId): Promise<void> {
    return this.#api.request('POST', `/admin/accounts/${account}/reset-second-factor`);
  }

  /** Logs a user out everywhere; requires a recent login (`reauthentication_required`). */
  endSessions(account: AccountId): Promise<AdminAccount> {
    return this.#api.request('POST', `/admin/accounts/${account}/end-sessions`);
  }

  deleteAccount(account: AccountId, messages: MessagesFate): Promise<void> {
    return this.#api.request('DELETE', `/admin/accounts/${account}${query({ messages })}`);
  }

  /**
   * Requests the deletion of all messages of an account, or of those since a time. The server
   * deletes them in the background: {@link bulkDeletions} returns the progress.
   */
  deleteMessages(
    account: AccountId,
    body: BulkDeletionBody = {},
    id?: ClientId,
  ): Promise<BulkDeletion> {
    return this.#api.request('POST', `/admin/accounts/${account}/bulk-deletions`, { body, id });
  }

  /** Cancels a deletion of the messages of an account; messages not yet deleted are kept. */
  cancelBulkDeletion(account: AccountId, deletion: string): Promise<BulkDeletion> {
    const path = `/admin/accounts/${account}/bulk-deletions/${deletion}`;
    return this.#api.request('DELETE', path);
  }

  /** Lists the latest deletions of all messages of an account, the newest first. */
  async bulkDeletions(account: AccountId, options: ReadOptions = {}): Promise<BulkDeletion[]> {
    const path = `/admin/accounts/${account}/bulk-deletions`;
    return (await this.#api.request<{ items: BulkDeletion[] }>('GET', path, options)).items;
  }

  async invitations(options: ReadOptions = {}): Promise<Invitation[]> {
    return (await this.#api.request<{ items: Invitation[] }>('GET', '/admin/invitations', options))
      .items;
  }

  /** Creates an invitation. Its link is only in this response. */
  createInvitation(body: CreateInvitationBody): Promise<CreatedInvitation> {
    return this.#api.request('POST', '/admin/invitations', { body });
  }

  revokeInvitation(id: string): Promise<void> {
    return this.#api.request('DELETE', `/admin/invitations/${id}`);
  }

  /** Lists the latest emails, with their text while they are in the outbox. */
  async email(options: ReadOptions = {}): Promise<EmailInfo[]> {
    return (await this.#api.request<{ items: EmailInfo[] }>('GET', '/admin/emails', options)).items;
  }

  /** Returns how notifications are decided and delivered, on all nodes. */
  notificationHealth(options: ReadOptions = {}): Promise<NotificationHealth> {
    return this.#api.request('GET', '/admin/notifications', options);
  }

  /** Returns the state of the nodes, the database, the disk and the queues. */
  serverState(options: ReadOptions = {}): Promise<ServerState> {
    return this.#api.request('GET', '/admin/server-state', options);
  }

  /** Sends a test email to the caller’s address, and returns the address. */
  sendTestEmail(): Promise<TestEmailAnswer> {
    return this.#api.request('POST', '/admin/notifications/test-email');
  }

  /** Lists the environment variables of the server; for secrets, only whether they are set. */
  async environment(options: ReadOptions = {}): Promise<SettingInfo[]> {
    return (await this.#api.request<{ items: SettingInfo[] }>('GET', '/admin/environment', options))
      .items;
  }

  /** Lists the audit log, the latest entries first. */
  auditLog(
    request: AuditLogFilter & { readonly limit?: number; readonly after?: string } = {},
    options: ReadOptions = {},
  ): Promise<AuditLogPage> {
    return this.#api.request('GET', `/admin/audit-log${query(request)}`, options);
  }

  /** Returns the entries of the audit log that a filter admits, as the text of a file. */
  exportAuditLog(format: AuditLogFormat, filter: AuditLogFilter = {}): Promise<string> {
    const path = `/admin/audit-log/export${query({ format, ...filter })}`;
    return this.#api.request('GET', path, { timeoutMs: EXPORT_MS, as: 'text' });
  }

  /** Returns the settings that are stored in the database, and those that the environment overrides. */
  serverSettings(options: ReadOptions = {}): Promise<ServerSettingsAnswer> {
    return this.#api.request('GET', '/admin/server-settings', options);
  }

  /** Changes settings of the server; missing ones are unchanged. */
  changeServerSettings(change: ServerSettingsChange, id?: ClientId): Promise<ServerSettingsAnswer> {
    return this.#api.request('PATCH', '/admin/server-settings', { body: change, id });
  }

  /** Returns the words with which messages are rejected or reported. */
  wordFilter(options: ReadOptions = {}): Promise<WordFilterAnswer> {
    return this.#api.request('GET', '/admin/word-filter', options);
  }

  /** Replaces the list of the word filter, if it is still the one with the `revision`. */
  changeWordFilter(body: WordFilterBody): Promise<WordFilterAnswer> {
    return this.#api.request('PUT', '/admin/word-filter', { body });
  }

  async serviceAccounts(options: ReadOptions = {}): Promise<AdminAccount[]> {
    const path = '/admin/service-accounts';
    return (await this.#api.request<{ items: AdminAccount[] }>('GET', path, options)).items;
  }

  createServiceAccount(
    body: { username: string; displayName: string },
    id?: ClientId,
  ): Promise<AdminAccount> {
    return this.#api.request('POST', '/admin/service-accounts', { body, id });
  }

  async keys(serviceAccount: AccountId, options: ReadOptions = {}): Promise<ApiKey[]> {
    const path = `/admin/service-accounts/${serviceAccount}/keys`;
    return (await this.#api.request<{ items: ApiKey[] }>('GET', path, options)).items;
  }

  /** Creates an API key. The key itself is only in this response. */
  createApiKey(serviceAccount: AccountId, body: CreateApiKeyBody): Promise<CreatedApiKey> {
    return this.#api.request('POST', `/admin/service-accounts/${serviceAccount}/keys`, { body });
  }

  revokeApiKey(serviceAccount: AccountId, key: string): Promise<void> {
    return this.#api.request('DELETE', `/admin/service-accounts/${serviceAccount}/keys/${key}`);
  }
}
