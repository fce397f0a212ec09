import type { ConversationId, FileId, Seq } from '@parley/protocol';
import type { Queryable } from '../storage/queryable.ts';
import type { Batch, Place } from './candidates.ts';
import { compareDocuments, type Document } from './documents.ts';
import { pieceKeysOf } from './file-pieces.ts';
import type { Term } from './keys.ts';
import { isMatch } from './match.ts';
import { filesOfMessage } from './message-files.ts';
import { searchedText } from './message-keys.ts';
import type { Plan } from './plan.ts';

/** Finds messages whose files may match a search, by the keys of the pieces of texts. */

/** The highest number of files with all terms, the latest ones, that a search considers. */
const FILES_MAX = 2_000;
/** With at most this many terms, a message may have some in its body and the others in a file. */
const MIXED_TERMS_MAX = 6;
/**
 * The highest number of messages, the latest ones, with some of the terms in a file whose bodies
 * are compared.
 */
const MIXED_MAX = 400;
/** Messages of a batch that are candidates by their files. */
const BATCH_MAX = 20;

/** The numbers of pieces as a set of bits: texts have fewer than fifty pieces. */
export type PieceSet = number;

/** The pieces of each file that may have a term, by the index of the term. */
export type PiecesByFile = ReadonlyMap<FileId, ReadonlyMap<number, PieceSet>>;

/** The result of a search by files. */
export interface FileCandidates {
  /** The messages, the latest first. */
  readonly documents: readonly Document[];
  readonly pieces: PiecesByFile;
}

/** Returns the messages that may have all terms, some or all of them in a file. */
export async function fileCandidates(
  on: Queryable,
  plan: Plan,
  before: Place | null,
): Promise<FileCandidates> {
  const { terms } = plan;
  if (terms.length === 0) return { documents: [], pieces: new Map() };
  const rows = await attachedFiles(on, plan, before);
  const complete = rows.filter((row) => Object.keys(row.pieces).length === terms.length);
  const partial = rows.filter((row) => Object.keys(row.pieces).length < terms.length);
  const found = new Map(complete.map((row) => [keyOf(row), documentOf(row)]));
  for (const document of await mixedCandidates(on, terms, partial)) {
    found.set(keyOf(document), document);
  }
  return {
    documents: [...found.values()].sort((a, b) => compareDocuments(b, a)),
    pieces: new Map(rows.map(({ file, pieces }) => [file, byIndex(pieces)])),
  };
}

const keyOf = ({ conversation, seq }: { conversation: ConversationId; seq: Seq }): string =>
  `${conversation}:${seq}`;

const documentOf = ({ conversation, seq, at }: AttachedFile): Document => ({
  conversation,
  seq,
  at,
  version: seq,
});

const byIndex = (pieces: Readonly<Record<string, PieceSet>>): ReadonlyMap<number, PieceSet> =>
  new Map(Object.entries(pieces).map(([term, set]) => [Number(term), set]));

/** Returns the messages that may have some terms in a file and contain the others themselves. */
async function mixedCandidates(
  on: Queryable,
  terms: readonly Term[],
  rows: readonly AttachedFile[],
): Promise<Document[]> {
  /** Messages with the terms that none of their files has. */
  const found = new Map<string, { document: Document; missing: Set<Term> }>();
  for (const row of rows) {
    const document = documentOf(row);
    const { missing } = found.get(keyOf(row)) ?? { missing: new Set(terms) };
    for (const index of byIndex(row.pieces).keys()) missing.delete(terms[index] as Term);
    found.set(keyOf(row), { document, missing });
  }
  const latest = [...found.values()]
    .sort((a, b) => compareDocuments(b.document, a.document))
    .slice(0, MIXED_MAX);
  if (latest.length === 0) return [];
  const { rows: texts } = await on.query<{ n: number; body: string; fileNames: string[] }>({
    name: 'search-mixed-candidates',
    text: `
      select d.n::int as n, g.body, f."fileNames"
      from unnest($1::uuid[], $2::int8[]) with ordinality d (conversation_id, seq, n)
      join messages g on g.conversation_id = d.conversation_id and g.seq = d.seq
      cross join ${filesOfMessage()} f
      where g.deleted_at is null and g.hidden_at is null`,
    values: [
      latest.map(({ document }) => document.conversation),
      latest.map(({ document }) => document.seq),
    ],
  });
  return texts.flatMap(({ n, body, fileNames }) => {
    const { document, missing } = latest[n - 1] as (typeof latest)[number];
    return isMatch(searchedText(body, fileNames), [...missing], []) ? [document] : [];
  });
}

/** A file of a message with pieces that may have some of the terms, by the index of the term. */
interface AttachedFile {
  readonly conversation: ConversationId;
  readonly seq: Seq;
  readonly at: number;
  readonly file: FileId;
  readonly pieces: Readonly<Record<string, PieceSet>>;
}

/** Returns the files of messages that may have all of the terms, or some if the message may have the others. */
async function attachedFiles(
  on: Queryable,
  { conversations, period, terms }: Plan,
  before: Place | null,
): Promise<AttachedFile[]> {
  const isMixed = terms.length > 1 && terms.length <= MIXED_TERMS_MAX;
  const { rows } = await on.query<AttachedFile>({
    name: `search-file-candidates-${terms.length}`,
    text: `
      with ${terms.map((_, n) => `p${n} as materialized (${PIECES_WITH(`$${n + 10}`)})`)},
      f as materialized (
        select file_id, count(*) as terms, json_object_agg(term, pieces) as pieces
        from (${terms.map((_, n) => piecesOfTerm(n)).join(' union all ')}) t
        group by file_id),
      a as materialized (
        (${ATTACHED('terms = $9')}) union all (${ATTACHED('$8 and terms < $9')}))
      select a.conversation_id as conversation, a.message_seq as seq, at, a.file_id as file,
        f.pieces
      from a
      join f using (file_id)
      cross join lateral (
        select floor(extract(epoch from m.posted_at) * 1000)::float8 as at
        from messages m
        where m.conversation_id = a.conversation_id and m.seq = a.message_seq
        limit 1
      ) g
      where at >= $3 and at < $4
        and ($5::float8 is null or (at, conversation_id, message_seq) < ($5, $6::uuid, $7::int8))`,
    values: [
      FILES_MAX,
      [...conversations],
      period.from,
      period.to,
      before?.at ?? null,
      before?.conversation ?? null,
      before?.seq ?? null,
      isMixed,
      terms.length,
      ...terms.map(pieceKeysOf),
    ],
  });
  return rows;
}

/**
 * SQL: the pieces that have all these keys, using only the index of the keys. It is materialized,
 * because otherwise PostgreSQL may compare the thousands of keys of each piece, a cost that it
 * underestimates.
 */
export const PIECES_WITH = (keys: string): string =>
  `select file_id, piece from file_texts where keys @> ${keys}::int4[]`;

/** SQL: a set of piece numbers as a bit mask that JavaScript represents exactly. */
export const PIECE_SET = 'bit_or(1::int8 << piece)::float8';

const piecesOfTerm = (n: number): string =>
  `select file_id, ${n} as term, ${PIECE_SET} as pieces from p${n} group by file_id`;

/** SQL: the latest files `f` that are attached in one of the conversations. */
const ATTACHED = (condition: string): string => `
  select a.conversation_id, a.message_seq, file_id
  from f join attachments a using (file_id)
  where ${condition} and a.conversation_id = any($2::uuid[])
  order by file_id desc
  limit $1`;

/**
 * Merges candidates from the index with those found by files, in order. A batch has few of the
 * latter, because comparing the text of a file takes milliseconds, and the time limit of a page is
 * checked between batches.
 */
export class WithFileCandidates {
  readonly #inner: { next(max: number): Promise<Batch> };
  /** The remaining candidates by files, in order. */
  readonly #others: Document[];
  /**
   * The remaining candidates read from the index, and where its rest begins; undefined before it is
   * read.
   */
  #own: Document[] = [];
  #rest: Place | null | undefined;

  constructor(inner: { next(max: number): Promise<Batch> }, others: readonly Document[]) {
    this.#inner = inner;
    this.#others = [...others];
  }

  /**
   * Returns the next messages, at most `max`; fewer at the end, or if many of them were found by
   * files.
   */
  async next(max: number): Promise<Batch> {
    if (this.#own.length === 0 && this.#rest !== null) {
      const { documents, rest } = await this.#inner.next(max);
      this.#own = [...documents];
      this.#rest = rest;
    }
    const documents: Document[] = [];
    for (let files = 0; documents.length < max && files < BATCH_MAX; ) {
      const [own] = this.#own;
      const [other] = this.#others;
      if (other && isReached(other, own ?? this.#rest ?? null)) {
        this.#others.shift();
        // Also found in the index.
        if (own && compareDocuments(other, own) === 0) continue;
        documents.push(other);
        files++;
      } else if (own) {
        this.#own.shift();
        documents.push(own);
      } else return { documents, rest: this.#rest ?? null };
    }
    return { documents, rest: documents.at(-1) ?? null };
  }
}

/** Returns whether a message is at or before a position in the index; at its end, always true. */
const isReached = (document: Document, place: Place | null): boolean =>
  place === null || compareDocuments(document, place) >= 0;
