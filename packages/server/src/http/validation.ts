import { ERRORS, type ErrorCode, type FieldError, type Refusal, refusal } from '@parley/protocol';
import type { FastifyRequest } from 'fastify';
import type { ZodFastifySchemaValidationError } from 'fastify-type-provider-zod';
import './schema-texts.ts';

/** Some programs, such as uuidgen of macOS, print UUIDs in upper case. */
const KEY = 'Idempotency-Key must be a UUID in lower case';

/** The invalid part of a request, as named by Fastify. */
type Part = string | undefined;

/** Returns the refusal of a request that is invalid by its schema, with all errors. */
export function refusalOfValidation(
  found: readonly ZodFastifySchemaValidationError[],
  part: Part,
  request: FastifyRequest,
): Refusal {
  const value = partOf(part, request);
  // A missing body is not an error of a field.
  if (part === 'body' && (value === undefined || value === null))
    return refusal('invalid_json', 'A JSON body is required');
  const errors = fieldErrors(found, value);
  const [first] = errors;
  const inHeader = part === 'headers' && errors.some((e) => e.field === 'idempotency-key');
  if (inHeader) return refusal('idempotency_key_required', KEY, { errors });
  // A path with a malformed id does not exist.
  if (part === 'params') return refusal('not_found', undefined, { errors });
  // An invalid message body has its own codes (`body_empty` …) if no other field is invalid.
  if (first && isErrorCode(first.code) && errors.every((e) => e.field === first.field)) {
    return refusal(first.code, first.message, { errors });
  }
  return refusal('invalid', undefined, { errors });
}

/** Returns the errors of a value, each with the path of its field. */
export function fieldErrors(
  found: readonly ZodFastifySchemaValidationError[],
  value: unknown,
): FieldError[] {
  return found.map((issue) => {
    const path = issue.instancePath.split('/').filter((step) => step !== '');
    const field = path.join('.');
    if (issue.keyword === 'invalid_type' && at(value, path) === undefined) {
      return { field, code: 'missing', message: 'This field is required' };
    }
    const message = issue.message ?? 'This value is invalid';
    const code = codeOf(issue);
    // An empty field of a form.
    const given = at(value, path);
    const isEmpty = code === 'too_small' && typeof given === 'string' && given.trim() === '';
    return { field, code: isEmpty ? 'missing' : code, message };
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
