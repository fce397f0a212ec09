import { escapeHtml } from '../../texts/escape-html.ts';

interface DocsPage {
  /** Text. */
  readonly title: string;
  /** HTML: the contents of the page. */
  readonly nav: string;
  /** HTML: a heading, and what follows. */
  readonly main: string;
}

/** Returns a page of /docs, without scripts. Its navigation ends with links to the other pages. */
export function docsPage({ title, nav, main }: DocsPage): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(title)}</title>
<link rel="stylesheet" href="/docs/style.css">
</head>
<body>
<a class="skip" href="#content">Skip to content</a>
<nav aria-label="Contents">${nav}
<hr>
<p><a href="/docs">API reference</a></p>
<p><a href="/docs/protocol">WebSocket protocol</a></p>
<p><a href="/docs/errors">Error codes</a></p>
<p><a href="/api/v1/openapi.json">OpenAPI document</a></p></nav>
<main id="content" tabindex="-1">
${main}
</main>
</body>
</html>
`;
}

/** The style sheet of the pages, served at /docs/style.css. */
export const DOCS_STYLE = `:root { color-scheme: light dark; --line: light-dark(#c9c9d4, #3a3c4a); }
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
pre { background: light-dark(#f1f1f6, #21222d); padding: 0.8rem; white-space: pre-wrap; } pre code { padding: 0; }
table { border-collapse: collapse; } th, td { border: 1px solid var(--line); padding: 0.3rem 0.6rem; text-align: start; vertical-align: top; overflow-wrap: break-word; } td code { overflow-wrap: anywhere; }
main ul, main ol { padding-inline-start: 1.2rem; } main ul ul { border-inline-start: 1px solid var(--line); }
dt { font-weight: 600; margin-block-start: 0.8rem; } dd { margin-inline-start: 1.2rem; } dd > p:first-child { margin-block: 0; }
@media (min-width: 60rem) {
  body { display: grid; grid-template-columns: 19rem minmax(0, 1fr); }
  nav { position: sticky; inset-block-start: 0; height: 100vh; overflow-y: auto; border-block-end: 0; border-inline-end: 1px solid var(--line); }
}
`;
