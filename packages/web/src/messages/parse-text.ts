/** A piece of a message's text, by how it is displayed. */
export type TextToken =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'code'; readonly text: string }
  | { readonly kind: 'block'; readonly text: string }
  | { readonly kind: 'link'; readonly text: string };

const FENCE = '```';
/** Characters that end an address: white space, quotes, angle brackets, and bidirectional controls. */
const ENDS_ADDRESS = /[\s<>"'`\u061C\u200E\u200F\u202A-\u202E\u2066-\u2069]/g;
const SCHEME = /https?:\/\//g;
/** Punctuation that belongs to the sentence when it stands at the end of an address. */
const SENTENCE_PUNCTUATION = new Set('.,;:!?]}»”’');

/**
 * Splits a message's text into plain text, links, `code` and ```blocks```. Takes time linear in the
 * length of the text: each delimiter is searched from a position that only moves forward.
 */
export function parseText(text: string): TextToken[] {
  const tokens: TextToken[] = [];
  let at = 0;
  while (at < text.length) {
    const open = text.indexOf(FENCE, at);
    const close = open < 0 ? -1 : text.indexOf(FENCE, open + FENCE.length);
    if (close < 0) break;
    parseInline(text.slice(at, open), tokens);
    tokens.push({ kind: 'block', text: withoutFrame(text.slice(open + FENCE.length, close)) });
    at = close + FENCE.length;
  }
  parseInline(text.slice(at), tokens);
  return tokens;
}

/** Returns a block's lines without its language and without the last line break. */
function withoutFrame(inside: string): string {
  const lineEnd = inside.indexOf('\n');
  const hasLanguage = lineEnd >= 0 && /^[a-z0-9+-]*$/i.test(inside.slice(0, lineEnd));
  const code = hasLanguage ? inside.slice(lineEnd + 1) : inside;
  return code.endsWith('\n') ? code.slice(0, -1) : code;
}

function parseInline(text: string, tokens: TextToken[]): void {
  let plainFrom = 0;
  let at = 0;
  let nextTick = text.indexOf('`');
  let nextAddress = searchFrom(SCHEME, text, 0);
  const plainUntil = (end: number) => {
    if (end > plainFrom) tokens.push({ kind: 'text', text: text.slice(plainFrom, end) });
  };
  while (nextTick >= 0 || nextAddress >= 0) {
    if (nextTick >= 0 && (nextAddress < 0 || nextTick < nextAddress)) {
      const close = text.indexOf('`', nextTick + 1);
      if (close < 0) {
        nextTick = -1;
        continue;
      }
      const code = text.slice(nextTick + 1, close);
      if (code === '' || code.includes('\n')) {
        // The closing one may open another span.
        nextTick = close;
        continue;
      }
      plainUntil(nextTick);
      tokens.push({ kind: 'code', text: code });
      at = close + 1;
    } else {
      const end = addressEnd(text, nextAddress);
      const isAddress = end > text.indexOf('//', nextAddress) + 2;
      if (isAddress) {
        plainUntil(nextAddress);
        tokens.push({ kind: 'link', text: text.slice(nextAddress, end) });
        at = end;
      } else {
        nextAddress = searchFrom(SCHEME, text, nextAddress + 1);
        continue;
      }
    }
    plainFrom = at;
    if (nextTick >= 0 && nextTick < at) nextTick = text.indexOf('`', at);
    if (nextAddress >= 0 && nextAddress < at) nextAddress = searchFrom(SCHEME, text, at);
  }
  plainUntil(text.length);
}

/** Returns where the address that starts at `start` ends, without the punctuation of its sentence. */
function addressEnd(text: string, start: number): number {
  const found = searchFrom(ENDS_ADDRESS, text, start);
  let end = found < 0 ? text.length : found;
  // A closing parenthesis belongs to the address when it has an opening one, as in Wikipedia's.
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

/** Above these a message is folded. */
const FOLD_CHARACTERS = 2_000;
const FOLD_LINES = 30;
/** What is shown of a folded message. */
const SHOWN_CHARACTERS = 1_200;
const SHOWN_LINES = 18;

/** Whether a text is so long that only its beginning is shown at first. */
export function isLong(text: string): boolean {
  if (text.length > FOLD_CHARACTERS) return true;
  let lines = 1;
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) {
    lines++;
    if (lines > FOLD_LINES) return true;
  }
  return false;
}

/** Returns the first tokens, up to what a folded message shows; the last one may be cut. */
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
    // A part of an address leads elsewhere.
    shown.push({ kind: token.kind === 'link' ? 'text' : token.kind, text: cut });
    break;
  }
  return shown;
}

/** What cannot begin a text: a mark, a joiner, the second half of a surrogate pair. */
const CONTINUES = /^(?:\p{M}|\u200D|[\uDC00-\uDFFF])/u;

/** Returns where a text is cut so that it has at most so many characters and lines. */
function cutAt(text: string, characters: number, lines: number): number {
  let end = Math.min(text.length, characters);
  let left = lines;
  for (let at = text.indexOf('\n'); at >= 0 && at < end; at = text.indexOf('\n', at + 1)) {
    left--;
    if (left <= 0) end = at;
  }
  // Not within a surrogate pair, and not between a character and its marks.
  const isInside = () => end > 0 && end < text.length && CONTINUES.test(text.slice(end, end + 2));
  while (isInside()) end--;
  return end;
}
