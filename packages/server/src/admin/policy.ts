import type { AccountRole, ErrorCode } from '@parley/protocol';

/** What an admin can do to an account. */
export type AdminAction =
  | 'update'
  | 'set_role'
  | 'deactivate'
  | 'reactivate'
  | 'unlock'
  | 'reset_second_factor'
  | 'end_sessions'
  | 'keys'
  | 'delete';

/** Allowed, or the code of the refusal. */
export type Verdict = 'yes' | ErrorCode;

const all = (verdict: Verdict): Record<AdminAction, Verdict> => ({
  update: verdict,
  set_role: verdict,
  deactivate: verdict,
  reactivate: verdict,
  unlock: verdict,
  reset_second_factor: verdict,
  end_sessions: verdict,
  keys: verdict,
  delete: verdict,
});

const none = { owner: all('forbidden'), admin: all('forbidden'), member: all('forbidden') };

/**
 * Who may do what to whom: by the role of the actor, then of the target. Admins may not change
 * owners and admins: with the address, second factor or API keys of such an account they would gain
 * its role. That one owner must remain is checked separately.
 */
const POLICY: Record<AccountRole, Record<AccountRole, Record<AdminAction, Verdict>>> = {
  owner: { owner: all('yes'), admin: all('yes'), member: all('yes') },
  admin: {
    owner: all('forbidden'),
    admin: all('forbidden'),
    member: { ...all('yes'), set_role: 'forbidden' },
  },
  member: none,
};

/** Returns whether an actor of this role may do this to an account of that role. */
export function mayAdminister(
  actor: AccountRole,
  target: AccountRole,
  action: AdminAction,
): Verdict {
  return POLICY[actor][target][action];
}

/** Returns whether an actor of this role may create an account of that role. */
export function mayCreate(actor: AccountRole, role: AccountRole): Verdict {
  if (actor === 'member') return 'forbidden';
  return role === 'member' || actor === 'owner' ? 'yes' : 'forbidden';
}
