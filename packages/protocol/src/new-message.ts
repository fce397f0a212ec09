// Without schemas: the web client loads this function with its first page, and must not load Zod for it.
import type { Seq } from './ids.ts';
import type { Message } from './resources.ts';

/** Returns a message as it is right after it was posted. */
export function newMessage(
  posted: Pick<Message, 'conversation' | 'seq' | 'author' | 'body' | 'postedAt'> & {
    readonly replyTo?: Seq | undefined;
  },
): Message {
  return {
    ...posted,
    replyTo: posted.replyTo ?? null,
    editedAt: null,
    deletedAt: null,
    changedSeq: posted.seq,
    reactions: [],
    pinned: null,
  };
}
