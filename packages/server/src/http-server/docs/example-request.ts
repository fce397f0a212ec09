import type { Schema } from './schema-html.ts';

/** The parts of an operation of the OpenAPI document that an example of a request depends on. */
export interface ExampleOperation {
  readonly parameters?: readonly {
    readonly name: string;
    readonly in: string;
    readonly required?: boolean;
    readonly schema?: Schema;
  }[];
  readonly security?: readonly Readonly<Record<string, readonly string[]>>[];
  readonly requestBody?: { readonly content?: Readonly<Record<string, ExampleContent>> };
}

interface ExampleContent {
  readonly schema?: Schema;
  readonly example?: unknown;
  readonly examples?: Readonly<Record<string, { readonly value?: unknown }>>;
}

type Schemas = Readonly<Record<string, Schema>>;

/** No body of this API is nested deeper. */
const DEPTH_MAX = 6;

/**
 * Returns a request to an operation for curl: `$PARLEY` is the address of the server, `$TOKEN` an access token or an API
 * key, and what is in the path is a variable too. Null if it needs headers of its own, as uploads do.
 */
export function curlOf(
  { method, path, operation }: { method: string; path: string; operation: ExampleOperation },
  schemas: Schemas,
): string | null {
  const { parameters = [], security = [], requestBody } = operation;
  if (parameters.some((parameter) => parameter.in === 'header' && parameter.required)) return null;
  const query = parameters
    .filter((parameter) => parameter.in === 'query' && parameter.required)
    .map(
      ({ name, schema }) =>
        `${name}=${encodeURIComponent(String(exampleOf(schema, schemas, 0, name)))}`,
    );
  const variables = path.replace(/\{(\w+)\}/g, (_, name: string) => `$${name.toUpperCase()}`);
  const url = `$PARLEY${variables}${query.length > 0 ? `?${query.join('&')}` : ''}`;
  const has = (name: string) => parameters.some((parameter) => parameter.name === name);
  const lines = [`curl${method === 'GET' ? '' : ` -X ${method}`} "${url}"`];
  if (security.length > 0) lines.push('-H "Authorization: Bearer $TOKEN"');
  if (has('parley-session')) lines.push("-H 'Parley-Session: token'");
  const content = requestBody?.content?.['application/json'];
  if (content) {
    const body = JSON.stringify(bodyOf(content, schemas)).replaceAll("'", "'\\''");
    lines.push("-H 'Content-Type: application/json'", `-d '${body}'`);
  }
  return lines.join(' \\\n  ');
}

function bodyOf({ schema, example, examples }: ExampleContent, schemas: Schemas): unknown {
  if (example !== undefined) return example;
  const [first] = Object.values(examples ?? {});
  return first?.value ?? exampleOf(schema, schemas);
}

/** Texts for fields whose form a schema does not show. */
const SAMPLES: Readonly<Record<string, string>> = {
  username: 'ann',
  displayName: 'Ann',
  email: 'ann@example.org',
  password: 'correct horse battery staple',
  code: '123456',
  name: 'design',
  text: 'word',
  conversation: '01890a5d-ac96-774b-bcce-b302099a8057',
  files: '01890a5d-ac96-774b-bcce-b302099a8057',
};

/**
 * Returns a value that a schema accepts, with the fields that are required, or else the first one; `…` for other texts
 * than those of {@link SAMPLES}.
 */
function exampleOf(schema: Schema | undefined, schemas: Schemas, depth = 0, field = ''): unknown {
  if (!schema || depth > DEPTH_MAX) return null;
  if (schema.$ref !== undefined) {
    const name = schema.$ref.slice(schema.$ref.lastIndexOf('/') + 1);
    return exampleOf(schemas[name], schemas, depth + 1, field);
  }
  const [given = schema.const ?? schema.enum?.[0] ?? schema.default] = schema.examples ?? [];
  if (given !== undefined) return given;
  const [form] = schema.anyOf ?? schema.oneOf ?? [];
  if (form) return exampleOf(form, schemas, depth + 1, field);
  switch (schema.type) {
    case 'object': {
      const { properties = {}, required = [] } = schema;
      const shown = required.length > 0 ? required : Object.keys(properties).slice(0, 1);
      return Object.fromEntries(
        shown.map((name) => [name, exampleOf(properties[name], schemas, depth + 1, name)]),
      );
    }
    case 'array':
      return Array.from({ length: schema.minItems ?? 1 }, () =>
        exampleOf(schema.items, schemas, depth + 1, field),
      );
    case 'integer':
    case 'number':
      return schema.minimum ?? 1;
    case 'boolean':
      return true;
    default:
      if (schema.format === 'date-time') return '2027-01-01T00:00:00.000Z';
      return SAMPLES[field] ?? '…';
  }
}
