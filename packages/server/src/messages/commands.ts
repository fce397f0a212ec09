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
import type { ForwardSource } from './content/forwarded.ts';
import { namesIn } from './content/mentions.ts';
import { deleteRule, editRule } from './edit-rules.ts';
import type { OnMessageCommand } from './message-rule.ts';
import { pinRule, unpinRule } from './pin-rules.ts';
import { closePollRule, voteRule } from './poll-rules.ts';
import { type PostCommand, postRule } from './post-rule.ts';
import { removePreviewRule } from './preview-rules.ts';
import { reactRule, unreactRule } from './reaction-rules.ts';
import type { ReplyPlace } from './threads/thread-roots.ts';

/** Commands that post and change messages. The files of the rules that decide them end in `-rule(s).ts`. */

/** A request on a conversation: the account, its client id, the conversation. */
export interface MessageRequest {
  readonly actor: AccountId;
  readonly clientId: ClientId;
  readonly conversation: ConversationId;
}

/** Estimated size of the row of an event, without its text. */
const EVENT_OVERHEAD = 200;

/** What a post may have besides its text. */
export interface PostOptions {
  /** The message that it quotes. */
  readonly replyTo?: Seq | undefined;
  /** The thread in which it is a reply. */
  readonly inThread?: ReplyPlace | undefined;
  /** Files of its author. */
  readonly attachments?: readonly FileId[] | undefined;
}

/** Returns the command that posts a message. */
export function postCommand(
  request: MessageRequest,
  body: string,
  { replyTo, inThread, attachments = [] }: PostOptions = {},
): PostCommand {
  const command: PostCommand = {
    rule: postRule,
    actor: request.actor,
    clientId: request.clientId,
    stream: streamOfConversation(request.conversation),
    eventType: 'message.posted',
    payload: payloadOf(body, replyTo, inThread, attachments),
    bytes: EVENT_OVERHEAD * (1 + attachments.length) + body.length,
    conversation: request.conversation,
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
  request: MessageRequest,
  question: string,
  poll: NonNullable<PostCommand['poll']>,
): PostCommand {
  const { choices, isMultiple, endsAt } = poll;
  const post = postCommand(request, question);
  return {
    ...post,
    payload: ['poll', question, isMultiple, endsAt, ...choices],
    bytes: post.bytes + choices.join().length,
    poll,
  };
}

/** Returns the command that posts the text of another message, which the actor can read. */
export const forwardCommand = (request: MessageRequest, forward: ForwardSource): PostCommand => ({
  ...postCommand(request, ''),
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
export const editCommand = (request: MessageRequest, message: Seq, body: string): Command =>
  commandOn(request, editRule, 'message.edited', message, body);

/** Returns the command that deletes a message, its text and its reactions. */
export const deleteCommand = (request: MessageRequest, message: Seq): Command =>
  commandOn(request, deleteRule, 'message.deleted', message, '');

/** Returns the command that adds a reaction. Repeating an emoji changes nothing. */
export const reactCommand = (request: MessageRequest, message: Seq, emoji: string): Command =>
  commandOn(request, reactRule, 'reaction.added', message, emoji);

/** Returns the command that removes a reaction of the actor. */
export const unreactCommand = (request: MessageRequest, message: Seq, emoji: string): Command =>
  commandOn(request, unreactRule, 'reaction.removed', message, emoji);

/** Returns the command that pins a message. Pinning it again changes nothing. */
export const pinCommand = (request: MessageRequest, message: Seq): Command =>
  commandOn(request, pinRule, 'message.pinned', message, '');

/** Returns the command that removes the pin of a message, no matter who pinned it. */
export const unpinCommand = (request: MessageRequest, message: Seq): Command =>
  commandOn(request, unpinRule, 'message.unpinned', message, '');

/** Returns the command that votes for choices of a poll, by their index, instead of earlier ones. */
export const voteCommand = (
  request: MessageRequest,
  message: Seq,
  choices: readonly number[],
): Command => {
  const sorted = [...new Set(choices)].sort((a, b) => a - b);
  return commandOn(request, voteRule, 'poll.voted', message, JSON.stringify(sorted));
};

/** Returns the command that removes the preview of a link. */
const removeLinkPreviewCommand = (request: MessageRequest, message: Seq, url: string): Command =>
  commandOn(request, removePreviewRule, 'message.previewed', message, url);

/** Returns the command that closes a poll. */
export const closePollCommand = (request: MessageRequest, message: Seq): Command =>
  commandOn(request, closePollRule, 'poll.closed', message, '');

/** Runs {@link postCommand}. */
export const postMessage = (
  append: Append,
  request: MessageRequest,
  body: string,
  options?: PostOptions,
): Promise<Outcome> => append.run(postCommand(request, body, options));
/** Runs {@link pollCommand}. */
export const postPoll = (
  append: Append,
  request: MessageRequest,
  question: string,
  poll: NonNullable<PostCommand['poll']>,
): Promise<Outcome> => append.run(pollCommand(request, question, poll));
/** Runs {@link forwardCommand}. */
export const forwardMessage = (append: Append, request: MessageRequest, source: ForwardSource) =>
  append.run(forwardCommand(request, source));
/** Runs {@link voteCommand}. */
export const vote = (
  append: Append,
  request: MessageRequest,
  message: Seq,
  choices: readonly number[],
) => append.run(voteCommand(request, message, choices));
/** Runs {@link removeLinkPreviewCommand}. */
export const removeLinkPreview = (
  append: Append,
  request: MessageRequest,
  message: Seq,
  url: string,
) => append.run(removeLinkPreviewCommand(request, message, url));
/** Runs {@link closePollCommand}. */
export const closePoll = (append: Append, request: MessageRequest, message: Seq) =>
  append.run(closePollCommand(request, message));
/** Runs {@link editCommand}. */
export const editMessage = (append: Append, request: MessageRequest, message: Seq, body: string) =>
  append.run(editCommand(request, message, body));
/** Runs {@link deleteCommand}. */
export const deleteMessage = (append: Append, request: MessageRequest, message: Seq) =>
  append.run(deleteCommand(request, message));
/** Runs {@link reactCommand}. */
export const addReaction = (append: Append, request: MessageRequest, message: Seq, emoji: string) =>
  append.run(reactCommand(request, message, emoji));
/** Runs {@link unreactCommand}. */
export const removeReaction = (
  append: Append,
  request: MessageRequest,
  message: Seq,
  emoji: string,
) => append.run(unreactCommand(request, message, emoji));
/** Runs {@link pinCommand}. */
export const pinMessage = (append: Append, request: MessageRequest, message: Seq) =>
  append.run(pinCommand(request, message));
/** Runs {@link unpinCommand}. */
export const unpinMessage = (append: Append, request: MessageRequest, message: Seq) =>
  append.run(unpinCommand(request, message));

/** Returns a command about an existing message. */
function commandOn(
  request: MessageRequest,
  rule: Rule<OnMessageCommand>,
  eventType: Command['eventType'],
  message: Seq,
  text: string,
): Command {
  const command: OnMessageCommand = {
    rule,
    actor: request.actor,
    clientId: request.clientId,
    stream: streamOfConversation(request.conversation),
    eventType,
    payload: [message, text],
    bytes: EVENT_OVERHEAD + text.length,
    conversation: request.conversation,
    message,
    text,
  };
  return command;
}
