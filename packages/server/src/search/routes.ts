import {
  SearchMessagesPage,
  SearchMessagesQuery,
  SearchNamesAnswer,
  SearchNamesQuery,
} from '@parley/protocol';
import type { FastifyInstance, FastifyRequest, onRequestAsyncHookHandler } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { sessionOf } from '../http/authenticate.ts';
import { problems } from '../http/describe.ts';
import type { Directory } from './directory.ts';
import type { MessageSearch } from './search.ts';

interface SearchDeps {
  readonly search: MessageSearch;
  readonly directory: Directory;
  /** Rejects requests without a valid access token or API key. */
  readonly authenticate: onRequestAsyncHookHandler;
}

/** Registers the routes of the search. */
export function searchRoutes(
  instance: FastifyInstance,
  { search, directory, authenticate }: SearchDeps,
): void {
  const app = instance.withTypeProvider<ZodTypeProvider>();

  app.route({
    method: 'GET',
    url: '/search/messages',
    schema: {
      operationId: 'searchMessages',
      tags: ['Search'],
      summary: 'Search messages',
      description:
        'Returns messages of the account’s conversations that have all words and phrases of the text. Case and accents are ignored. Words of three or more characters also match inside other words, shorter ones only at their beginning; in scripts without spaces each character, and each symbol, matches alone. The text may have `"phrases"`, `-excluded` words and the filters `from:`, `in:`, `mentions:`, `has:`, `is:`, `before:`, `after:` and `on:`, which are parameters too. An invalid filter in the text finds nothing, and `problems` lists the possible values. A page may have fewer messages than `limit` and still have a `next`.',
      querystring: SearchMessagesQuery,
      response: { 200: SearchMessagesPage, ...problems(401, 422, 429, 503) },
    },
    onRequest: authenticate,
    handler: (request) => search.page(sessionOf(request).account, request.query, goneOf(request)),
  });

  app.route({
    method: 'GET',
    url: '/search/names',
    schema: {
      operationId: 'searchNames',
      tags: ['Search'],
      summary: 'Search users and groups by their names',
      description:
        'Returns active users, public groups, and the groups of the account: the best match first, and of equal matches those closest to the account, by their conversations and shared groups. Matches beginnings and parts of names, initials, and names with a typo or two. Without a text, returns the users and groups that the account has written to most recently.',
      querystring: SearchNamesQuery,
      response: { 200: SearchNamesAnswer, ...problems(401, 422) },
    },
    onRequest: authenticate,
    handler: async (request) => {
      const { query, limit } = request.query;
      return { items: await directory.find(sessionOf(request).account, query, limit) };
    },
  });
}

/** Returns whether the client has closed the connection, for instance because its user typed on. */
const goneOf = (request: FastifyRequest) => () => request.raw.socket.destroyed;
