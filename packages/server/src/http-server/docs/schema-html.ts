import { escapeHtml } from '../../texts/escape-html.ts';
import { inlineHtml } from './markdown-html.ts';

/** The part of a JSON schema (2020-12) that the API reference shows. */
export interface Schema {
  readonly $ref?: string;
  readonly type?: string | readonly string[];
  readonly format?: string;
  readonly description?: string;
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly default?: unknown;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly items?: Schema;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly additionalProperties?: Schema | boolean;
  readonly required?: readonly string[];
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
  readonly allOf?: readonly Schema[];
  readonly examples?: readonly unknown[];
}

/** Nested schemas are shown to this depth: no schema of this API is deeper, except by reference. */
const DEPTH_MAX = 6;

/** Returns the fields of a schema as a list, or its type if it has none. */
export function schemaHtml(schema: Schema, depth = 0): string {
  const inner = depth < DEPTH_MAX ? partsOf(schema) : [];
  const fields = Object.entries(schema.properties ?? {});
  if (fields.length === 0 && inner.length === 0) return `<p>${typeHtml(schema)}</p>`;
  const required = new Set(schema.required ?? []);
  const items = fields.map(([name, field]) => {
    const notes = [typeHtml(field), required.has(name) ? 'required' : '', limitsOf(field)];
    const text = field.description === undefined ? '' : `<br>${inlineHtml(field.description)}`;
    const nested = depth < DEPTH_MAX && isNested(field) ? schemaHtml(field, depth + 1) : '';
    return `<li><code>${escapeHtml(name)}</code> ${notes.filter(Boolean).join(', ')}${text}${nested}</li>`;
  });
  const list = items.length > 0 ? `<ul>${items.join('')}</ul>` : '';
  return list + inner.map((part) => schemaHtml(part, depth + 1)).join('');
}

/** The schemas whose fields are shown below the type of a schema. */
const partsOf = ({ items, anyOf, oneOf, allOf }: Schema): Schema[] =>
  [...(items ? [items] : []), ...(anyOf ?? []), ...(oneOf ?? []), ...(allOf ?? [])].filter(
    isNested,
  );

const isNested = (schema: Schema): boolean =>
  Object.keys(schema.properties ?? {}).length > 0 || partsOf(schema).length > 0;

/** Returns the type of a schema as HTML, with links to the schemas that it refers to. */
function typeHtml(schema: Schema): string {
  if (schema.$ref !== undefined) {
    const name = schema.$ref.slice(schema.$ref.lastIndexOf('/') + 1);
    return `<a href="#${schemaId(name)}">${escapeHtml(name)}</a>`;
  }
  if (schema.const !== undefined) return valueHtml(schema.const);
  if (schema.enum) return schema.enum.map(valueHtml).join(' or ');
  const choices = schema.anyOf ?? schema.oneOf;
  if (choices) return [...new Set(choices.map(typeHtml))].join(' or ');
  if (schema.items) return `array of ${typeHtml(schema.items)}`;
  const types = [schema.type ?? (schema.properties ? 'object' : 'any')].flat().join(' or ');
  return escapeHtml(schema.format === undefined ? types : `${types} (${schema.format})`);
}

const valueHtml = (value: unknown): string => `<code>${escapeHtml(JSON.stringify(value))}</code>`;

/** Returns the limits of a value as text; empty if it has none. */
function limitsOf(schema: Schema): string {
  const { minimum, maximum, minLength, maxLength, maxItems } = schema;
  const limits = [
    minimum !== undefined && `at least ${minimum}`,
    maximum !== undefined && maximum < Number.MAX_SAFE_INTEGER && `at most ${maximum}`,
    minLength !== undefined && minLength > 1 && `at least ${minLength} characters`,
    maxLength !== undefined && `at most ${maxLength} characters`,
    maxItems !== undefined && `at most ${maxItems} items`,
    schema.default !== undefined && `default ${valueHtml(schema.default)}`,
  ];
  return limits.filter((limit) => limit !== false).join(', ');
}

/** Returns the id of the section that describes a schema. */
export const schemaId = (name: string): string => `schema-${encodeURIComponent(name)}`;
