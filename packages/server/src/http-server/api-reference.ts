import { escapeHtml } from '../texts/escape-html.ts';
import { curlOf } from './example-request.ts';
import { inlineHtml, paragraphsHtml, type Schema, schemaHtml, schemaId } from './schema-html.ts';

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
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Parley API</title>
<link rel="stylesheet" href="/docs/style.css">
</head>
<body>
<a class="skip" href="#content">Skip to content</a>
<nav aria-label="Operations"><h2>Operations</h2>${links.join('\n')}
<p><a href="#schemas">Schemas</a></p>
<p><a href="/docs/errors">Error codes</a></p>
<p><a href="/api/v1/openapi.json">OpenAPI document</a></p></nav>
<main id="content" tabindex="-1"><h1>Parley API</h1>
${paragraphsHtml(document.info.description ?? '')}
${sections.join('\n')}
<section aria-labelledby="schemas"><h2 id="schemas">Schemas</h2>${schemas.join('\n')}</section>
</main>
</body>
</html>
`;
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

/** The style sheet of the API reference. */
export const REFERENCE_STYLE = `:root { color-scheme: light dark; --line: light-dark(#c9c9d4, #3a3c4a); }
* { box-sizing: border-box; }
body { font: 15px/1.55 system-ui, sans-serif; margin: 0; color: light-dark(#1b1b24, #ececf2); background: light-dark(#ffffff, #16171e); }
a { color: light-dark(#4343b4, #a3a3f8); }
:focus-visible { outline: 2px solid currentColor; outline-offset: 2px; }
.skip { position: absolute; inset-inline-start: 1rem; inset-block-start: -4rem; padding: 0.5rem; background: light-dark(#ffffff, #16171e); }
.skip:focus { inset-block-start: 1rem; }
nav { padding: 1rem; border-block-end: 1px solid var(--line); }
nav h2 { font-size: 1rem; margin: 0 0 0.5rem; }
nav ul { list-style: none; margin: 0; padding-inline-start: 1rem; }
nav a, summary { display: inline-block; min-height: 1.6rem; }
summary { display: list-item; cursor: pointer; font-weight: 600; }
main { padding: 1rem; max-width: 60rem; overflow-wrap: anywhere; outline: none; }
h1 { font-size: 1.7rem; } h2 { font-size: 1.35rem; margin-block: 2.5rem 0.5rem; } h3 { font-size: 1.1rem; margin-block: 0 0.3rem; } h4 { font-size: 0.95rem; margin-block: 1rem 0.3rem; }
article { border-block-start: 1px solid var(--line); padding-block: 1.2rem; }
h2, h3 { scroll-margin-top: 1rem; }
h3 a { color: inherit; text-decoration: none; } h3 a:hover { text-decoration: underline; }
h3:target { background: color-mix(in srgb, Highlight 20%, transparent); }
code { font-family: ui-monospace, monospace; font-size: 0.9em; background: light-dark(#f1f1f6, #21222d); padding: 0.1em 0.25em; border-radius: 0.25em; }
pre { background: light-dark(#f1f1f6, #21222d); padding: 0.8rem; white-space: pre-wrap; }
main ul { padding-inline-start: 1.2rem; } main ul ul { border-inline-start: 1px solid var(--line); }
dt { font-weight: 600; margin-block-start: 0.8rem; } dd { margin-inline-start: 1.2rem; } dd > p:first-child { margin-block: 0; }
@media (min-width: 60rem) {
  body { display: grid; grid-template-columns: 19rem minmax(0, 1fr); }
  nav { position: sticky; inset-block-start: 0; height: 100vh; overflow-y: auto; border-block-end: 0; border-inline-end: 1px solid var(--line); }
}
`;
