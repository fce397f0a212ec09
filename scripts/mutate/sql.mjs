// Mutates SQL in a string or template literal: removes predicates, shifts comparisons by one.

/** Returns whether a text is a statement, or a fragment of one. */
export const isSql = (text) =>
  /\b(select|insert into|update|delete from)\b[\s\S]*\b(from|set|values|select|where)\b/i.test(
    text,
  );

/** Words that end a predicate at the depth where it started. */
const ENDS =
  /^(and|or|where|order|group|limit|returning|for|on|union|left|join|then|else|end|window|having)\b/i;

/** Swaps that keep a statement valid. */
const SWAPS = [
  [/\bis not null\b/gi, () => 'is null', 'negated predicate'],
  [/\bis null\b/gi, () => 'is not null', 'negated predicate'],
  [/(?<=[\s\w)$])(<=|>=|<>|<|>)(?=\s)/g, (op) => COMPARISONS[op], 'boundary'],
  [/\b(max|min)\(/g, (call) => (call === 'max(' ? 'min(' : 'max('), 'swapped function'],
  [
    /\b(greatest|least)\(/g,
    (call) => (call === 'least(' ? 'greatest(' : 'least('),
    'swapped function',
  ],
  [/ desc\b/g, () => '', 'swapped order'],
];
const COMPARISONS = { '<=': '<', '>=': '>', '<>': '=', '<': '<=', '>': '>=' };

/**
 * Returns the mutants of one piece of SQL text: `{start, end, text, operator}`, relative to it.
 * `closed` says that the text ends where the literal ends, and not at a `${`.
 */
export function sqlMutants(text, closed) {
  const found = [];
  for (const match of text.matchAll(/\b(and|where)\s+/gi)) {
    const word = match[1].toLowerCase();
    // The upper bound of a between is not a predicate.
    if (word === 'and' && /\bbetween\s+[^\s]+(\([^()]*\))?\s+$/i.test(text.slice(0, match.index)))
      continue;
    const begin = match.index + match[0].length;
    const end = predicateEnd(text, begin);
    if (end === undefined || (end === text.length && !closed)) continue;
    if (word === 'and')
      found.push({ start: match.index, end, text: '', operator: 'dropped predicate' });
    else found.push({ start: begin, end, text: 'true ', operator: 'dropped predicate' });
  }
  for (const [pattern, swap, operator] of SWAPS) {
    for (const match of text.matchAll(pattern)) {
      const start = match.index;
      found.push({ start, end: start + match[0].length, text: swap(match[0]), operator });
    }
  }
  return found;
}

/** Returns where the predicate at `from` ends; undefined when its parentheses do not close. */
function predicateEnd(text, from) {
  let depth = 0;
  for (let i = from; i < text.length; i++) {
    const c = text[i];
    if (c === "'") {
      i = text.indexOf("'", i + 1);
      if (i === -1) return undefined;
    } else if (c === '(') depth++;
    else if (c === ')') {
      if (depth === 0) return i;
      depth--;
    } else if (depth === 0 && i > from && /\s/.test(text[i - 1]) && ENDS.test(text.slice(i)))
      return i;
  }
  return depth === 0 ? text.length : undefined;
}
