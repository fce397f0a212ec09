import {
  type AccountId,
  type ConversationId,
  type FileId,
  type MemberRole,
  type Mention,
  refusal,
  type Seq,
  type Visibility,
} from '@parley/protocol';
import { mayAct } from '../permissions/account-state.ts';
import {
  type ActorRole,
  isAdminRole,
  type MinimumRoleOverrides,
  messageRole,
  minimumRolesOf,
} from '../permissions/minimum-roles.ts';
import type { Command, Decision, Rule, RuleContext } from '../stream/stream-transaction.ts';
import { FILES_OF_MESSAGE, STORED_PREVIEWS, type StoredPreview } from './content/link-previews.ts';
import { authorize, FORBIDDEN, type MessageAction, mayMentionEveryone } from './policy.ts';
import { isBlocked } from './senders.ts';
import type { ReplyPlace } from './threads/thread-roots.ts';
import { hasWindowPassed } from './windows.ts';

/** A command about one message. */
export interface OnMessageCommand extends Command {
  readonly conversation: ConversationId;
  /** The seq of the event that posted the message. */
  readonly message: Seq;
  /** The new body, or the emoji. */
  readonly text: string;
}

/** The message that a command is about. */
export interface Target {
  readonly deleted: boolean;
  /** Whether a moderator has hidden it. */
  readonly hidden: boolean;
  readonly author: AccountId;
  readonly changedSeq: Seq;
  /** All files that it refers to, images of link previews included. */
  readonly files: readonly FileId[];
  readonly previews: readonly StoredPreview[];
  /** The mentions that the names in its text resolve to. Set only for edits. */
  readonly mentions: readonly Mention[];
  /** The thread in which it is a reply. */
  readonly inThread: ReplyPlace | undefined;
  /** Whether the actor may mention everyone in this conversation. */
  readonly mayMentionEveryone: boolean;
}

/** Returns a rule about one message that asks the policy first and then decides. */
export function messageRule<C extends OnMessageCommand = OnMessageCommand>(
  name: string,
  action: MessageAction,
  decide: (tx: RuleContext, command: C, target: Target) => Promise<Decision>,
): Rule<C> {
  return {
    name,
    readsEarly: true,
    async decide(tx, command) {
      const [row, isTooLate] = await Promise.all([
        readTarget(tx, action, command),
        hasWindowPassed(tx, action, command),
      ]);
      if (row?.author_id === null) return { refuse: refusal('message_not_found') };
      const role: ActorRole = row
        ? messageRole(row.role, row.is_everyone, row.is_server_admin === true)
        : 'non_member';
      const authorship = row?.author_id === command.actor ? 'own' : 'others';
      const minimumRoles = minimumRolesOf(row?.visibility ?? 'public', row?.overrides ?? {});
      const verdict = authorize(role, action, authorship, minimumRoles);
      if (verdict === 'forbidden') return { refuse: refusal(verdict, FORBIDDEN[action]) };
      if (verdict !== 'yes') return { refuse: refusal(verdict) };
      if (!row) throw new Error(`${name} needs a membership, but the policy allows a non-member`);
      if (row.has_lost_access) return { refuse: refusal('forbidden') };
      if (row.is_archived) return { refuse: refusal('conversation_archived') };
      // A blocked user may still delete its messages, but not edit or react.
      if (row.is_blocked && action !== 'delete') return { refuse: refusal('blocked') };
      // Members who may delete the messages of others may delete their own at any time.
      const isLimited =
        authorship === 'own' && authorize(role, action, 'others', minimumRoles) !== 'yes';
      if (isTooLate && isLimited && !row.deleted) return { refuse: refusal('window_passed') };
      if (action === 'edit' && row.is_fixed) return { refuse: refusal('not_editable') };
      return await decide(tx, command, {
        deleted: row.deleted,
        hidden: row.hidden,
        author: row.author_id,
        changedSeq: row.changed_seq,
        files: row.files ?? [],
        previews: row.previews ?? [],
        mentions: row.mentions ?? [],
        inThread:
          row.thread === null
            ? undefined
            : { thread: row.thread, alsoInConversation: row.also_in_conversation === true },
        mayMentionEveryone: mayMentionEveryone(role, minimumRoles, row.member_count),
      });
    },
  };
}

interface TargetRow {
  /** Null: there is no such message. */
  author_id: AccountId | null;
  deleted: boolean;
  hidden: boolean;
  changed_seq: Seq;
  /** Set only for deletions. */
  files?: FileId[] | null;
  /** Set only for edits, hiding and removed previews. */
  previews?: StoredPreview[] | null;
  /** Set only for edits. */
  mentions?: Mention[] | null;
  thread: Seq | null;
  also_in_conversation: boolean | null;
  /** It was forwarded, or is a poll: its text can’t be edited. Set only for edits. */
  is_fixed?: boolean;
  visibility: Visibility;
  overrides: MinimumRoleOverrides;
  role: MemberRole;
  is_everyone: boolean;
  member_count: number;
  is_server_admin: boolean | null;
  is_archived: boolean;
  is_blocked: boolean | null;
  /** The account was deactivated or suspended after the request was authenticated. */
  has_lost_access: boolean | null;
}

/**
 * SQL: the columns of the message and of the actor’s membership that all actions need, and their
 * tables.
 */
const TARGET = `
  g.author_id, g.deleted_at is not null as deleted, g.hidden_at is not null as hidden, g.changed_seq, g.thread, g.also_in_conversation,
  c.visibility, c.minimum_roles as overrides, m.role, c.is_everyone,
  c.archived_at is not null as is_archived,
  c.member_count,
  case when c.kind = 'direct' then ${isBlocked('c.direct_key', 'm.account_id')}
  end as is_blocked,
  case when c.is_everyone then
    (select ${isAdminRole('a.role')} from accounts a where a.id = m.account_id)
  end as is_server_admin,
  (select not ${mayAct('a')} from accounts a where a.id = m.account_id) as has_lost_access
  from memberships m
  join conversations c on c.id = m.conversation_id
  left join messages g on g.conversation_id = m.conversation_id and g.seq = $3
  where m.account_id = $1 and m.conversation_id = $2 and m.left_seq is null`;

/** Returns the message and the actor’s membership; undefined for non-members. */
async function readTarget(
  tx: RuleContext,
  action: MessageAction,
  { actor, conversation, message }: OnMessageCommand,
): Promise<TargetRow | undefined> {
  const [row] = await targetRows(tx, action, [actor, conversation, message]);
  return row;
}

/** Reads the parts of the message only for an edit, and its files only for a deletion. */
function targetRows(
  tx: RuleContext,
  action: MessageAction,
  values: unknown[],
): Promise<readonly TargetRow[]> {
  if (action === 'edit') {
    return tx.query<TargetRow>(
      'messages-target-edit',
      `select exists (
         select from message_parts p
         where p.conversation_id = g.conversation_id and p.message_seq = g.seq) as is_fixed, ${STORED_PREVIEWS} as previews,
         g.mentions,
         ${TARGET}`,
      values,
    );
  }
  if (action === 'delete') {
    return tx.query<TargetRow>(
      'messages-target-delete',
      `select ${FILES_OF_MESSAGE} as files, ${TARGET}`,
      values,
    );
  }
  if (action === 'remove_preview' || action === 'hide') {
    return tx.query<TargetRow>(
      'messages-target-preview',
      `select ${STORED_PREVIEWS} as previews, ${TARGET}`,
      values,
    );
  }
  return tx.query<TargetRow>('messages-target', `select ${TARGET}`, values);
}
