import { ERRORS, type Refusal, refusal } from '@parley/protocol';
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify';
import { hasZodFastifySchemaValidationErrors } from 'fastify-type-provider-zod';
import { PROBLEM_TYPE, problemOf } from '../problem.ts';
import { refusalOfDatabaseError } from '../storage/database-refusal.ts';
import type { Outcome } from '../stream/append.ts';
import { refusalOfValidation } from './validation.ts';

/**
 * The one place where what went wrong becomes an answer (problem details, RFC 9457).
 *
 * 1. A refusal is answered with its code; routes throw it as {@link RefusalError}.
 * 2. What could not be read (JSON, schema, size, media type) is answered with the code for that,
 *    all wrong fields at once.
 * 3. Anything else is a mistake of ours: logged once, with the request’s id, and answered with
 *    `internal`. Nothing of it leaves the server.
 */

/** A refusal on its way out of a route. */
export class RefusalError extends Error {
  override name = 'RefusalError';
  readonly refusal: Refusal;

  constructor(refused: Refusal) {
    super(refused.message);
    this.refusal = refused;
  }
}

/**
 * Ends a route with a refusal; takes what {@link refusal} takes.
 * @throws {RefusalError}
 */
export function refuse(...args: Parameters<typeof refusal>): never {
  throw new RefusalError(refusal(...args));
}

/** A command’s outcome when it was stored. */
export type Stored = Extract<Outcome, { kind: 'stored' }>;

/**
 * The outcome of a command for a route: what was stored.
 * @throws {RefusalError} when it was refused, or when the outcome is unknown
 */
export function storedOrRefuse(outcome: Outcome): Stored {
  if (outcome.kind === 'refused') throw new RefusalError(outcome.refusal);
  if (outcome.kind === 'unknown') refuse('outcome_unknown', undefined, { retryAfter: 1 });
  return outcome;
}

/** Answers with a problem. */
export function sendProblem(request: FastifyRequest, reply: FastifyReply, refused: Refusal) {
  const problem = problemOf(refused, request.id);
  if (problem.retryAfter !== undefined) reply.header('retry-after', Math.ceil(problem.retryAfter));
  // RFC 9110 §11.6.1: a 401 names the way to authenticate.
  if (problem.status === 401) reply.header('www-authenticate', 'Bearer realm="parley"');
  return (
    reply
      .code(problem.status)
      .header('cache-control', 'no-store')
      .type(PROBLEM_TYPE)
      // As text: the serializers of routes are for their answers, not for this.
      .send(JSON.stringify(problem))
  );
}

/** Fastify’s error handler. */
export function handleError(error: FastifyError, request: FastifyRequest, reply: FastifyReply) {
  const refused = refusalOf(error, request);
  if (refused.code === 'internal') {
    request.log.error({ err: error, method: request.method, url: pathOf(request) }, 'a bug');
  } else if (ERRORS[refused.code].status >= 500) {
    request.log.warn({ err: error, url: pathOf(request) }, 'a request could not be served');
  }
  return sendProblem(request, reply, refused);
}

/** The path of a request without its query, which may hold what people typed. */
export function pathOf(request: FastifyRequest): string {
  return request.url.split('?', 1)[0] ?? '/';
}

/** What a thrown error comes to. */
function refusalOf(error: FastifyError, request: FastifyRequest): Refusal {
  if (error instanceof RefusalError) return error.refusal;
  if (hasZodFastifySchemaValidationErrors(error)) {
    return refusalOfValidation(error.validation, error.validationContext, request);
  }
  switch (error.code) {
    case 'FST_ERR_CTP_BODY_TOO_LARGE':
      return refusal('too_large');
    case 'FST_ERR_CTP_INVALID_MEDIA_TYPE':
      return refusal('unsupported_media_type', 'Send JSON, as application/json in UTF-8');
    case 'FST_ERR_CTP_INVALID_CONTENT_LENGTH':
    case 'FST_ERR_CTP_INVALID_JSON_BODY':
    case 'FST_ERR_CTP_EMPTY_JSON_BODY':
      return refusal('invalid_json');
    case 'FST_ERR_BAD_URL':
    case 'FST_ERR_MAX_PARAM_LENGTH':
    case 'FST_ERR_ASYNC_CONSTRAINT':
      return refusal('not_found');
  }
  return refusalOfDatabaseError(error) ?? refusal('internal');
}
