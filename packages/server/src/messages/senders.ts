import type { AccountId, ConversationId, MemberRole, Visibility } from '@parley/protocol';
import { mayAct } from '../permissions/account-state.ts';
import {
  isAdminRole,
  type MinimumRoleOverrides,
  messageRole,
} from '../permissions/minimum-roles.ts';
import { listStatement } from '../storage/list-statement.ts';
import type { RuleContext } from '../stream/stream-transaction.ts';
import type { NamesInText } from './content/mentions.ts';

/**
 * SQL: whether the other user of a direct conversation of two has blocked an account. The key of such a
 * conversation has two ids.
 */
export const isBlocked = (directKey: string, account: string) => `(
  length(${directKey}) = 73 and exists (
    select from blocks b
    where b.account_id = any(string_to_array(${directKey}, ' ')::uuid[])
      and b.blocked_id = ${account}))`;

/**
 * An actor and the conversation it posts to; the names in the text tell whether the post mentions
 * everyone.
 */
export interface SenderOfPost {
  readonly actor: AccountId;
  readonly conversation: ConversationId;
  readonly names: NamesInText | null;
}

/** The membership of a sender, as read from the database. */
export interface Sender {
  readonly role: MemberRole;
  readonly visibility: Visibility;
  readonly overrides: MinimumRoleOverrides;
  readonly isArchived: boolean;
  readonly slowModeSeconds: number;
  /** When the member last posted in slow mode. */
  lastSlowPostAt: string | null;
  readonly memberCount: number;
  /** The other user of a direct conversation accepts no messages from this one. */
  readonly isBlocked: boolean;
  /** The account was deactivated or suspended after the request was authenticated. */
  readonly hasLostAccess: boolean;
}

const MEMBERS = listStatement(
  'messages-members',
  [{ account_id: 'uuid', conversation_id: 'uuid', is_to_everyone: 'bool', n: 'ordinality' }],
  // The role on the server is read only in the default group, where it matters, and the last
  // post only in slow mode: over all membership periods, because leaving does not end the wait.
  (senders) =>
    `select i.n, m.role, c.visibility, c.is_everyone, c.post, c.reply, c.mention_everyone,
            c.member_count,
            case when c.is_everyone
                   and (c.post is not null or c.reply is not null or c.slow_mode_seconds > 0
                        or i.is_to_everyone) then
              (select ${isAdminRole('a.role')} from accounts a where a.id = i.account_id)
            end as is_server_admin,
            c.is_archived, c.slow_mode_seconds,
            case when c.slow_mode_seconds > 0 then
              (select max(p.slow_posted_at) from memberships p
               where p.conversation_id = i.conversation_id and p.account_id = i.account_id)
            end as slow_posted_at,
            case when c.kind = 'direct' then ${isBlocked('c.direct_key', 'i.account_id')}
            end as is_blocked,
            (select not ${mayAct('a')} from accounts a where a.id = i.account_id) as has_lost_access
     from ${senders.rows} i
     cross join lateral (
       -- The latest membership: read by the primary key, whatever the statistics of the table.
       select left_seq, role from memberships
       where conversation_id = i.conversation_id and account_id = i.account_id
       order by joined_seq desc
       limit 1
     ) m
     cross join lateral (
       select visibility, is_everyone, member_count, minimum_roles ->> 'post' as post,
              minimum_roles ->> 'replyInThreads' as reply,
              minimum_roles ->> 'mentionEveryone' as mention_everyone,
              archived_at is not null as is_archived, slow_mode_seconds,
              kind, direct_key
       from conversations
       where id = i.conversation_id
       order by id
       limit 1
     ) c
     where m.left_seq is null`,
);

/** Returns the members among the actors, by the index of the command. */
export async function readSenders(
  tx: RuleContext,
  commands: readonly SenderOfPost[],
): Promise<Map<number, Sender>> {
  const { name, text, values } = MEMBERS([
    commands.map((c) => c.actor),
    commands.map((c) => c.conversation),
    commands.map((c) => c.names?.isToEveryone ?? false),
  ]);
  const rows = await tx.query<{
    n: number;
    role: MemberRole;
    visibility: Visibility;
    is_everyone: boolean;
    post: MemberRole | null;
    reply: MemberRole | null;
    mention_everyone: MemberRole | null;
    member_count: number;
    is_server_admin: boolean | null;
    is_archived: boolean;
    slow_mode_seconds: number;
    slow_posted_at: Date | null;
    is_blocked: boolean | null;
    has_lost_access: boolean | null;
  }>(name, text, values);
  return new Map(
    rows.map((row) => {
      const { n, role, visibility, post, reply, mention_everyone: mentionEveryone } = row;
      return [
        n - 1,
        {
          role: messageRole(role, row.is_everyone, row.is_server_admin === true),
          visibility,
          overrides: {
            ...(post && { post }),
            ...(reply && { replyInThreads: reply }),
            ...(mentionEveryone && { mentionEveryone }),
          },
          memberCount: row.member_count,
          isArchived: row.is_archived,
          slowModeSeconds: row.slow_mode_seconds,
          lastSlowPostAt: row.slow_posted_at?.toISOString() ?? null,
          isBlocked: row.is_blocked === true,
          hasLostAccess: row.has_lost_access === true,
        },
      ];
    }),
  );
}
