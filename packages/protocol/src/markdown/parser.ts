import { type MarkdownConfig, parser, Strikethrough, Table } from '@lezer/markdown';
import { urlEnd } from './url-end.ts';

/**
 * A URL, also in angle brackets, a host that begins with `www.`, or an email address. Parsed before emphasis,
 * since these may contain `_` and `*`.
 */
const Url: MarkdownConfig = {
  defineNodes: ['BareUrl'],
  parseInline: [
    {
      name: 'BareUrl',
      before: 'Escape',
      parse(cx, next, pos) {
        const { text } = cx;
        const start = pos - cx.offset;
        if (next === 60 /* < */) {
          const end = webAddressEnd(text, start + 1, SCHEME);
          if (end === -1 || text[end] !== '>') return -1;
          return cx.addElement(cx.elt('BareUrl', pos, cx.offset + end + 1));
        }
        const end =
          next === 104 /* h */ ? webAddressEnd(text, start, SCHEME) : addressEnd(text, start);
        return end === -1 ? -1 : cx.addElement(cx.elt('BareUrl', pos, cx.offset + end));
      },
    },
  ],
};

const SCHEME = /https?:\/\//y;
/** As in GitHub Flavored Markdown 6.9, the host has at least one more label. */
const WWW = /www\.(?=[\p{L}\p{N}-]+\.[\p{L}\p{N}])/uy;
/** GitHub Flavored Markdown 6.9, with the lengths of RFC 5321. */
const EMAIL =
  /[a-z\d](?:[\w.+-]{0,63}@)(?:[a-z\d](?:[a-z\d-]{0,62})\.){1,8}[a-z]{2,63}(?![\w@-])/iy;
/** What may not precede an address without a scheme: it would be a part of a longer word. */
const IN_WORD = /[\p{L}\p{N}\p{M}_.+@/:=-]/u;

/** Returns where a web address that begins with `opening` ends; -1 if there is none. */
function webAddressEnd(text: string, start: number, opening: RegExp): number {
  opening.lastIndex = start;
  const length = opening.exec(text)?.[0].length;
  if (length === undefined) return -1;
  const end = urlEnd(text, start);
  // It is the text of a link: [https://a.example](https://b.example).
  const label = text.slice(start, end).indexOf('](');
  const own = label >= 0 ? start + label : end;
  return own <= start + length ? -1 : own;
}

/** Returns whether a character is one of A to Z; quick, because it is called for each character of a text. */
const isLetter = (text: string, at: number): boolean => {
  const code = text.charCodeAt(at) | 32;
  return code >= 97 && code <= 122;
};

const isDigit = (text: string, at: number): boolean => {
  const code = text.charCodeAt(at);
  return code >= 48 && code <= 57;
};

/** Returns whether a character continues a word. */
const isInWord = (text: string, at: number): boolean =>
  isLetter(text, at - 1) || IN_WORD.test(text[at - 1] as string);

/** Returns where an address without a scheme ends; -1 if there is none. */
function addressEnd(text: string, start: number): number {
  if (!(isLetter(text, start) || isDigit(text, start))) return -1;
  if (start > 0 && isInWord(text, start)) return -1;
  const web = text[start] === 'w' ? webAddressEnd(text, start, WWW) : -1;
  if (web !== -1) return web;
  EMAIL.lastIndex = start;
  return EMAIL.test(text) ? EMAIL.lastIndex : -1;
}

/** CommonMark without HTML, headings, rules, images, indented code, references and entities. */
const configure = () =>
  parser.configure([
    Strikethrough,
    Table,
    Url,
    {
      remove: [
        'ATXHeading',
        'Entity',
        'HorizontalRule',
        'HTMLBlock',
        'HTMLTag',
        'Image',
        'IndentedCode',
        'LinkReference',
        'SetextHeading',
      ],
    },
  ]);

let configured: ReturnType<typeof configure> | undefined;

/** Returns the tree of a text. The parser is configured when it is first needed: many pages of messages do without it. */
export function treeOf(text: string) {
  configured ??= configure();
  return configured.parse(text);
}

/** A node of the parser’s tree. */
export type SyntaxNode = ReturnType<typeof treeOf>['topNode'];
