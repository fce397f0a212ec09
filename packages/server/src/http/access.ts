import {
  type AccountRole,
  type OwnPermission,
  type Reach,
  type Refusal,
  refusal,
  type Scope,
  SERVER_SETTINGS_DEFAULTS,
  type ServerSettings,
} from '@parley/protocol';
import { refusalOfScope } from '../permissions/scopes.ts';

/**
 * The table of which callers may use which route, which is enforced. The policies of the domains
 * decide what a caller may do to a particular conversation, message or account.
 *
 * 1. A route that is not in the table rejects every request.
 * 2. An API key may do what its scopes and the role of its account both allow; routes without a
 *    scope reject API keys.
 */

/** The callers that a route admits. */
export type Audience =
  /** Every caller, logged in or not. */
  | 'anyone'
  /** A caller with a session token or session cookie, which no other route accepts. */
  | 'session'
  /** Every account. */
  | 'account'
  /** Accounts with the permission `browse_groups`: all but guests. */
  | 'member'
  /** Accounts with the permission `administer`. */
  | 'admin'
  /** Accounts with the permission `manage_legal_holds`. */
  | 'owner';

/** An entry: the audience, and the scope that an API key needs; null if API keys are rejected. */
export interface Access {
  readonly audience: Audience;
  readonly scope: Scope | null;
}

const anyone: Access = { audience: 'anyone', scope: null };
const session: Access = { audience: 'session', scope: null };
/** Users only: an API key must not change how an account logs in. */
const user: Access = { audience: 'account', scope: null };
const by = (scope: Scope): Access => ({ audience: 'account', scope });
const member = (scope: Scope): Access => ({ audience: 'member', scope });
const admin: Access = { audience: 'admin', scope: 'admin' };
/** Admins without an API key: operations with which a key could extend its own permissions. */
const adminUser: Access = { audience: 'admin', scope: null };
/** Owners without an API key. */
const ownerUser: Access = { audience: 'owner', scope: null };

/** The table, by `operationId`. */
export const ACCESS: Readonly<Record<string, Access>> = {
  isLive: anyone,
  isReady: anyone,

  authOptions: anyone,
  getServerIcon: anyone,
  register: anyone,
  verifyEmail: anyone,
  resendCode: anyone,
  login: anyone,
  forgotPassword: anyone,
  authorizeReset: anyone,
  resetPassword: anyone,
  renewAccessToken: session,
  logout: session,

  secondFactor: anyone,
  secondFactorPasskeyOptions: anyone,
  enrolTotp: anyone,
  confirmEnrolTotp: anyone,
  passkeyOptions: anyone,
  loginWithPasskey: anyone,
  exportMe: user,
  deleteMe: user,
  deleteAccount: adminUser,
  deleteAccountMessages: adminUser,
  cancelBulkDeletion: adminUser,
  listBulkDeletions: admin,
  startSso: anyone,
  prepareSso: anyone,
  finishSso: anyone,
  mySecondFactors: user,
  setUpTotp: user,
  confirmTotp: user,
  removeTotp: user,
  renewRecoveryCodes: user,
  newPasskeyOptions: user,
  addPasskey: user,
  removePasskey: user,

  getStatus: user,
  updateStatus: user,
  getUserProfile: by('users:read'),
  getNotificationSettings: user,
  listNotificationDevices: user,
  addNotificationDevice: user,
  updateNotificationDevice: user,
  removeNotificationDevice: user,
  testNotificationDevice: user,
  whyNotified: user,
  listActivity: user,
  countUnreadActivity: user,
  readActivity: user,
  readAllActivity: user,
  updateNotificationSettings: user,
  changeConversationNotifications: user,
  changeThreadNotifications: user,
  getSidebar: user,
  updateSidebar: user,
  createSidebarSection: user,
  updateSidebarSection: user,
  deleteSidebarSection: user,
  moveInSidebar: user,
  closeConversation: user,
  reopenConversation: user,
  listBlocks: user,
  blockUser: user,
  unblockUser: user,
  me: by('users:read'),
  updateMe: user,
  setAvatar: user,
  removeAvatar: user,
  changePassword: user,
  sendMyCode: user,
  verifyMe: user,
  requestEmailChange: user,
  confirmEmailChange: user,
  listMySessions: user,
  endMySession: user,
  endMyOtherSessions: user,
  reauthenticate: user,

  getServerSettings: by('users:read'),
  listUsers: by('users:read'),
  listUserGroups: by('users:read'),
  listEmoji: by('users:read'),
  addEmoji: user,
  updateEmoji: user,
  deleteEmoji: user,
  getImage: by('users:read'),
  getImageToken: by('users:read'),
  getUser: by('users:read'),

  listConversations: by('conversations:read'),
  getConversation: by('conversations:read'),
  listGroups: member('conversations:read'),
  listMembers: by('conversations:read'),
  listBans: by('conversations:read'),
  listGroupLinks: by('conversations:read'),
  showLinkedGroup: member('conversations:read'),
  createGroup: member('conversations:write'),
  openDirect: by('conversations:write'),
  updateGroup: by('conversations:write'),
  setGroupAvatar: by('conversations:write'),
  removeGroupAvatar: by('conversations:write'),
  archiveGroup: by('conversations:write'),
  restoreGroup: by('conversations:write'),
  changeMinimumRoles: by('conversations:write'),
  getRetention: by('conversations:read'),
  countExpiredMessages: by('conversations:write'),
  changeRetention: by('conversations:write'),
  transferOwnership: by('conversations:write'),
  changeMemberRole: by('conversations:write'),
  deleteGroup: by('conversations:write'),
  joinGroup: by('conversations:write'),
  leaveGroup: by('conversations:write'),
  banAccount: by('conversations:write'),
  unbanAccount: by('conversations:write'),
  createGroupLink: by('conversations:write'),
  revokeGroupLink: by('conversations:write'),
  joinByLink: member('conversations:write'),
  addMember: by('conversations:write'),
  removeMember: by('conversations:write'),

  suggestMentions: by('users:read'),
  listMessages: by('messages:read'),
  getMessage: by('messages:read'),
  getEditHistory: by('messages:read'),
  listPinnedMessages: by('messages:read'),
  listTimelineEvents: by('messages:read'),
  listEvents: by('messages:read'),
  listReadCursors: by('messages:read'),
  moveReadCursor: by('messages:read'),
  markAllRead: by('messages:read'),
  listSeenBy: by('messages:read'),
  searchMessages: by('messages:read'),
  listSavedMessages: by('messages:read'),
  saveMessage: by('messages:read'),
  listScheduled: by('messages:read'),
  scheduleMessage: by('messages:write'),
  changeScheduled: by('messages:write'),
  deleteScheduled: by('messages:write'),
  sendScheduled: by('messages:write'),
  getThread: by('messages:read'),
  listThreads: by('messages:read'),
  listThreadCursors: by('messages:read'),
  moveThreadCursor: by('messages:read'),
  followThread: by('messages:read'),
  unfollowThread: by('messages:read'),
  listDrafts: user,
  saveDraft: user,
  deleteDraft: user,
  unsaveMessage: by('messages:read'),
  searchNames: by('conversations:read'),
  linkFiles: by('messages:read'),
  getFile: by('messages:read'),
  getFileContent: by('messages:read'),
  getFilePreview: by('messages:read'),
  createUpload: by('messages:write'),
  uploadFile: by('messages:write'),
  cancelUpload: by('messages:write'),
  postMessage: by('messages:write'),
  postWebhook: by('messages:write'),
  listPollVoters: by('messages:read'),
  createPoll: by('messages:write'),
  vote: by('messages:write'),
  closePoll: by('messages:write'),
  removeLinkPreview: by('messages:write'),
  hideMessage: user,
  unhideMessage: user,
  getHiddenMessage: user,
  forwardMessage: by('messages:write'),
  editMessage: by('messages:write'),
  deleteMessage: by('messages:write'),
  addReaction: by('messages:write'),
  removeReaction: by('messages:write'),
  pinMessage: by('messages:write'),
  reportMessage: user,
  listGroupReports: user,
  countOpenReports: user,
  getReport: user,
  resolveReport: user,
  unpinMessage: by('messages:write'),

  listAccounts: admin,
  getAccount: admin,
  createAccount: admin,
  updateAccount: admin,
  deactivateAccount: admin,
  reactivateAccount: admin,
  suspendAccount: admin,
  unsuspendAccount: admin,
  unlockAccount: admin,
  resetSecondFactor: adminUser,
  endAccountSessions: adminUser,
  listEmail: adminUser,
  getNotificationHealth: admin,
  getServerState: admin,
  sendTestEmail: adminUser,
  listEnvironment: admin,
  getAdminServerSettings: admin,
  changeServerSettings: adminUser,
  countAllExpiredMessages: admin,
  setServerIcon: adminUser,
  removeServerIcon: adminUser,
  getWordFilter: adminUser,
  changeWordFilter: adminUser,
  listReports: adminUser,
  listLegalHolds: ownerUser,
  createLegalHold: ownerUser,
  getLegalHold: ownerUser,
  releaseLegalHold: ownerUser,
  exportLegalHold: ownerUser,
  getHeldFile: ownerUser,
  findHoldableGroups: ownerUser,
  listAuditLog: admin,
  exportAuditLog: admin,
  listInvitations: admin,
  createInvitation: admin,
  revokeInvitation: admin,

  createUserGroup: admin,
  updateUserGroup: admin,
  deleteUserGroup: admin,

  listServiceAccounts: admin,
  createServiceAccount: adminUser,
  listApiKeys: admin,
  createApiKey: adminUser,
  revokeApiKey: admin,
};

/** What an account of each role may do on the server, by who may create groups. */
const PERMISSIONS: Readonly<
  Record<AccountRole, Readonly<Record<Reach, readonly OwnPermission[]>>>
> = {
  owner: {
    everyone: ['administer', 'create_groups', 'browse_groups', 'manage_legal_holds'],
    admins: ['administer', 'create_groups', 'browse_groups', 'manage_legal_holds'],
  },
  admin: {
    everyone: ['administer', 'create_groups', 'browse_groups'],
    admins: ['administer', 'create_groups', 'browse_groups'],
  },
  member: { everyone: ['create_groups', 'browse_groups'], admins: ['browse_groups'] },
  guest: { everyone: [], admins: [] },
};

/** Whether an account of each role may add custom emoji, by the setting of the server. */
const ADDS_EMOJI: Readonly<Record<AccountRole, Readonly<Record<Reach, boolean>>>> = {
  owner: { everyone: true, admins: true },
  admin: { everyone: true, admins: true },
  member: { everyone: true, admins: false },
  guest: { everyone: false, admins: false },
};

/** The settings of the server that affect permissions. */
export type ReachSettings = Pick<ServerSettings, 'groupCreation' | 'emojiCreation'>;

/** Returns what an account of this role may do on a server with these settings; absent ones have their defaults. */
export function ownPermissions(
  role: AccountRole,
  settings: Partial<ReachSettings> = {},
): OwnPermission[] {
  const { groupCreation, emojiCreation } = { ...SERVER_SETTINGS_DEFAULTS, ...settings };
  const mayAddEmoji = ADDS_EMOJI[role][emojiCreation];
  return [...PERMISSIONS[role][groupCreation], ...(mayAddEmoji ? (['add_emoji'] as const) : [])];
}

/** The permission that an audience has. */
const PERMISSION_OF: Partial<Readonly<Record<Audience, OwnPermission>>> = {
  member: 'browse_groups',
  admin: 'administer',
  owner: 'manage_legal_holds',
};

/** A caller: the role of its account, and its scopes if it is an API key. */
export interface Caller {
  readonly role: AccountRole;
  readonly scopes?: ReadonlySet<Scope> | undefined;
}

/**
 * Returns why a caller may not use a route; null if it may.
 * @throws if the route is not in the table
 */
export function refusalOfAccess(operation: string | undefined, caller: Caller): Refusal | null {
  const access = operation === undefined ? undefined : ACCESS[operation];
  if (!access) throw new Error(`The route ${operation} is not in the table of http/access.ts`);
  const needed = PERMISSION_OF[access.audience];
  if (needed && !ownPermissions(caller.role).includes(needed)) return refusal('forbidden');
  return refusalOfScope(access.scope, caller);
}
