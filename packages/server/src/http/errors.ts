import { ERRORS, type Refusal, refusal } from '@parley/protocol';
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify';
import { hasZodFastifySchemaValidationErrors } from 'fastify-type-provider-zod';
import { refusalOfDatabaseError } from '../storage/database-refusal.ts';
import type { Outcome } from '../stream/append.ts';
import { PROBLEM_TYPE, problemOf } from './problem.ts';
import { refusalOfValidation } from './validation.ts';

/**
 * Converts every error of a route to a response (problem details, RFC 9457).
 *
 * 1. A refusal is sent with its code; routes throw it as {@link RefusalError}.
 * 2. An invalid request (JSON, schema, size, media type) is sent with the code for that and all
 *    invalid fields.
 * 3. Any other error is a bug: it is logged once, with the id of the request, and sent as `internal`
 *    without details.
 */

/** A refusal thrown by a route. */
export class RefusalError extends Error {
  override name = 'RefusalError';
  readonly refusal: Refusal;

  constructor(refused: Refusal) {
    super(refused.message);
    this.refusal = refused;
  }
}

/**
 * Throws a refusal; takes the arguments of {@link refusal}.
 * @throws {RefusalError}
 */
export function refuse(...args: Parameters<typeof refusal>): never {
  throw new RefusalError(refusal(...args));
}

/** The outcome of a command that was stored. */
export type Stored = Extract<Outcome, { kind: 'stored' }>;

/**
 * Returns the outcome of a command that was stored.
 * @throws {RefusalError} if it was rejected or its outcome is unknown
 */
export function storedOrRefuse(outcome: Outcome): Stored {
  if (outcome.kind === 'refused') throw new RefusalError(outcome.refusal);
  if (outcome.kind === 'unknown') refuse('outcome_unknown', undefined, { retryAfter: 1 });
  return outcome;
}

/** Sends a problem document. */
export function sendProblem(request: FastifyRequest, reply: FastifyReply, refused: Refusal) {
  const problem = problemOf(refused, request.id);
  if (problem.retryAfter !== undefined) reply.header('retry-after', Math.ceil(problem.retryAfter));
  // RFC 9110 §11.6.1: a 401 names the authentication scheme.
  if (problem.status === 401) reply.header('www-authenticate', 'Bearer realm="parley"');
  return (
    reply
      .code(problem.status)
      .header('cache-control', 'no-store')
      .type(PROBLEM_TYPE)
      // As text: the serializer of the route is for its own schema.
      .send(JSON.stringify(problem))
  );
}

/** The error handler of Fastify. */
export function handleError(error: FastifyError, request: FastifyRequest, reply: FastifyReply) {
  const refused = refusalOf(error, request);
  if (refused.code === 'internal') {
    request.log.error(
      { err: error, method: request.method, url: loggedPath(request) },
      'unexpected error',
    );
  } else if (ERRORS[refused.code].status >= 500) {
    request.log.warn({ err: error, url: loggedPath(request) }, 'request failed');
  }
  return sendProblem(request, reply, refused);
}

/** Returns the path of a request without its query, which may contain what users typed. */
export function pathOf(request: FastifyRequest): string {
  return request.url.split('?', 1)[0] ?? '/';
}

/**
 * Returns the path of a request for the log, without secrets: the URL of an incoming webhook contains an API key, whose
 * route is logged instead.
 */
export function loggedPath(request: FastifyRequest): string {
  const route = request.routeOptions.url;
  if (route?.endsWith('/:key')) return route;
  // A mistyped address matches no route.
  return pathOf(request).replace(/pk_[\w-]+/g, 'pk_…');
}

/** Returns the refusal for a thrown error. */
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
