import type { MemberRole } from '@parley/protocol';
import { t } from '../texts/index.ts';

/** Returns the roles of members with their names, for a select. */
export const roleOptions = () =>
  [
    ['member', t('details.roleMember')],
    ['admin', t('details.roleAdmin')],
    ['owner', t('details.roleOwner')],
  ] as const satisfies readonly (readonly [MemberRole, string])[];

/** Returns the minimum roles with their names, for a select. */
export const minimumRoleOptions = () =>
  [
    ['member', t('details.fromMember')],
    ['admin', t('details.fromAdmin')],
    ['owner', t('details.fromOwner')],
  ] as const satisfies readonly (readonly [MemberRole, string])[];
