import { type FileId, fold } from '@parley/protocol';
import type { Queryable } from '../storage/queryable.ts';
import type { Document } from './documents.ts';
import { PIECE_SET, PIECES_WITH, type PieceSet, type PiecesByFile } from './file-candidates.ts';
import { PIECE_MIN, pieceKeysOf } from './file-pieces.ts';
import type { Term } from './keys.ts';
import { indexOfTerm } from './match.ts';
import { searchedText } from './message-keys.ts';
import { Slices } from './slices.ts';

/**
 * Compares texts of files with the terms of a search. All terms that are missing from a message’s
 * body and file names must be in the text of one file. A message with an excluded term in a file
 * does not match.
 */

/** Files whose pieces are read together. */
const FILES_MAX = 20;
/**
 * The length of the part of a text in which terms are marked. It begins at a multiple of the step.
 */
const EXCERPT = 4_000;
const EXCERPT_STEP = 3_600;

/** A file with terms that its message lacks. */
export interface FileMatch {
  readonly id: FileId;
  readonly name: string;
  readonly terms: readonly Term[];
  /** A part of its text with terms in it. */
  readonly excerpt: string;
  /** Whether the text has more before and after it. */
  readonly isCutBefore: boolean;
  readonly isCutAfter: boolean;
}

/** A message with files that does not have all terms itself. */
export interface UnmatchedMessage {
  readonly document: Document;
  /** Its body with the names of its files. */
  readonly text: string;
}

/** A message with a file that has the terms it lacks. */
interface MatchInFile extends UnmatchedMessage {
  readonly file: FileMatch;
}

/** A file of a message, with the pieces that may have each of some terms. */
interface FileToCompare {
  /** The index of the message. */
  readonly index: number;
  readonly id: FileId;
  readonly name: string;
  readonly terms: readonly { readonly term: Term; readonly pieces: PieceSet }[];
}

/**
 * Returns which of these messages have a file with all terms they lack, each with the first such
 * file. The text of the file is appended to that of the message, or replaces it if it has all
 * terms. `pieces` are those that may have the terms. The caller must have checked that the account
 * may read the messages.
 */
export async function fileMatches(
  on: Queryable,
  messages: readonly UnmatchedMessage[],
  terms: readonly Term[],
  pieces: PiecesByFile,
): Promise<MatchInFile[]> {
  const found = new Map<number, MatchInFile>();
  for await (const { index, id, name, terms: missing, excerpt } of compared(
    on,
    await filesToCompare(on, messages, terms, pieces),
  )) {
    if (found.has(index)) continue;
    const { document, text } = messages[index] as UnmatchedMessage;
    const file = { id, name, terms: missing.map(({ term }) => term), ...excerpt() };
    const inFile = searchedText(file.excerpt, [name]);
    const isMixed = missing.length < terms.length;
    found.set(index, { document, text: isMixed ? searchedText(text, [inFile]) : inFile, file });
  }
  return [...found.values()];
}

/**
 * Returns the files of these messages that may have all terms that their message lacks, in order.
 */
async function filesToCompare(
  on: Queryable,
  messages: readonly UnmatchedMessage[],
  terms: readonly Term[],
  pieces: PiecesByFile,
): Promise<FileToCompare[]> {
  if (pieces.size === 0 || messages.length === 0) return [];
  const { rows } = await on.query<{ index: number; id: FileId; name: string }>({
    name: 'search-attached-files',
    text: `
      select d.n::int - 1 as index, a.file_id as id, a.file ->> 'name' as name
      from unnest($1::uuid[], $2::int8[]) with ordinality d (conversation_id, seq, n)
      join attachments a on a.conversation_id = d.conversation_id and a.message_seq = d.seq
      order by d.n, a.position`,
    values: valuesOf(messages.map(({ document }) => document)),
  });
  const missing = new Map<number, { term: Term; n: number }[]>();
  return rows.flatMap((file) => {
    const ofFile = pieces.get(file.id);
    if (!ofFile) return [];
    const lacking = missing.get(file.index) ?? lackingTerms(messages[file.index]?.text, terms);
    missing.set(file.index, lacking);
    const found = lacking.map(({ term, n }) => ({ term, pieces: ofFile.get(n) ?? 0 }));
    return found.every((one) => one.pieces > 0) ? [{ ...file, terms: found }] : [];
  });
}

function lackingTerms(text = '', terms: readonly Term[]): { term: Term; n: number }[] {
  const folded = fold(text);
  return terms
    .map((term, n) => ({ term, n }))
    .filter(({ term }) => indexOfTerm(folded, term) === -1);
}

const valuesOf = (documents: readonly Document[]) => [
  documents.map(({ conversation }) => conversation),
  documents.map(({ seq }) => seq),
];

/** Returns the indexes of the messages with a file whose text contains one of the terms. */
export async function withTermInFile(
  on: Queryable,
  documents: readonly Document[],
  terms: readonly Term[],
): Promise<Set<number>> {
  const found = new Set<number>();
  for (const term of terms) {
    const { rows } = await on.query<{ index: number; id: FileId; name: string; pieces: PieceSet }>({
      name: 'search-excluded-files',
      text: `
        with p as materialized (${PIECES_WITH('$3')})
        select d.n::int - 1 as index, a.file_id as id, min(a.file ->> 'name') as name,
          ${PIECE_SET} as pieces
        from unnest($1::uuid[], $2::int8[]) with ordinality d (conversation_id, seq, n)
        join attachments a on a.conversation_id = d.conversation_id and a.message_seq = d.seq
        join p using (file_id)
        group by d.n, a.file_id`,
      values: [...valuesOf(documents), pieceKeysOf(term)],
    });
    const files = rows.map(({ pieces, ...file }) => ({ ...file, terms: [{ term, pieces }] }));
    for await (const { index } of compared(on, files)) found.add(index);
  }
  return found;
}

/** A file that has all its terms. */
interface ComparedFile extends FileToCompare {
  /** Returns a part of its text with terms in it. */
  excerpt(): Pick<FileMatch, 'excerpt' | 'isCutBefore' | 'isCutAfter'>;
}

/**
 * Yields the files that have all their terms. For each, the first pieces that may have them are
 * read, and the others only if those do not.
 */
async function* compared(
  on: Queryable,
  files: readonly FileToCompare[],
): AsyncGenerator<ComparedFile> {
  // Folding many pieces takes milliseconds.
  const slices = new Slices();
  for (let from = 0; from < files.length; from += FILES_MAX) {
    const some = files.slice(from, from + FILES_MAX);
    const runs = await runsOf(on, some.map(firstPieces));
    const left: FileToCompare[] = [];
    for (const [n, file] of some.entries()) {
      await slices.pause();
      if (!hasTerms(runs[n] as Run[], file)) left.push(file);
    }
    const others = await runsOf(on, left.map(allPieces));
    for (const [n, file] of some.entries()) {
      await slices.pause();
      const at = left.indexOf(file);
      const its = (at === -1 ? runs[n] : others[at]) as Run[];
      if (at === -1 || hasTerms(its, file))
        yield { ...file, excerpt: () => excerptOfRuns(its, file) };
    }
  }
}

/** Pieces of the text of a file. */
interface PiecesOfFile {
  readonly id: FileId;
  readonly numbers: Iterable<number>;
}

/** Returns the first piece that may have all terms, or else the first that may have each. */
function firstPieces({ id, terms }: FileToCompare): PiecesOfFile {
  const lists = terms.map(({ pieces }) => numbersOf(pieces));
  const [first = [], ...others] = lists;
  const common = first.find((piece) => others.every((list) => list.includes(piece)));
  const numbers =
    common === undefined ? new Set(lists.flatMap((list) => list.slice(0, 1))) : [common];
  return { id, numbers };
}

/**
 * Returns all pieces that may have a term, each with the preceding one and those in which the term
 * may end.
 */
function allPieces({ id, terms }: FileToCompare): PiecesOfFile {
  const numbers = new Set<number>();
  for (const { term, pieces } of terms) {
    const after = Math.ceil(term.text.length / PIECE_MIN);
    for (const piece of numbersOf(pieces)) {
      for (let n = piece - 1; n <= piece + after; n++) numbers.add(n);
    }
  }
  return { id, numbers };
}

function numbersOf(set: PieceSet): number[] {
  const numbers: number[] = [];
  for (let n = 0, left = set; left > 0; n++, left = Math.floor(left / 2)) {
    if (left % 2 === 1) numbers.push(n);
  }
  return numbers;
}

/** Pieces of a text that follow one another. */
class Run {
  readonly first: number;
  readonly text: string;
  /** Whether these are the last pieces. */
  readonly isEnd: boolean;
  #folded: string | undefined;

  constructor(first: number, text: string, isEnd: boolean) {
    this.first = first;
    this.text = text;
    this.isEnd = isEnd;
  }

  /**
   * Returns whether it contains a term. At its start, it is unknown whether a word begins there.
   */
  has(term: Term): boolean {
    this.#folded ??= fold(this.text);
    return indexOfTerm(this.#folded, term, this.first === 0 ? 0 : 1) !== -1;
  }
}

/** Reads pieces of files. */
async function runsOf(on: Queryable, files: readonly PiecesOfFile[]): Promise<Run[][]> {
  const runs: Run[][] = files.map(() => []);
  const wanted = files.flatMap(({ id, numbers }, n) =>
    [...numbers].map((piece) => ({ n, id, piece })),
  );
  if (wanted.length === 0) return runs;
  const { rows } = await on.query<{ n: number; piece: number; text: string; isEnd: boolean }>({
    name: 'search-file-pieces',
    text: `
      select w.n, t.piece, t.text, not exists (
        select from file_texts o where o.file_id = w.file_id and o.piece = t.piece + 1) as "isEnd"
      from unnest($1::int4[], $2::uuid[], $3::int4[]) w (n, file_id, piece)
      join file_texts t on t.file_id = w.file_id and t.piece = w.piece
      order by w.n, t.piece`,
    values: [
      wanted.map(({ n }) => n),
      wanted.map(({ id }) => id),
      wanted.map(({ piece }) => piece),
    ],
  });
  for (let from = 0, to = 1; from < rows.length; from = to++) {
    const first = rows[from] as (typeof rows)[number];
    while (rows[to]?.n === first.n && rows[to]?.piece === first.piece + to - from) to++;
    const text = rows.slice(from, to).map((row) => row.text);
    runs[first.n]?.push(new Run(first.piece, text.join(''), rows[to - 1]?.isEnd === true));
  }
  return runs;
}

const hasTerms = (runs: readonly Run[], { terms }: FileToCompare): boolean =>
  terms.every(({ term }) => runs.some((run) => run.has(term)));

/** Returns an excerpt of the first run with the most terms. */
function excerptOfRuns(
  runs: readonly Run[],
  file: FileToCompare,
): Pick<FileMatch, 'excerpt' | 'isCutBefore' | 'isCutAfter'> {
  const terms = file.terms.map(({ term }) => term);
  const counts = runs.map((run) => terms.filter((term) => run.has(term)).length);
  const best = runs[counts.indexOf(Math.max(...counts))] as Run;
  const { excerpt, isCutBefore, isCutAfter } = excerptOf(best.text, terms);
  return {
    excerpt,
    isCutBefore: isCutBefore || best.first > 0,
    isCutAfter: isCutAfter || !best.isEnd,
  };
}

/** Returns the part of a text with the most terms; the first among equals. */
export function excerptOf(
  text: string,
  terms: readonly Term[],
): { excerpt: string; isCutBefore: boolean; isCutAfter: boolean } {
  let [best, most] = [0, 0];
  if (text.length <= EXCERPT) return { excerpt: text, isCutBefore: false, isCutAfter: false };
  for (let at = 0; at < text.length && most < terms.length; at += EXCERPT_STEP) {
    const folded = fold(text.slice(at, at + EXCERPT));
    const count = terms.filter((term) => indexOfTerm(folded, term) !== -1).length;
    if (count > most) [best, most] = [at, count];
  }
  return {
    excerpt: text.slice(best, best + EXCERPT).toWellFormed(),
    isCutBefore: best > 0,
    isCutAfter: best + EXCERPT < text.length,
  };
}
