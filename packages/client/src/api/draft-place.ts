import type { ConversationId, Seq } from '@parley/protocol';

/** The place of a draft: a conversation, or one of its threads. */
export interface DraftPlace {
  readonly conversation: ConversationId;
  /** The root of the thread; outside threads null, or missing from servers of earlier versions. */
  readonly thread?: Seq | null;
}

/** Returns a text that identifies the place of a draft. */
export const draftKey = ({ conversation, thread }: DraftPlace): string =>
  thread ? `${conversation}.${thread}` : conversation;
