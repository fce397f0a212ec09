import type { AccountId, ConversationId, StreamId } from './ids.ts';

/** The workspace stream: the users of the server and its public groups. */
export const WORKSPACE_STREAM = '00000000-0000-7000-8000-000000000001' as StreamId;

/**
 * The actor of the server’s own actions, such as deleting expired messages. It is not an account.
 */
export const SYSTEM = '00000000-0000-7000-8000-000000000003' as AccountId;

/** Returns the stream of a conversation. */
export const streamOfConversation = (id: ConversationId): StreamId => id as string as StreamId;
/** Returns the personal stream of an account. */
export const streamOfAccount = (id: AccountId): StreamId => id as string as StreamId;
/** Returns the conversation of a stream; valid only for streams of kind `conversation`. */
export const conversationOfStream = (id: StreamId): ConversationId =>
  id as string as ConversationId;

/** The path of the WebSocket endpoint. */
export const LIVE_PATH = '/api/v1/live';
