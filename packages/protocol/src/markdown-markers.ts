import { PARSER } from './markdown-parser.ts';

/** A part of a text, as offsets of its start and end. */
export interface MarkerRange {
  readonly from: number;
  readonly to: number;
}

/**
 * Returns the ranges of a message text that are only Markdown syntax, such as `**` or the URL of a
 * link, in order. Without them an excerpt reads like the rendered message. List markers are kept:
 * they read well.
 */
export function markersOf(text: string): MarkerRange[] {
  const found: MarkerRange[] = [];
  const add = (from: number, to: number) => found.push({ from, to });
  /** Where the address of a link begins, after its text. */
  let linkEnd = 0;
  PARSER.parse(text).iterate({
    enter: ({ name, from, to, node }) => {
      if (from < linkEnd) return false;
      switch (name) {
        case 'EmphasisMark':
        case 'StrikethroughMark':
        case 'CodeMark':
        case 'CodeInfo':
          add(from, to);
          return false;
        case 'QuoteMark':
          add(from, text[to] === ' ' ? to + 1 : to);
          return false;
        case 'Escape':
          add(from, from + 1);
          return false;
        case 'TableDelimiter':
          // The line between the head and the rows; separators between cells are kept.
          if (node.parent?.name === 'Table') add(from, text[to] === '\n' ? to + 1 : to);
          return false;
        case 'LinkMark': {
          const link = node.parent;
          if (link?.name !== 'Link' || !link.getChild('URL')) return false;
          if (from === link.from) add(from, to);
          else {
            add(from, link.to);
            linkEnd = link.to;
          }
          return false;
        }
        default:
          return true;
      }
    },
  });
  return found;
}

/** Returns the text of a message without {@link markersOf}. */
export function withoutMarkers(text: string): string {
  let plain = '';
  let at = 0;
  for (const { from, to } of markersOf(text)) {
    plain += text.slice(at, from);
    at = to;
  }
  return plain + text.slice(at);
}
