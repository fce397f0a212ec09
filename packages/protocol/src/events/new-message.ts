// Without schemas: the web client loads this function with its first page, and must not load Zod for it.

import type { Attachment } from '../base/files.ts';
import type { Seq } from '../base/ids.ts';
import type { Mention } from '../messages/message-content.ts';
import type { Message } from '../messages/messages.ts';
import type { EventData } from './events.ts';

/** Returns a message in its state right after the post. */
export function newMessage({
  conversation,
  seq,
  author,
  body,
  postedAt,
  replyTo,
  mentions = [],
  attachments = [],
  thread,
  alsoInConversation,
  forwardedFrom,
  poll,
}: Pick<Message, 'conversation' | 'seq' | 'author' | 'body' | 'postedAt'> & {
  readonly replyTo?: Seq | undefined;
  readonly mentions?: Mention[] | undefined;
  readonly attachments?: Attachment[] | undefined;
  readonly thread?: Seq | undefined;
  readonly alsoInConversation?: boolean | undefined;
  readonly forwardedFrom?: Message['forwardedFrom'] | undefined;
  readonly poll?: EventData<'message.posted'>['poll'];
}): Message {
  // Field by field: clients build thousands of these, and a spread is several times slower.
  return {
    conversation,
    seq,
    author,
    body,
    postedAt,
    replyTo: replyTo ?? null,
    thread: thread ?? null,
    alsoInConversation: alsoInConversation ?? false,
    threadSummary: null,
    mentions,
    attachments,
    editedAt: null,
    deletedAt: null,
    hiddenAt: null,
    changedSeq: seq,
    reactions: [],
    forwardedFrom: forwardedFrom ?? null,
    poll: poll
      ? {
          ...poll,
          choices: poll.choices.map((text) => ({ text, votes: 0, accounts: [] })),
          voters: 0,
          closedAt: null,
        }
      : null,
    previews: [],
    pinned: null,
  };
}
