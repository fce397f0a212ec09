import { fold } from '@parley/protocol';

/**
 * The keys under which a text is found: 32-bit hashes of its short sequences of characters.
 * Different sequences may share a key, so candidates are compared with the text itself.
 *
 * - three letters or digits in a row: a part of a word;
 * - the first one and the first two letters of each word, for the beginnings of words;
 * - each character of a script without spaces (Chinese, Japanese, Korean, Thai …), each symbol, and each
 *   pair in which one of the two is such a character or a symbol.
 */

/** The kinds of characters that keys distinguish. */
const SPACE = 0;
const WORD = 1;
/** Characters that are indexed one by one: of scripts without spaces, and symbols. */
const SINGLE = 2;

type Kind = typeof SPACE | typeof WORD | typeof SINGLE;

const NO_SPACES =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}\p{Script=Tibetan}\p{Script=Bopomofo}]/u;
const LETTER = /[\p{L}\p{N}\p{M}]/u;

const kinds = new Map<number, Kind>();

function kindOf(code: number): Kind {
  if (code === 32) return SPACE;
  if (code < 128) return isAsciiWord(code) ? WORD : SINGLE;
  let kind = kinds.get(code);
  if (kind === undefined) {
    const character = String.fromCodePoint(code);
    kind = LETTER.test(character) && !NO_SPACES.test(character) ? WORD : SINGLE;
    // At most one entry per Unicode character that occurs.
    kinds.set(code, kind);
  }
  return kind;
}

const isAsciiWord = (code: number): boolean =>
  (code >= 97 && code <= 122) || (code >= 48 && code <= 57);

/** The kinds of keys; part of what is hashed. */
const TRIGRAM = 1;
const WORD_START_1 = 2;
const WORD_START_2 = 3;
const ONE = 4;
const PAIR = 5;
const VALUE = 6;

/** Returns a signed 32-bit hash. Hashes are stored, so this must never change. */
function hash(kind: number, a: number, b: number, c: number): number {
  let h = Math.imul(kind, 0x9e3779b1) ^ a;
  h = Math.imul(h ^ (h >>> 15), 0x85ebca6b) ^ b;
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35) ^ c;
  h = Math.imul(h ^ (h >>> 16), 0x27d4eb2f);
  return (h ^ (h >>> 15)) | 0;
}

/** What keys are added to: a set, or a list in which a key may be repeated. */
export interface KeySink {
  add(key: number): unknown;
}

/** Adds the keys of a folded text to `keys`. */
export function addTextKeys(keys: KeySink, folded: string): void {
  let before = 0;
  let last = 0;
  let beforeKind: Kind = SPACE;
  let lastKind: Kind = SPACE;
  for (let i = 0; i < folded.length; i++) {
    const code = folded.codePointAt(i) as number;
    if (code > 0xffff) i++;
    const kind = kindOf(code);
    if (kind === WORD) {
      if (lastKind !== WORD) keys.add(hash(WORD_START_1, code, 0, 0));
      else if (beforeKind !== WORD) keys.add(hash(WORD_START_2, last, code, 0));
      else keys.add(hash(TRIGRAM, before, last, code));
    }
    if (kind === SINGLE) keys.add(hash(ONE, code, 0, 0));
    if (kind + lastKind > 2 && kind !== SPACE && lastKind !== SPACE) {
      keys.add(hash(PAIR, last, code, 0));
    }
    before = last;
    beforeKind = lastKind;
    last = code;
    lastKind = kind;
  }
}

/** A term of a query: folded text to find, also inside words unless `atWordStart`. */
export interface Term {
  readonly text: string;
  /** One or two letters are found only where a word starts. */
  readonly atWordStart: boolean;
}

/** Returns the term of a text; null if it contains nothing searchable. */
export function termOf(text: string): Term | null {
  const folded = fold(text).trim();
  if (folded === '') return null;
  const [first = ''] = folded.split(' ');
  const letters = [...first];
  const short =
    letters.length <= 2 && letters.every((c) => kindOf(c.codePointAt(0) as number) === WORD);
  return { text: folded, atWordStart: short };
}

/** Returns the keys that every text with the term has; at least one. */
export function keysOfTerm({ text, atWordStart }: Term): Set<number> {
  const keys = new Set<number>();
  // Words after a space start a word. The first one may be the end of a longer word.
  const [first = '', ...others] = text.split(' ');
  if (atWordStart) addTextKeys(keys, first);
  else addInnerKeys(keys, first);
  for (const word of others) addTextKeys(keys, word);
  if (atWordStart && [...first].length === 2) {
    // Keys of the first letter are less selective than those of the first two.
    keys.delete(hash(WORD_START_1, first.codePointAt(0) as number, 0, 0));
  }
  return keys;
}

/** Adds the keys of a text that may be the end of a longer word. */
function addInnerKeys(keys: Set<number>, text: string): void {
  const all = new Set<number>();
  addTextKeys(all, text);
  // As if preceded by two letters: the remaining keys do not depend on the beginning.
  const inside = new Set<number>();
  addTextKeys(inside, (text.startsWith('z') ? 'qq' : 'zz') + text);
  for (const key of all) if (inside.has(key)) keys.add(key);
}

/** Returns whether a word starts at a place in a folded text. */
export function isWordStart(folded: string, at: number): boolean {
  if (at === 0) return true;
  return kindOf(codeBefore(folded, at)) !== WORD;
}

/** Returns whether a word ends at a place in a folded text. */
export function isWordEnd(folded: string, at: number): boolean {
  return at >= folded.length || kindOf(folded.codePointAt(at) as number) !== WORD;
}

function codeBefore(text: string, at: number): number {
  const unit = text.charCodeAt(at - 1);
  const isLow = unit >= 0xdc00 && unit <= 0xdfff;
  return isLow && at > 1 ? (text.codePointAt(at - 2) as number) : unit;
}

/** Returns the key of a property of messages, such as `author` with an account id. */
export function propertyKey(name: string, value = ''): number {
  // Not of a concatenated string: V8 then reads each of its characters in a call of the runtime.
  return hashText(hash(VALUE, hashText(VALUE, name), COLON, 0), value);
}

const COLON = 58;

/** Returns the hash `h` continued with the characters of a text. */
function hashText(h: number, text: string): number {
  let hashed = h;
  for (let i = 0; i < text.length; i++) {
    const code = text.codePointAt(i) as number;
    if (code > 0xffff) i++;
    hashed = hash(VALUE, hashed, code, 0);
  }
  return hashed;
}
