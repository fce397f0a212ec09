import type { WebhookBody } from '@parley/protocol';

/**
 * Returns the Markdown text of a webhook body: its `text`, then its attachments and blocks. Texts of
 * Slack’s format are converted outside of code: `*bold*`, `~strike~`, `<address|label>`, `<!channel>`.
 */
export function webhookText({ text, attachments = [], blocks = [] }: WebhookBody): string {
  const parts = [
    text,
    // A text beside blocks is their fallback for notifications.
    ...(text === undefined ? blocks.map(({ text: part }) => part?.text) : []),
    ...attachments.map(attachmentText),
  ];
  return parts
    .map((part) => markdownOf(part ?? '').trim())
    .filter((part) => part !== '')
    .join('\n\n');
}

type Attachment = NonNullable<WebhookBody['attachments']>[number];

/** Returns the text of an attachment in Slack’s format. */
function attachmentText({ pretext, title, title_link, text, fallback, fields = [] }: Attachment) {
  const heading = title && title_link ? `<${title_link}|${title}>` : title && `*${title}*`;
  const lines = [pretext, heading, text, ...fields.map((field) => fieldText(field))];
  const shown = lines.filter(Boolean).join('\n');
  return shown === '' ? fallback : shown;
}

const fieldText = ({ title, value }: { title?: string | undefined; value?: string | undefined }) =>
  title ? `*${title}:* ${value ?? ''}` : value;

const CODE = /(```[^`]*```|`[^`\n]*`)/;

/** Converts Slack’s format to Markdown, except in code. */
function markdownOf(text: string): string {
  return text
    .split(CODE)
    .map((part, at) => unescaped(at % 2 === 1 ? part : formatted(part)))
    .join('');
}

const formatted = (text: string): string =>
  text
    .replace(/<([^<>\n]{1,4000})>/g, (whole, inner: string) => reference(inner) ?? whole)
    .replace(/(?<![\w*])\*(?![\s*])([^*\n]{1,1000})(?<!\s)\*(?![\w*])/g, '**$1**')
    .replace(/(?<![\w~])~(?![\s~])([^~\n]{1,1000})(?<!\s)~(?![\w~])/g, '~~$1~~');

/** Converts a `<…>` of Slack’s format; returns undefined if it is none. */
function reference(inner: string): string | undefined {
  const bar = inner.indexOf('|');
  const target = bar === -1 ? inner : inner.slice(0, bar);
  const label = bar === -1 ? '' : inner.slice(bar + 1);
  if (target === '!here') return '@here';
  if (target === '!channel' || target === '!everyone') return '@everyone';
  if (!/^(?:https?:\/\/|mailto:)/i.test(target)) return undefined;
  return label === '' ? target : `[${label.replace(/[[\]]/g, '\\$&')}](${target})`;
}

/** Slack escapes exactly these characters. */
const unescaped = (text: string): string =>
  text.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&');
