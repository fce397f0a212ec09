import { WordFilterAnswer, WordFilterBody } from '@parley/protocol';
import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import type { AccountParts } from '../accounts/parts.ts';
import { sessionOf } from '../http/authenticate.ts';
import { problems } from '../http/describe.ts';
import type { Clock } from '../runtime/clock.ts';
import { changeWordFilter } from './change.ts';
import type { WordFilter } from './word-filter.ts';

interface WordFilterRoutesDeps {
  readonly accounts: Pick<AccountParts, 'pool' | 'audit' | 'authenticate'>;
  readonly wordFilter: WordFilter;
  readonly clock: Clock;
}

const tags = ['Administration'];

/** Registers the routes that let admins read and replace the list of the word filter. */
export function wordFilterRoutes(instance: FastifyInstance, deps: WordFilterRoutesDeps): void {
  const app = instance.withTypeProvider<ZodTypeProvider>();
  const { wordFilter, clock } = deps;
  const { pool, audit, authenticate: onRequest } = deps.accounts;

  app.route({
    method: 'GET',
    url: '/admin/word-filter',
    schema: {
      operationId: 'getWordFilter',
      tags,
      summary: 'Get the word filter',
      response: { 200: WordFilterAnswer, ...problems(401, 403) },
    },
    onRequest,
    handler: () => wordFilter.load(pool),
  });

  app.route({
    method: 'PUT',
    url: '/admin/word-filter',
    schema: {
      operationId: 'changeWordFilter',
      tags,
      summary: 'Replace the word filter',
      description:
        'Case, accents and Markdown inside words are ignored. An entry matches whole words; with a `*` at its start ' +
        'or end it also matches longer words. `reject`: posts, edits, polls, forwards and scheduled messages with the ' +
        'word are refused with `word_rejected`. `flag`: they are posted, and reported to the admins. Takes effect on ' +
        'all nodes within two seconds, for new texts. Refused with `word_filter_changed` if the list is not the one with `revision`.',
      body: WordFilterBody,
      response: { 200: WordFilterAnswer, ...problems(401, 403, 409, 413, 422) },
    },
    onRequest,
    handler: async (request) => {
      await changeWordFilter(pool, {
        ...request.body,
        actor: sessionOf(request).account,
        at: new Date(clock.now()),
        audit: { log: audit, address: request.ip },
      });
      return wordFilter.load(pool);
    },
  });
}
