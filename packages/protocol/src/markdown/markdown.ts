import { type EmojiOf, withEmoji } from '../emoji/shortcodes.ts';
import { mentionSpans, typedMention } from '../messages/mention-text.ts';
import type { Mention } from '../messages/message-content.ts';
import { withWholeFences } from './fences.ts';
import { addressOf, readsAsOther, withScheme } from './link-address.ts';
import { type SyntaxNode, treeOf } from './parser.ts';

export { type EmojiOf, mayHaveShortcodes } from '../emoji/shortcodes.ts';
export { foldWithoutMarkers } from './fold-plain.ts';
export {
  type MarkerRange,
  markersOf,
  type Replacement,
  replacementsOf,
  withoutMarkers,
} from './markers.ts';

/** A part of a line of text. */
export type Inline =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'code'; readonly text: string }
  | { readonly kind: 'mention'; readonly text: string; readonly mention: Mention }
  | { readonly kind: 'link'; readonly href: string; readonly children: readonly Inline[] }
  | {
      readonly kind: 'strong' | 'emphasis' | 'strikethrough';
      readonly children: readonly Inline[];
    };

/** A block of code; the language is empty if none is named. */
export interface CodeBlock {
  readonly kind: 'block';
  readonly language: string;
  readonly text: string;
}

/** The cells of a row of a table. */
export type TableRow = readonly (readonly Inline[])[];

/** A part of a message. */
export type Block =
  | { readonly kind: 'paragraph'; readonly children: readonly Inline[] }
  | CodeBlock
  | { readonly kind: 'quote'; readonly children: readonly Block[] }
  | {
      readonly kind: 'list';
      /** The number of the first item; null in a bulleted list. */
      readonly start: number | null;
      readonly items: readonly (readonly Block[])[];
    }
  | { readonly kind: 'table'; readonly head: TableRow; readonly rows: readonly TableRow[] };

/** Deeper quotes, lists and emphasis are shown as typed. */
const DEPTH_MAX = 8;

/**
 * Parses the text of a message: a subset of CommonMark 0.31 with the tables and the strikethrough
 * of GitHub Flavored Markdown, bare URLs, and the mentions that the server has resolved. Line
 * breaks are kept. Anything else, or too deeply nested, is text.
 *
 * With `emojiOf`, shortcodes such as `:tada:` become emoji, except in code.
 *
 * With `isCut`, the text is the start of a longer one: a URL or a mention at its end may be incomplete, and
 * is text.
 */
export function parseMarkdown(
  text: string,
  mentions: readonly Mention[] = [],
  isCut = false,
  emojiOf?: EmojiOf,
): readonly Block[] {
  if (isPlainLine(text)) return [{ kind: 'paragraph', children: [{ kind: 'text', text }] }];
  const source = withWholeFences(text);
  const blocks = new Reader(source, mentions, isCut ? source.length : -1, emojiOf).blocks();
  // Only markers, such as a lone “>” or “1.”.
  if (!blocks.some(isVisible)) return [{ kind: 'paragraph', children: [{ kind: 'text', text }] }];
  return blocks;
}

/** Letters of any script, digits, spaces and punctuation that means nothing in Markdown, in a mention or in a shortcode. */
const PLAIN_LINE = /^[a-z("'\u00a1-\uffff][a-z\d ,.!?'"()\u00a1-\uffff]*$/i;

/** Returns whether a text is one line that is shown as it was typed. Most messages are, and parsing is expensive. */
const isPlainLine = (text: string): boolean =>
  PLAIN_LINE.test(text) && !text.endsWith(' ') && !/www\./i.test(text);

function isVisible(block: Block): boolean {
  switch (block.kind) {
    case 'paragraph':
      return block.children.length > 0;
    case 'block':
      return block.text !== '';
    case 'quote':
      return block.children.some(isVisible);
    case 'list':
      return block.items.some((item) => item.some(isVisible));
    case 'table':
      return true;
  }
}

const EMPHASIS = {
  Emphasis: 'emphasis',
  StrongEmphasis: 'strong',
  Strikethrough: 'strikethrough',
} as const;

/** Reads the tree of the parser. */
class Reader {
  readonly #source: string;
  readonly #mentions: ReadonlyMap<string, Mention>;
  /** Where the text was cut; -1 if it is complete. */
  readonly #cut: number;
  readonly #emojiOf: EmojiOf | undefined;

  constructor(
    source: string,
    mentions: readonly Mention[],
    cut: number,
    emojiOf: EmojiOf | undefined,
  ) {
    this.#source = source;
    this.#mentions = new Map(mentions.map((mention) => [typedMention(mention), mention]));
    this.#cut = cut;
    this.#emojiOf = emojiOf;
  }

  blocks(): Block[] {
    return this.#blocksOf(treeOf(this.#source).topNode, 0);
  }

  #text({ from, to }: { from: number; to: number }): string {
    return this.#source.slice(from, to);
  }

  #blocksOf(parent: SyntaxNode, depth: number): Block[] {
    const blocks: Block[] = [];
    for (const node of childrenOf(parent)) {
      const block = this.#block(node, depth);
      if (block) blocks.push(block);
    }
    return blocks;
  }

  #block(node: SyntaxNode, depth: number): Block | null {
    switch (node.name) {
      case 'Paragraph':
        return { kind: 'paragraph', children: this.#inline(node, depth) };
      case 'FencedCode':
        return this.#fenced(node);
      case 'Blockquote':
        if (depth >= DEPTH_MAX) return this.#asTyped(node);
        return { kind: 'quote', children: this.#blocksOf(node, depth + 1) };
      case 'BulletList':
      case 'OrderedList':
        if (depth >= DEPTH_MAX) return this.#asTyped(node);
        return this.#list(node, depth);
      case 'Table':
        return this.#table(node, depth);
      default:
        return null;
    }
  }

  #asTyped(node: SyntaxNode): Block {
    return { kind: 'paragraph', children: [{ kind: 'text', text: this.#text(node) }] };
  }

  #fenced(node: SyntaxNode): Block {
    const info = node.getChild('CodeInfo');
    const first = info ? this.#text(info) : '';
    const code = node.getChildren('CodeText').map((child) => this.#text(child));
    // The first line names the language, or is code already.
    if (/^[\w+#.-]*$/.test(first)) return { kind: 'block', language: first, text: code.join('') };
    return { kind: 'block', language: '', text: [first, code.join('')].join('\n') };
  }

  #list(node: SyntaxNode, depth: number): Block {
    const items = childrenOf(node).filter((child) => child.name === 'ListItem');
    const mark = items[0]?.getChild('ListMark');
    const isOrdered = node.name === 'OrderedList' && mark;
    return {
      kind: 'list',
      start: isOrdered ? Number.parseInt(this.#text(mark), 10) : null,
      items: items.map((item) => this.#blocksOf(item, depth + 1)),
    };
  }

  #table(node: SyntaxNode, depth: number): Block {
    const head = node.getChild('TableHeader');
    const heads = head ? this.#cells(head, depth) : [];
    const rows = node.getChildren('TableRow').map((row) => {
      const cells = this.#cells(row, depth);
      return [...cells, ...Array<readonly Inline[]>(heads.length).fill([])].slice(0, heads.length);
    });
    return { kind: 'table', head: heads, rows };
  }

  /** Returns the cells of a row. The parser has no nodes for empty ones, between two delimiters. */
  #cells(row: SyntaxNode, depth: number): TableRow {
    const cells: (readonly Inline[])[] = [];
    let cell: readonly Inline[] = [];
    for (const node of childrenOf(row)) {
      if (node.name === 'TableCell') cell = this.#inline(node, depth);
      else if (node.name === 'TableDelimiter') {
        // One at the start of the row ends no cell.
        if (node.from > row.from) cells.push(cell);
        cell = [];
      }
    }
    if (cell.length > 0) cells.push(cell);
    return cells;
  }

  /** Returns the content of a node. Its text is what is between its children. */
  #inline(parent: SyntaxNode, depth: number): Inline[] {
    const parts: Inline[] = [];
    let from = parent.from;
    const textUntil = (to: number) => {
      // Lines of a quote and of a list are indented.
      const text = this.#source.slice(from, to);
      this.#addText(parts, depth === 0 ? text : text.replace(/\n[ \t]+/g, '\n'));
    };
    for (const node of childrenOf(parent)) {
      textUntil(node.from);
      from = node.to;
      if (node.name === 'QuoteMark') {
        // The space after it belongs to it.
        if (this.#source[from] === ' ') from++;
      } else if (!node.name.endsWith('Mark')) this.#addInline(parts, node, depth);
    }
    textUntil(parent.to);
    return parts;
  }

  #addInline(found: Inline[], node: SyntaxNode, depth: number): void {
    switch (node.name) {
      case 'Escape':
        found.push({ kind: 'text', text: this.#text(node).slice(1) });
        return;
      case 'HardBreak':
        found.push({ kind: 'text', text: '\n' });
        return;
      case 'InlineCode':
        found.push(this.#inlineCode(node));
        return;
      case 'BareUrl':
        found.push(this.#url(node));
        return;
      case 'Link':
        this.#addLink(found, node, depth);
        return;
      case 'Emphasis':
      case 'StrongEmphasis':
      case 'Strikethrough':
        if (depth >= DEPTH_MAX) this.#addText(found, this.#text(node));
        else {
          const children = this.#inline(node, depth + 1);
          found.push({ kind: EMPHASIS[node.name], children });
        }
        return;
      default:
        this.#addText(found, this.#text(node));
    }
  }

  #inlineCode(node: SyntaxNode): Inline {
    const { from, to } = node.firstChild as SyntaxNode;
    const length = to - from;
    const code = this.#source.slice(node.from + length, node.to - length).replace(/\n/g, ' ');
    // CommonMark 6.1: one space at both ends is for code that begins or ends with a backtick.
    const isPadded = code.startsWith(' ') && code.endsWith(' ') && code.trim() !== '';
    const trimmed = isPadded ? code.slice(1, -1) : code;
    // GitHub Flavored Markdown 4.10: in a table, a bar has to be escaped in code too.
    return { kind: 'code', text: isInTable(node) ? trimmed.replaceAll('\\|', '|') : trimmed };
  }

  #url(node: SyntaxNode): Inline {
    const typed = this.#text(node);
    const url = typed.startsWith('<') ? typed.slice(1, -1) : typed;
    const href = addressOf(withScheme(url));
    if (!href || node.to === this.#cut) return text(typed);
    return { kind: 'link', href, children: [text(url)] };
  }

  #addLink(found: Inline[], node: SyntaxNode, depth: number): void {
    const url = node.getChild('URL');
    const href = url ? addressOf(this.#text(url)) : null;
    const end = childrenOf(node).filter((child) => child.name === 'LinkMark')[1];
    if (!href || !end || depth >= DEPTH_MAX) {
      this.#addText(found, this.#text(node));
      return;
    }
    const children = this.#inlineBetween(node, end.from, depth + 1);
    if (!readsAsOther(textOf(children), href)) {
      found.push({ kind: 'link', href, children });
      return;
    }
    const address = { kind: 'link', href, children: [text(href)] } as const;
    found.push(...children, text(' ('), address, text(')'));
  }

  /** Returns the content of a link's text. */
  #inlineBetween(link: SyntaxNode, to: number, depth: number): Inline[] {
    const parts: Inline[] = [];
    let from = link.from + 1;
    for (const node of childrenOf(link)) {
      if (node.from < from || node.to > to) continue;
      parts.push(this.#plain(this.#source.slice(from, node.from)));
      this.#addInline(parts, node, depth);
      from = node.to;
    }
    parts.push(this.#plain(this.#source.slice(from, to)));
    // Links cannot be nested.
    return parts
      .flatMap((child) => (child.kind === 'link' ? child.children : [child]))
      .filter((child) => child.kind !== 'text' || child.text !== '');
  }

  /** Returns text that is not code. */
  #plain(typed: string): Inline {
    return text(this.#emojiOf ? withEmoji(typed, this.#emojiOf) : typed);
  }

  /** Adds plain text, split at the mentions that the server has resolved. */
  #addText(found: Inline[], plain: string): void {
    let from = 0;
    const plainUntil = (end: number) => {
      if (end > from) found.push(this.#plain(plain.slice(from, end)));
    };
    if (this.#mentions.size > 0) {
      for (const { sign, name, start, end } of mentionSpans(plain)) {
        const mention = this.#mentions.get(sign + name);
        if (!mention || (this.#cut >= 0 && end === plain.length)) continue;
        plainUntil(start);
        found.push({ kind: 'mention', text: plain.slice(start, end), mention });
        from = end;
      }
    }
    plainUntil(plain.length);
  }
}

const text = (of: string): Inline => ({ kind: 'text', text: of });

function isInTable(node: SyntaxNode): boolean {
  for (let up = node.parent; up; up = up.parent) if (up.name === 'TableCell') return true;
  return false;
}

function childrenOf(parent: SyntaxNode): SyntaxNode[] {
  const children: SyntaxNode[] = [];
  for (let child = parent.firstChild; child; child = child.nextSibling) children.push(child);
  return children;
}

/** Returns the plain text of parts of a line. */
const textOf = (parts: readonly Inline[]): string =>
  parts.map((part) => ('children' in part ? textOf(part.children) : part.text)).join('');

/** Returns the web addresses of the links of a text, each once, in order. Code has none. */
export function linksIn(source: string): string[] {
  const links = new Set<string>();
  const addInline = (parts: readonly Inline[]): void => {
    for (const part of parts) {
      if (part.kind === 'link' && !/^mailto:/i.test(part.href)) links.add(part.href);
      if ('children' in part) addInline(part.children);
    }
  };
  const addBlock = (block: Block): void => {
    switch (block.kind) {
      case 'paragraph':
        addInline(block.children);
        return;
      case 'quote':
        for (const child of block.children) addBlock(child);
        return;
      case 'list':
        for (const child of block.items.flat()) addBlock(child);
        return;
      case 'table':
        for (const cell of [block.head, ...block.rows].flat()) addInline(cell);
        return;
      case 'block':
        return;
    }
  };
  for (const block of parseMarkdown(source)) addBlock(block);
  return [...links];
}
