import { type AccountRole, type Refusal, refusal, type Scope } from '@parley/protocol';

/**
 * Who may ask what of the API, as a table: the one place to look, and the one that is enforced.
 * What exactly somebody may do to one conversation, message or account is the policy of its domain.
 *
 * 1. A route that is not in the table lets nobody in.
 * 2. A key may do what its scopes name and its account may do, and nothing where no scope stands.
 */

/** Whom a route lets in at all. */
export type Audience =
  /** Everybody. */
  | 'anyone'
  /** Whoever brings the token or cookie of a session, which is good for nothing else. */
  | 'session'
  /** Whoever is logged in. */
  | 'account'
  /** Owners and admins of the server. */
  | 'admin';

/** An entry: the audience, and the scope that lets a key in besides. */
export interface Access {
  readonly audience: Audience;
  readonly scope: Scope | null;
}

const anyone: Access = { audience: 'anyone', scope: null };
const session: Access = { audience: 'session', scope: null };
/** People only: no key may change how an account is logged in to. */
const user: Access = { audience: 'account', scope: null };
const by = (scope: Scope): Access => ({ audience: 'account', scope });
const admin: Access = { audience: 'admin', scope: 'admin' };
/** Admins in person: what would let a key make itself or others stronger. */
const adminUser: Access = { audience: 'admin', scope: null };

/** By `operationId`. */
export const ACCESS: Readonly<Record<string, Access>> = {
  isLive: anyone,
  isReady: anyone,

  authOptions: anyone,
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
  startSso: anyone,
  finishSso: anyone,
  mySecondFactors: user,
  setUpTotp: user,
  confirmTotp: user,
  removeTotp: user,
  renewRecoveryCodes: user,
  newPasskeyOptions: user,
  addPasskey: user,
  removePasskey: user,

  me: by('users:read'),
  updateMe: user,
  changePassword: user,
  sendMyCode: user,
  verifyMe: user,
  listMySessions: user,
  endMySession: user,
  endMyOtherSessions: user,
  reauthenticate: user,

  listUsers: by('users:read'),
  getUser: by('users:read'),

  listConversations: by('conversations:read'),
  getConversation: by('conversations:read'),
  listGroups: by('conversations:read'),
  listMembers: by('conversations:read'),
  createGroup: by('conversations:write'),
  openDirect: by('conversations:write'),
  renameGroup: by('conversations:write'),
  deleteGroup: by('conversations:write'),
  joinGroup: by('conversations:write'),
  leaveGroup: by('conversations:write'),
  addMember: by('conversations:write'),
  removeMember: by('conversations:write'),

  listMessages: by('messages:read'),
  getMessage: by('messages:read'),
  listEvents: by('messages:read'),
  listReadCursors: by('messages:read'),
  moveReadCursor: by('messages:read'),
  postMessage: by('messages:write'),
  editMessage: by('messages:write'),
  deleteMessage: by('messages:write'),
  addReaction: by('messages:write'),
  removeReaction: by('messages:write'),

  listAccounts: admin,
  getAccount: admin,
  createAccount: admin,
  updateAccount: admin,
  deactivateAccount: admin,
  reactivateAccount: admin,
  unlockAccount: admin,
  resetSecondFactor: adminUser,
  endAccountSessions: adminUser,
  listEmail: adminUser,
  listSettings: admin,
  listInvitations: admin,
  createInvitation: admin,
  revokeInvitation: admin,

  listServiceAccounts: admin,
  createServiceAccount: adminUser,
  listApiKeys: admin,
  createApiKey: adminUser,
  revokeApiKey: admin,
};

/** Somebody who asks: the role of the account, and the scopes if it is a key. */
export interface Asking {
  readonly role: AccountRole;
  readonly scopes?: ReadonlySet<Scope> | undefined;
}

/**
 * Why somebody who is logged in may not use a route; null when they may.
 * @throws when the route is not in the table
 */
export function refusalOfAccess(operation: string | undefined, who: Asking): Refusal | null {
  const access = operation === undefined ? undefined : ACCESS[operation];
  if (!access) throw new Error(`The route ${operation} is not in the table of http/access.ts`);
  if (access.audience === 'admin' && who.role === 'member') return refusal('forbidden');
  return refusalOfScope(access.scope, who);
}

/** Why a key may not do what wants a scope; null (also for people) when it may. */
export function refusalOfScope(scope: Scope | null, who: Pick<Asking, 'scopes'>): Refusal | null {
  if (!who.scopes || (scope !== null && who.scopes.has(scope))) return null;
  if (scope === null) return refusal('forbidden', 'Keys cannot do that');
  return refusal('insufficient_scope', `The key has not the scope ${scope}`);
}
