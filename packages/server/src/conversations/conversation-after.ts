import type { AccountId, Conversation, ConversationId } from '@parley/protocol';
import type pg from 'pg';
import { refuse } from '../http/errors.ts';
import { conversationFor } from './snapshot.ts';

/**
 * Returns a conversation after a stored command. If the actor has left since: 410, because 404
 * would suggest that nothing was done.
 */
export const conversationAfter = async (
  pool: pg.Pool,
  account: AccountId,
  id: ConversationId,
): Promise<Conversation> =>
  (await conversationFor(pool, account, id)) ?? refuse('no_longer_member');
