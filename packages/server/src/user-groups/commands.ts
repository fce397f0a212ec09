import {
  type AccountId,
  type AccountRole,
  type EventData,
  LIMITS,
  type Refusal,
  refusal,
  type Seq,
  type UserGroupId,
  WORKSPACE_STREAM,
} from '@parley/protocol';
import { usernameKey, usernameSkeleton } from '../accounts/users/names.ts';
import type { Auditing } from '../audit/audit-log.ts';
import { ownPermissions } from '../http/access.ts';
import { mayAct } from '../permissions/account-state.ts';
import type { Append, Outcome } from '../stream/append.ts';
import { type AuditedCommand, runAudited, withAuditNote } from '../stream/audited-command.ts';
import { derivedId } from '../stream/derived-id.ts';
import {
  type Command,
  type Decision,
  type NewEvent,
  newEvent,
  type Rule,
  type RuleContext,
} from '../stream/stream-transaction.ts';

/**
 * The commands with which admins create, change and delete user groups. Each is an event of the workspace
 * stream; its lock serializes them with each other and with everything that gives an account a username.
 */

/** Who gives the command, and under which client id. */
export interface UserGroupRequest extends Pick<Command, 'actor' | 'clientId'> {
  readonly audit: Auditing;
}

type Fields = Omit<EventData<'user_group.changed'>, 'userGroup'>;
/** The changes to a user group; absent fields keep their values. */
export interface UserGroupChange {
  readonly name?: string | undefined;
  readonly title?: string | undefined;
  readonly members?: readonly AccountId[] | undefined;
  /** The change is refused if the group has changed after this event. */
  readonly changedSeq?: Seq | undefined;
}

type AuditedEvent = 'user_group_created' | 'user_group_changed' | 'user_group_deleted';

interface UserGroupCommand extends AuditedCommand {
  readonly userGroup: UserGroupId;
  /** The changes; undefined to delete it. */
  readonly change?: UserGroupChange;
  readonly isNew: boolean;
}

/** Creates a user group. Returns its id with the outcome: a retry does not create a second one. */
export async function createUserGroup(
  append: Append,
  request: UserGroupRequest,
  group: Required<Pick<UserGroupChange, 'name' | 'title' | 'members'>>,
): Promise<{ userGroup: UserGroupId; outcome: Outcome }> {
  const { actor, clientId } = request;
  const userGroup = derivedId('user-group', actor, clientId) as string as UserGroupId;
  const outcome = await runUserGroupCommand(append, request, {
    userGroup,
    isNew: true,
    change: group,
  });
  return { userGroup, outcome };
}

/** Changes the name, the title or the members of a user group. */
export const changeUserGroup = (
  append: Append,
  request: UserGroupRequest,
  userGroup: UserGroupId,
  change: UserGroupChange,
): Promise<Outcome> => runUserGroupCommand(append, request, { userGroup, isNew: false, change });

/** Deletes a user group. Messages that mention it keep their text and their mentions. */
export const deleteUserGroup = (
  append: Append,
  request: UserGroupRequest,
  userGroup: UserGroupId,
): Promise<Outcome> => runUserGroupCommand(append, request, { userGroup, isNew: false });

function runUserGroupCommand(
  append: Append,
  request: UserGroupRequest,
  fields: Pick<UserGroupCommand, 'userGroup' | 'isNew' | 'change'>,
): Promise<Outcome> {
  const { userGroup, change } = fields;
  const command: UserGroupCommand = {
    ...fields,
    rule,
    actor: request.actor,
    clientId: request.clientId,
    stream: WORKSPACE_STREAM,
    eventType: change ? 'user_group.changed' : 'user_group.deleted',
    payload: [
      userGroup,
      change?.name ?? null,
      change?.title ?? null,
      change?.members?.join(' ') ?? null,
      change?.changedSeq ?? null,
    ],
    bytes: 400 + 40 * LIMITS.userGroupMembers,
    audit: request.audit,
    note: null,
  };
  return runAudited(append, command);
}

const rule: Rule<UserGroupCommand> = {
  name: 'user-groups.change',
  async decide(tx, command) {
    if (!(await mayManage(tx, command.actor))) return { refuse: refusal('forbidden') };
    const { groups, before } = await readGroups(tx, command.userGroup);
    const { change, isNew, userGroup } = command;
    if (isNew) {
      if (groups >= LIMITS.userGroups) return { refuse: refusal('too_many_user_groups') };
    } else if (!before) return { refuse: refusal('user_group_not_found') };
    if (!change) {
      const event = newEvent(WORKSPACE_STREAM, 'user_group.deleted', { userGroup });
      return decided(command, 'user_group_deleted', {}, event);
    }
    if (before && change.changedSeq !== undefined && change.changedSeq !== before.seq) {
      return { refuse: refusal('user_group_changed') };
    }
    const after: Fields = {
      name: change.name ?? before?.name ?? '',
      title: change.title ?? before?.title ?? '',
      members: change.members ? [...new Set(change.members)].sort() : (before?.members ?? []),
    };
    const fields = changedFields(before, after);
    if (before && fields.length === 0) return { unchanged: tx.head(WORKSPACE_STREAM) };
    const refused =
      (fields.includes('name') ? await refusalOfName(tx, userGroup, after.name) : null) ??
      (fields.includes('members') ? await refusalOfMembers(tx, after.members) : null);
    if (refused) return { refuse: refused };
    const event = newEvent(WORKSPACE_STREAM, 'user_group.changed', { userGroup, ...after });
    const details = { members: after.members.length, ...(before && { fields }) };
    return decided(command, before ? 'user_group_changed' : 'user_group_created', details, event);
  },
};

/** Returns the decision with its event and its entry of the audit log. */
const decided = (
  command: UserGroupCommand,
  event: AuditedEvent,
  details: Readonly<Record<string, number | readonly string[]>>,
  change: NewEvent,
): Promise<Decision> => {
  const { actor: account, userGroup } = command;
  const entry = { event, account, details: { userGroup, ...details } };
  return withAuditNote(command, entry, { events: [change] });
};

/**
 * Returns whether the account is an admin that may act; locks its row, so that its role cannot
 * change.
 */
async function mayManage(tx: RuleContext, account: AccountId): Promise<boolean> {
  const [row] = await tx.query<{ role: AccountRole; may_act: boolean }>(
    'user-groups-actor',
    `select role, ${mayAct('a')} as may_act from accounts a
     where id = $1 and deleted_at is null for no key update`,
    [account],
  );
  return row?.may_act === true && ownPermissions(row.role).includes('administer');
}

/** The state for a decision: the number of user groups, and the one to change. */
interface GroupsRow {
  groups: number;
  before: (Fields & { seq: number }) | null;
}

async function readGroups(tx: RuleContext, userGroup: UserGroupId): Promise<GroupsRow> {
  const [row] = await tx.query<GroupsRow>(
    'user-groups-state',
    `select (select count(*)::int from user_groups) as groups,
            (select json_build_object('name', g.name, 'title', g.title,
                                      'members', to_json(g.members), 'seq', g.seq)
             from user_groups g where g.id = $1) as before`,
    [userGroup],
  );
  return row ?? { groups: 0, before: null };
}

function changedFields(before: Fields | null, after: Fields): (keyof Fields)[] {
  if (!before) return ['name', 'title', 'members'];
  const changed: (keyof Fields)[] = [];
  if (before.name !== after.name) changed.push('name');
  if (before.title !== after.title) changed.push('title');
  if (before.members.join() !== after.members.join()) changed.push('members');
  return changed;
}

/** Returns why a user group can’t have a name; null if it can: no similar-looking name is taken. */
async function refusalOfName(
  tx: RuleContext,
  userGroup: UserGroupId,
  name: string,
): Promise<Refusal | null> {
  const [row] = await tx.query<{ is_taken: boolean }>(
    'user-groups-name',
    `select exists (select from accounts where username_key = $1 or username_skeleton = $2)
       or exists (select from user_groups
                  where (name_key = $1 or name_skeleton = $2) and id <> $3) as is_taken`,
    [usernameKey(name), usernameSkeleton(name), userGroup],
  );
  if (!row?.is_taken) return null;
  const { message } = refusal('name_taken');
  return refusal('name_taken', message, {
    errors: [{ field: 'name', code: 'name_taken', message }],
  });
}

async function refusalOfMembers(
  tx: RuleContext,
  members: readonly AccountId[],
): Promise<Refusal | null> {
  const [row] = await tx.query<{ known: number }>(
    'user-groups-accounts',
    `select count(*)::int as known from accounts
     where id = any($1::uuid[]) and deleted_at is null`,
    [members],
  );
  return row?.known === members.length ? null : refusal('account_not_found');
}
