import { ClientId, ERRORS, Problem } from '@parley/protocol';
import { z } from 'zod';

/** Words of the API’s documentation that many routes share. */

/**
 * The problems that a route may answer with, for its schema; `default` stands for those that any
 * route may (503 while the database is away, 500 …).
 */
export function problems(...statuses: readonly number[]): object {
  const named = statuses.map((status) => [status, problem(errorMessage(status))]);
  return Object.fromEntries([...named, ['default', problem('Another problem')]]);
}

/** Which codes a status may come with, for the documentation. */
function errorMessage(status: number): string {
  const codes = Object.entries(ERRORS).filter(([, error]) => error.status === status);
  return codes.map(([code]) => `\`${code}\``).join(', ');
}

const problem = (description: string) => ({
  description,
  content: { 'application/problem+json': { schema: Problem } },
});

/** An answer that is a JSON file, written as a stream. */
export const file = (description: string): object => ({
  200: { description, content: { 'application/json': { schema: z.looseObject({}) } } },
});

/** Header of all writes. */
export const IdempotencyHeader = z.object({
  'idempotency-key': ClientId.optional().describe(
    'Names this command for ever: sent again with the same key, by the same account, it is not done twice but answered with its first event. The same key with another request is rejected with 422 client_id_reused, and only one of the two is carried out. A UUID, best of version 7.',
  ),
});
