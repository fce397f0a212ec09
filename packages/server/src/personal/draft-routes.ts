import {
  type AccountId,
  ConversationId,
  DeleteDraftQuery,
  Draft,
  DraftsAnswer,
  SaveDraftBody,
} from '@parley/protocol';
import type { FastifyInstance, onRequestAsyncHookHandler } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import type pg from 'pg';
import { z } from 'zod';
import { sessionOf } from '../http/authenticate.ts';
import { problems } from '../http/describe.ts';
import { refuse } from '../http/errors.ts';
import { type DraftChange, deleteDraft, draftsOf, saveDraft } from './drafts.ts';

/** Where drafts are stored, and who is notified of changes. */
export interface DraftDeps {
  readonly pool: pg.Pool;
  /** Rejects requests without a valid access token or API key. */
  readonly authenticate: onRequestAsyncHookHandler;
  /** Notifies the connected clients of the account. */
  readonly onDraftChanged: (account: AccountId, change: DraftChange) => void;
}

const OfDraft = z.object({ id: ConversationId });
const CONVERSATION = 'Of the conversation, or with `thread` of the thread under that message.';

/** Registers the routes of drafts. */
export function draftRoutes(instance: FastifyInstance, deps: DraftDeps): void {
  const app = instance.withTypeProvider<ZodTypeProvider>();
  const { pool, authenticate: onRequest, onDraftChanged } = deps;
  const tags = ['Drafts'];

  app.route({
    method: 'GET',
    url: '/me/drafts',
    schema: {
      operationId: 'listDrafts',
      tags,
      summary: 'List your drafts',
      response: { 200: DraftsAnswer, ...problems(401) },
    },
    onRequest,
    handler: (request) => draftsOf(pool, sessionOf(request).account),
  });

  app.route({
    method: 'PUT',
    url: '/me/drafts/:id',
    schema: {
      operationId: 'saveDraft',
      tags,
      summary: 'Save your draft in a conversation or thread',
      description: `${CONVERSATION} The newest wins. Your other devices get it at once.`,
      params: OfDraft,
      body: SaveDraftBody,
      response: { 200: Draft, ...problems(401, 404, 409, 422) },
    },
    onRequest,
    handler: async (request) => {
      const account = sessionOf(request).account;
      const { body, thread = null } = request.body;
      const change = await saveDraft(
        pool,
        account,
        { conversation: request.params.id, thread },
        body,
      );
      if (typeof change === 'string') refuse(change);
      onDraftChanged(account, change);
      return change.draft ?? refuse('conversation_not_found');
    },
  });

  app.route({
    method: 'DELETE',
    url: '/me/drafts/:id',
    schema: {
      operationId: 'deleteDraft',
      tags,
      summary: 'Delete your draft in a conversation or thread',
      description: `${CONVERSATION} Also succeeds if there is no draft, or only one with another \`version\`.`,
      params: OfDraft,
      querystring: DeleteDraftQuery,
      response: { 204: z.undefined().describe('Done'), ...problems(401, 422) },
    },
    onRequest,
    handler: async (request, reply) => {
      const account = sessionOf(request).account;
      const { version = null, thread = null } = request.query;
      const place = { conversation: request.params.id, thread };
      const change = await deleteDraft(pool, account, place, version);
      if (change) onDraftChanged(account, change);
      return reply.code(204).send();
    },
  });
}
