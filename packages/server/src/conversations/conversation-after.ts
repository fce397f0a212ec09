import type { Conversation, ConversationId } from '@parley/protocol';
import type pg from 'pg';
import type { Session } from '../http/authenticate.ts';
import { refuse } from '../http/errors.ts';
import { refusalOfScope } from '../permissions/scopes.ts';
import { conversationFor } from './snapshot.ts';

type Caller = Pick<Session, 'account' | 'scopes'>;

/** Returns a conversation without its last message if the caller is an API key that may not read messages. */
export const withReadableMessage = (caller: Caller, conversation: Conversation): Conversation =>
  refusalOfScope('messages:read', caller) ? { ...conversation, lastMessage: null } : conversation;

/**
 * Returns a conversation after a stored command. If the actor has left since: 410, because 404
 * would suggest that nothing was done.
 */
export async function conversationAfter(
  pool: pg.Pool,
  caller: Caller,
  id: ConversationId,
): Promise<Conversation> {
  const conversation = await conversationFor(pool, caller.account, id);
  return withReadableMessage(caller, conversation ?? refuse('no_longer_member'));
}
