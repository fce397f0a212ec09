import type { ConversationId, FileId, Seq } from '@parley/protocol';
import { fold } from '@parley/protocol';
import type { Queryable } from '../storage/queryable.ts';
import type { Batch, Place } from './candidates.ts';
import { compareDocuments, type Document } from './documents.ts';
import { keysOfTerm, type Term } from './keys.ts';
import { indexOfTerm, isMatch } from './match.ts';
import { searchedText } from './message-keys.ts';
import type { Plan } from './plan.ts';

/**
 * Finds messages by the texts of their files. All terms are in the text and the name of one file: a message
 * with some terms in its body and others in a file is not found. A message with an excluded term in a file is not
 * found either.
 */

/** Of more files with all terms in the conversations of a search, only the latest are looked at. */
const FILES_MAX = 2_000;
/** Messages of a batch that are candidates by their files. */
const BATCH_MAX = 20;
/** Keys that are looked up: the text decides in the end. */
const KEYS_MAX = 24;
/** Texts read at a time, of some 100 KB each. */
const TEXTS_MAX = 20;
/** The part of a text in which terms are marked. It begins at a multiple of the step. */
const EXCERPT = 4_000;
const EXCERPT_STEP = 3_600;

/** A file in which a search has found all terms. */
export interface FileMatch {
  readonly id: FileId;
  readonly name: string;
  /** A part of its text with terms in it. */
  readonly excerpt: string;
  /** Whether the text has more before and after it. */
  readonly isCutBefore: boolean;
  readonly isCutAfter: boolean;
}

/** Returns the messages whose files may have all terms, the latest first. */
export async function fileCandidates(
  on: Queryable,
  { terms, conversations, period }: Plan,
  before: Place | null,
): Promise<Document[]> {
  if (terms.length === 0) return [];
  const { rows } = await on.query<{ conversation: ConversationId; seq: Seq; at: number }>({
    name: 'search-file-candidates',
    text: `
      -- By the index of the keys alone: in the order of files, the planner would read the keys of each.
      with f as materialized (select file_id from file_texts where keys @> $1::int4[]),
      a as materialized (
        select a.conversation_id, a.message_seq
        from f join attachments a using (file_id)
        where a.conversation_id = any($3::uuid[])
        order by file_id desc
        limit $2)
      select distinct conversation_id as conversation, message_seq as seq, at
      from a
      cross join lateral (
        select floor(extract(epoch from m.posted_at) * 1000)::float8 as at
        from messages m
        where m.conversation_id = a.conversation_id and m.seq = a.message_seq
        limit 1
      ) g
      where at >= $4 and at < $5
        and ($6::float8 is null or (at, conversation_id, message_seq) < ($6, $7::uuid, $8::int8))
      order by at desc, conversation_id desc, message_seq desc`,
    values: [
      keysOf(terms),
      FILES_MAX,
      [...conversations],
      period.from,
      period.to,
      before?.at ?? null,
      before?.conversation ?? null,
      before?.seq ?? null,
    ],
  });
  return rows.map((row) => ({ ...row, version: row.seq }));
}

const keysOf = (terms: readonly Term[]): number[] =>
  [...new Set(terms.flatMap((term) => [...keysOfTerm(term)]))].slice(0, KEYS_MAX);

/**
 * Candidates of the index, and those by their files in their order among them. A batch has few of the latter:
 * to compare the text of a file takes milliseconds, and the time of a page is checked between batches.
 */
export class WithFileCandidates {
  readonly #inner: { next(max: number): Promise<Batch> };
  /** Those by their files that are left, the first one first. */
  readonly #others: Document[];
  /** Those of the index that were read and are left, and where its others begin: undefined before it is read. */
  #own: Document[] = [];
  #rest: Place | null | undefined;

  constructor(inner: { next(max: number): Promise<Batch> }, others: readonly Document[]) {
    this.#inner = inner;
    this.#others = [...others];
  }

  /** Returns the next messages, at most `max`: fewer at the end, or when many of them are by their files. */
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
        // The index has it as well.
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

/** Returns whether a message comes before a place in the index, or in it; any does at its end. */
const isReached = (document: Document, place: Place | null): boolean =>
  place === null || compareDocuments(document, place) >= 0;

/**
 * Returns, of each of these messages that has one, the first file with all terms, by the index of the message in
 * the list. The caller has checked that the account may read them.
 */
export async function fileMatches(
  on: Queryable,
  documents: readonly Document[],
  terms: readonly Term[],
): Promise<Map<number, FileMatch>> {
  const found = new Map<number, FileMatch>();
  if (terms.length === 0) return found;
  for await (const { index, id, name, text } of textsOf(on, documents, terms)) {
    if (found.has(index) || !isMatch(searchedText(text, [name]), terms, [])) continue;
    found.set(index, { id, name, ...excerptOf(text, terms) });
  }
  return found;
}

/** Returns the indexes of those of these messages in whose files one of the terms is. */
export async function withTermInFile(
  on: Queryable,
  documents: readonly Document[],
  terms: readonly Term[],
): Promise<Set<number>> {
  const found = new Set<number>();
  for (const term of terms) {
    for await (const { index, name, text } of textsOf(on, documents, [term])) {
      if (isMatch(searchedText(text, [name]), [term], [])) found.add(index);
    }
  }
  return found;
}

/** Yields the texts of files of these messages that may have all terms. */
async function* textsOf(on: Queryable, documents: readonly Document[], terms: readonly Term[]) {
  for (let from = 0; from < documents.length; from += TEXTS_MAX) {
    const some = documents.slice(from, from + TEXTS_MAX);
    const { rows } = await on.query<{ n: number; id: FileId; name: string; text: string }>({
      name: 'search-file-texts',
      text: `
        select d.n::int as n, a.file_id as id, a.file ->> 'name' as name, t.text
        from unnest($1::uuid[], $2::int8[]) with ordinality d (conversation_id, seq, n)
        join attachments a on a.conversation_id = d.conversation_id and a.message_seq = d.seq
        join file_texts t on t.file_id = a.file_id
        where t.keys @> $3::int4[]
        order by d.n, a.position`,
      values: [some.map((d) => d.conversation), some.map((d) => d.seq), keysOf(terms)],
    });
    for (const { n, ...file } of rows) yield { index: from + n - 1, ...file };
  }
}

/** Returns the part of a text that has the most of the terms; the first one of several. */
export function excerptOf(
  text: string,
  terms: readonly Term[],
): { excerpt: string; isCutBefore: boolean; isCutAfter: boolean } {
  let [best, most] = [0, 0];
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
