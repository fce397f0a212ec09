import type { LeastRoles, MemberRole, Visibility } from '@parley/protocol';

/** What a group has decided of {@link LeastRoles}: a column of its row. */
export type DecidedLeastRoles = Partial<LeastRoles>;

/** The role of the account that acts. A former member is a non-member. */
export type ActorRole = MemberRole | 'non_member';

const RANKS: Readonly<Record<ActorRole, number>> = { non_member: 0, member: 1, admin: 2, owner: 3 };

const PUBLIC: LeastRoles = {
  post: 'member',
  invite: 'member',
  pin: 'member',
  deleteOthers: 'admin',
  change: 'admin',
};

/** The least roles of a group that has decided nothing. */
const DEFAULTS: Readonly<Record<Visibility, LeastRoles>> = {
  public: PUBLIC,
  private: { ...PUBLIC, invite: 'admin' },
};

/** Returns whether a role is the other one or above it. */
export const isAtLeast = (role: ActorRole, least: ActorRole): boolean =>
  RANKS[role] >= RANKS[least];

/** Returns the least roles of a group: the default for what it has not decided. */
export const leastRolesOf = (visibility: Visibility, decided: DecidedLeastRoles): LeastRoles => ({
  ...DEFAULTS[visibility],
  ...decided,
});
