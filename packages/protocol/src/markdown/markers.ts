import { isolate } from '../base/isolate.ts';
import { type EmojiOf, mayHaveShortcodes, withEmoji } from '../emoji/shortcodes.ts';
import { mayMention, mentionSpans, type NameOf } from '../messages/mention-text.ts';
import { treeOf } from './parser.ts';

/** A part of a text, as offsets of its start and end. */
export interface MarkerRange {
  readonly from: number;
  readonly to: number;
}

/** A character without which a text has no marker. */
const MARKER_CHARACTER = /[*_~`>\\[|]/;

/**
 * Returns the ranges of a message text that are only Markdown syntax, such as `**` or the URL of a
 * link, in order. Without them an excerpt reads like the rendered message. List markers are kept:
 * they read well.
 */
export function markersOf(text: string): MarkerRange[] {
  // Most short texts have none of the characters that begin a marker, and parsing is expensive.
  if (!MARKER_CHARACTER.test(text)) return [];
  const ranges: MarkerRange[] = [];
  const add = (from: number, to: number) => ranges.push({ from, to });
  /** Where the address of a link begins, after its text. */
  let linkEnd = 0;
  treeOf(text).iterate({
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
  return ranges;
}

/** Returns the parts of a text that are code or addresses, in order. */
function literalsOf(text: string): MarkerRange[] {
  const ranges: MarkerRange[] = [];
  treeOf(text).iterate({
    enter: ({ name, from, to }) => {
      if (!LITERALS.has(name)) return true;
      ranges.push({ from, to });
      return false;
    },
  });
  return ranges;
}

const LITERALS: ReadonlySet<string> = new Set([
  'InlineCode',
  'FencedCode',
  'BareUrl',
  'URL',
  'Escape',
]);

/** A part of a text, and what is shown for it. */
export interface Replacement extends MarkerRange {
  readonly by: string;
}

/** Matches a character of a script that is written from right to left. */
const RIGHT_TO_LEFT =
  /[\p{Script=Arabic}\p{Script=Hebrew}\p{Script=Syriac}\p{Script=Thaana}\p{Script=Nko}]/u;

/**
 * Returns what an excerpt of a text shows otherwise than it was typed, in order: nothing for
 * {@link markersOf}, and for mentions what `nameOf` returns, except in code. Where scripts of both directions
 * may meet, names are isolated, as they are in the message: the first name does not decide how the text is read.
 */
export function replacementsOf(text: string, nameOf?: NameOf): Replacement[] {
  const markers = markersOf(text).map((marker) => ({ ...marker, by: '' }));
  if (!nameOf || !mayMention(text)) return markers;
  const isRightToLeft = RIGHT_TO_LEFT.test(text);
  const names = mentionSpans(text).flatMap(({ sign, name, start, end }): Replacement[] => {
    const by = nameOf(sign, name);
    if (by === undefined) return [];
    const isMixed = isRightToLeft || RIGHT_TO_LEFT.test(by);
    return [{ from: start, to: end, by: isMixed ? isolate(by) : by }];
  });
  if (names.length === 0) return markers;
  const reserved = [...markers, ...literalsOf(text)];
  const free = names.filter(({ from, to }) => !reserved.some((t) => t.from < to && t.to > from));
  return [...markers, ...free].sort((a, b) => a.from - b.from);
}

/**
 * Returns the text of a message without {@link markersOf}; with `emojiOf`, its shortcodes become emoji, and
 * with `nameOf`, its mentions become names, except in code.
 */
export function withoutMarkers(text: string, emojiOf?: EmojiOf, nameOf?: NameOf): string {
  let plain = '';
  let at = 0;
  const literals = emojiOf && mayHaveShortcodes(text) ? literalsOf(text) : [];
  let next = 0;
  /** Adds what is between two replacements. */
  const add = (to: number) => {
    while (emojiOf && at < to) {
      while (next < literals.length && (literals[next] as MarkerRange).to <= at) next++;
      const literal = literals[next];
      const isLiteral = literal !== undefined && literal.from <= at;
      const end = Math.min(to, (isLiteral ? literal.to : literal?.from) ?? to);
      const part = text.slice(at, end);
      plain += isLiteral ? part : withEmoji(part, emojiOf);
      at = end;
    }
    plain += text.slice(at, to);
  };
  for (const { from, to, by } of replacementsOf(text, nameOf)) {
    add(from);
    plain += by;
    at = to;
  }
  add(text.length);
  return plain;
}
