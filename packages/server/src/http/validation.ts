import { ERRORS, type ErrorCode, type FieldError, type Refusal, refusal } from '@parley/protocol';
import type { FastifyRequest } from 'fastify';
import type { ZodFastifySchemaValidationError } from 'fastify-type-provider-zod';

/** The part of a request that a schema found wrong, as Fastify names it. */
type Part = string | undefined;

/** What a schema found wrong in a request, all of it at once. */
export function refusalOfValidation(
  found: readonly ZodFastifySchemaValidationError[],
  part: Part,
  request: FastifyRequest,
): Refusal {
  const value = partOf(part, request);
  // A body that is not there at all is no mistake in a field.
  if (part === 'body' && (value === undefined || value === null))
    return refusal('invalid_json', 'A JSON body is needed');
  const errors = fieldErrors(found, value);
  const [first] = errors;
  const inHeader = part === 'headers' && errors.some((e) => e.field === 'idempotency-key');
  if (inHeader) return refusal('idempotency_key_required', undefined, { errors });
  // A path with a malformed id names nothing.
  if (part === 'params') return refusal('not_found', undefined, { errors });
  // A wrong message body has codes of its own (`body_empty` …), when nothing else is wrong.
  if (first && isErrorCode(first.code) && errors.every((e) => e.field === first.field)) {
    return refusal(first.code, first.message, { errors });
  }
  return refusal('invalid', undefined, { errors });
}

/** The mistakes of a value, each with the path of its field. */
export function fieldErrors(
  found: readonly ZodFastifySchemaValidationError[],
  value: unknown,
): FieldError[] {
  return found.map((issue) => {
    const path = issue.instancePath.split('/').filter((step) => step !== '');
    const field = path.join('.');
    if (issue.keyword === 'invalid_type' && at(value, path) === undefined) {
      return { field, code: 'missing', message: 'This is missing' };
    }
    return { field, code: codeOf(issue), message: issue.message ?? 'This is not valid' };
  });
}

function codeOf(issue: ZodFastifySchemaValidationError): string {
  const own = (issue.params as { params?: { code?: unknown } }).params?.code;
  if (typeof own === 'string') return own;
  return issue.keyword === 'custom' ? 'invalid' : issue.keyword;
}

function partOf(part: Part, request: FastifyRequest): unknown {
  if (part === 'body') return request.body;
  if (part === 'querystring') return request.query;
  return part === 'params' ? request.params : request.headers;
}

function at(value: unknown, path: readonly string[]): unknown {
  let here = value;
  for (const step of path) {
    if (typeof here !== 'object' || here === null) return undefined;
    here = Object.hasOwn(here, step) ? (here as Record<string, unknown>)[step] : undefined;
  }
  return here;
}

function isErrorCode(code: string): code is ErrorCode {
  return Object.hasOwn(ERRORS, code) && code !== 'invalid';
}
