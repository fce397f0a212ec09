import type { AccountRole } from '@parley/protocol';
import { t } from '../texts/index.ts';

/** From the role with the fewest rights to the one with the most. */
const ORDER: readonly AccountRole[] = ['guest', 'member', 'admin', 'owner'];

/** Returns the options of a select with these roles. */
export function roleOptions(
  roles: readonly AccountRole[],
): (readonly [role: AccountRole, text: string])[] {
  return ORDER.filter((role) => roles.includes(role)).map((role) => [role, t(`roles.${role}`)]);
}
