import {
  type AccountId,
  type ClientId,
  type ConversationId,
  type FileId,
  LIMITS,
  type Seq,
  streamOfConversation,
} from '@parley/protocol';
import type { Append, Outcome } from '../stream/append.ts';
import type { Command, Rule } from '../stream/stream-transaction.ts';
import { deleteRule, editRule } from './edit-rules.ts';
import type { ForwardSource } from './forwarded.ts';
import { namesIn } from './mentions.ts';
import type { OnMessageCommand } from './message-rule.ts';
import { pinRule, unpinRule } from './pin-rules.ts';
import { closePollRule, voteRule } from './poll-rules.ts';
import { type PostCommand, postRule } from './post-rule.ts';
import { removePreviewRule } from './preview-rules.ts';
import { reactRule, unreactRule } from './reaction-rules.ts';
import type { ReplyPlace } from './thread-roots.ts';

/** Commands that post and change messages. The files of the rules that decide them end in `-rule(s).ts`. */

/** A request on a conversation: the account, its client id, the conversation. */
export interface MessageRequest {
  readonly actor: AccountId;
  readonly clientId: ClientId;
  readonly conversation: ConversationId;
}

/** Estimated size of the row of an event, without its text. */
const EVENT_OVERHEAD = 200;

/**
 * Returns the command that posts a message; `replyTo` is the seq of the message that it quotes, `inThread`
 * the thread in which it is a reply, `attachments` are files of its author.
 */
export function postCommand(
  r: MessageRequest,
  body: string,
  replyTo?: Seq,
  inThread?: ReplyPlace,
  attachments: readonly FileId[] = [],
): PostCommand {
  const command: PostCommand = {
    rule: postRule,
    actor: r.actor,
    clientId: r.clientId,
    stream: streamOfConversation(r.conversation),
    eventType: 'message.posted',
    payload: payloadOf(body, replyTo, inThread, attachments),
    bytes: EVENT_OVERHEAD * (1 + attachments.length) + body.length,
    conversation: r.conversation,
    body,
    replyTo,
    inThread,
    attachments,
    names: namesIn(body),
  };
  return command;
}

/** Returns the command that posts a poll; the question is the text of the message. */
export function pollCommand(
  r: MessageRequest,
  question: string,
  poll: NonNullable<PostCommand['poll']>,
): PostCommand {
  const { choices, isMultiple, endsAt } = poll;
  const post = postCommand(r, question);
  return {
    ...post,
    payload: ['poll', question, isMultiple, endsAt, ...choices],
    bytes: post.bytes + choices.join().length,
    poll,
  };
}

/** Returns the command that posts the text of another message, which the actor can read. */
export const forwardCommand = (r: MessageRequest, forward: ForwardSource): PostCommand => ({
  ...postCommand(r, ''),
  payload: ['forward', forward.conversation, forward.message],
  bytes: EVENT_OVERHEAD + LIMITS.bodyCharacters,
  forward,
});

/**
 * Returns the payload for the command digest. A post without a quote, thread or files has the same payload as
 * in earlier versions, so that a retry after an upgrade still matches.
 */
function payloadOf(
  body: string,
  replyTo: Seq | undefined,
  inThread: ReplyPlace | undefined,
  attachments: readonly FileId[],
): Command['payload'] {
  const files = attachments.length === 0 ? [] : [attachments.join(' ')];
  if (inThread) {
    return [body, replyTo ?? null, inThread.thread, inThread.alsoInConversation, ...files];
  }
  return replyTo === undefined && files.length === 0 ? [body] : [body, replyTo ?? null, ...files];
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

/** Returns the command that votes for choices of a poll, by their index, instead of earlier ones. */
export const voteCommand = (
  r: MessageRequest,
  message: Seq,
  choices: readonly number[],
): Command => {
  const sorted = [...new Set(choices)].sort((a, b) => a - b);
  return onMessage(r, voteRule, 'poll.voted', message, JSON.stringify(sorted));
};

/** Returns the command that removes the preview of a link. */
const removeLinkPreviewCommand = (r: MessageRequest, message: Seq, url: string): Command =>
  onMessage(r, removePreviewRule, 'message.previewed', message, url);

/** Returns the command that closes a poll. */
export const closePollCommand = (r: MessageRequest, message: Seq): Command =>
  onMessage(r, closePollRule, 'poll.closed', message, '');

/** Runs {@link postCommand}. */
export const postMessage = (
  append: Append,
  r: MessageRequest,
  body: string,
  replyTo?: Seq,
  inThread?: ReplyPlace,
  attachments?: readonly FileId[],
): Promise<Outcome> => append.run(postCommand(r, body, replyTo, inThread, attachments));
/** Runs {@link pollCommand}. */
export const postPoll = (
  append: Append,
  r: MessageRequest,
  question: string,
  poll: NonNullable<PostCommand['poll']>,
): Promise<Outcome> => append.run(pollCommand(r, question, poll));
/** Runs {@link forwardCommand}. */
export const forwardMessage = (append: Append, r: MessageRequest, source: ForwardSource) =>
  append.run(forwardCommand(r, source));
/** Runs {@link voteCommand}. */
export const vote = (append: Append, r: MessageRequest, message: Seq, choices: readonly number[]) =>
  append.run(voteCommand(r, message, choices));
/** Runs {@link removeLinkPreviewCommand}. */
export const removeLinkPreview = (append: Append, r: MessageRequest, message: Seq, url: string) =>
  append.run(removeLinkPreviewCommand(r, message, url));
/** Runs {@link closePollCommand}. */
export const closePoll = (append: Append, r: MessageRequest, message: Seq) =>
  append.run(closePollCommand(r, message));
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
