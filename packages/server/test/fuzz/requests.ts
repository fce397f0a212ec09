import { Agent, request } from 'node:http';
import fc, { type Arbitrary } from 'fast-check';
import { type Actors, ROLES, type Role } from './actors.ts';
import {
  brokenValuesOf,
  fuzzOf,
  type JsonSchema,
  junk,
  type Knowledge,
  valuesOf,
} from './json-schema.ts';

/** One route of the OpenAPI document. */
export interface Operation {
  readonly id: string;
  readonly method: string;
  /** With `{name}` for its parameters. */
  readonly path: string;
  readonly parameters: readonly {
    readonly name: string;
    readonly in: string;
    readonly schema: JsonSchema;
  }[];
  readonly body: JsonSchema | undefined;
}

/** A request that is ready to be sent. */
export interface FuzzRequest {
  readonly operation: string;
  readonly method: string;
  readonly path: string;
  readonly role: Role | null;
  /** Used instead of the token of the role. */
  readonly token?: string | undefined;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer | null;
}

/** A response, read to its end. */
export interface FuzzAnswer {
  readonly status: number;
  readonly retryAfter: string | undefined;
  readonly text: string;
}

/** Operations that hash a password, which costs as much as a hundred others. */
const EXPENSIVE =
  /^(login|register|createAccount|changePassword|resetPassword|verifyEmail|exportMe|setUpTotp|removeTotp|renewRecoveryCodes|newPasskeyOptions|removePasskey|addPasskey)$/;
/** Operations that end what other requests need: accounts, sessions, groups, memberships. */
const ENDING =
  /^(logout|deleteMe|deleteAccount|deactivateAccount|endMyOtherSessions|deleteGroup|leaveGroup|removeMember)$/;

interface OpenApi {
  readonly paths: Record<
    string,
    Record<
      string,
      {
        operationId: string;
        parameters?: Operation['parameters'];
        requestBody?: { content: Record<string, { schema: JsonSchema }> };
      }
    >
  >;
  readonly components?: { readonly schemas?: Record<string, JsonSchema> };
}

/** Returns the routes of an OpenAPI document, and resolves its schema references. */
export function readOpenApi(document: OpenApi): {
  operations: Operation[];
  resolve: Knowledge['resolve'];
} {
  const operations = Object.entries(document.paths).flatMap(([path, item]) =>
    Object.entries(item).map(([method, o]) => ({
      id: o.operationId,
      method: method.toUpperCase(),
      path,
      parameters: o.parameters ?? [],
      body: o.requestBody?.content['application/json']?.schema,
    })),
  );
  const resolve = (ref: string) => {
    const schema = document.components?.schemas?.[ref.replace('#/components/schemas/', '')];
    if (!schema) throw new Error(`The document has no ${ref}`);
    return schema;
  };
  return { operations, resolve };
}

/** Generates requests to all operations: valid, boundary and broken ones. */
export function requestsTo(
  operations: readonly Operation[],
  knowledgeOf: (path: string) => Knowledge,
): Arbitrary<FuzzRequest> {
  return fc.oneof(
    ...operations.map((operation) => ({
      weight: EXPENSIVE.test(operation.id) ? 1 : ENDING.test(operation.id) ? 2 : 25,
      arbitrary: requestsOf(operation, knowledgeOf(operation.path), 'fuzzed'),
    })),
  );
}

/** How closely a request keeps to the document. */
export type Care = 'fuzzed' | 'valid';

/** Generates requests to one operation. */
export function requestsOf(
  operation: Operation,
  knowledge: Knowledge,
  care: Care,
): Arbitrary<FuzzRequest> {
  const of = (place: string) => {
    const parameters = operation.parameters.filter((p) => p.in === place);
    return fc.record(
      Object.fromEntries(
        parameters.map((p) => [p.name, parameterValues(p.schema, p.name, knowledge, care)]),
      ),
      place === 'path' ? {} : { requiredKeys: [] },
    );
  };
  const role = fc.oneof(
    { weight: 12, arbitrary: fc.constantFrom<Role | null>(...ROLES) },
    { weight: 1, arbitrary: fc.constant<Role | null>(null) },
  );
  return fc
    .tuple(of('path'), of('query'), of('header'), role, bodiesOf(operation.body, knowledge, care))
    .map(([path, query, header, as, body]) => ({
      operation: operation.id,
      method: operation.method,
      path: operation.path.replace(/\{(\w+)\}/g, (_, name) => segment(path[name])) + text(query),
      role: as,
      headers: {
        ...(body !== null && { 'content-type': 'application/json' }),
        ...headersOf(header),
      },
      body,
    }));
}

function parameterValues(schema: JsonSchema, name: string, knowledge: Knowledge, care: Care) {
  // The parameter as a field of an object, so that known values for its name are used.
  const wrapped = { type: 'object', properties: { [name]: schema }, required: [name] };
  const valid = valuesOf(wrapped, 'valid', knowledge);
  if (care === 'valid') return valid;
  return fc.oneof(
    { weight: 8, arbitrary: valid },
    { weight: 2, arbitrary: valuesOf(wrapped, 'boundary', knowledge) },
    { weight: 1, arbitrary: brokenValuesOf(wrapped, knowledge) },
  );
}

/** Returns a parameter’s value as text, out of the object that {@link parameterValues} wraps it in. */
function textOf(wrapped: unknown): string {
  const [value] =
    typeof wrapped === 'object' && wrapped !== null ? Object.values(wrapped) : [wrapped];
  return typeof value === 'object' ? (JSON.stringify(value) ?? '') : String(value);
}

const encode = (value: string): string => encodeURIComponent(value.toWellFormed());

const segment = (wrapped: unknown): string => encode(textOf(wrapped)).slice(0, 2_000);

function text(query: Record<string, unknown>): string {
  const pairs = Object.entries(query).map(([name, value]) => `${name}=${encode(textOf(value))}`);
  return pairs.length === 0 ? '' : `?${pairs.join('&')}`.slice(0, 6_000);
}

/** Keeps only what Node’s HTTP client can send; other tests cover raw bytes. */
const headersOf = (header: Record<string, unknown>): Record<string, string> =>
  Object.fromEntries(
    Object.entries(header).map(([name, value]) => [
      name,
      textOf(value)
        .replace(/[^\x20-\x7e]/g, '?')
        .slice(0, 4_000),
    ]),
  );

function bodiesOf(
  schema: JsonSchema | undefined,
  knowledge: Knowledge,
  care: Care,
): Arbitrary<Buffer | null> {
  const json = (value: unknown) => Buffer.from(JSON.stringify(value) ?? '');
  if (care === 'valid')
    return schema ? valuesOf(schema, 'valid', knowledge).map(json) : fc.constant(null);
  const broken = fc.oneof(
    junk.map(json),
    fc.constantFrom('{', '[', '{"a":', 'nul', '\ufeff{}', '{"__proto__":{"a":1}}').map(Buffer.from),
    fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes)),
    fc.constant(Buffer.from(`{"a":${'['.repeat(19)}${']'.repeat(19)}}`)),
  );
  if (!schema)
    return fc.oneof({ weight: 9, arbitrary: fc.constant(null) }, { weight: 1, arbitrary: broken });
  return fc.oneof(
    { weight: 12, arbitrary: fuzzOf(schema, knowledge).map(json) },
    { weight: 1, arbitrary: broken },
  );
}

/** Sends requests over some keep-alive connections. */
export class Sender {
  readonly #url: string;
  readonly #actors: Actors;
  readonly #agent: Agent;

  constructor(url: string, actors: Actors, connections: number) {
    this.#url = url;
    this.#actors = actors;
    this.#agent = new Agent({ keepAlive: true, maxSockets: connections });
  }

  /** Sends a request and reads the whole response. */
  send({ method, path, role, headers, body, ...given }: FuzzRequest): Promise<FuzzAnswer> {
    return new Promise((resolve, reject) => {
      const token = given.token ?? (role === null ? null : this.#actors.token(role));
      const sent = request(new URL(this.#url).origin + path, {
        method,
        agent: this.#agent,
        timeout: 30_000,
        headers: {
          ...(token !== null && { authorization: `Bearer ${token}` }),
          ...headers,
          ...(body !== null && { 'content-length': body.length }),
        },
      });
      sent.on('timeout', () => sent.destroy(new Error(`No answer to ${method} ${path}`)));
      sent.on('error', reject);
      sent.on('response', (response) => {
        let answer = '';
        response.setEncoding('utf8').on('data', (piece: string) => {
          answer += piece;
        });
        response.on('error', reject);
        response.on('end', () =>
          resolve({
            status: response.statusCode ?? 0,
            retryAfter: response.headers['retry-after'],
            text: answer,
          }),
        );
      });
      sent.end(body);
    });
  }

  /** Closes all connections. */
  close(): void {
    this.#agent.destroy();
  }
}
