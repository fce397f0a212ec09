/**
 * Folds text for comparison: without case, accents and compatibility forms. Not done by the
 * database, because what its functions and extensions do with non-ASCII letters depends on its
 * locale.
 */

/** A folded text, with the positions of its parts in the original. */
export interface Folded {
  readonly text: string;
  /** Returns the range of the original text that `text.slice(start, end)` came from. */
  originalRange(start: number, end: number): { start: number; end: number };
}

/**
 * Accents and vowel points that readers leave out. Marks that form another letter (Thai, Indic,
 * kana) are kept.
 */
const ACCENTS =
  // biome-ignore lint/suspicious/noMisleadingCharacterClass: only marks, each on its own
  /(?<![\u0438\u0418])\u0306|[\u0300-\u0305\u0307-\u036f\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7\u0610-\u061a\u064b-\u065f\u0670\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]/gu;
const IGNORABLE = /\p{Default_Ignorable_Code_Point}/gu;
/** A base character with the marks on it, or white space. */
const CLUSTERS = /\s+|\P{M}?\p{M}+|[\s\S]/gu;
/** The same, with several printable ASCII characters at a time. */
const RUNS = /[!-~]+(?!\p{M})|\s+|\P{M}?\p{M}+|[\s\S]/gu;
/** ASCII without control characters: only case and white space are folded. */
const ASCII = /^[\t-\r -~]*$/;
/** White space that is not a single space. */
const OTHER_SPACE = / ?[\t-\r]\s*| {2}\s*/g;
const SIMPLE = /^[\x21-\x7e]*(?: [\x21-\x7e]+)* ?$/;

/** What Unicode does not decompose, and readers type as plain letters. */
const PLAIN: Readonly<Record<string, string>> = {
  ø: 'o',
  đ: 'd',
  ð: 'd',
  ħ: 'h',
  ł: 'l',
  ŧ: 't',
  þ: 'th',
  æ: 'ae',
  œ: 'oe',
  '‘': "'",
  '’': "'",
  '“': '"',
  '”': '"',
  '‐': '-',
  '‑': '-',
  '–': '-',
  '—': '-',
  '…': '...',
};

/** Cache of folded characters: texts repeat few of them. */
const remembered = new Map<string, string>();
const REMEMBERED_MAX = 20_000;

function foldCluster(cluster: string): string {
  const known = remembered.get(cluster);
  if (known !== undefined) return known;
  const folded = computeFold(cluster);
  if (cluster.length <= 4) {
    if (remembered.size >= REMEMBERED_MAX) remembered.clear();
    remembered.set(cluster, folded);
  }
  return folded;
}

function computeFold(cluster: string): string {
  if (/^\s+$/u.test(cluster)) return ' ';
  const bare = cluster
    .normalize('NFKD')
    .replace(ACCENTS, '')
    .replace(IGNORABLE, '')
    .normalize('NFC');
  // To upper case and back: ß is ss, and both sigmas are one.
  const folded = bare.toUpperCase().toLowerCase();
  return [...folded].map((c) => PLAIN[c] ?? c).join('');
}

/** Returns the folded text. Each run of white space is one space. */
export function fold(text: string): string {
  if (ASCII.test(text)) return text.replace(OTHER_SPACE, ' ').toLowerCase();
  let folded = '';
  for (const [run] of text.matchAll(RUNS)) {
    const last = run.charCodeAt(run.length - 1);
    folded += last > 0x20 && last < 0x7f ? run.toLowerCase() : foldCluster(run);
  }
  return folded;
}

/** Returns the folded text with the positions of its parts in the original. */
export function foldWithPlaces(text: string): Folded {
  if (SIMPLE.test(text)) {
    return { text: text.toLowerCase(), originalRange: (start, end) => ({ start, end }) };
  }
  const starts: number[] = [];
  const ends: number[] = [];
  let folded = '';
  for (const match of text.matchAll(CLUSTERS)) {
    const part = foldCluster(match[0]);
    for (let i = 0; i < part.length; i++) {
      starts.push(match.index);
      ends.push(match.index + match[0].length);
    }
    folded += part;
  }
  return {
    text: folded,
    originalRange: (start, end) => ({ start: starts[start] ?? 0, end: ends[end - 1] ?? 0 }),
  };
}
