/**
 * Who may use which route, written a second time, independently of `http/access.ts`: the test finds
 * every difference. A new route is added to both.
 */
const TABLE: Readonly<Record<string, readonly string[]>> = {
  // Without a log-in.
  anyone: [
    'authOptions',
    'authorizeReset',
    'confirmEnrolTotp',
    'enrolTotp',
    'finishSso',
    'forgotPassword',
    'isLive',
    'isReady',
    'login',
    'loginWithPasskey',
    'passkeyOptions',
    'register',
    'resendCode',
    'resetPassword',
    'secondFactor',
    'secondFactorPasskeyOptions',
    'startSso',
    'verifyEmail',
  ],
  // With a session token, which is valid for nothing else.
  session: ['logout', 'renewAccessToken'],
  // Users, with no API key.
  user: [
    'addPasskey',
    'blockUser',
    'changePassword',
    'confirmTotp',
    'deleteMe',
    'listDrafts',
    'saveDraft',
    'deleteDraft',
    'endMyOtherSessions',
    'endMySession',
    'exportMe',
    'getStatus',
    'listBlocks',
    'listMySessions',
    'mySecondFactors',
    'newPasskeyOptions',
    'reauthenticate',
    'removePasskey',
    'removeTotp',
    'renewRecoveryCodes',
    'sendMyCode',
    'setUpTotp',
    'unblockUser',
    'updateMe',
    'updateStatus',
    'verifyMe',
  ],
  // Users, and API keys with the scope.
  'users:read': [
    'getServerSettings',
    'getUser',
    'getUserProfile',
    'listUsers',
    'me',
    'suggestMentions',
  ],
  'conversations:read': [
    'getConversation',
    'listBans',
    'listConversations',
    'listGroupLinks',
    'listGroups',
    'listMembers',
    'searchNames',
    'showLinkedGroup',
  ],
  'conversations:write': [
    'addMember',
    'archiveGroup',
    'banAccount',
    'changeMinimumRoles',
    'changeMemberRole',
    'createGroup',
    'createGroupLink',
    'deleteGroup',
    'handOverGroup',
    'joinByLink',
    'joinGroup',
    'leaveGroup',
    'openDirect',
    'removeMember',
    'restoreGroup',
    'revokeGroupLink',
    'unbanAccount',
    'updateGroup',
  ],
  'messages:read': [
    'getEditHistory',
    'getMessage',
    'listEvents',
    'listMessages',
    'listPinnedMessages',
    'listReadCursors',
    'listSeenBy',
    'markAllRead',
    'getThread',
    'listThreads',
    'listThreadCursors',
    'moveThreadCursor',
    'followThread',
    'unfollowThread',
    'moveReadCursor',
    'searchMessages',
    'listSavedMessages',
    'listScheduled',
    'saveMessage',
    'unsaveMessage',
  ],
  'messages:write': [
    'addReaction',
    'changeScheduled',
    'deleteScheduled',
    'scheduleMessage',
    'sendScheduled',
    'deleteMessage',
    'editMessage',
    'pinMessage',
    'postMessage',
    'removeReaction',
    'unpinMessage',
  ],
  // Owners and admins, and their API keys with the scope `admin`.
  admin: [
    'createAccount',
    'createInvitation',
    'deactivateAccount',
    'revokeApiKey',
    'getAccount',
    'listAccounts',
    'listInvitations',
    'listApiKeys',
    'listServiceAccounts',
    'getAdminServerSettings',
    'listAuditLog',
    'exportAuditLog',
    'listSettings',
    'reactivateAccount',
    'revokeInvitation',
    'suspendAccount',
    'unsuspendAccount',
    'unlockAccount',
    'updateAccount',
  ],
  // Owners and admins, with no API key.
  'admin user': [
    'changeServerSettings',
    'createApiKey',
    'createServiceAccount',
    'deleteAccount',
    'endAccountSessions',
    'listEmail',
    'resetSecondFactor',
  ],
};

/** Audience and scope of each section of the table, as `http/access.ts` names them. */
function accessOf(line: string): { audience: string; scope: string | null } {
  if (line === 'anyone' || line === 'session') return { audience: line, scope: null };
  if (line === 'user') return { audience: 'account', scope: null };
  if (line === 'admin') return { audience: 'admin', scope: 'admin' };
  if (line === 'admin user') return { audience: 'admin', scope: null };
  return { audience: 'account', scope: line };
}

/** Who may use each route, by `operationId`. */
export const EXPECTED_ACCESS: Readonly<
  Record<string, { readonly audience: string; readonly scope: string | null }>
> = Object.fromEntries(
  Object.entries(TABLE).flatMap(([line, ids]) => ids.map((id) => [id, accessOf(line)])),
);
