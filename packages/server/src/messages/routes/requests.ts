import {
  type CommandAnswer,
  ConversationId,
  type Message,
  type Seq,
  SeqText,
} from '@parley/protocol';
import type { FastifyRequest } from 'fastify';
import type { Pool } from 'pg';
import { z } from 'zod';
import { IdempotencyHeader } from '../../http/describe.ts';
import { refuse, storedOrRefuse } from '../../http/errors.ts';
import { type Requester, requesterOf } from '../../http/requester.ts';
import type { Outcome } from '../../stream/append.ts';
import type { MessageRequest } from '../commands.ts';
import { messageFor } from '../history/queries.ts';

/** The common parts of the routes of conversations and messages. */

/** The parameters of routes of a conversation. */
export const OfConversation = z.object({ id: ConversationId });
/** The parameters of routes of a message. */
export const OfMessage = z.object({ id: ConversationId, seq: SeqText });
/** The headers of commands. */
export const headers = IdempotencyHeader;
/** Returns the account, the client id and the conversation of a command. */
export function commandRequest(
  request: FastifyRequest,
  conversation: ConversationId,
): MessageRequest {
  return { ...requesterOf(request), conversation };
}

/** Returns the answer to a command: the same as in an `ack` frame. */
export function commandAnswer({ clientId }: Requester, outcome: Outcome): CommandAnswer {
  const { stream, seq, at } = storedOrRefuse(outcome);
  return { id: clientId, stream, seq, at };
}

/**
 * Returns a message after a stored command on it.
 * @throws {RefusalError} `no_longer_member` (410) if the actor has left since: 404 would suggest
 * that nothing was done
 */
export async function messageAfter(
  pool: Pool,
  { actor, conversation }: MessageRequest,
  seq: Seq,
): Promise<Message> {
  return (await messageFor(pool, actor, conversation, seq)) ?? refuse('no_longer_member');
}
