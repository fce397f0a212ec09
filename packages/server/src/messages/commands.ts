import {
  type AccountId,
  type ClientId,
  type ConversationId,
  LIMITS,
  refusal,
  type Seq,
  streamOfConversation,
} from '@parley/protocol';
import type { Append, Outcome } from '../stream/append.ts';
import {
  type Command,
  type Decision,
  newEvent,
  type Rule,
  type StreamTransaction,
} from '../stream/stream-transaction.ts';
import { redact } from './redact.ts';

/** What a member may do with messages, and the event it makes. */

/** Who asks, and under which id. */
export interface MessageRequest {
  readonly actor: AccountId;
  readonly clientId: ClientId;
  readonly conversation: ConversationId;
}

interface PostCommand extends Command {
  readonly conversation: ConversationId;
  readonly body: string;
}

interface OnMessageCommand extends Command {
  readonly conversation: ConversationId;
  /** The seq of the event that posted the message. */
  readonly message: Seq;
  /** The new body, or the emoji. */
  readonly text: string;
}

/** An event’s row costs about this much besides its text. */
const EVENT_OVERHEAD = 200;

/** Posts a message. Refused with `conversation_not_found` to those who are not members. */
export function postCommand(r: MessageRequest, body: string): Command {
  const command: PostCommand = {
    rule: postRule,
    actor: r.actor,
    clientId: r.clientId,
    stream: streamOfConversation(r.conversation),
    makes: 'message.posted',
    payload: [body],
    bytes: EVENT_OVERHEAD + body.length,
    conversation: r.conversation,
    body,
  };
  return command;
}

/** Gives one’s own message another body. */
export const editCommand = (r: MessageRequest, message: Seq, body: string): Command =>
  onMessage(r, editRule, 'message.edited', message, body);

/** Deletes one’s own message: its text and its reactions are gone for all. */
export const deleteCommand = (r: MessageRequest, message: Seq): Command =>
  onMessage(r, deleteRule, 'message.deleted', message, '');

/** Puts an emoji on a message; the same emoji again changes nothing. */
export const reactCommand = (r: MessageRequest, message: Seq, emoji: string): Command =>
  onMessage(r, reactRule, 'reaction.added', message, emoji);

/** Takes one’s own emoji off a message. */
export const unreactCommand = (r: MessageRequest, message: Seq, emoji: string): Command =>
  onMessage(r, unreactRule, 'reaction.removed', message, emoji);

/** {@link postCommand}, carried out. */
export const postMessage = (append: Append, r: MessageRequest, body: string): Promise<Outcome> =>
  append.run(postCommand(r, body));
/** {@link editCommand}, carried out. */
export const editMessage = (append: Append, r: MessageRequest, message: Seq, body: string) =>
  append.run(editCommand(r, message, body));
/** {@link deleteCommand}, carried out. */
export const deleteMessage = (append: Append, r: MessageRequest, message: Seq) =>
  append.run(deleteCommand(r, message));
/** {@link reactCommand}, carried out. */
export const addReaction = (append: Append, r: MessageRequest, message: Seq, emoji: string) =>
  append.run(reactCommand(r, message, emoji));
/** {@link unreactCommand}, carried out. */
export const removeReaction = (append: Append, r: MessageRequest, message: Seq, emoji: string) =>
  append.run(unreactCommand(r, message, emoji));

function onMessage(
  r: MessageRequest,
  rule: Rule<OnMessageCommand>,
  makes: Command['makes'],
  message: Seq,
  text: string,
): Command {
  const command: OnMessageCommand = {
    rule,
    actor: r.actor,
    clientId: r.clientId,
    stream: streamOfConversation(r.conversation),
    makes,
    payload: [message, text],
    bytes: EVENT_OVERHEAD + text.length,
    conversation: r.conversation,
    message,
    text,
  };
  return command;
}

const NOT_A_MEMBER: Decision = { refuse: refusal('conversation_not_found') };

const postRule: Rule<PostCommand> = {
  name: 'messages.post',
  bulk: true,
  async decide(tx, commands) {
    const rows = await tx.query<{ n: number }>(
      'messages-may-post',
      `select i.n::int as n
       from unnest($1::uuid[], $2::uuid[]) with ordinality as i (account_id, conversation_id, n)
       join memberships m
         on m.account_id = i.account_id and m.conversation_id = i.conversation_id and m.left_seq is null`,
      [commands.map((c) => c.actor), commands.map((c) => c.conversation)],
    );
    const allowed = new Set(rows.map((r) => r.n - 1));
    return commands.map((command, n) =>
      allowed.has(n)
        ? { events: [newEvent(command.stream, 'message.posted', { body: command.body })] }
        : NOT_A_MEMBER,
    );
  },
};

const editRule = onMessageRule('messages.edit', async (_unit, command, target) => {
  if (target.author !== command.actor) {
    return { refuse: refusal('forbidden', 'Only its author may edit a message') };
  }
  if (target.deleted) return { refuse: refusal('message_deleted') };
  const { stream, message, text: body } = command;
  return { events: [newEvent(stream, 'message.edited', { message, body })] };
});

const deleteRule = onMessageRule('messages.delete', async (tx, command, target) => {
  if (target.author !== command.actor) {
    return { refuse: refusal('forbidden', 'Only its author may delete a message') };
  }
  // Nothing changes a deleted message any more, so its last change is the deletion.
  if (target.deleted) return { unchanged: target.changedSeq };
  const { stream, message, actor } = command;
  await redact(tx, stream, [message]);
  return { events: [newEvent(stream, 'message.deleted', { message, author: actor })] };
});

const reactRule = onMessageRule('messages.react', async (tx, command, target) => {
  if (target.deleted) return { refuse: refusal('message_deleted') };
  const reactions = await readReactions(tx, command);
  const mine = reactions.find((r) => r.emoji === command.text && r.account_id === command.actor);
  if (mine) return { unchanged: mine.seq as Seq };
  const different = new Set(reactions.map((r) => r.emoji)).add(command.text);
  if (different.size > LIMITS.reactionsPerMessage) return { refuse: refusal('too_many_reactions') };
  const { stream, message, text: emoji } = command;
  return { events: [newEvent(stream, 'reaction.added', { message, emoji })] };
});

const unreactRule = onMessageRule('messages.unreact', async (tx, command, target) => {
  const reactions = await readReactions(tx, command);
  const mine = reactions.find((r) => r.emoji === command.text && r.account_id === command.actor);
  if (!mine) return { unchanged: target.changedSeq };
  const { stream, message, text: emoji } = command;
  return { events: [newEvent(stream, 'reaction.removed', { message, emoji })] };
});

interface Target {
  readonly author: AccountId;
  readonly deleted: boolean;
  readonly changedSeq: Seq;
}

/** A rule about one message of a conversation that the actor is a member of. */
function onMessageRule(
  name: string,
  decide: (tx: StreamTransaction, command: OnMessageCommand, target: Target) => Promise<Decision>,
): Rule<OnMessageCommand> {
  return {
    name,
    bulk: false,
    async decide(tx, [command]) {
      if (!command) return [];
      const [row] = await tx.query<{
        author_id: string | null;
        deleted: boolean;
        changed_seq: number;
      }>(
        'messages-target',
        `select g.author_id, g.deleted_at is not null as deleted, g.changed_seq
         from memberships m
         left join messages g on g.conversation_id = m.conversation_id and g.seq = $3
         where m.account_id = $1 and m.conversation_id = $2 and m.left_seq is null`,
        [command.actor, command.conversation, command.message],
      );
      if (!row) return [NOT_A_MEMBER];
      if (row.author_id === null) return [{ refuse: refusal('message_not_found') }];
      const author = row.author_id as AccountId;
      const changedSeq = row.changed_seq as Seq;
      return [await decide(tx, command, { author, deleted: row.deleted, changedSeq })];
    },
  };
}

function readReactions(tx: StreamTransaction, command: OnMessageCommand) {
  return tx.query<{ emoji: string; account_id: string; seq: number }>(
    'messages-reactions',
    `select emoji, account_id, seq from reactions where conversation_id = $1 and message_seq = $2`,
    [command.conversation, command.message],
  );
}
