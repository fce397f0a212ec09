import { MentionSuggestionsAnswer, MentionSuggestionsQuery } from '@parley/protocol';
import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { sessionOf } from '../../http/authenticate.ts';
import { problems } from '../../http/describe.ts';
import { refuse } from '../../http/errors.ts';
import type { QueryDeps } from './history-routes.ts';
import { mentionSuggestions } from './mention-suggestions.ts';
import { OfConversation } from './requests.ts';
import { userGroupSuggestions } from './user-group-suggestions.ts';

/** Registers the route that suggests whom to mention. */
export function mentionSuggestionsRoute(
  instance: FastifyInstance,
  { pool, authenticate: onRequest }: QueryDeps,
): void {
  const app = instance.withTypeProvider<ZodTypeProvider>();

  app.route({
    method: 'GET',
    url: '/conversations/:id/mention-suggestions',
    schema: {
      operationId: 'suggestMentions',
      tags: ['Messages'],
      summary: 'Suggest whom to mention',
      description:
        'Matches active accounts by parts of their names, members of the conversation first, and user groups by parts of their names and titles. If few names match, similar ones are returned, too. Write `@username` or `@user-group` in a message to mention one.',
      params: OfConversation,
      querystring: MentionSuggestionsQuery,
      response: { 200: MentionSuggestionsAnswer, ...problems(401, 404, 422) },
    },
    onRequest,
    handler: async (request) => {
      const { account } = sessionOf(request);
      const { id } = request.params;
      const [items, userGroups] = await Promise.all([
        mentionSuggestions(pool, account, id, request.query),
        userGroupSuggestions(pool, account, id, request.query),
      ]);
      return { items: items ?? refuse('conversation_not_found'), userGroups };
    },
  });
}
