import type { createLowlight } from 'lowlight';

/** The tree that lowlight creates for a program. */
type Root = ReturnType<ReturnType<typeof createLowlight>['highlight']>;
type RootContent = Root['children'][number];

/** The kind of a token, if it has its own color. */
export type TokenKind =
  | 'keyword'
  | 'string'
  | 'number'
  | 'comment'
  | 'title'
  | 'type'
  | 'attribute'
  | 'inserted'
  | 'deleted';

/** A part of a program; plain text has no kind. */
export type Token = readonly [text: string, kind: TokenKind | null];

/** The kinds of the classes that highlight.js gives; the others have no color. */
const KINDS: Readonly<Record<string, TokenKind>> = {
  'hljs-keyword': 'keyword',
  'hljs-literal': 'keyword',
  'hljs-meta': 'keyword',
  'hljs-selector-tag': 'keyword',
  'hljs-tag': 'keyword',
  'hljs-section': 'keyword',
  'hljs-string': 'string',
  'hljs-regexp': 'string',
  'hljs-link': 'string',
  'hljs-char': 'string',
  'hljs-number': 'number',
  'hljs-symbol': 'number',
  'hljs-bullet': 'number',
  'hljs-comment': 'comment',
  'hljs-quote': 'comment',
  'hljs-doctag': 'comment',
  'hljs-title': 'title',
  'hljs-name': 'title',
  'hljs-selector-class': 'title',
  'hljs-selector-id': 'title',
  'hljs-type': 'type',
  'hljs-built_in': 'type',
  'hljs-attr': 'attribute',
  'hljs-attribute': 'attribute',
  'hljs-property': 'attribute',
  'hljs-variable': 'attribute',
  'hljs-template-variable': 'attribute',
  'hljs-params': 'attribute',
  'hljs-addition': 'inserted',
  'hljs-deletion': 'deleted',
};

/** Maximum number of tokens of a block: more elements would make the page slow. */
export const TOKENS_MAX = 4_000;

/**
 * Returns the tokens of a highlighted program in order; neighbors of one kind are joined. Returns null if
 * there are more than {@link TOKENS_MAX}.
 */
export function tokensOf(root: Root): readonly Token[] | null {
  const tokens: [text: string, kind: TokenKind | null][] = [];
  const add = (text: string, kind: TokenKind | null): void => {
    const last = tokens.at(-1);
    if (last && last[1] === kind) last[0] += text;
    else tokens.push([text, kind]);
  };
  const visit = (node: RootContent, kind: TokenKind | null): void => {
    if (node.type === 'text') add(node.value, kind);
    if (node.type !== 'element') return;
    const { className } = node.properties;
    const names = Array.isArray(className) ? className : [];
    const own = names.map((name) => KINDS[String(name)]).find((found) => found !== undefined);
    for (const child of node.children) visit(child, own ?? kind);
  };
  for (const child of root.children) visit(child, null);
  return tokens.length > TOKENS_MAX ? null : tokens;
}
