import type { AccountRole } from '@parley/protocol';

/** Of whom a second factor is required (the setting SECOND_FACTOR). */
export type Requirement = 'off' | 'admins' | 'everyone';

/** The roles that must have a second factor. */
export function rolesRequired(requirement: Requirement): readonly AccountRole[] {
  if (requirement === 'everyone') return ['owner', 'admin', 'member'];
  return requirement === 'admins' ? ['owner', 'admin'] : [];
}
