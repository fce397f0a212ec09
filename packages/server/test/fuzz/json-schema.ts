import fc, { type Arbitrary } from 'fast-check';

/** The subset of JSON Schema 2020-12 that Zod emits. */
export interface JsonSchema {
  readonly $ref?: string;
  readonly type?: string | readonly string[];
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly anyOf?: readonly JsonSchema[];
  readonly oneOf?: readonly JsonSchema[];
  readonly allOf?: readonly JsonSchema[];
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: boolean | JsonSchema;
  readonly items?: JsonSchema;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly pattern?: string;
  readonly format?: string;
}

/** How closely the values of {@link valuesOf} keep to their schema. */
export type Mode = 'valid' | 'boundary';

/** Knowledge that a schema alone does not contain. */
export interface Knowledge {
  /** Resolves a `$ref`. */
  resolve(ref: string): JsonSchema;
  /** Returns valid values for a field of this name, such as existing ids; undefined for none. */
  known(field: string): Arbitrary<unknown> | undefined;
  /** The values of fields that have no other value, such as the id that a request is about. */
  readonly fixed?: Readonly<Record<string, unknown>>;
}

/** Text that has broken parsers, databases and renderers before. */
const HOSTILE_TEXT = [
  '',
  ' ',
  '\u0000',
  'a\u0000b',
  '\ud800',
  '\udc00a',
  '\u202eabc',
  'e\u0301'.repeat(50),
  '👩‍👩‍👧‍👦',
  '%',
  '%00',
  '_%\\',
  "'; drop table accounts; --",
  '{{7*7}}',
  '../../etc/passwd',
  '__proto__',
  'constructor',
  'null',
  'undefined',
  'NaN',
  'x'.repeat(255),
  'x'.repeat(8_193),
  'ß'.repeat(300),
  '\r\nSet-Cookie: a=b',
];

/** Numbers at the limits of the types of JavaScript, JSON and PostgreSQL. */
const EDGE_NUMBERS = [
  0,
  -0,
  -1,
  1,
  0.5,
  -0.5,
  2 ** 15,
  2 ** 31 - 1,
  2 ** 31,
  -(2 ** 31) - 1,
  2 ** 32,
  Number.MAX_SAFE_INTEGER - 1,
  Number.MAX_SAFE_INTEGER,
  Number.MAX_SAFE_INTEGER + 1,
  -Number.MAX_SAFE_INTEGER,
  2 ** 63,
  2 ** 64,
  1e21,
  1e308,
  5e-324,
];

/** Times at the limits of what RFC 3339, JavaScript and PostgreSQL can represent. */
export const EDGE_TIMES = [
  '0000-01-01T00:00:00Z',
  '0001-01-01T00:00:00Z',
  '1582-10-15T00:00:00Z',
  '1969-12-31T23:59:59.999Z',
  '1970-01-01T00:00:00Z',
  '2024-02-29T00:00:00Z',
  '2026-02-29T00:00:00Z',
  '2038-01-19T03:14:08Z',
  '9999-12-30T23:59:59.999Z',
  '9999-12-31T23:59:59.999Z',
  '9999-12-31T23:59:59.999999999Z',
  '2026-01-01T00:00:00+14:00',
  '2026-01-01T24:00:00Z',
  '2026-06-30T23:59:60Z',
  '-000001-01-01T00:00:00Z',
  '+010000-01-01T00:00:00Z',
  '+275760-09-13T00:00:00Z',
  'infinity',
  'now',
];

/** Values of no particular schema. */
export const junk: Arbitrary<unknown> = fc.oneof(
  fc.constantFrom(null, true, false, [], {}, [[]], [null], { a: { b: [1] } }, -1, 0, '', 'x'),
  fc.constantFrom(...EDGE_NUMBERS),
  fc.constantFrom(...HOSTILE_TEXT),
  fc.constantFrom(...EDGE_TIMES),
  fc.jsonValue({ maxDepth: 3 }),
);

/** Generates values of a schema: all valid, or each at or beyond the limits of its schema. */
export function valuesOf(
  schema: JsonSchema,
  mode: Mode,
  knowledge: Knowledge,
  field = '',
): Arbitrary<unknown> {
  if (knowledge.fixed && field in knowledge.fixed) return fc.constant(knowledge.fixed[field]);
  if (schema.$ref !== undefined)
    return valuesOf(knowledge.resolve(schema.$ref), mode, knowledge, field);
  if (schema.const !== undefined) return fc.constant(schema.const);
  if (schema.enum) return fc.constantFrom(...schema.enum);
  const choices = schema.anyOf ?? schema.oneOf;
  if (choices) return fc.oneof(...choices.map((s) => valuesOf(s, mode, knowledge, field)));
  if (schema.allOf?.[0]) return valuesOf(schema.allOf[0], mode, knowledge, field);
  const isLeaf = schema.type !== 'object' && schema.type !== 'array';
  const known = isLeaf ? knowledge.known(field) : undefined;
  const plain = plainValues(schema, mode, knowledge, field);
  return known ? fc.oneof({ weight: 4, arbitrary: known }, { weight: 1, arbitrary: plain }) : plain;
}

function plainValues(
  schema: JsonSchema,
  mode: Mode,
  knowledge: Knowledge,
  field: string,
): Arbitrary<unknown> {
  const types = Array.isArray(schema.type) ? schema.type : [schema.type ?? 'any'];
  const of = (type: string): Arbitrary<unknown> => {
    switch (type) {
      case 'object':
        return objects(schema, mode, knowledge);
      case 'array':
        return fc.array(valuesOf(schema.items ?? {}, mode, knowledge, field), {
          minLength: schema.minItems ?? 0,
          maxLength: Math.min(schema.maxItems ?? 4, 4),
        });
      case 'integer':
      case 'number':
        return numbers(schema, mode);
      case 'boolean':
        return fc.boolean();
      case 'null':
        return fc.constant(null);
      case 'string':
        return texts(schema, mode);
      default:
        return junk;
    }
  };
  return fc.oneof(...types.map(of));
}

function objects(schema: JsonSchema, mode: Mode, knowledge: Knowledge): Arbitrary<unknown> {
  const { properties = {}, required = [], additionalProperties } = schema;
  const named = fc.record(
    Object.fromEntries(
      Object.entries(properties).map(([name, s]) => [name, valuesOf(s, mode, knowledge, name)]),
    ),
    { requiredKeys: required.filter((name) => name in properties) },
  );
  if (typeof additionalProperties !== 'object') return named;
  const key = knowledge.known('stream') ?? fc.uuid();
  const value = valuesOf(additionalProperties, mode, knowledge, 'seq');
  const more = fc.array(fc.tuple(key, value), { maxLength: 4 });
  return fc
    .tuple(named, more)
    .map(([object, pairs]) => ({ ...(object as object), ...Object.fromEntries(pairs) }));
}

function numbers({ minimum, maximum }: JsonSchema, mode: Mode): Arbitrary<unknown> {
  const min = Math.max(minimum ?? -1_000, -Number.MAX_SAFE_INTEGER);
  const max = Math.min(maximum ?? 1_000, Number.MAX_SAFE_INTEGER);
  const small = fc.integer({ min, max: Math.min(max, min + 50) });
  if (mode === 'valid') return small;
  return fc.oneof(
    fc.constantFrom(min, min - 1, max, max + 1),
    fc.constantFrom(...EDGE_NUMBERS),
    small,
  );
}

function texts(schema: JsonSchema, mode: Mode): Arbitrary<unknown> {
  const { minLength = 0, maxLength = 60, format } = schema;
  if (format === 'uuid') {
    const good = fc.uuid();
    return mode === 'valid'
      ? good
      : fc.oneof(
          good,
          good.map((t) => t.toUpperCase()),
          fc.constantFrom('0'.repeat(36), ''),
        );
  }
  if (format === 'email') return fc.emailAddress();
  if (format === 'date-time') {
    const days = fc.integer({ min: 1, max: 10_000 });
    const good = days.map((n) => new Date(Date.UTC(2026, 0, n)).toISOString());
    return mode === 'valid' ? good : fc.constantFrom(...EDGE_TIMES);
  }
  const good = fc.string({
    minLength,
    maxLength: Math.min(maxLength, minLength + 40),
    unit: 'grapheme',
  });
  if (mode === 'valid') return good;
  return fc.oneof(
    fc.constantFrom(...HOSTILE_TEXT),
    fc.constantFrom(maxLength, maxLength + 1, minLength).map((n) => 'a'.repeat(Math.max(0, n))),
    fc.constant(maxLength).map((n) => '😀'.repeat(n)),
    good,
  );
}

/** Generates a valid value with one defect: a field of another type, missing, or unexpected. */
export function brokenValuesOf(schema: JsonSchema, knowledge: Knowledge): Arbitrary<unknown> {
  return fc
    .tuple(
      valuesOf(schema, 'valid', knowledge),
      fc.nat(),
      fc.constantFrom('replace', 'drop', 'add', 'all'),
      junk,
    )
    .map(([value, n, how, other]) => {
      if (how === 'all' || typeof value !== 'object' || value === null || Array.isArray(value))
        return other;
      const entries = Object.entries(value);
      const i = entries.length === 0 ? 0 : n % entries.length;
      if (how === 'add') return { ...value, surplus: other };
      if (how === 'drop') return Object.fromEntries(entries.filter((_, k) => k !== i));
      return Object.fromEntries(entries.map(([k, v], j) => [k, j === i ? other : v]));
    });
}

/** Generates valid, boundary and broken values in the mix that reaches furthest into the server. */
export const fuzzOf = (schema: JsonSchema, knowledge: Knowledge): Arbitrary<unknown> =>
  fc.oneof(
    { weight: 5, arbitrary: valuesOf(schema, 'valid', knowledge) },
    { weight: 4, arbitrary: valuesOf(schema, 'boundary', knowledge) },
    { weight: 2, arbitrary: brokenValuesOf(schema, knowledge) },
  );
