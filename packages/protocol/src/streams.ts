import type { AccountId, ConversationId, StreamId } from './ids.ts';

/** The one stream of the whole server: who registered, which public groups there are. */
export const WORKSPACE_STREAM = '00000000-0000-7000-8000-000000000001' as StreamId;

/** The stream of a conversation. */
export const streamOfConversation = (id: ConversationId): StreamId => id as string as StreamId;
/** The personal stream of an account. */
export const streamOfAccount = (id: AccountId): StreamId => id as string as StreamId;
/** The conversation whose stream this is; only for streams of the kind `conversation`. */
export const conversationOfStream = (id: StreamId): ConversationId =>
  id as string as ConversationId;

/** The path of the live socket. */
export const LIVE_PATH = '/api/v1/live';
