import { type Mention, mentionSpans } from '@parley/protocol';

/** A piece of a message's text and how it is displayed. */
export type TextToken =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'code'; readonly text: string }
  | { readonly kind: 'block'; readonly text: string }
  | { readonly kind: 'link'; readonly text: string }
  | { readonly kind: 'mention'; readonly text: string; readonly mention: Mention };

const FENCE = '```';
/** Characters that end a URL: white space, quotes, angle brackets and bidirectional controls. */
const URL_END = /[\s<>"'`\u061C\u200E\u200F\u202A-\u202E\u2066-\u2069]/g;
const SCHEME = /https?:\/\//g;
/** Punctuation that belongs to the sentence if it follows a URL. */
const SENTENCE_PUNCTUATION = new Set('.,;:!?]}»”’');

/**
 * Splits a message's text into plain text, links, `code` and ```blocks```. Takes time linear in the
 * length of the text: every search starts at a position that only moves forward.
 */
export function parseText(text: string): TextToken[] {
  const tokens: TextToken[] = [];
  let at = 0;
  while (at < text.length) {
    const open = text.indexOf(FENCE, at);
    const close = open < 0 ? -1 : text.indexOf(FENCE, open + FENCE.length);
    if (close < 0) break;
    parseInline(text.slice(at, open), tokens);
    tokens.push({ kind: 'block', text: blockContent(text.slice(open + FENCE.length, close)) });
    at = close + FENCE.length;
  }
  parseInline(text.slice(at), tokens);
  return tokens;
}

/** Splits the plain text among tokens at the mentions that the server has resolved. */
export function withMentions(
  tokens: readonly TextToken[],
  mentions: readonly Mention[],
): readonly TextToken[] {
  if (mentions.length === 0) return tokens;
  const known = new Map(mentions.map((m) => [signed(m), m]));
  return tokens.flatMap((token) => (token.kind === 'text' ? splitAt(token.text, known) : [token]));
}

const signed = (mention: Mention): string => {
  if (mention.kind === 'group') return `#${mention.name}`;
  return `@${mention.kind === 'user' ? mention.name : mention.kind}`;
};

function splitAt(text: string, known: ReadonlyMap<string, Mention>): TextToken[] {
  const tokens: TextToken[] = [];
  let from = 0;
  const plainUntil = (end: number) => {
    if (end > from) tokens.push({ kind: 'text', text: text.slice(from, end) });
  };
  for (const { sign, name, start, end } of mentionSpans(text)) {
    const mention = known.get(sign + name);
    if (!mention) continue;
    plainUntil(start);
    tokens.push({ kind: 'mention', text: text.slice(start, end), mention });
    from = end;
  }
  plainUntil(text.length);
  return tokens;
}

/** Returns the lines of a block without its language and its last line break. */
function blockContent(inside: string): string {
  const lineEnd = inside.indexOf('\n');
  const hasLanguage = lineEnd >= 0 && /^[a-z0-9+-]*$/i.test(inside.slice(0, lineEnd));
  const code = hasLanguage ? inside.slice(lineEnd + 1) : inside;
  return code.endsWith('\n') ? code.slice(0, -1) : code;
}

function parseInline(text: string, tokens: TextToken[]): void {
  let plainFrom = 0;
  let at = 0;
  let nextTick = text.indexOf('`');
  let nextUrl = searchFrom(SCHEME, text, 0);
  const plainUntil = (end: number) => {
    if (end > plainFrom) tokens.push({ kind: 'text', text: text.slice(plainFrom, end) });
  };
  while (nextTick >= 0 || nextUrl >= 0) {
    if (nextTick >= 0 && (nextUrl < 0 || nextTick < nextUrl)) {
      const close = text.indexOf('`', nextTick + 1);
      if (close < 0) {
        nextTick = -1;
        continue;
      }
      const code = text.slice(nextTick + 1, close);
      if (code === '' || code.includes('\n')) {
        // The closing backtick may open another span.
        nextTick = close;
        continue;
      }
      plainUntil(nextTick);
      tokens.push({ kind: 'code', text: code });
      at = close + 1;
    } else {
      const end = urlEnd(text, nextUrl);
      const isUrl = end > text.indexOf('//', nextUrl) + 2;
      if (isUrl) {
        plainUntil(nextUrl);
        tokens.push({ kind: 'link', text: text.slice(nextUrl, end) });
        at = end;
      } else {
        nextUrl = searchFrom(SCHEME, text, nextUrl + 1);
        continue;
      }
    }
    plainFrom = at;
    if (nextTick >= 0 && nextTick < at) nextTick = text.indexOf('`', at);
    if (nextUrl >= 0 && nextUrl < at) nextUrl = searchFrom(SCHEME, text, at);
  }
  plainUntil(text.length);
}

/** Returns where the URL that starts at `start` ends, without the punctuation of the sentence. */
function urlEnd(text: string, start: number): number {
  const found = searchFrom(URL_END, text, start);
  let end = found < 0 ? text.length : found;
  // A closing parenthesis belongs to the URL if it has an opening one, as in Wikipedia's URLs.
  let unopened = 0;
  for (let i = start; i < end; i++) {
    if (text[i] === '(') unopened--;
    else if (text[i] === ')') unopened++;
  }
  for (; end > start; end--) {
    const last = text[end - 1] as string;
    if (last === ')' && unopened > 0) unopened--;
    else if (!SENTENCE_PUNCTUATION.has(last)) break;
  }
  return end;
}

function searchFrom(pattern: RegExp, text: string, from: number): number {
  pattern.lastIndex = from;
  return pattern.exec(text)?.index ?? -1;
}

/** Longer messages are folded. */
const FOLD_CHARACTERS = 2_000;
const FOLD_LINES = 30;
/** The limits of what a folded message shows. */
const SHOWN_CHARACTERS = 1_200;
const SHOWN_LINES = 18;

/** Returns whether a text is long enough to be folded. */
export function isLong(text: string): boolean {
  if (text.length > FOLD_CHARACTERS) return true;
  let lines = 1;
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) {
    lines++;
    if (lines > FOLD_LINES) return true;
  }
  return false;
}

/** Returns the first tokens, up to the limits of a folded message; the last one may be truncated. */
export function foldTokens(tokens: readonly TextToken[]): TextToken[] {
  const shown: TextToken[] = [];
  let characters = SHOWN_CHARACTERS;
  let lines = SHOWN_LINES;
  for (const token of tokens) {
    const end = cutAt(token.text, characters, lines);
    if (end === token.text.length) {
      shown.push(token);
      characters -= end;
      lines -= token.text.split('\n').length - 1;
      continue;
    }
    const cut = `${token.text.slice(0, end).trimEnd()}…`;
    // A truncated URL would lead elsewhere, and a truncated name is no mention.
    const isWhole = token.kind === 'link' || token.kind === 'mention';
    shown.push({ kind: isWhole ? 'text' : token.kind, text: cut });
    break;
  }
  return shown;
}

/** Matches what must not start a text: a mark, a joiner, the second half of a surrogate pair. */
const CONTINUES = /^(?:\p{M}|\u200D|[\uDC00-\uDFFF])/u;

/** Returns where to truncate a text so that it has at most so many characters and lines. */
function cutAt(text: string, characters: number, lines: number): number {
  let end = Math.min(text.length, characters);
  let left = lines;
  for (let at = text.indexOf('\n'); at >= 0 && at < end; at = text.indexOf('\n', at + 1)) {
    left--;
    if (left <= 0) end = at;
  }
  // Never within a surrogate pair, nor between a character and its marks.
  const isInside = () => end > 0 && end < text.length && CONTINUES.test(text.slice(end, end + 2));
  while (isInside()) end--;
  return end;
}
