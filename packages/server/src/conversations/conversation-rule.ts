import {
  type AccountId,
  type AccountRole,
  type ConversationId,
  type ImageId,
  type MemberRole,
  type MinimumRoles,
  refusal,
  type Seq,
  type StreamId,
  streamOfAccount,
  streamOfConversation,
  type Visibility,
} from '@parley/protocol';
import { mayAct } from '../permissions/account-state.ts';
import {
  type ActorRole,
  actingRole,
  type MinimumRoleOverrides,
  minimumRolesOf,
} from '../permissions/minimum-roles.ts';
import type { Append, Outcome } from '../stream/append.ts';
import type { RuleReader } from '../stream/rule-reader.ts';
import type { Command, Decision, Rule, RuleContext } from '../stream/stream-transaction.ts';
import {
  authorize,
  type ConversationAction,
  type ConversationType,
  conversationType,
} from './policy.ts';

/** A request to act on a conversation: the account, its client id, the conversation. */
export interface ConversationRequest {
  readonly actor: AccountId;
  readonly clientId: Command['clientId'];
  readonly conversation: ConversationId;
}

/** The changes of a command besides names. */
export interface ConversationChange {
  /** The new role of the target. */
  readonly role?: MemberRole;
  readonly minimumRoles?: MinimumRoleOverrides;
  readonly settings?: GroupSettings;
  readonly archived?: boolean;
  /** Null removes it. */
  readonly avatar?: ImageId | null;
}

/** The settings of a group that are changed together; a missing one is not changed. */
export interface GroupSettings {
  readonly name?: string;
  readonly topic?: string;
  readonly description?: string;
  readonly visibility?: Visibility;
  readonly slowModeSeconds?: number;
  readonly linkPreviews?: boolean;
}

/** A command on a conversation; `target` is the account it is about, by default the actor. */
export interface ConversationCommand extends Command {
  readonly conversation: ConversationId;
  readonly target: AccountId;
  /** The new name; empty in commands without one. */
  readonly name: string;
  /** The changes, unless the command is about a name. */
  readonly change: ConversationChange;
}

/** A conversation and the membership of one account in it, as a rule sees them. */
export interface ConversationState {
  readonly type: ConversationType;
  readonly isPublic: boolean;
  readonly isDeleted: boolean;
  readonly isArchived: boolean;
  readonly name: string | null;
  readonly topic: string;
  readonly description: string;
  readonly visibility: Visibility;
  readonly slowModeSeconds: number;
  readonly linkPreviews: boolean;
  /** The minimum roles that the group has set. */
  readonly overrides: MinimumRoleOverrides;
  readonly minimumRoles: MinimumRoles;
  readonly memberCount: number;
  /** The account’s current membership. */
  readonly membership: { readonly role: MemberRole; readonly joinedSeq: Seq } | null;
  /** Where the account last left, if it ever did. */
  readonly leftSeq: Seq | null;
  /** Whether the account is banned from the group. */
  readonly isBanned: boolean;
  /** Whether the account exists at all. */
  readonly isAccount: boolean;
  /** Whether the account can log in. */
  readonly isActive: boolean;
  /**
   * Whether the account was deactivated or suspended, possibly after its request was authenticated.
   */
  readonly hasLostAccess: boolean;
  /** Whether the account is a guest of the server. */
  readonly isGuest: boolean;
  readonly actorRole: ActorRole;
}

/** Estimated size of the row of an event. */
const EVENT_BYTES = 300;

/** Runs a command on an existing conversation. */
export function runCommand(
  append: Append,
  { actor, clientId, conversation }: ConversationRequest,
  options: {
    rule: Rule<ConversationCommand>;
    eventType: Command['eventType'];
    target?: AccountId;
    name?: string;
    change?: ConversationChange;
    /** What distinguishes the command from others of its event type, target and name. */
    details?: Command['payload'];
    alsoLocks: readonly StreamId[];
  },
): Promise<Outcome> {
  const command: ConversationCommand = {
    rule: options.rule,
    actor,
    clientId,
    stream: streamOfConversation(conversation),
    alsoLocks: options.alsoLocks,
    eventType: options.eventType,
    payload: [options.target ?? actor, options.name ?? null, ...(options.details ?? [])],
    bytes: 2 * EVENT_BYTES,
    conversation,
    target: options.target ?? actor,
    name: options.name ?? '',
    change: options.change ?? {},
  };
  return append.run(command);
}

/**
 * Returns a rule that checks the policy first and then decides, one command at a time. If the
 * actions depend on the command, all of them must be permitted.
 */
export function conversationRule<C extends ConversationCommand = ConversationCommand>(
  action: ConversationAction | ((command: C) => readonly ConversationAction[]),
  decide: (tx: RuleContext, command: C, state: ConversationState) => Promise<Decision>,
  name = String(action),
): Rule<C> {
  return {
    name: `conversations.${name}`,
    async decide(tx, command) {
      const state = await readConversationState(tx, command.conversation, command.actor);
      if (!state) return { refuse: refusal('conversation_not_found') };
      // A second leave changes nothing.
      if (action === 'leave' && !state.membership && state.leftSeq) {
        return { unchanged: state.leftSeq };
      }
      if (state.isDeleted) return { refuse: refusal('conversation_not_found') };
      // Guests find no groups, not even archived ones.
      if (state.isGuest && !state.membership) {
        return { refuse: refusal('conversation_not_found') };
      }
      const { actorRole, type, minimumRoles, isArchived } = state;
      for (const act of typeof action === 'function' ? action(command) : [action]) {
        const verdict = authorize(actorRole, type, act, minimumRoles, isArchived);
        if (verdict !== 'yes') return { refuse: refusal(verdict) };
      }
      if (state.hasLostAccess) return { refuse: refusal('forbidden') };
      return await decide(tx, command, state);
    },
  };
}

interface StateRow {
  kind: string;
  visibility: Visibility;
  is_everyone: boolean;
  minimum_roles: MinimumRoleOverrides;
  name: string | null;
  topic: string;
  description: string;
  slow_mode_seconds: number;
  link_previews: boolean;
  is_archived: boolean;
  member_count: number;
  is_deleted: boolean;
  /** Null, like the next two: there is no such account. */
  server_role: AccountRole | null;
  is_active: boolean | null;
  has_lost_access: boolean | null;
  /** Null, like `joined_seq`: it is no member. */
  role: MemberRole | null;
  joined_seq: Seq | null;
  /** The end of its latest membership period. */
  left_seq: Seq | null;
  is_banned: boolean;
}

/** Returns the state of a conversation for an account; null when it does not exist. */
export async function readConversationState(
  tx: RuleReader,
  conversation: ConversationId,
  account: AccountId,
): Promise<ConversationState | null> {
  const [row] = await tx.query<StateRow>(
    'conversations-state',
    `select c.kind, c.visibility, c.is_everyone, c.minimum_roles, c.name, c.topic,
            c.description, c.slow_mode_seconds, c.link_previews,
            c.archived_at is not null as is_archived,
            c.member_count,
            c.deleted_at is not null as is_deleted,
            a.role as server_role, a.is_active,
            not ${mayAct('a')} as has_lost_access, m.role, m.joined_seq,
            (select max(p.left_seq) from memberships p
             where p.conversation_id = c.id and p.account_id = $2) as left_seq,
            exists (select from bans b
                    where b.conversation_id = c.id and b.account_id = $2) as is_banned
     from conversations c
     left join accounts a on a.id = $2
     left join memberships m
       on m.conversation_id = c.id and m.account_id = $2 and m.left_seq is null
     where c.id = $1`,
    [conversation, account],
  );
  return row ? stateOf(row) : null;
}

function stateOf(row: StateRow): ConversationState {
  const { kind, visibility, role, joined_seq: joinedSeq } = row;
  const type = conversationType({ kind, visibility, isEveryone: row.is_everyone });
  return {
    type,
    isPublic: visibility === 'public',
    isDeleted: row.is_deleted,
    isArchived: row.is_archived,
    name: row.name,
    topic: row.topic,
    description: row.description,
    visibility,
    slowModeSeconds: row.slow_mode_seconds,
    linkPreviews: row.link_previews,
    overrides: row.minimum_roles,
    minimumRoles: minimumRolesOf(visibility, row.minimum_roles),
    memberCount: row.member_count,
    membership: role === null || joinedSeq === null ? null : { role, joinedSeq },
    leftSeq: row.left_seq,
    isBanned: row.is_banned,
    isAccount: row.is_active !== null,
    isActive: row.is_active === true,
    hasLostAccess: row.has_lost_access === true,
    isGuest: row.server_role === 'guest',
    actorRole: role === null ? 'non_member' : actingRole(role, row.is_everyone, row.server_role),
  };
}

/** Returns which of the accounts exist and are active; the actor is one of them only if it is not suspended. */
export async function activeAccounts(
  tx: RuleContext,
  actor: AccountId,
  accounts: readonly AccountId[],
): Promise<Set<AccountId>> {
  const rows = await tx.query<{ id: AccountId }>(
    'conversations-active-accounts',
    `select a.id from accounts a
     where a.id = any($1::uuid[]) and a.is_active and (a.id <> $2 or ${mayAct('a')})`,
    [accounts, actor],
  );
  // The personal stream of an account that registered after the locks were taken is not locked, so
  // it is left out.
  return new Set(rows.map((row) => row.id).filter((id) => tx.has(streamOfAccount(id))));
}
