import { readFile } from 'node:fs/promises';
import { docsPage } from './docs-page.ts';
import { frameSchemasHtml } from './frame-schemas.ts';
import { documentHtml } from './markdown-html.ts';

/** The same path from the sources and from the build. */
const FILE = new URL('../../../../../docs/protocol.md', import.meta.url);

/** Returns the page /docs/protocol: docs/protocol.md as HTML, then the fields of all frames and events. */
export async function protocolPage(): Promise<string> {
  const text = documentHtml(withServedLinks(await readFile(FILE, 'utf8')));
  const schemas = frameSchemasHtml();
  const links = [...text.headings, ...schemas.headings]
    .filter(({ level }) => level === 2)
    .map(({ id, text }) => `<li><a href="#${id}">${text}</a></li>`);
  return docsPage({
    title: 'WebSocket protocol · Parley',
    nav: `<h2>WebSocket protocol</h2><ul>${links.join('')}</ul>`,
    main: `${text.html}\n${schemas.html}`,
  });
}

/** Replaces links to other files: error codes have a page, and the path of a file of the source code is shown. */
const withServedLinks = (markdown: string): string =>
  markdown
    .replaceAll('](errors.md)', '](/docs/errors)')
    .replace(/\[[^[\]]+\]\(\.\.\/([^()\s]+)\)/g, (_, path: string) => `\`${path}\``);
