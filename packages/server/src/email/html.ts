import { escapeHtml } from '../escape-html.ts';

/** The HTML of emails: no images, no scripts, nothing from elsewhere, and the colors of the reader. */

/** A part of an email. Everything in it is text. */
export type HtmlPart =
  | { readonly kind: 'paragraph' | 'heading'; readonly text: string }
  | { readonly kind: 'quote'; readonly by: string; readonly at: string; readonly text: string }
  | { readonly kind: 'link'; readonly text: string; readonly url: string }
  | {
      readonly kind: 'footer';
      readonly text: string;
      readonly links: readonly { readonly text: string; readonly url: string }[];
    };

const link = ({ text, url }: { readonly text: string; readonly url: string }) =>
  `<a href="${escapeHtml(url)}">${escapeHtml(text)}</a>`;

/** Returns the HTML of an email. */
export function htmlOf(title: string, parts: readonly HtmlPart[]): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="color-scheme" content="light dark">
<meta name="supported-color-schemes" content="light dark">
<title>${escapeHtml(title)}</title>
<style>:root { color-scheme: light dark; supported-color-schemes: light dark; }</style>
</head>
<body style="font-family: system-ui, sans-serif; font-size: 16px; line-height: 1.5; max-width: 40em">
${parts.map(htmlOfPart).join('\n')}
</body>
</html>
`;
}

function htmlOfPart(part: HtmlPart): string {
  switch (part.kind) {
    case 'paragraph':
      return `<p>${escapeHtml(part.text)}</p>`;
    case 'heading':
      return `<h2 style="font-size: 18px">${escapeHtml(part.text)}</h2>`;
    case 'quote':
      return `<blockquote style="margin: 0 0 12px; padding-left: 12px; border-left: 3px solid #888888">
<strong dir="auto">${escapeHtml(part.by)}</strong> · ${escapeHtml(part.at)}<br>
<span dir="auto" style="white-space: pre-wrap">${escapeHtml(part.text)}</span></blockquote>`;
    case 'link':
      return `<p>${link(part)}</p>`;
    case 'footer':
      return `<hr><p style="font-size: 13px">${escapeHtml(part.text)}<br>${part.links.map(link).join(' · ')}</p>`;
  }
}
