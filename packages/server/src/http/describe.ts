import { ClientId, Problem } from '@parley/protocol';
import { z } from 'zod';

/** Parts of the API description that many routes share. */

/**
 * Returns the problem responses of a route, for its schema; `default` covers those that every route
 * may return (500, 503 while the database is unreachable …). Their codes are added from the table in
 * http-server/operation-errors.ts.
 */
export function problems(...statuses: readonly number[]): object {
  const named = statuses.map((status) => [status, PROBLEM]);
  return Object.fromEntries([...named, ['default', PROBLEM]]);
}

const PROBLEM = {
  description: 'A problem',
  content: { 'application/problem+json': { schema: Problem } },
};

/** Returns the schema of a response that streams a JSON file. */
export const file = (description: string): object => ({
  200: { description, content: { 'application/json': { schema: z.looseObject({}) } } },
});

/** Returns the schema of a response that streams a text file, in one of several media types. */
export const textFile = (description: string, types: readonly string[]): object => ({
  200: {
    description,
    content: Object.fromEntries(types.map((type) => [type, { schema: z.string() }])),
  },
});

/** The header of all writes. */
export const IdempotencyHeader = z.object({
  'idempotency-key': ClientId.optional().describe(
    'Identifies this command. A retry by the same account with the same key is not executed again; it gets the original result. The same key with a different request is rejected with 422 client_id_reused. A UUID, preferably version 7.',
  ),
});
