import { escapeHtml } from '../texts/escape-html.ts';
import { textsFor } from '../texts/texts.ts';

/**
 * The HTML of emails: no images, no scripts, no external resources, and the colors of the reader.
 */

/** A part of an email, as unescaped text. */
export type HtmlPart =
  | { readonly kind: 'paragraph' | 'heading'; readonly text: string }
  | { readonly kind: 'quote'; readonly by: string; readonly at: string; readonly text: string }
  | { readonly kind: 'link'; readonly text: string; readonly url: string }
  /** A code to copy: larger, with digits of equal width. */
  | { readonly kind: 'code'; readonly text: string }
  | {
      readonly kind: 'footer';
      readonly text: string;
      readonly links: readonly { readonly text: string; readonly url: string }[];
    };

const link = ({ text, url }: { readonly text: string; readonly url: string }) =>
  `<a href="${escapeHtml(url)}"${text === url ? ' dir="ltr"' : ''}>${escapeHtml(text)}</a>`;

/**
 * Returns the HTML of an email that was written as plain text: a paragraph that consists of a URL
 * becomes a link, and an indented one a code. Everything else is literal text.
 */
export function htmlOfText(locale: string, title: string, text: string): string {
  const [body = '', footer = ''] = text.split('\n\n--\n');
  const parts = body.split('\n\n').map((block): HtmlPart => {
    const trimmed = block.trim();
    if (/^https?:\/\/\S+$/.test(trimmed)) return { kind: 'link', text: trimmed, url: trimmed };
    // Direction marks are for plain text only.
    if (block.startsWith('    '))
      return { kind: 'code', text: trimmed.replace(/[\u2068\u2069]/g, '') };
    return { kind: 'paragraph', text: trimmed };
  });
  return htmlOf(locale, title, [...parts, { kind: 'footer', text: footer.trim(), links: [] }]);
}

/** Returns the HTML of an email in the language of a locale. */
export function htmlOf(locale: string, title: string, parts: readonly HtmlPart[]): string {
  const { language, direction } = textsFor(locale);
  return `<!doctype html>
<html lang="${language}" dir="${direction}">
<head>
<meta charset="utf-8">
<meta name="color-scheme" content="light dark">
<meta name="supported-color-schemes" content="light dark">
<title>${escapeHtml(title.replace(/\s+/g, ' '))}</title>
<style>:root { color-scheme: light dark; supported-color-schemes: light dark; }</style>
</head>
<body dir="${direction}" style="font-family: system-ui, sans-serif; font-size: 16px; line-height: 1.5; max-width: 40em">
${parts.map(htmlOfPart).join('\n')}
</body>
</html>
`;
}

function htmlOfPart(part: HtmlPart): string {
  switch (part.kind) {
    case 'paragraph':
      return `<p>${escapeHtml(part.text).replaceAll('\n', '<br>')}</p>`;
    case 'code':
      return `<p dir="ltr" style="font-family: ui-monospace, monospace; font-size: 24px; letter-spacing: 2px">${escapeHtml(part.text)}</p>`;
    case 'heading':
      return `<h2 style="font-size: 18px">${escapeHtml(part.text)}</h2>`;
    case 'quote':
      return `<blockquote style="margin: 0 0 12px; padding-inline-start: 12px; border-inline-start: 3px solid #888888">
<strong dir="auto">${escapeHtml(part.by)}</strong> · ${escapeHtml(part.at)}
<div dir="auto" style="white-space: pre-wrap">${escapeHtml(part.text)}</div></blockquote>`;
    case 'link':
      return `<p>${link(part)}</p>`;
    case 'footer':
      return `<hr><p style="font-size: 13px">${[escapeHtml(part.text), part.links.map(link).join(' · ')].filter((line) => line !== '').join('<br>')}</p>`;
  }
}
