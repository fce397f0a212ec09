import type { ConversationId } from '@parley/protocol';
import type { FastifyRequest } from 'fastify';
import { sessionOf } from '../http/authenticate.ts';
import { clientIdOf } from '../http/idempotency.ts';
import type { ConversationRequest } from './conversation-rule.ts';

/** Returns what a request on a conversation asks in whose name. */
export function requestOf(
  request: FastifyRequest,
  conversation: ConversationId,
): ConversationRequest {
  return { actor: sessionOf(request).account, clientId: clientIdOf(request), conversation };
}
