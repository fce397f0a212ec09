import { STATUS_CODES } from 'node:http';
import type { SwaggerTransformObject } from '@fastify/swagger';
import { ERRORS, type RefusalCode } from '@parley/protocol';
import { ACCESS, type Access } from '../http/access.ts';
import { codesOf, type OperationTraits } from './operation-errors.ts';

type Document = ReturnType<SwaggerTransformObject>;
type Described = Record<string, { description?: string; content?: unknown }>;

/** The parts of an operation of the OpenAPI document that are used here. */
interface Operation {
  operationId?: string;
  tags?: string[];
  parameters?: { name: string; in: string; schema?: unknown }[];
  requestBody?: { content?: Record<string, unknown> };
  responses?: Described;
  security?: Record<string, string[]>[];
}

const statusOf = (code: RefusalCode): number => ERRORS[code].status;

/**
 * Adds to each operation what no route states itself: who may call it (from the table in http/access.ts), and with which
 * codes it is refused (from operation-errors.ts).
 */
export function completeOperations(document: Document): Document {
  for (const item of Object.values(document.paths ?? {})) {
    for (const [method, operation] of Object.entries(item ?? {}) as [string, Operation][]) {
      const access = ACCESS[operation.operationId ?? ''];
      if (!access) continue;
      operation.security = securityOf(operation, access);
      completeResponses(operation, traitsOf(operation, access, method !== 'get'));
    }
  }
  return document;
}

/** Returns the security requirements; that of an API key names its scope (OpenAPI 3.1). */
function securityOf({ parameters = [] }: Operation, { audience, scope }: Access) {
  if (audience === 'anyone') return [];
  if (audience === 'session') return [{ sessionToken: [] }, { sessionCookie: [] }];
  const security: Record<string, string[]>[] = [{ accessToken: [] }];
  if (scope !== null) security.push({ apiKey: [scope] });
  // The token of a link to a file or an image replaces both.
  if (parameters.some(({ name }) => name === 'token')) security.push({});
  return security;
}

function completeResponses(operation: Operation, traits: OperationTraits): void {
  operation.responses ??= {};
  const { responses } = operation;
  for (const [status, answer] of Object.entries(responses)) {
    if (answer.description !== 'Default Response') continue;
    answer.description = STATUS_CODES[status] ?? 'Response';
  }
  const other = responses.default;
  if (!other) return;
  const declared = new Set(Object.keys(responses).map(Number));
  const { own, everywhere } = codesOf(traits, statusOf, declared);
  for (const status of new Set([...declared, ...own.map(statusOf)])) {
    if (!(status >= 400)) continue;
    const codes = own.filter((code) => statusOf(code) === status);
    if (codes.length > 0) responses[status] = { ...other, description: listOf(codes) };
  }
  // Stays last.
  delete responses.default;
  responses.default = { ...other, description: listOf(everywhere) };
}

function traitsOf(
  operation: Operation,
  { audience, scope }: Access,
  isWrite: boolean,
): OperationTraits {
  const { operationId: id = '', tags = [], parameters = [], requestBody } = operation;
  const has = (place: string) => parameters.some((parameter) => parameter.in === place);
  return {
    id,
    tags,
    isAuthenticated: audience !== 'anyone' && audience !== 'session',
    takesApiKeys: scope !== null,
    isWrite,
    hasBody: requestBody?.content?.['application/json'] !== undefined,
    hasPath: has('path'),
    hasQuery: has('query'),
    hasIdempotencyKey: parameters.some(({ name }) => name === 'idempotency-key'),
  };
}

const listOf = (codes: readonly RefusalCode[]): string =>
  codes.map((code) => `\`${code}\``).join(', ');
