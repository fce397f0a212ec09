import { ERRORS, type ErrorCode } from '@parley/protocol';
import { escapeHtml, htmlPage } from './html.ts';

/** The words about error codes, from the one table of them: a page and a file in docs/. */

const INTRODUCTION =
  'Every refusal has one of these codes: over HTTP in a problem document (RFC 9457, ' +
  'application/problem+json) with the status given here, on the live socket in a nack. A code ' +
  'never changes its meaning; the words may. Where fields are wrong, errors names each of them.';

const all = Object.entries(ERRORS) as [ErrorCode, (typeof ERRORS)[ErrorCode]][];

/** docs/errors.md. */
export function errorsMarkdown(): string {
  const rows = all.map(([code, { status, title }]) => `| \`${code}\` | ${status} | ${title} |`);
  return [
    '# Error codes',
    '',
    '<!-- Made from packages/protocol/src/errors.ts by: node scripts/errors-doc.mjs -->',
    '',
    INTRODUCTION,
    '',
    '| code | HTTP status | words |',
    '|---|---|---|',
    ...rows,
    '',
  ].join('\n');
}

/** /docs/errors: what the `type` of a problem points at. */
export function errorsPage(): string {
  const entries = all.map(
    ([code, { status, title }]) =>
      `<dt id="${code}"><code>${code}</code> · ${status}</dt><dd>${escapeHtml(title)}</dd>`,
  );
  return htmlPage(
    'Error codes · Parley',
    `<h1>Error codes</h1><p>${INTRODUCTION}</p><dl>${entries.join('\n')}</dl>` +
      '<p><a href="/docs">API reference</a></p>',
  );
}
