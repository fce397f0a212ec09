import type { ConversationId, FileId, Seq } from '@parley/protocol';
import { fold } from '@parley/protocol';
import type { Queryable } from '../storage/queryable.ts';
import type { Batch, Place } from './candidates.ts';
import { compareDocuments, type Document } from './documents.ts';
import { keysOfTerm, type Term } from './keys.ts';
import { indexOfTerm, isMatch } from './match.ts';
import { filesOfMessage } from './message-files.ts';
import { searchedText } from './message-keys.ts';
import type { Plan } from './plan.ts';

/**
 * Finds messages by the texts of their files. The terms that the message itself does not have, in its body and the
 * names of its files, are all in the text and the name of one file. A message with an excluded term in a file is not
 * found.
 */

/** Of more files with all terms in the conversations of a search, only the latest are looked at. */
const FILES_MAX = 2_000;
/** Up to so many terms, a message may have some in its body and the others in a file. */
const MIXED_TERMS_MAX = 6;
/** Of more messages with some of the terms in a file, only the bodies of the latest are looked at. */
const MIXED_MAX = 400;
/** Messages of a batch that are candidates by their files. */
const BATCH_MAX = 20;
/** Keys that are looked up: the text decides in the end. */
const KEYS_MAX = 24;
/** Texts read at a time, of some 100 KB each. */
const TEXTS_MAX = 20;
/** The part of a text in which terms are marked. It begins at a multiple of the step. */
const EXCERPT = 4_000;
const EXCERPT_STEP = 3_600;

/** A file in which a search has found terms that the message lacks. */
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

/** Returns the messages that may have all terms, some or all of them in a file, the latest first. */
export async function fileCandidates(
  on: Queryable,
  plan: Plan,
  before: Place | null,
): Promise<Document[]> {
  const { terms } = plan;
  if (terms.length === 0) return [];
  const inFile = await messagesByFile(on, plan, before, terms);
  if (terms.length === 1 || terms.length > MIXED_TERMS_MAX) return inFile;
  const found = new Map(inFile.map((document) => [keyOf(document), document]));
  for (const document of await mixedCandidates(on, plan, before)) {
    found.set(keyOf(document), document);
  }
  return [...found.values()].sort((a, b) => compareDocuments(b, a));
}

const keyOf = ({ conversation, seq }: Document): string => `${conversation}:${seq}`;

/** Returns the messages that may have some terms in a file, and have the others themselves. */
async function mixedCandidates(
  on: Queryable,
  plan: Plan,
  before: Place | null,
): Promise<Document[]> {
  const { terms } = plan;
  /** With the terms that none of their files has. */
  const found = new Map<string, { document: Document; missing: Set<Term> }>();
  for (const term of terms) {
    for (const document of await messagesByFile(on, plan, before, [term])) {
      const known = found.get(keyOf(document));
      if (known) known.missing.delete(term);
      else {
        const missing = new Set(terms.filter((one) => one !== term));
        found.set(keyOf(document), { document, missing });
      }
    }
  }
  const latest = [...found.values()]
    .sort((a, b) => compareDocuments(b.document, a.document))
    .slice(0, MIXED_MAX);
  if (latest.length === 0) return [];
  const { rows } = await on.query<{ n: number; body: string; fileNames: string[] }>({
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
  return rows.flatMap(({ n, body, fileNames }) => {
    const { document, missing } = latest[n - 1] as (typeof latest)[number];
    return isMatch(searchedText(body, fileNames), [...missing], []) ? [document] : [];
  });
}

/** Returns the messages with a file whose text may have all of these terms, the latest first. */
async function messagesByFile(
  on: Queryable,
  { conversations, period }: Plan,
  before: Place | null,
  terms: readonly Term[],
): Promise<Document[]> {
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

/** A message with files that does not have all terms itself. */
export interface UnmatchedMessage {
  readonly document: Document;
  /** Its body with the names of its files. */
  readonly text: string;
}

/** A message with a file that has the terms that it lacks. */
interface MatchInFile extends UnmatchedMessage {
  readonly file: FileMatch;
}

/**
 * Returns those of these messages that have a file with all terms that they lack, each with the first such file. The
 * texts of the messages are followed by that of the file, or replaced by it if it has all terms. The caller has
 * checked that the account may read them.
 */
export async function fileMatches(
  on: Queryable,
  messages: readonly UnmatchedMessage[],
  terms: readonly Term[],
): Promise<MatchInFile[]> {
  const found: MatchInFile[] = [];
  for (const { missing, some } of byMissingTerms(messages, terms)) {
    const documents = some.map(({ document }) => document);
    const isDone = new Set<number>();
    for await (const { index, id, name, text } of textsOf(on, documents, missing)) {
      if (isDone.has(index) || !isMatch(searchedText(text, [name]), missing, [])) continue;
      isDone.add(index);
      const { document, text: own } = some[index] as UnmatchedMessage;
      const file = { id, name, terms: missing, ...excerptOf(text, missing) };
      const inFile = searchedText(file.excerpt, [name]);
      const isMixed = missing.length < terms.length;
      found.push({ document, text: isMixed ? searchedText(own, [inFile]) : inFile, file });
    }
  }
  return found;
}

/** Returns messages in groups of those that lack the same terms. */
function byMissingTerms(
  messages: readonly UnmatchedMessage[],
  terms: readonly Term[],
): { missing: readonly Term[]; some: readonly UnmatchedMessage[] }[] {
  const groups = new Map<string, { missing: Term[]; some: UnmatchedMessage[] }>();
  for (const message of messages) {
    const folded = fold(message.text);
    const missing = terms.filter((term) => indexOfTerm(folded, term) === -1);
    const key = missing.map((term) => terms.indexOf(term)).join();
    const group = groups.get(key);
    if (group) group.some.push(message);
    else groups.set(key, { missing, some: [message] });
  }
  return [...groups.values()];
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
