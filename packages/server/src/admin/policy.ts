import { type AccountId, AccountRole, type AdminAccount, AdminPermission } from '@parley/protocol';
import { isServerAdmin } from '../permissions/minimum-roles.ts';
import type { PolicyVerdict } from '../permissions/policy-verdict.ts';

/** What an admin can do to an account. */
export type AdminAction = AdminPermission;

const all = (verdict: PolicyVerdict): Record<AdminAction, PolicyVerdict> => ({
  update: verdict,
  set_role: verdict,
  deactivate: verdict,
  reactivate: verdict,
  suspend: verdict,
  unsuspend: verdict,
  unlock: verdict,
  reset_second_factor: verdict,
  end_sessions: verdict,
  keys: verdict,
  delete_messages: verdict,
  delete: verdict,
});

const none = {
  owner: all('forbidden'),
  admin: all('forbidden'),
  member: all('forbidden'),
  guest: all('forbidden'),
};

/**
 * Who may do what to whom: by the role of the actor, then of the target. Admins may not change
 * owners and admins: with the address, second factor or API keys of such an account they would gain
 * its role. Which role they may give is in {@link mayAssign}. That one owner must remain is checked separately.
 */
const POLICY: Record<AccountRole, Record<AccountRole, Record<AdminAction, PolicyVerdict>>> = {
  owner: { owner: all('yes'), admin: all('yes'), member: all('yes'), guest: all('yes') },
  admin: {
    owner: all('forbidden'),
    admin: all('forbidden'),
    member: all('yes'),
    guest: all('yes'),
  },
  member: none,
  guest: none,
};

/** Returns whether an actor of this role may do this to an account of that role. */
export function mayAdminister(
  actor: AccountRole,
  target: AccountRole,
  action: AdminAction,
): PolicyVerdict {
  return POLICY[actor][target][action];
}

/** Returns whether an actor of this role may create an account of that role. */
export function mayCreate(actor: AccountRole, role: AccountRole): PolicyVerdict {
  if (!isServerAdmin(actor)) return 'forbidden';
  return !isServerAdmin(role) || actor === 'owner' ? 'yes' : 'forbidden';
}

/** Returns whether an actor of this role may give an account another role: admins make members guests, and back. */
export const mayAssign = (actor: AccountRole, from: AccountRole, to: AccountRole): PolicyVerdict =>
  mayAdminister(actor, from, 'set_role') === 'yes' ? mayCreate(actor, to) : 'forbidden';

/** Returns the roles that an account may have which an actor of this role creates. */
export const creatableRoles = (actor: AccountRole): AccountRole[] =>
  AccountRole.options.filter((role) => mayCreate(actor, role) === 'yes');

/** An admin who reads an account, and receives the permitted actions. */
export interface Administrator {
  readonly account: AccountId;
  readonly role: AccountRole;
}

/** The state of an account that actions depend on. */
export type AdminTarget = Pick<
  AdminAccount,
  'id' | 'kind' | 'role' | 'isActive' | 'secondFactor' | 'isSuspended'
>;

/** In which state of an account each action applies. */
const APPLIES: Readonly<Record<AdminAction, (target: AdminTarget) => boolean>> = {
  update: () => true,
  set_role: () => true,
  deactivate: (target) => target.isActive,
  reactivate: (target) => !target.isActive,
  suspend: (target) => target.isActive && !target.isSuspended,
  unsuspend: (target) => target.isSuspended,
  unlock: (target) => target.kind === 'user',
  reset_second_factor: (target) => target.secondFactor,
  end_sessions: (target) => target.kind === 'user' && target.isActive,
  keys: (target) => target.kind === 'service',
  delete_messages: () => true,
  delete: () => true,
};

/**
 * Actions offered on the admin’s own account; the others would lock the admin out, or have their
 * own pages.
 */
const ON_ONESELF: ReadonlySet<AdminAction> = new Set(['update', 'unlock']);

/** Returns the actions on an account that a client offers an admin. */
export function adminPermissions(by: Administrator, target: AdminTarget): AdminPermission[] {
  return AdminPermission.options.filter(
    (action) =>
      mayAdminister(by.role, target.role, action) === 'yes' &&
      APPLIES[action](target) &&
      (by.account !== target.id || ON_ONESELF.has(action)),
  );
}

/** Returns the roles that a client offers an admin to give an account. */
export function assignableRoles(by: Administrator, target: AdminTarget): AccountRole[] {
  if (!adminPermissions(by, target).includes('set_role')) return [];
  // A service account cannot be an owner, nor a guest.
  return AccountRole.options.filter(
    (role) =>
      mayAssign(by.role, target.role, role) === 'yes' &&
      ((role !== 'owner' && role !== 'guest') || target.kind === 'user'),
  );
}
