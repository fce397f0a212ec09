import { ERRORS, type ErrorCode, isRetryable } from '@parley/protocol';
import { htmlPage } from '../../http/html.ts';
import { escapeHtml } from '../../texts/escape-html.ts';

const INTRODUCTION = [
  'Every refusal has one of these codes: over HTTP in a problem document (RFC 9457, ' +
    'application/problem+json) with the status given here, over the socket in a nack. A code never ' +
    'changes its meaning; its title may.',
  'If a code is retryable, send the same request again with the same id, after retryAfter seconds. Some other ' +
    'codes, such as slow_mode, also have retryAfter: a new request may succeed from then on.',
  'If fields are invalid, errors lists them. field is the path, such as email or choices.0 (empty: the whole ' +
    'body), message says what is wrong, and code is one of the codes in the list of errors, or one of these:',
];

/** The codes of fields that are not codes of refusals. */
const FIELD_CODES: Readonly<Record<string, string>> = {
  missing: 'The field is required, and is missing or empty',
  invalid_type: 'The value has the wrong type',
  invalid_value: 'The value is not one of the allowed values',
  invalid_format: 'The text does not have the required format, such as that of a UUID or a time',
  too_small: 'The value, or its length, is below the minimum',
  too_big: 'The value, or its length, is above the maximum',
  invalid_union: 'The value has none of the allowed forms',
  unrecognized_keys: 'The object has unknown fields',
  password_weak: 'The password is easy to guess, or was leaked',
  domain_refused: 'Addresses of this domain can’t register',
};

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
    '<!-- Generated from packages/protocol/src/base/codes.ts by node scripts/errors-doc.mjs -->',
    '',
    ...INTRODUCTION.flatMap((paragraph) => [paragraph, '']),
    ...Object.entries(FIELD_CODES).map(([code, text]) => `- \`${code}\`: ${text}`),
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
  const fields = Object.entries(FIELD_CODES).map(
    ([code, text]) => `<li><code>${code}</code>: ${escapeHtml(text)}</li>`,
  );
  const paragraphs = INTRODUCTION.map((paragraph) => `<p>${paragraph}</p>`);
  return htmlPage(
    'Error codes · Parley',
    `<h1>Error codes</h1>${paragraphs.join('')}<ul>${fields.join('\n')}</ul>` +
      `<dl>${entries.join('\n')}</dl>` +
      '<p><a href="/docs">API reference</a> · <a href="/docs/protocol">WebSocket protocol</a></p>',
  );
}
