import type {
  AccountRole,
  ActingRole,
  MemberRole,
  MinimumRoles,
  Visibility,
} from '@parley/protocol';

/** The {@link MinimumRoles} that a group overrides: a column of its row. */
export type MinimumRoleOverrides = Partial<MinimumRoles>;

/** The role of the account that acts. A former member is a non-member. */
export type ActorRole = ActingRole | 'non_member';

/** Guests rank as members of the lowest role, except where policies refuse them. */
const RANKS: Readonly<Record<ActorRole, number>> = {
  non_member: 0,
  guest: 1,
  member: 1,
  admin: 2,
  owner: 3,
};

const PUBLIC: Omit<MinimumRoles, 'replyInThreads'> = {
  post: 'member',
  invite: 'member',
  pin: 'member',
  deleteOthers: 'admin',
  rename: 'admin',
  mentionEveryone: 'admin',
};

/** The defaults. */
const DEFAULTS: Readonly<Record<Visibility, Omit<MinimumRoles, 'replyInThreads'>>> = {
  public: PUBLIC,
  private: { ...PUBLIC, invite: 'admin' },
};

/** SQL: whether the role on the server in a column is that of an owner or admin. */
export const isAdminRole = (column: string): string => `${column} in ('owner', 'admin')`;

/** Returns whether a role on the server is that of an owner or admin. */
export const isServerAdmin = (role: AccountRole): boolean => role === 'owner' || role === 'admin';

/** Returns whether a role is the same as or above another one. */
export const isAtLeast = (role: ActorRole, minimum: ActorRole): boolean =>
  RANKS[role] >= RANKS[minimum];

/**
 * Returns the minimum roles of a group: the defaults, with its overrides. By default, replies in
 * threads need the same role as posts, so that an announcement group stays one.
 */
export const minimumRolesOf = (
  visibility: Visibility,
  overrides: MinimumRoleOverrides,
): MinimumRoles => ({
  ...DEFAULTS[visibility],
  replyInThreads: overrides.post ?? DEFAULTS[visibility].post,
  ...overrides,
});

/**
 * Returns the role with which a member acts: in the default group, the server role decides, and
 * a guest of the server is a guest everywhere. Null if the account does not exist.
 */
export function actingRole(
  role: MemberRole,
  isEveryone: boolean,
  serverRole: AccountRole | null,
): ActingRole {
  if (serverRole === 'guest') return 'guest';
  if (!isEveryone) return role;
  return serverRole !== null && isServerAdmin(serverRole) ? 'owner' : 'member';
}

/**
 * Returns the role with which a member acts on messages, where guests count as members; in the
 * default group, the role on the server decides.
 */
export function messageRole(
  role: MemberRole,
  isEveryone: boolean,
  isByServerAdmin: boolean,
): MemberRole {
  if (!isEveryone) return role;
  return isByServerAdmin ? 'owner' : 'member';
}
