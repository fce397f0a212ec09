import { escapeHtml } from '../../texts/escape-html.ts';
import { docsPage } from './docs-page.ts';
import { curlOf } from './example-request.ts';
import { inlineHtml, paragraphsHtml } from './markdown-html.ts';
import { type Schema, schemaHtml, schemaId } from './schema-html.ts';

type Contents = Readonly<Record<string, { readonly schema?: Schema }>>;

interface Operation {
  readonly operationId?: string;
  readonly summary?: string;
  readonly description?: string;
  readonly tags?: readonly string[];
  readonly parameters?: readonly {
    readonly name: string;
    readonly in: string;
    readonly required?: boolean;
    readonly description?: string;
    readonly schema?: Schema;
  }[];
  readonly security?: readonly Readonly<Record<string, readonly string[]>>[];
  readonly requestBody?: { readonly content?: Contents };
  readonly responses?: Readonly<
    Record<string, { readonly description?: string; readonly content?: Contents }>
  >;
}

/** The part of an OpenAPI 3.1 document that the API reference shows. */
export interface ApiDocument {
  readonly info: { readonly description?: string };
  readonly tags?: readonly { readonly name: string; readonly description?: string | undefined }[];
  readonly paths?: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components?: { readonly schemas?: Readonly<Record<string, Schema>> };
}

interface Entry {
  readonly id: string;
  readonly method: string;
  readonly path: string;
  readonly operation: Operation;
}

/** Returns the API reference as a page without scripts: operations by tag, then the schemas they refer to. */
export function apiReferencePage(document: ApiDocument): string {
  const entries = entriesOf(document);
  const components = document.components?.schemas ?? {};
  const tags = tagsOf(document, entries).map((tag) => ({
    ...tag,
    id: `tag-${tag.name.toLowerCase().replaceAll(' ', '-')}`,
    entries: entries.filter(({ operation }) => operation.tags?.includes(tag.name)),
  }));
  const links = tags.map(
    (tag) =>
      `<details><summary>${escapeHtml(tag.name)}</summary><ul>${tag.entries
        .map(({ id, operation, method, path }) => {
          const title = escapeHtml(operation.summary ?? `${method} ${path}`);
          return `<li><a href="#${id}">${title}</a></li>`;
        })
        .join('')}</ul></details>`,
  );
  const sections = tags.map(
    (tag) =>
      `<section aria-labelledby="${tag.id}"><h2 id="${tag.id}">${escapeHtml(tag.name)}</h2>` +
      `${paragraphsHtml(tag.description ?? '')}${tag.entries.map((entry) => operationHtml(entry, components)).join('')}</section>`,
  );
  const schemas = Object.entries(components).map(
    ([name, schema]) =>
      `<article><h3 id="${schemaId(name)}">${escapeHtml(name)}</h3>${schemaHtml(schema)}</article>`,
  );
  return docsPage({
    title: 'Parley API',
    nav: `<h2>Operations</h2>${links.join('\n')}\n<p><a href="#schemas">Schemas</a></p>`,
    main:
      `<h1>Parley API</h1>\n${paragraphsHtml(document.info.description ?? '')}\n${sections.join('\n')}` +
      `<section aria-labelledby="schemas"><h2 id="schemas">Schemas</h2>${schemas.join('\n')}</section>`,
  });
}

/** Returns the tags that have operations: those that the document describes, in its order, then all others by name. */
function tagsOf(
  { tags = [] }: ApiDocument,
  entries: readonly Entry[],
): NonNullable<ApiDocument['tags']> {
  const used = new Set(entries.flatMap(({ operation }) => operation.tags ?? []));
  const described = tags.filter(({ name }) => used.delete(name));
  return [...described, ...[...used].sort().map((name) => ({ name }))];
}

const METHODS = ['get', 'post', 'put', 'patch', 'delete', 'head', 'options'];

function entriesOf({ paths = {} }: ApiDocument): Entry[] {
  return Object.entries(paths).flatMap(([path, methods]) =>
    METHODS.flatMap((method) => {
      const operation = methods[method];
      if (!operation) return [];
      const name = operation.operationId ?? `${method}${path}`;
      return [
        { id: `op-${name.replace(/\W+/g, '-')}`, method: method.toUpperCase(), path, operation },
      ];
    }),
  );
}

function operationHtml(entry: Entry, components: Readonly<Record<string, Schema>>): string {
  const { id, method, path, operation } = entry;
  const { parameters = [], requestBody, responses = {} } = operation;
  const parts = [
    `<h3 id="${id}"><a href="#${id}">${escapeHtml(operation.summary ?? `${method} ${path}`)}</a></h3>`,
    `<p class="call"><strong>${method}</strong> <code>${escapeHtml(path)}</code></p>`,
    `<p>${callersHtml(operation)}</p>`,
    paragraphsHtml(operation.description ?? ''),
  ];
  if (parameters.length > 0) {
    const fields = parameters.map((parameter) => {
      const { name, required, description, schema } = parameter;
      const field = schemaHtml({
        properties: {
          [name]: { ...schema, ...(description !== undefined && { description }) },
        },
        required: required ? [name] : [],
      });
      return field.replace('</code> ', `</code> in ${parameter.in}, `);
    });
    parts.push('<h4>Parameters</h4>', ...fields);
  }
  for (const [type, { schema }] of Object.entries(requestBody?.content ?? {})) {
    parts.push(`<h4>Request body (${escapeHtml(type)})</h4>`, schema ? schemaHtml(schema) : '');
  }
  const curl = curlOf(entry, components);
  if (curl !== null) {
    parts.push(`<h4>Example</h4><pre><code>${escapeHtml(curl)}</code></pre>`);
  }
  parts.push('<h4>Responses</h4><dl>');
  for (const [status, { description = '', content = {} }] of Object.entries(responses)) {
    const bodies = Object.values(content).map(({ schema }) => (schema ? schemaHtml(schema) : ''));
    const text = inlineHtml(description);
    const isProblem = !/^[123]/.test(status);
    parts.push(
      `<dt>${status}</dt><dd><p>${isProblem ? linkedCodes(text) : text}</p>${bodies.join('')}</dd>`,
    );
  }
  return `<article>${parts.join('')}</dl></article>`;
}

/** Links error codes to their entries in /docs/errors. */
const linkedCodes = (html: string): string =>
  html.replace(/<code>(\w+)<\/code>/g, '<a href="/docs/errors#$1">$&</a>');

/** Says with what an operation is called. */
function callersHtml({ security = [] }: Operation): string {
  if (security.length === 0) return 'Without authentication';
  if (security.some(({ sessionToken }) => sessionToken)) return 'With the session token or cookie';
  const [scope] = security.flatMap(({ apiKey }) => apiKey ?? []);
  if (scope === undefined) return 'With an access token; API keys are rejected';
  return `With an access token, or an API key with the scope <code>${escapeHtml(scope)}</code>`;
}
