import {
  type AccountId,
  type AccountRole,
  type ClientId,
  type ConversationId,
  refusal,
  type StreamId,
  WORKSPACE_STREAM,
} from '@parley/protocol';
import { rowsOf } from '../accounts/tickets/tickets.ts';
import { conflictErrors, conflictRefusal } from '../accounts/users/conflicts.ts';
import { emailKey } from '../accounts/users/names.ts';
import { findConflicts } from '../accounts/users/queries.ts';
import type { Auditing } from '../audit/audit-log.ts';
import { forgetUndeliverable } from '../email/undeliverable.ts';
import { mayAct } from '../permissions/account-state.ts';
import type { Append, Outcome } from '../stream/append.ts';
import {
  type Command,
  type Decision,
  newEvent,
  type RuleContext,
  type Statement,
} from '../stream/stream-transaction.ts';
import { AuditNotes } from './audit-notes.ts';
import { loginsEnded, sessionsEnded } from './end-access.ts';
import { decideGuestChange } from './guest-change.ts';
import { type AdminAction, mayAdminister, mayAssign } from './policy.ts';

/** Commands of admins on accounts, and their events in the workspace stream. */

/** A request of an admin about an account, with its client id. */
export interface AdminRequest {
  readonly actor: AccountId;
  readonly clientId: ClientId;
  readonly target: AccountId;
  /** Stored with the change and logged after the commit. */
  readonly audit: Auditing;
}

/** The fields of an account to change; undefined fields are unchanged. */
export interface AccountChange {
  readonly username?: string | undefined;
  readonly displayName?: string | undefined;
  readonly email?: string | undefined;
  readonly role?: AccountRole | undefined;
  /** The public groups that an account keeps when it becomes a guest. */
  readonly keepGroups?: readonly ConversationId[] | undefined;
  /** When the access of a guest ends; null: never. */
  readonly accessEndsAt?: string | null | undefined;
  /** Null removes it. */
  readonly avatar?: null | undefined;
}

/** An account as the rules see it. */
export interface Target {
  readonly id: AccountId;
  readonly kind: 'user' | 'service';
  readonly role: AccountRole;
  readonly isActive: boolean;
  /** Whether it is active and not suspended. */
  readonly mayAct: boolean;
  readonly username: string;
  readonly displayName: string;
  readonly emailKey: string | null;
  readonly hasAvatar: boolean;
  /** When the access of a guest ends. */
  readonly accessEndsAt: string | null;
}

interface AdminCommand extends Command {
  readonly target: AccountId;
  /** All of them must be allowed. */
  readonly actions: readonly AdminAction[];
  readonly change: AccountChange;
  readonly decideFor: (tx: RuleContext, command: AdminCommand, target: Target) => Promise<Decision>;
  readonly notes: AuditNotes;
}

/** What a command of an admin does. */
interface Administration extends Pick<AdminCommand, 'actions' | 'eventType' | 'decideFor'> {
  readonly change?: AccountChange;
  /** Further streams to lock. */
  readonly locks?: readonly StreamId[];
}

const EVENT_BYTES = 300;

/**
 * Changes names, email address and role, and removes the avatar. A changed address has to be
 * verified again. `locks` are the streams of groups that the account leaves or joins because of its
 * new role.
 */
export function updateAccount(
  append: Append,
  request: AdminRequest,
  change: AccountChange,
  locks: readonly StreamId[] = [],
) {
  const { username, displayName, email, role, accessEndsAt, avatar } = change;
  const updates = [username, displayName, email, avatar].some((value) => value !== undefined);
  const actions: AdminAction[] = [];
  if (updates) actions.push('update');
  if (role !== undefined || accessEndsAt !== undefined) actions.push('set_role');
  return administer(append, request, {
    actions,
    eventType: updates ? 'user.updated' : 'user.role_changed',
    decideFor: update,
    change,
    locks,
  });
}

/** Deactivates an account; its messages remain. The caller ends its sessions and API keys. */
export const deactivateAccount = (append: Append, request: AdminRequest): Promise<Outcome> =>
  administer(append, request, {
    actions: ['deactivate'],
    eventType: 'user.deactivated',
    decideFor: deactivate,
  });

/**
 * Reactivates an account. Sessions from before the deactivation stay ended. If the access of a
 * guest had ended, it no longer expires.
 */
export const reactivateAccount = (append: Append, request: AdminRequest): Promise<Outcome> =>
  administer(append, request, {
    actions: ['reactivate'],
    eventType: 'user.reactivated',
    decideFor: reactivate,
  });

function administer(
  append: Append,
  { actor, clientId, target, audit }: AdminRequest,
  { actions, eventType, decideFor, change = {}, locks = [] }: Administration,
): Promise<Outcome> {
  const command: AdminCommand = {
    rule: { name: `admin.${actions[0] ?? 'nothing'}`, decide },
    actor,
    clientId,
    // Its lock serializes changes of accounts, so that roles stay as the rule read them.
    stream: WORKSPACE_STREAM,
    alsoLocks: locks,
    eventType,
    payload: [
      target,
      ...actions,
      change.username ?? null,
      change.displayName ?? null,
      change.email ?? null,
      change.role ?? null,
      ...(change.avatar === null ? ['no avatar'] : []),
      ...(change.keepGroups ? ['keep', ...change.keepGroups] : []),
      ...(change.accessEndsAt === undefined ? [] : ['ends', change.accessEndsAt]),
    ],
    bytes: EVENT_BYTES * (1 + 2 * locks.length),
    target,
    actions,
    change,
    decideFor,
    notes: new AuditNotes(audit, { actor, account: target }, fieldsOf(change)),
  };
  return command.notes.logAfter(append.run(command));
}

const fieldsOf = ({
  role: _role,
  keepGroups: _keep,
  accessEndsAt: _ends,
  ...rest
}: AccountChange): string[] => Object.keys(rest);

async function decide(tx: RuleContext, command: AdminCommand): Promise<Decision> {
  const actor = await readTarget(tx, command.actor);
  const target = await readTarget(tx, command.target);
  if (!actor?.mayAct) return { refuse: refusal('forbidden') };
  for (const action of command.actions) {
    const verdict = mayAdminister(actor.role, target?.role ?? 'member', action);
    if (verdict !== 'yes') return { refuse: refusal(verdict) };
  }
  const { role } = command.change;
  if (target && role !== undefined && role !== target.role) {
    const verdict = mayAssign(actor.role, target.role, role);
    if (verdict !== 'yes') return { refuse: refusal(verdict) };
  }
  if (!target) return { refuse: refusal('account_not_found') };
  return command.notes.addTo(await command.decideFor(tx, command, target));
}

/** Reads an account and locks it against changes; null when it does not exist or was erased. */
export async function readTarget(tx: RuleContext, account: AccountId): Promise<Target | null> {
  const [row] = await tx.query<{
    kind: Target['kind'];
    role: AccountRole;
    is_active: boolean;
    may_act: boolean;
    username: string;
    display_name: string;
    email_key: string | null;
    has_avatar: boolean;
    access_ends_at: Date | null;
  }>(
    'admin-target',
    `select kind, role, is_active, ${mayAct('a')} as may_act, username, display_name, email_key,
            avatar is not null as has_avatar, access_ends_at
     from accounts a where id = $1 and deleted_at is null
     for no key update`,
    [account],
  );
  if (!row) return null;
  return {
    id: account,
    kind: row.kind,
    role: row.role,
    isActive: row.is_active,
    mayAct: row.may_act,
    username: row.username,
    displayName: row.display_name,
    emailKey: row.email_key,
    hasAvatar: row.has_avatar,
    accessEndsAt: row.access_ends_at?.toISOString() ?? null,
  };
}

/** Returns whether this is the last owner who can act: any others are deactivated or suspended. */
export async function isLastOwner(tx: RuleContext, target: Target): Promise<boolean> {
  if (target.role !== 'owner' || !target.isActive) return false;
  const [row] = await tx.query<{ others: boolean }>(
    'admin-other-owners',
    `select exists (select from accounts a
                    where a.role = 'owner' and a.kind = 'user' and ${mayAct('a')}
                      and a.id <> $1) as others`,
    [target.id],
  );
  return row?.others !== true;
}

/** Returns the “unchanged” decision at the last event of the workspace stream. */
export const unchanged = (tx: RuleContext): Decision => ({ unchanged: tx.head(WORKSPACE_STREAM) });

async function update(tx: RuleContext, command: AdminCommand, target: Target): Promise<Decision> {
  const { change, eventType } = command;
  const { id } = target;
  const username = change.username ?? target.username;
  const displayName = change.displayName ?? target.displayName;
  const email = change.email;
  if (email !== undefined && target.kind === 'service') {
    return { refuse: refusal('invalid', 'A service account has no email address') };
  }
  // An unchanged name is not checked: it may predate the rule against similar names.
  const renaming = change.username !== undefined && username !== target.username;
  const newUsername = renaming ? username : null;
  const conflicts = await findConflicts(rowsOf(tx), newUsername, email ?? null, id);
  const conflict = conflictRefusal(conflictErrors(conflicts));
  if (conflict) return { refuse: conflict };
  const role = change.role ?? target.role;
  if (role !== target.role) {
    if (target.kind === 'service' && (role === 'owner' || role === 'guest')) {
      const message = `A service account cannot be ${role === 'owner' ? 'an owner' : 'a guest'}`;
      return { refuse: refusal('forbidden', message) };
    }
    if (await isLastOwner(tx, target)) return { refuse: refusal('last_owner') };
  }
  const renamed = username !== target.username || displayName !== target.displayName;
  const readdressed = email !== undefined && emailKey(email) !== target.emailKey;
  const removesAvatar = change.avatar === null && target.hasAvatar;
  const guest = await decideGuestChange(tx, target, { ...change, role });
  if ('refuse' in guest) return guest;
  const changesRole = role !== target.role || guest.accessEndsAt !== target.accessEndsAt;
  if (!renamed && !readdressed && !removesAvatar && !changesRole) return unchanged(tx);
  const writes = [...(readdressed ? changeAddress(id, email) : []), ...guest.writes];
  const updated = newEvent(WORKSPACE_STREAM, 'user.updated', {
    account: id,
    username,
    displayName,
    ...(removesAvatar && { avatar: null }),
  });
  if (!changesRole) return { events: [updated], writes };
  const promoted = newEvent(WORKSPACE_STREAM, 'user.role_changed', {
    account: id,
    role,
    ...(guest.accessEndsAt !== null && { accessEndsAt: guest.accessEndsAt }),
  });
  // The first event identifies the command when it is retried.
  const [first, ...more] =
    eventType === 'user.updated' ? [updated, promoted] : ([promoted] as const);
  return { events: [first, ...more, ...guest.events], writes };
}

const changeAddress = (id: AccountId, email: string): Statement[] => [
  {
    name: 'admin-readdress',
    text: `update accounts set email = $2, email_key = $3, verified_at = null,
                               credentials_version = credentials_version + 1
           where id = $1`,
    values: [id, email, emailKey(email)],
  },
  forgetUndeliverable(id),
  // Codes and links that were sent to the previous address no longer work.
  {
    name: 'admin-end-secrets',
    text: 'delete from one_time_secrets where account_id = $1',
    values: [id],
  },
];

async function deactivate(
  tx: RuleContext,
  _command: AdminCommand,
  target: Target,
): Promise<Decision> {
  if (!target.isActive) return unchanged(tx);
  if (await isLastOwner(tx, target)) return { refuse: refusal('last_owner') };
  const { id: account } = target;
  return {
    events: [newEvent(WORKSPACE_STREAM, 'user.deactivated', { account })],
    writes: [loginsEnded(account)],
  };
}

async function reactivate(
  tx: RuleContext,
  _command: AdminCommand,
  target: Target,
): Promise<Decision> {
  if (target.isActive) return unchanged(tx);
  const { id: account, accessEndsAt } = target;
  // Otherwise the account would be deactivated again.
  const isOver = accessEndsAt !== null && Date.parse(accessEndsAt) <= Date.parse(tx.at);
  const unlimited = newEvent(WORKSPACE_STREAM, 'user.role_changed', { account, role: target.role });
  return {
    events: [
      newEvent(WORKSPACE_STREAM, 'user.reactivated', { account }),
      ...(isOver ? [unlimited] : []),
    ],
    // A server that was killed after the deactivation may have left them.
    writes: [sessionsEnded(account)],
  };
}
