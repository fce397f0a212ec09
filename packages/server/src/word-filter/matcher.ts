import { type FilteredWord, fold } from '@parley/protocol';
import { inOneScript } from './look-alikes.ts';

/** Words of a folded text: letters and digits, with the marks that belong to them. */
const WORDS = /[\p{L}\p{N}\p{M}]+/gu;
/** Marks that remain after folding, in alphabets where they are insignificant to readers. */
const MARKS = /(?<=[\p{Script=Latin}\p{Script=Greek}\p{Script=Cyrillic}])\p{M}+/gu;
/** Markdown syntax that is not displayed: emphasis, code and links. */
const MARKUP = /\]\([^()\s]*\)|[*~`[\]\\]/g;
const CODE_UNITS = 65_536;

/** Returns the input of the automaton: the folded words of a text, each between two spaces. */
function wordsOf(text: string): string {
  const words = fold(text).replace(MARKS, '').match(WORDS) ?? [];
  return ` ${words.map(inOneScript).join(' ')} `;
}

/** Returns the pattern of an entry: a space matches the start or the end of a word. */
function patternOf(text: string): string {
  const words = wordsOf(text).trim();
  return `${text.startsWith('*') ? '' : ' '}${words}${text.endsWith('*') ? '' : ' '}`;
}

/**
 * Finds the words of a filter in texts, in one pass (Aho–Corasick): the time depends on the length
 * of the text, not on the number of words. Case, accents, compatibility forms, invisible characters
 * and Markdown inside a word do not matter, nor do Cyrillic and Greek letters among Latin ones that
 * look alike. Other characters that are neither letters nor digits separate words.
 */
export class WordMatcher {
  readonly #words: readonly FilteredWord[];
  /** The transitions from a node by code unit. */
  readonly #next = new Map<number, number>();
  /** The node of the longest proper suffix that is also a prefix of a pattern. */
  readonly #suffix: number[] = [0];
  /** The most severe word that ends at a node, by its index; -1: none. */
  readonly #wordAt: number[] = [-1];

  constructor(words: readonly FilteredWord[]) {
    this.#words = words;
    for (const [n, { text }] of words.entries()) this.#add(patternOf(text), n);
    this.#link();
  }

  /** Returns a word that the text contains: one that rejects it, if there is one; else null. */
  match(text: string): FilteredWord | null {
    if (this.#words.length === 0) return null;
    const plain = text.replace(MARKUP, '');
    let best = this.#find(wordsOf(text), -1);
    // Both readings are searched: a mark may be the only separator between two words.
    if (plain !== text) best = this.#find(wordsOf(plain), best);
    return this.#words[best] ?? null;
  }

  /** Returns the index of the most severe word, of that at `before` and those in `read`. */
  #find(read: string, before: number): number {
    let node = 0;
    let best = before;
    for (let i = 0; i < read.length; i++) {
      node = this.#step(node, read.charCodeAt(i));
      const word = this.#moreSevere(best, this.#wordAt[node] ?? -1);
      if (word !== best) best = word;
      if (best !== -1 && this.#words[best]?.action === 'reject') break;
    }
    return best;
  }

  #add(pattern: string, word: number): void {
    // An entry without letters after folding would match everything.
    if (pattern.trim() === '') return;
    let node = 0;
    for (let i = 0; i < pattern.length; i++) {
      const key = node * CODE_UNITS + pattern.charCodeAt(i);
      let next = this.#next.get(key);
      if (next === undefined) {
        next = this.#suffix.length;
        this.#next.set(key, next);
        this.#suffix.push(0);
        this.#wordAt.push(-1);
      }
      node = next;
    }
    this.#wordAt[node] = this.#moreSevere(this.#wordAt[node] ?? -1, word);
  }

  /**
   * Computes the suffix links. A node has a greater number than its parent, but not than every
   * shorter one.
   */
  #link(): void {
    const children = new Map<number, [code: number, node: number][]>();
    for (const [key, node] of this.#next) {
      const parent = Math.floor(key / CODE_UNITS);
      const siblings = children.get(parent);
      if (siblings) siblings.push([key % CODE_UNITS, node]);
      else children.set(parent, [[key % CODE_UNITS, node]]);
    }
    // By length: the suffix of a node is shorter than the node.
    let level = [0];
    while (level.length > 0) {
      const deeper: number[] = [];
      for (const parent of level) {
        for (const [code, node] of children.get(parent) ?? []) {
          const suffix = parent === 0 ? 0 : this.#step(this.#suffix[parent] ?? 0, code);
          this.#suffix[node] = suffix;
          this.#wordAt[node] = this.#moreSevere(
            this.#wordAt[node] ?? -1,
            this.#wordAt[suffix] ?? -1,
          );
          deeper.push(node);
        }
      }
      level = deeper;
    }
  }

  #step(from: number, code: number): number {
    for (let node = from; ; node = this.#suffix[node] ?? 0) {
      const next = this.#next.get(node * CODE_UNITS + code);
      if (next !== undefined) return next;
      if (node === 0) return 0;
    }
  }

  #moreSevere(a: number, b: number): number {
    if (b === -1 || a === -1) return Math.max(a, b);
    return this.#words[a]?.action === 'flag' && this.#words[b]?.action === 'reject' ? b : a;
  }
}
