import type { ConversationId, Seq } from '@parley/protocol';

/** Where a draft is written: in a conversation, or in a thread of it. */
export interface DraftPlace {
  readonly conversation: ConversationId;
  /** The root of the thread; null, or missing from a server of an earlier version, outside of threads. */
  readonly thread?: Seq | null;
}

/** Returns a text that identifies the place of a draft. */
export const draftKey = ({ conversation, thread }: DraftPlace): string =>
  thread ? `${conversation}.${thread}` : conversation;
