import { createHash } from 'node:crypto';
import { escapeHtml } from '../texts/escape-html.ts';

const STYLE = `
  :root { color-scheme: light dark; --accent: #5151cd; --on-accent: #ffffff; }
  @media (prefers-color-scheme: dark) { :root { --accent: #9292f5; --on-accent: #0d0d18; } }
  body { font: 16px/1.6 system-ui, sans-serif; max-width: 48rem; margin: 3rem auto; padding: 0 1rem; }
  h1 { font-size: 1.5rem; line-height: 1.3; }
  a { color: var(--accent); }
  button {
    font: inherit; font-weight: 600; padding: 0.5rem 1rem; border: 0; border-radius: 0.5rem;
    color: var(--on-accent); background: var(--accent); cursor: pointer;
  }
  dt { margin-top: 1.2rem; scroll-margin-top: 1rem; }
  dt:target { background: color-mix(in srgb, Highlight 20%, transparent); }
  dd { margin: 0; }
`;

/** The source expression with which a Content Security Policy allows the style element of these pages. */
export const PAGE_STYLE_SOURCE = `'sha256-${createHash('sha256').update(STYLE).digest('base64')}'`;

/** The language and direction of a page. */
interface Writing {
  readonly language: string;
  readonly direction: 'ltr' | 'rtl';
}

/** Returns a static page without scripts, in English by default. `body` is HTML, `title` is text. */
export function htmlPage(
  title: string,
  body: string,
  { language, direction }: Writing = { language: 'en', direction: 'ltr' },
): string {
  return `<!doctype html>
<html lang="${language}" dir="${direction}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>${escapeHtml(title)}</title>
<style>${STYLE}</style>
</head>
<body>
<main>
${body}
</main>
</body>
</html>
`;
}
