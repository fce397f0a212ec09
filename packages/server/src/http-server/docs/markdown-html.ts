import { escapeHtml } from '../../texts/escape-html.ts';

/** A heading of a page, with the id that links to it. */
export interface Heading {
  readonly id: string;
  readonly level: number;
  /** HTML. */
  readonly text: string;
}

/**
 * Returns text as HTML, with the Markdown that descriptions of the API use: code, strong text and links to paths of the
 * server.
 */
export const inlineHtml = (text: string): string =>
  escapeHtml(text)
    .replace(/`([^`]+)`/g, '<code>$1</code>')
    .replace(/\*\*([^*]+)\*\*/g, '<strong>$1</strong>')
    .replace(/\[([^[\]]+)\]\((\/[^()\s]*)\)/g, '<a href="$2">$1</a>');

/** Returns paragraphs of text as HTML. */
export const paragraphsHtml = (text: string): string =>
  text
    .split('\n\n')
    .map((paragraph) => `<p>${inlineHtml(paragraph)}</p>`)
    .join('');

/**
 * Returns a document as HTML, and its headings. It may have the Markdown of the documents in docs/: headings, paragraphs,
 * fenced code, tables, and lists that are not nested.
 */
export function documentHtml(markdown: string): { html: string; headings: readonly Heading[] } {
  const headings: Heading[] = [];
  const blocks = blocksOf(markdown).map((lines) => {
    const heading = /^(#+) (.*)/.exec(lines[0] ?? '');
    if (!heading) return blockHtml(lines);
    const [, { length: level } = '', title = ''] = heading;
    const id = title.toLowerCase().replace(/\W+/g, '-');
    const text = inlineHtml(title);
    headings.push({ id, level, text });
    return `<h${level} id="${id}">${text}</h${level}>`;
  });
  return { html: blocks.join('\n'), headings };
}

const FENCE = '```';

/** Returns the lines of each block: blocks are separated by empty lines, which a fenced block may contain. */
function blocksOf(markdown: string): string[][] {
  const blocks: string[][] = [];
  let block: string[] = [];
  for (const line of markdown.split('\n')) {
    const isFenced = block[0]?.startsWith(FENCE) && (block.length === 1 || block.at(-1) !== FENCE);
    if (line.trim() !== '' || isFenced) block.push(line);
    else if (block.length > 0) {
      blocks.push(block);
      block = [];
    }
  }
  return block.length > 0 ? [...blocks, block] : blocks;
}

function blockHtml(lines: readonly string[]): string {
  const [first = ''] = lines;
  if (first.startsWith(FENCE)) {
    return `<pre><code>${escapeHtml(lines.slice(1, -1).join('\n'))}</code></pre>`;
  }
  if (first.startsWith('|')) return tableHtml(lines);
  const item = /^(?:-|\d+\.) /;
  if (!item.test(first)) return `<p>${inlineHtml(lines.join('\n'))}</p>`;
  const tag = first.startsWith('-') ? 'ul' : 'ol';
  const items = lines.join('\n').split(/\n(?=(?:-|\d+\.) )/);
  const entries = items.map((text) => `<li>${inlineHtml(text.replace(item, ''))}</li>`);
  return `<${tag}>${entries.join('')}</${tag}>`;
}

function tableHtml([head = '', , ...rows]: readonly string[]): string {
  const rowHtml = (row: string, tag: 'th' | 'td') => {
    const cells = row.split('|').slice(1, -1);
    return `<tr>${cells.map((cell) => `<${tag}>${inlineHtml(cell.trim())}</${tag}>`).join('')}</tr>`;
  };
  return (
    `<table><thead>${rowHtml(head, 'th')}</thead>` +
    `<tbody>${rows.map((row) => rowHtml(row, 'td')).join('')}</tbody></table>`
  );
}
