import { ERRORS, type ErrorCode, isRetryable } from '@parley/protocol';
import { htmlPage } from '../http/html.ts';
import { escapeHtml } from '../texts/escape-html.ts';

const INTRODUCTION =
  'Every refusal has one of these codes: over HTTP in a problem document (RFC 9457, ' +
  'application/problem+json) with the status given here, over the socket in a nack. A code never ' +
  'changes its meaning; its title may. If fields are invalid, errors lists each of them. If a code ' +
  'is retryable, send the same request again with the same id, after retryAfter seconds.';

const all = Object.entries(ERRORS) as [ErrorCode, (typeof ERRORS)[ErrorCode]][];
const retry = (code: ErrorCode) => (isRetryable(code) ? 'yes' : 'no');

/** Returns the text of docs/errors.md. */
export function errorsMarkdown(): string {
  const rows = all.map(
    ([code, { status, title }]) => `| \`${code}\` | ${status} | ${retry(code)} | ${title} |`,
  );
  return [
    '# Error codes',
    '',
    '<!-- Generated from packages/protocol/src/codes.ts by node scripts/errors-doc.mjs -->',
    '',
    INTRODUCTION,
    '',
    '| code | HTTP status | retryable | title |',
    '|---|---|---|---|',
    ...rows,
    '',
  ].join('\n');
}

/** Returns the page /docs/errors, which the `type` of a problem links to. */
export function errorsPage(): string {
  const entries = all.map(
    ([code, { status, title }]) =>
      `<dt id="${code}"><code>${code}</code> · ${status}${isRetryable(code) ? ' · retryable' : ''}</dt><dd>${escapeHtml(title)}</dd>`,
  );
  return htmlPage(
    'Error codes · Parley',
    `<h1>Error codes</h1><p>${INTRODUCTION}</p><dl>${entries.join('\n')}</dl>` +
      '<p><a href="/docs">API reference</a></p>',
  );
}
