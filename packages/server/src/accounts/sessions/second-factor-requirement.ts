import { AccountRole } from '@parley/protocol';

/** Who must have a second factor (the setting SECOND_FACTOR). */
export type Requirement = 'off' | 'admins' | 'everyone';

/** Returns the roles that must have a second factor. */
export function rolesRequired(requirement: Requirement): readonly AccountRole[] {
  if (requirement === 'everyone') return AccountRole.options;
  return requirement === 'admins' ? ['owner', 'admin'] : [];
}
