import {
  type AccountId,
  type ClientId,
  type EventType,
  refusal,
  WORKSPACE_STREAM,
} from '@parley/protocol';
import { uuidv7 } from 'uuidv7';
import type { Auditing } from '../audit/audit-log.ts';
import type { Append, Outcome } from '../stream/append.ts';
import {
  type Command,
  type Decision,
  newEvent,
  type Rule,
  type RuleContext,
} from '../stream/stream-transaction.ts';
import { AuditNotes } from './audit-notes.ts';
import { type AdminRequest, isLastOwner, readTarget, type Target, unchanged } from './commands.ts';
import { mayAdminister } from './policy.ts';

/** The end and the reason of a suspension. */
export interface Suspension {
  /** RFC 3339; null: indefinitely. */
  readonly until: string | null;
  readonly reason: string;
}

interface SuspensionCommand extends Command {
  readonly request: AdminRequest;
  /** Null: the account is unsuspended. */
  readonly suspension: Suspension | null;
  readonly notes: AuditNotes;
}

/**
 * Suspends an account until a given time or indefinitely, or changes its suspension. It can neither log in nor act, and its
 * messages stay. The caller ends its sessions and closes the sockets of its API keys.
 */
export const suspendAccount = (
  append: Append,
  request: AdminRequest,
  suspension: Suspension,
): Promise<Outcome> => runSuspension(append, request, 'user.suspended', suspension);

/** Unsuspends an account before its suspension ends. */
export const unsuspendAccount = (append: Append, request: AdminRequest): Promise<Outcome> =>
  runSuspension(append, request, 'user.unsuspended', null);

/** Unsuspends an account on behalf of an operator of the server, who needs no account. */
export function unsuspendOnServer(
  append: Append,
  account: AccountId,
  audit: Auditing,
): Promise<Outcome> {
  const notes = new AuditNotes(audit, { actor: null, account });
  const command: Command & { readonly notes: AuditNotes } = {
    rule: unsuspendRule,
    actor: account,
    clientId: uuidv7() as ClientId,
    stream: WORKSPACE_STREAM,
    eventType: 'user.unsuspended',
    payload: ['operator', account],
    bytes: 300,
    notes,
  };
  return notes.logAfter(append.run(command));
}

function runSuspension(
  append: Append,
  request: AdminRequest,
  eventType: EventType,
  suspension: Suspension | null,
): Promise<Outcome> {
  const { actor, clientId, target, audit } = request;
  const command: SuspensionCommand = {
    rule: suspensionRule,
    actor,
    clientId,
    stream: WORKSPACE_STREAM,
    eventType,
    payload: [target, suspension?.until ?? null, suspension?.reason ?? null],
    bytes: 300,
    request,
    suspension,
    notes: new AuditNotes(audit, { actor, account: target }),
  };
  return command.notes.logAfter(append.run(command));
}

const suspensionRule: Rule<SuspensionCommand> = {
  name: 'admin.suspension',
  async decide(tx, { request, suspension, notes }) {
    return notes.addTo(await decideSuspension(tx, request, suspension));
  },
};

/**
 * Decides on a suspension, or on its end (null), in a transaction that has locked the stream of the server.
 * Its audit entry is added by the caller.
 */
export async function decideSuspension(
  tx: RuleContext,
  { actor, target: account }: Pick<AdminRequest, 'actor' | 'target'>,
  suspension: Suspension | null,
): Promise<Decision> {
  const admin = await readTarget(tx, actor);
  const target = await readTarget(tx, account);
  if (!admin?.mayAct) return { refuse: refusal('forbidden') };
  const action = suspension ? 'suspend' : 'unsuspend';
  const verdict = mayAdminister(admin.role, target?.role ?? 'member', action);
  if (verdict !== 'yes') return { refuse: refusal(verdict) };
  if (!target) return { refuse: refusal('account_not_found') };
  if (actor === account) {
    return { refuse: refusal('forbidden', 'You can’t suspend your own account') };
  }
  return suspension ? await suspend(tx, target, suspension) : await unsuspend(tx, target);
}

const unsuspendRule: Rule<Command & { readonly notes: AuditNotes }> = {
  name: 'admin.unsuspend_on_server',
  async decide(tx, command) {
    const target = await readTarget(tx, command.actor);
    if (!target) return { refuse: refusal('account_not_found') };
    return command.notes.addTo(await unsuspend(tx, target));
  },
};

async function suspend(tx: RuleContext, target: Target, suspension: Suspension): Promise<Decision> {
  const { until, reason } = suspension;
  if (until !== null && Date.parse(until) <= Date.parse(tx.at)) {
    return { refuse: refusal('time_passed') };
  }
  if (!target.isActive) return { refuse: refusal('account_not_found') };
  if (await isLastOwner(tx, target)) return { refuse: refusal('last_owner') };
  return {
    events: [newEvent(WORKSPACE_STREAM, 'user.suspended', { account: target.id, until })],
    writes: [
      // Unfinished logins check this, under the row lock.
      {
        name: 'admin-suspend',
        text: `update accounts
               set suspension_reason = $2, credentials_version = credentials_version + 1
               where id = $1`,
        values: [target.id, reason],
      },
    ],
  };
}

async function unsuspend(tx: RuleContext, target: Target): Promise<Decision> {
  const [row] = await tx.query<{ suspended: boolean | null }>(
    'admin-suspension',
    'select suspended_until > $2 as suspended from accounts where id = $1',
    [target.id, tx.at],
  );
  if (row?.suspended !== true) return unchanged(tx);
  return {
    events: [newEvent(WORKSPACE_STREAM, 'user.unsuspended', { account: target.id })],
    writes: [
      {
        name: 'admin-unsuspend',
        text: 'update accounts set suspension_reason = null where id = $1',
        values: [target.id],
      },
    ],
  };
}
