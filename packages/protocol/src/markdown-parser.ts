import { type MarkdownConfig, parser, Strikethrough, Table } from '@lezer/markdown';
import { urlEnd } from './url-end.ts';

/** A URL, also in angle brackets. Parsed before emphasis, since a URL may contain `_` and `*`. */
const Url: MarkdownConfig = {
  defineNodes: ['BareUrl'],
  parseInline: [
    {
      name: 'BareUrl',
      before: 'Escape',
      parse(cx, next, pos) {
        const isBracketed = next === 60; /* < */
        if (!isBracketed && next !== 104 /* h */) return -1;
        const { text } = cx;
        const start = pos - cx.offset + (isBracketed ? 1 : 0);
        const scheme = ['https://', 'http://'].find((one) => text.startsWith(one, start));
        if (!scheme) return -1;
        let end = urlEnd(text, start);
        // It is the text of a link: [https://a.example](https://b.example).
        const label = text.slice(start, end).indexOf('](');
        if (label >= 0) end = start + label;
        if (end <= start + scheme.length) return -1;
        if (isBracketed) {
          if (text[end] !== '>') return -1;
          end++;
        }
        return cx.addElement(cx.elt('BareUrl', pos, cx.offset + end));
      },
    },
  ],
};

/** CommonMark without HTML, headings, rules, images, indented code, references and entities. */
export const PARSER = parser.configure([
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

/** A node of the parser’s tree. */
export type SyntaxNode = ReturnType<typeof PARSER.parse>['topNode'];
