import type {
  AccountId,
  AccountRole,
  Attachment,
  ConversationId,
  EventData,
  HiddenMessage,
  MemberRole,
  Seq,
  Visibility,
} from '@parley/protocol';
import type pg from 'pg';
import { refuse } from '../http/errors.ts';
import { mayAct } from '../permissions/account-state.ts';
import {
  isAdminRole,
  isServerAdmin,
  type MinimumRoleOverrides,
  messageRole,
  minimumRolesOf,
} from '../permissions/minimum-roles.ts';
import { type RuleReader, ruleReader } from '../stream/rule-reader.ts';
import { authorize } from './policy.ts';
import type { ReplyPlace } from './threads/thread-roots.ts';

/** Reads hidden messages, for those who may show them again. */

/**
 * The texts of a hidden message: the data of the event that posted it, and of the one with its
 * latest text.
 */
export interface HiddenTexts {
  readonly posted: EventData<'message.posted'>;
  readonly latest: Pick<EventData<'message.posted'>, 'body' | 'mentions'>;
  /** The links whose previews were removed. */
  readonly removed_previews: readonly string[];
}

/** SQL: the columns of `HiddenTexts` of the row `h` of `hidden_messages`. */
export const HIDDEN_TEXTS = `h.events -> 0 -> 'data' as posted, h.events -> -1 -> 'data' as latest,
  h.removed_previews`;

/** A message that an admin of the server has hidden. */
export interface HiddenByServerAdmin extends HiddenTexts {
  readonly author: AccountId;
  /** The thread in which it is a reply. */
  readonly inThread: ReplyPlace | undefined;
}

/**
 * Returns a message that an account has hidden itself, if it is an admin of the server; null
 * otherwise. Such an admin may hide reported messages of conversations without being a member, and
 * undo that.
 */
export async function hiddenAsServerAdmin(
  on: RuleReader,
  actor: AccountId,
  conversation: ConversationId,
  message: Seq,
): Promise<HiddenByServerAdmin | null> {
  const [row] = await on.query<
    HiddenTexts & { author: AccountId; thread: Seq | null; also_in_conversation: boolean }
  >(
    'messages-hidden-as-server-admin',
    `select ${HIDDEN_TEXTS}, g.author_id as author, g.thread, g.also_in_conversation
     from hidden_messages h
     join messages g on g.conversation_id = h.conversation_id and g.seq = h.message_seq
     join conversations c on c.id = h.conversation_id and c.deleted_at is null
     join accounts a on a.id = $1 and ${isAdminRole('a.role')} and ${mayAct('a')}
     where h.conversation_id = $2 and h.message_seq = $3 and h.hidden_by = $1`,
    [actor, conversation, message],
  );
  if (!row) return null;
  const { author, thread, also_in_conversation: alsoInConversation, ...texts } = row;
  const inThread = thread === null ? undefined : { thread, alsoInConversation };
  return { ...texts, author, inThread };
}

/**
 * Returns the texts of a hidden message, to those who may hide it and to the admin of the server
 * who has hidden it.
 * @throws {RefusalError}
 */
export async function hiddenMessage(
  pool: pg.Pool,
  account: AccountId,
  conversation: ConversationId,
  message: Seq,
): Promise<HiddenMessage & { author: AccountId }> {
  const { rows } = await pool.query<{
    role: MemberRole;
    is_everyone: boolean;
    server_role: AccountRole;
    visibility: Visibility;
    overrides: MinimumRoleOverrides;
    author: AccountId | null;
    body: string | null;
    attachments: Attachment[] | null;
    hidden_by: AccountId;
  }>({
    name: 'messages-hidden-one',
    text: `select m.role, c.is_everyone, c.visibility, c.minimum_roles as overrides,
             a.role as server_role,
             g.author_id as author, h.events -> -1 -> 'data' ->> 'body' as body,
             h.events -> 0 -> 'data' -> 'attachments' as attachments, h.hidden_by
           from memberships m
           join conversations c on c.id = m.conversation_id
           join accounts a on a.id = m.account_id
           left join messages g on g.conversation_id = c.id and g.seq = $3
           left join hidden_messages h on h.conversation_id = c.id and h.message_seq = $3
           where m.account_id = $1 and m.conversation_id = $2 and m.left_seq is null`,
    values: [account, conversation, message],
  });
  const [row] = rows;
  const own = await hiddenAsServerAdmin(ruleReader(pool), account, conversation, message);
  if (own) {
    const { author, posted, latest } = own;
    const fileNames = (posted.attachments ?? []).map(({ name }) => name);
    return { author, body: latest.body, fileNames, hiddenBy: account };
  }
  if (!row) refuse('conversation_not_found');
  const role = messageRole(row.role, row.is_everyone, isServerAdmin(row.server_role));
  const minimumRoles = minimumRolesOf(row.visibility, row.overrides);
  const authorship = row.author === account ? 'own' : 'others';
  const verdict = authorize(role, 'hide', authorship, minimumRoles);
  if (verdict !== 'yes') refuse(verdict);
  if (row.author === null || row.body === null) refuse('message_not_found');
  const { author, body, attachments, hidden_by: hiddenBy } = row;
  return { author, body, fileNames: (attachments ?? []).map(({ name }) => name), hiddenBy };
}
