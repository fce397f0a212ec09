import type { ActivityRequest, AdminApi } from '@parley/client';
import type { AccountId, AuditLogFilter, ConversationId, Seq } from '@parley/protocol';

type AccountsRequest = NonNullable<Parameters<AdminApi['accounts']>[0]>;
type GroupsRequest = { readonly search?: string; readonly member?: AccountId };

/**
 * The keys of all REST queries in one place, so that no two share one by accident. Keys are
 * prefixes of others: without its last arguments, a key covers all queries of its kind.
 */
export const keys = {
  // ---- the account -------------------------------------------------------------------------------
  sessions: () => ['sessions'],
  secondFactors: () => ['second-factors'],
  devices: () => ['notification-devices'],
  notificationSettings: () => ['notification-settings'],
  status: () => ['status'],
  blocks: () => ['blocks'],
  drafts: () => ['drafts'],
  saved: () => ['saved'],
  scheduled: () => ['scheduled'],
  threads: () => ['threads'],
  activity: (filter?: Pick<ActivityRequest, 'kinds' | 'unread'>) => withLast('activity', filter),

  // ---- users and groups --------------------------------------------------------------------------
  profile: (account?: AccountId) => withLast('profile', account),
  userGroups: () => ['user-groups'],
  emoji: () => ['emoji'],
  /** `as`: a list page by page and a list of limited length hold different data. */
  publicGroups: (as?: 'pages' | 'choice', request?: GroupsRequest) =>
    withLast('public-groups', as, request),
  foundUsers: (search: string) => ['found-users', search],
  foundNames: (text: string, limit: number) => ['found-names', text, limit],
  linkedGroup: (token?: string) => withLast('linked-group', token),

  // ---- conversations -----------------------------------------------------------------------------
  retention: (conversation?: ConversationId) => withLast('retention', conversation),
  pins: (conversation: ConversationId) => ['pins', conversation],
  /** `account`: whether this one is a member. */
  members: (conversation: ConversationId, account?: AccountId) =>
    withLast('members', conversation, account),
  bans: (conversation: ConversationId) => ['bans', conversation],
  groupLinks: (conversation: ConversationId) => ['group-links', conversation],
  files: (conversation: ConversationId) => ['files', conversation],

  // ---- messages ----------------------------------------------------------------------------------
  foundMessages: (text?: string) => withLast('found-messages', text),
  messageContext: (conversation: ConversationId, message?: Seq) =>
    withLast('message-context', conversation, message),
  linkedMessage: (conversation: ConversationId, message?: Seq) =>
    withLast('linked-message', conversation, message),
  editHistory: (conversation: ConversationId, message: Seq) => [
    'edit-history',
    conversation,
    message,
  ],
  hiddenMessage: (conversation: ConversationId, message: Seq) => [
    'hidden-message',
    conversation,
    message,
  ],
  seenBy: (conversation: ConversationId, message: Seq) => ['seen-by', conversation, message],
  whyNotified: (conversation: ConversationId, message: Seq) => [
    'why-notified',
    conversation,
    message,
  ],
  pollVoters: (conversation: ConversationId, message: Seq, choice?: number) =>
    withLast('poll-voters', conversation, message, choice),

  // ---- reports -----------------------------------------------------------------------------------
  /** `group`: null for those of all conversations. */
  reports: (group?: ConversationId | null) => withLast('reports', group),
  report: (report?: string) => withLast('report', report),

  // ---- administration ----------------------------------------------------------------------------
  accounts: (request?: AccountsRequest) => withLast('accounts', request),
  bulkDeletions: (account: AccountId) => ['bulk-deletions', account],
  serviceAccounts: () => ['service-accounts'],
  apiKeys: (account: AccountId) => ['api-keys', account],
  invitations: () => ['invitations'],
  emails: () => ['emails'],
  auditLog: (filter?: AuditLogFilter) => withLast('audit-log', filter),
  legalHolds: () => ['legal-holds'],
  notificationHealth: () => ['notification-health'],
  serverState: () => ['server-state'],
  environment: () => ['environment'],
  serverSettings: () => ['server-settings'],
  wordFilter: () => ['word-filter'],
} as const satisfies Record<string, (...parts: never[]) => readonly unknown[]>;

/** Returns a key without the parts that are left out. */
const withLast = (...parts: readonly unknown[]): readonly unknown[] =>
  parts.filter((part) => part !== undefined);
