import { parseMarkdown } from '@parley/protocol/markdown';
import type { Root } from 'hast';
import { fromHtml } from 'hast-util-from-html';
import { toMdast } from 'hast-util-to-mdast';
import { gfmStrikethroughToMarkdown } from 'mdast-util-gfm-strikethrough';
import { gfmTableToMarkdown } from 'mdast-util-gfm-table';
import { toMarkdown } from 'mdast-util-to-markdown';
import { readLists } from './html-lists.ts';
import { readStyles } from './html-styles.ts';
import { readTables } from './html-tables.ts';
import { toMessageTree } from './message-tree.ts';

/**
 * Converts HTML from the clipboard to the Markdown of messages. It is parsed in JavaScript, not by the browser, so
 * that nothing in it is executed or requested, and never becomes part of the page. Throws if it is nested too deeply.
 */
export function htmlToMarkdown(html: string): string {
  const tree: Root = fromHtml(html);
  readLists(tree);
  readTables(tree);
  readStyles(tree);
  const document = toMdast(tree, { document: true });
  if (document.type !== 'root') return '';
  toMessageTree(document);
  const markdown = toMarkdown(document, {
    bullet: '-',
    emphasis: '_',
    fences: true,
    listItemIndent: 'one',
    resourceLink: true,
    extensions: [gfmStrikethroughToMarkdown(), gfmTableToMarkdown({ tablePipeAlign: false })],
    handlers: {
      // A line break in a message needs no backslash. A table cell has a single line.
      break: (_node, _parent, state) => (state.stack.includes('tableCell') ? ' ' : '\n'),
    },
  });
  return withoutNeedlessEscapes(decodeReferences(markdown)).trim();
}

/** Decodes the character references that the printer writes for spaces: messages have none. */
const decodeReferences = (markdown: string): string =>
  markdown.replace(/(?<!\\)&#x([0-9a-f]{1,5});/gi, (_found, code: string) =>
    String.fromCodePoint(Number.parseInt(code, 16)),
  );

/** Removes unnecessary backslashes from paragraphs, as in “snake_case”. */
function withoutNeedlessEscapes(markdown: string): string {
  return markdown
    .split('\n\n')
    .map((block) => {
      const plain = block.replace(/\\([!-/:-@[-`{-~])/g, '$1');
      return plain === block || !meansTheSame(plain, block) ? block : plain;
    })
    .join('\n\n');
}

const meansTheSame = (a: string, b: string): boolean =>
  JSON.stringify(withJoinedText(parseMarkdown(a))) ===
  JSON.stringify(withJoinedText(parseMarkdown(b)));

/** Returns a parsed text with adjacent text nodes merged: an escaped character begins another node. */
function withJoinedText(value: unknown): unknown {
  if (Array.isArray(value)) {
    const parts: unknown[] = [];
    for (const part of value) {
      const last = parts.at(-1);
      if (isText(last) && isText(part)) {
        parts[parts.length - 1] = { kind: 'text', text: last.text + part.text };
      } else parts.push(withJoinedText(part));
    }
    return parts;
  }
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, part]) => [key, withJoinedText(part)]),
  );
}

const isText = (value: unknown): value is { kind: 'text'; text: string } =>
  typeof value === 'object' && value !== null && 'kind' in value && value.kind === 'text';
