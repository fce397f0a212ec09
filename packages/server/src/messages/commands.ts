import {
  type AccountId,
  type ClientId,
  type ConversationId,
  LIMITS,
  type MemberRole,
  type Mention,
  refusal,
  type Seq,
  streamOfConversation,
  type Visibility,
} from '@parley/protocol';
import {
  type ActorRole,
  actingRole,
  type MinimumRoleOverrides,
  minimumRolesOf,
} from '../minimum-roles.ts';
import { listStatement } from '../storage/list-statement.ts';
import type { Append, Outcome } from '../stream/append.ts';
import {
  type Command,
  type Decision,
  newEvent,
  type Rule,
  type RuleContext,
} from '../stream/stream-transaction.ts';
import { findNames, mentionsOf, type NamesInText, namesIn } from './mentions.ts';
import { authorize, type MessageAction, mayMentionEveryone, skipsSlowMode } from './policy.ts';
import { refusalOfSlowMode, slowPost } from './slow-mode.ts';

/** Commands that post and change messages, and the rules that decide them. */

/** A request on a conversation: the account, its client id, the conversation. */
export interface MessageRequest {
  readonly actor: AccountId;
  readonly clientId: ClientId;
  readonly conversation: ConversationId;
}

interface PostCommand extends Command {
  readonly conversation: ConversationId;
  readonly body: string;
  /** The message that it quotes. */
  readonly replyTo: Seq | undefined;
  readonly names: NamesInText | null;
}

interface OnMessageCommand extends Command {
  readonly conversation: ConversationId;
  /** The seq of the event that posted the message. */
  readonly message: Seq;
  /** The new body, or the emoji. */
  readonly text: string;
}

/** Estimated size of the row of an event, without its text. */
const EVENT_OVERHEAD = 200;

/** Returns the command that posts a message; `replyTo` is the seq of the message that it quotes. */
export function postCommand(r: MessageRequest, body: string, replyTo?: Seq): Command {
  const command: PostCommand = {
    rule: postRule,
    actor: r.actor,
    clientId: r.clientId,
    stream: streamOfConversation(r.conversation),
    eventType: 'message.posted',
    // As before there were replies: a retry has the digest of its first attempt.
    payload: replyTo === undefined ? [body] : [body, replyTo],
    bytes: EVENT_OVERHEAD + body.length,
    conversation: r.conversation,
    body,
    replyTo,
    names: namesIn(body),
  };
  return command;
}

/** Returns the command with which an author edits a message. */
export const editCommand = (r: MessageRequest, message: Seq, body: string): Command =>
  onMessage(r, editRule, 'message.edited', message, body);

/** Returns the command that deletes a message, its text and its reactions. */
export const deleteCommand = (r: MessageRequest, message: Seq): Command =>
  onMessage(r, deleteRule, 'message.deleted', message, '');

/** Returns the command that adds a reaction. Repeating an emoji changes nothing. */
export const reactCommand = (r: MessageRequest, message: Seq, emoji: string): Command =>
  onMessage(r, reactRule, 'reaction.added', message, emoji);

/** Returns the command that removes a reaction of the actor. */
export const unreactCommand = (r: MessageRequest, message: Seq, emoji: string): Command =>
  onMessage(r, unreactRule, 'reaction.removed', message, emoji);

/** Returns the command that pins a message. Pinning it again changes nothing. */
export const pinCommand = (r: MessageRequest, message: Seq): Command =>
  onMessage(r, pinRule, 'message.pinned', message, '');

/** Returns the command that removes the pin of a message, whoever pinned it. */
export const unpinCommand = (r: MessageRequest, message: Seq): Command =>
  onMessage(r, unpinRule, 'message.unpinned', message, '');

/** Runs {@link postCommand}. */
export const postMessage = (
  append: Append,
  r: MessageRequest,
  body: string,
  replyTo?: Seq,
): Promise<Outcome> => append.run(postCommand(r, body, replyTo));
/** Runs {@link editCommand}. */
export const editMessage = (append: Append, r: MessageRequest, message: Seq, body: string) =>
  append.run(editCommand(r, message, body));
/** Runs {@link deleteCommand}. */
export const deleteMessage = (append: Append, r: MessageRequest, message: Seq) =>
  append.run(deleteCommand(r, message));
/** Runs {@link reactCommand}. */
export const addReaction = (append: Append, r: MessageRequest, message: Seq, emoji: string) =>
  append.run(reactCommand(r, message, emoji));
/** Runs {@link unreactCommand}. */
export const removeReaction = (append: Append, r: MessageRequest, message: Seq, emoji: string) =>
  append.run(unreactCommand(r, message, emoji));
/** Runs {@link pinCommand}. */
export const pinMessage = (append: Append, r: MessageRequest, message: Seq) =>
  append.run(pinCommand(r, message));
/** Runs {@link unpinCommand}. */
export const unpinMessage = (append: Append, r: MessageRequest, message: Seq) =>
  append.run(unpinCommand(r, message));

function onMessage(
  r: MessageRequest,
  rule: Rule<OnMessageCommand>,
  eventType: Command['eventType'],
  message: Seq,
  text: string,
): Command {
  const command: OnMessageCommand = {
    rule,
    actor: r.actor,
    clientId: r.clientId,
    stream: streamOfConversation(r.conversation),
    eventType,
    payload: [message, text],
    bytes: EVENT_OVERHEAD + text.length,
    conversation: r.conversation,
    message,
    text,
  };
  return command;
}

const postRule: Rule<PostCommand> = {
  name: 'messages.post',
  readsEarly: true,
  async decide(tx, command) {
    const [decision] = await decidePosts(tx, [command]);
    if (!decision) throw new Error('messages.post has decided nothing');
    return decision;
  },
  decideMany: decidePosts,
};

/**
 * SQL: whether the other user of a direct conversation of two has blocked an account. The key of such a
 * conversation has two ids.
 */
const isBlocked = (directKey: string, account: string) => `(
  length(${directKey}) = 73 and exists (
    select from blocks b
    where b.account_id = any(string_to_array(${directKey}, ' ')::uuid[])
      and b.blocked_id = ${account}))`;

/** The membership of a sender, as read from the database. */
interface Sender {
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
}

async function decidePosts(tx: RuleContext, commands: readonly PostCommand[]): Promise<Decision[]> {
  const [senders, quoted, found] = await Promise.all([
    readSenders(tx, commands),
    readQuoted(tx, commands),
    findNames(tx, commands),
  ]);
  return commands.map((command, n) => {
    const sender = senders.get(n);
    const quotesMessage = command.replyTo === undefined || quoted.has(n);
    const decision = decidePost(tx, command, sender, quotesMessage, (mayMentionEveryone) =>
      mentionsOf(n, { names: command.names, mayMentionEveryone }, found),
    );
    // A later post of the same member in this batch has read the same time of the last one.
    if (sender?.slowModeSeconds && 'events' in decision) {
      for (const [later, other] of senders) {
        if (later > n && isSameSender(command, commands[later])) other.lastSlowPostAt = tx.at;
      }
    }
    return decision;
  });
}

const isSameSender = (a: PostCommand, b: PostCommand | undefined): boolean =>
  a.actor === b?.actor && a.stream === b.stream;

function decidePost(
  tx: RuleContext,
  command: PostCommand,
  sender: Sender | undefined,
  quotesMessage: boolean,
  mentionsFor: (mayMentionEveryone: boolean) => Mention[] | undefined,
): Decision {
  const minimumRoles = minimumRolesOf(sender?.visibility ?? 'public', sender?.overrides ?? {});
  const verdict = authorize(sender?.role ?? 'non_member', 'post', 'own', minimumRoles);
  if (verdict === 'forbidden') return { refuse: refusal(verdict, FORBIDDEN.post) };
  if (verdict !== 'yes' || !sender) return { refuse: refusal('conversation_not_found') };
  if (sender.isArchived) return { refuse: refusal('conversation_archived') };
  if (sender.isBlocked) return { refuse: refusal('blocked') };
  if (!quotesMessage) return { refuse: refusal('message_not_found', NO_QUOTED) };
  const { stream, body, replyTo } = command;
  const mentions = mentionsFor(mayMentionEveryone(sender.role, minimumRoles, sender.memberCount));
  const data = { body, ...(replyTo !== undefined && { replyTo }), ...(mentions && { mentions }) };
  const event = newEvent(stream, 'message.posted', data);
  if (sender.slowModeSeconds === 0 || skipsSlowMode(sender.role)) return { events: [event] };
  const refused = refusalOfSlowMode(sender.slowModeSeconds, sender.lastSlowPostAt, tx.at);
  if (refused) return { refuse: refused };
  return { events: [event], writes: [slowPost(command, tx.at)] };
}

/**
 * Returns the indexes of the commands that quote an existing message of their conversation, of which a
 * member may see all. A deleted one counts: it may have been deleted while the reply was written.
 */
async function readQuoted(tx: RuleContext, commands: readonly PostCommand[]): Promise<Set<number>> {
  const replies = commands.flatMap(({ conversation, replyTo }, n) =>
    replyTo === undefined ? [] : [{ n, conversation, replyTo }],
  );
  // Most posts quote nothing, and must not wait for a statement more.
  if (replies.length === 0) return new Set();
  const rows = await tx.query<{ n: number }>(
    'messages-quoted',
    `select i.n::int as n
     from unnest($1::int8[], $2::uuid[], $3::int8[]) as i (n, conversation_id, seq)
     join messages g on g.conversation_id = i.conversation_id and g.seq = i.seq`,
    [replies.map((r) => r.n), replies.map((r) => r.conversation), replies.map((r) => r.replyTo)],
  );
  return new Set(rows.map((row) => row.n));
}

const MEMBERS = listStatement(
  'messages-members',
  [{ account_id: 'uuid', conversation_id: 'uuid', is_to_everyone: 'bool', n: 'ordinality' }],
  // The role on the server is read only where it matters in the group of everyone, and the last post
  // only in slow mode: of all membership periods, as leaving ends no wait.
  (senders) =>
    `select i.n, m.role, c.visibility, c.is_everyone, c.post, c.mention_everyone,
            c.member_count,
            case when c.is_everyone
                   and (c.post is not null or c.slow_mode_seconds > 0 or i.is_to_everyone) then
              (select a.role in ('owner', 'admin') from accounts a where a.id = i.account_id)
            end as is_server_admin,
            c.is_archived, c.slow_mode_seconds,
            case when c.slow_mode_seconds > 0 then
              (select max(p.slow_posted_at) from memberships p
               where p.conversation_id = i.conversation_id and p.account_id = i.account_id)
            end as slow_posted_at,
            case when c.kind = 'direct' then ${isBlocked('c.direct_key', 'i.account_id')}
            end as is_blocked
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
async function readSenders(
  tx: RuleContext,
  commands: readonly PostCommand[],
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
    mention_everyone: MemberRole | null;
    member_count: number;
    is_server_admin: boolean | null;
    is_archived: boolean;
    slow_mode_seconds: number;
    slow_posted_at: Date | null;
    is_blocked: boolean | null;
  }>(name, text, values);
  return new Map(
    rows.map((row) => {
      const { n, role, visibility, post, mention_everyone: mentionEveryone } = row;
      return [
        n - 1,
        {
          role: actingRole(role, row.is_everyone, row.is_server_admin === true),
          visibility,
          overrides: { ...(post && { post }), ...(mentionEveryone && { mentionEveryone }) },
          memberCount: row.member_count,
          isArchived: row.is_archived,
          slowModeSeconds: row.slow_mode_seconds,
          lastSlowPostAt: row.slow_posted_at?.toISOString() ?? null,
          isBlocked: row.is_blocked === true,
        },
      ];
    }),
  );
}

const editRule = messageRule('messages.edit', 'edit', async (tx, command, target) => {
  if (target.deleted) return { refuse: refusal('message_deleted') };
  const { stream, message, text: body, actor } = command;
  const names = namesIn(body);
  const found = await findNames(tx, [{ actor, names }]);
  const text = { names, mayMentionEveryone: target.mayMentionEveryone };
  const mentions = mentionsOf(0, text, found);
  const data = { message, body, ...(mentions && { mentions }) };
  return { events: [newEvent(stream, 'message.edited', data)] };
});

const deleteRule = messageRule('messages.delete', 'delete', async (_tx, command, target) => {
  // The last change of a deleted message is its deletion.
  if (target.deleted) return { unchanged: target.changedSeq };
  const { stream, message } = command;
  return { events: [newEvent(stream, 'message.deleted', { message, author: target.author })] };
});

const reactRule = messageRule('messages.react', 'react', async (tx, command, target) => {
  if (target.deleted) return { refuse: refusal('message_deleted') };
  const reactions = await readReactions(tx, command);
  const mine = reactions.find((r) => r.emoji === command.text && r.account_id === command.actor);
  if (mine) return { unchanged: mine.seq as Seq };
  const different = new Set(reactions.map((r) => r.emoji)).add(command.text);
  if (different.size > LIMITS.reactionsPerMessage) return { refuse: refusal('too_many_reactions') };
  const { stream, message, text: emoji } = command;
  return { events: [newEvent(stream, 'reaction.added', { message, emoji })] };
});

const unreactRule = messageRule('messages.unreact', 'react', async (tx, command, target) => {
  const reactions = await readReactions(tx, command);
  const mine = reactions.find((r) => r.emoji === command.text && r.account_id === command.actor);
  if (!mine) return { unchanged: target.changedSeq };
  const { stream, message, text: emoji } = command;
  return { events: [newEvent(stream, 'reaction.removed', { message, emoji })] };
});

const pinRule = messageRule('messages.pin', 'pin', async (tx, command, target) => {
  if (target.deleted) return { refuse: refusal('message_deleted') };
  const pins = await readPins(tx, command);
  if (pins.own !== null) return { unchanged: pins.own };
  if (pins.count >= LIMITS.pinsPerConversation) return { refuse: refusal('too_many_pins') };
  const { stream, message } = command;
  return { events: [newEvent(stream, 'message.pinned', { message })] };
});

const unpinRule = messageRule('messages.unpin', 'pin', async (tx, command, target) => {
  const pins = await readPins(tx, command);
  if (pins.own === null) return { unchanged: target.changedSeq };
  const { stream, message } = command;
  return { events: [newEvent(stream, 'message.unpinned', { message })] };
});

/** The message that a command is about. */
interface Target {
  readonly deleted: boolean;
  readonly author: AccountId;
  readonly changedSeq: Seq;
  /** Whether the actor may mention everyone in this conversation. */
  readonly mayMentionEveryone: boolean;
}

/** Why a post is refused whose `replyTo` is no message of the conversation. */
const NO_QUOTED = 'There is no message to quote with this replyTo in the conversation';

/** Why an action that the policy forbids is refused. */
const FORBIDDEN: Partial<Record<MessageAction, string>> = {
  post: 'Your role in this group can’t post messages',
  edit: 'Only its author may edit a message',
  delete: 'Only the author or a member with a higher role may delete a message',
  pin: 'Your role in this group can’t pin messages',
};

/** Returns a rule about one message that asks the policy first and then decides. */
function messageRule(
  name: string,
  action: MessageAction,
  decide: (tx: RuleContext, command: OnMessageCommand, target: Target) => Promise<Decision>,
): Rule<OnMessageCommand> {
  return {
    name,
    readsEarly: true,
    async decide(tx, command) {
      const [row] = await tx.query<{
        author_id: string | null;
        deleted: boolean;
        changed_seq: number;
        visibility: Visibility;
        overrides: MinimumRoleOverrides;
        role: MemberRole;
        is_everyone: boolean;
        member_count: number;
        is_server_admin: boolean | null;
        is_archived: boolean;
        is_blocked: boolean | null;
      }>(
        'messages-target',
        `select g.author_id, g.deleted_at is not null as deleted, g.changed_seq,
                c.visibility, c.minimum_roles as overrides, m.role, c.is_everyone,
                c.archived_at is not null as is_archived,
                c.member_count,
                case when c.kind = 'direct' then ${isBlocked('c.direct_key', 'm.account_id')}
                end as is_blocked,
                case when c.is_everyone then
                  (select a.role in ('owner', 'admin') from accounts a where a.id = m.account_id)
                end as is_server_admin
         from memberships m
         join conversations c on c.id = m.conversation_id
         left join messages g on g.conversation_id = m.conversation_id and g.seq = $3
         where m.account_id = $1 and m.conversation_id = $2 and m.left_seq is null`,
        [command.actor, command.conversation, command.message],
      );
      if (row?.author_id === null) return { refuse: refusal('message_not_found') };
      const role: ActorRole = row
        ? actingRole(row.role, row.is_everyone, row.is_server_admin === true)
        : 'non_member';
      const authorship = row?.author_id === command.actor ? 'own' : 'others';
      const minimumRoles = minimumRolesOf(row?.visibility ?? 'public', row?.overrides ?? {});
      const verdict = authorize(role, action, authorship, minimumRoles);
      if (verdict === 'forbidden') return { refuse: refusal(verdict, FORBIDDEN[action]) };
      if (verdict !== 'yes') return { refuse: refusal(verdict) };
      if (!row) throw new Error(`${name} needs a membership, but the policy allows a non-member`);
      if (row.is_archived) return { refuse: refusal('conversation_archived') };
      // A blocked user may still delete what it wrote, but not write by an edit or a reaction.
      if (row.is_blocked && action !== 'delete') return { refuse: refusal('blocked') };
      const changedSeq = row.changed_seq as Seq;
      return await decide(tx, command, {
        deleted: row.deleted,
        author: row.author_id as AccountId,
        changedSeq,
        mayMentionEveryone: mayMentionEveryone(role, minimumRoles, row.member_count),
      });
    },
  };
}

function readReactions(tx: RuleContext, command: OnMessageCommand) {
  return tx.query<{ emoji: string; account_id: string; seq: number }>(
    'messages-reactions',
    `select emoji, account_id, seq from reactions where conversation_id = $1 and message_seq = $2`,
    [command.conversation, command.message],
  );
}

/** Returns how many messages of the conversation are pinned, and the event that pinned this one. */
async function readPins(
  tx: RuleContext,
  command: OnMessageCommand,
): Promise<{ count: number; own: Seq | null }> {
  const [row] = await tx.query<{ count: number; own: Seq | null }>(
    'messages-pins',
    `select count(*)::int as count, max(seq) filter (where message_seq = $2) as own
     from pins where conversation_id = $1`,
    [command.conversation, command.message],
  );
  return row ?? { count: 0, own: null };
}
