import {
  type AccountId,
  type ConversationId,
  type SearchMessagesPage,
  type SearchMessagesQuery,
  Seq,
} from '@parley/protocol';
import type pg from 'pg';
import { z } from 'zod';
import { pageCursor } from '../http/page.ts';
import { hasProperties } from './candidate-row.ts';
import { Candidates, type Place } from './candidates.ts';
import { compareDocuments, type Document } from './documents.ts';
import { fileCandidates, type PiecesByFile, WithFileCandidates } from './file-candidates.ts';
import { fileMatches, type UnmatchedMessage, withTermInFile } from './file-matches.ts';
import { type Match, readCandidates, readFound } from './found-messages.ts';
import { isListed, ListedCandidates } from './listed-candidates.ts';
import { isMatch, scoreOf } from './match.ts';
import { searchedText } from './message-keys.ts';
import { type Plan, planOf } from './plan.ts';
import type { SegmentCache } from './segment-cache.ts';
import { readSegments } from './segment-store.ts';
import { Slices } from './slices.ts';

/** How many messages are read at a time. */
const READ_MIN = 40;
const READ_MAX = 400;
/** The highest number of matches that are ranked, the latest ones. */
const RANKED_MAX = 300;

/** When a page ends early. */
export interface Bounds {
  /** Messages compared. */
  readonly comparedMax: number;
  /** Time, ms. */
  readonly pageMs: number;
}

const PlaceOfCursor = z.object({
  at: z.number(),
  conversation: z.string().regex(/^[0-9a-f-]{36}$/),
  seq: Seq,
});
/**
 * The content of a page cursor: a position and, when sorted by score, the score there and the time
 * of the first page. Matches before `before` are ranked separately; without a score, none of them
 * was shown.
 */
export const Cursor = PlaceOfCursor.extend({
  score: z.number().optional(),
  until: z.number().optional(),
  before: PlaceOfCursor.optional(),
});

/** A cursor as written by this server. */
export type CursorPlace = Place & Omit<z.infer<typeof Cursor>, 'before'> & { before?: Place };

/** Finds one page of messages, in a transaction. */
export class SearchRun {
  readonly #client: pg.ClientBase;
  readonly #cache: SegmentCache;
  readonly #account: AccountId;
  readonly #now: number;
  readonly #isGone: () => boolean;
  readonly #comparedMax: number;
  readonly #deadline: number;
  readonly #slices = new Slices();
  /** The pieces of files that may have the terms. */
  #pieces: PiecesByFile = new Map();
  #compared = 0;

  constructor(
    { client, cache }: { readonly client: pg.ClientBase; readonly cache: SegmentCache },
    account: AccountId,
    now: number,
    { isGone, comparedMax, pageMs }: Bounds & { readonly isGone: () => boolean },
  ) {
    this.#client = client;
    this.#cache = cache;
    this.#account = account;
    this.#now = now;
    this.#isGone = isGone;
    this.#comparedMax = comparedMax;
    this.#deadline = performance.now() + pageMs;
  }

  async page(query: SearchMessagesQuery, cursor: CursorPlace | null): Promise<SearchMessagesPage> {
    const plan = await planOf(this.#client, this.#account, query, this.#now);
    const problems = [...plan.problems];
    if (plan.isEmpty) return { items: [], next: null, problems };
    const page =
      query.sort === 'best'
        ? await this.#best(plan, query.limit, cursor)
        : await this.#newest(plan, query.limit, cursor);
    return {
      items: await readFound(this.#client, this.#account, page.matches, plan),
      next: page.next,
      problems,
    };
  }

  async #newest(plan: Plan, limit: number, after: Place | null) {
    const { matches, reached } = await this.#find(plan, limit, after);
    const end = reached ?? null;
    return { matches, next: end && pageCursor.write(placeOf(end)) };
  }

  /**
   * Ranks the latest matches up to the time of the first page, and returns those after the cursor.
   * If the limits of a page end the ranking early, older matches are ranked separately on later
   * pages.
   */
  async #best(plan: Plan, limit: number, cursor: CursorPlace | null) {
    const until = cursor?.until ?? this.#now;
    const period = { ...plan.period, to: Math.min(plan.period.to, until + 1) };
    const before = cursor?.before ?? null;
    const { matches, reached } = await this.#find({ ...plan, period }, RANKED_MAX, before);
    const ranked: { match: Match; score: number }[] = [];
    for (const match of matches) {
      const score = scoreOf(match.text, plan.terms, match.document.at, until);
      ranked.push({ match, score: Math.round(score * 1e6) / 1e6 });
      await this.#slices.pause();
    }
    ranked.sort(
      (a, b) => b.score - a.score || compareDocuments(b.match.document, a.match.document),
    );
    const { score: shown } = cursor ?? {};
    const from =
      cursor && shown !== undefined
        ? ranked.findIndex(({ match, score }) => {
            const order = score - shown;
            return order < 0 || (order === 0 && compareDocuments(match.document, cursor) < 0);
          })
        : 0;
    const page = from === -1 ? [] : ranked.slice(from, from + limit);
    const last = page[page.length - 1];
    let next: string | null = null;
    if (last && last !== ranked[ranked.length - 1]) {
      const place = { ...placeOf(last.match.document), score: last.score, until };
      next = pageCursor.write({ ...place, ...(before && { before }) });
    } else if (reached && ranked.length < RANKED_MAX) {
      const place = placeOf(reached);
      next = pageCursor.write({ ...place, until, before: place });
    }
    return { matches: page.map(({ match }) => match), next };
  }

  /**
   * Returns the latest matches before a place. `reached` is the position up to which it has
   * searched; null if there is nothing more to find.
   */
  async #find(plan: Plan, limit: number, before: Place | null) {
    const candidates = await this.#candidates(plan, before);
    const matches: Match[] = [];
    let size = Math.min(Math.max(READ_MIN, limit + 1), READ_MAX, this.#comparedMax);
    for (;;) {
      const { documents, rest } = await candidates.next(size);
      for (const match of await this.#compare(documents, plan)) {
        if (matches.length === limit) return { matches, reached: matches[limit - 1]?.document };
        matches.push(match);
      }
      if (rest === null || this.#isOver()) return { matches, reached: rest };
      size = Math.min(READ_MAX, size * 2);
    }
  }

  async #candidates(
    plan: Plan,
    before: Place | null,
  ): Promise<WithFileCandidates | ListedCandidates> {
    const on = this.#client;
    if (isListed(plan)) {
      return new ListedCandidates(on, this.#account, plan, { before, max: this.#comparedMax });
    }
    const isOver = () => this.#isOver();
    const segments = await readSegments(on);
    const inIndex = new Candidates({ on, cache: this.#cache, isOver }, segments, plan, before);
    const { documents, pieces } = await fileCandidates(on, plan, before);
    this.#pieces = pieces;
    return new WithFileCandidates(inIndex, documents);
  }

  #isOver(): boolean {
    return (
      this.#compared >= this.#comparedMax || performance.now() > this.#deadline || this.#isGone()
    );
  }

  /** Returns the documents that the account may read and that match the plan. */
  async #compare(documents: readonly Document[], plan: Plan): Promise<Match[]> {
    if (documents.length === 0) return [];
    this.#compared += documents.length;
    const rows = await readCandidates(this.#client, this.#account, documents, plan);
    const matches: Match[] = [];
    const withFiles: Document[] = [];
    const others: UnmatchedMessage[] = [];
    for (const row of rows) {
      // Folding a long text takes milliseconds.
      await this.#slices.pause();
      if (!hasProperties(row, plan)) continue;
      const document = documents[row.n - 1] as Document;
      const text = searchedText(row.body, row.fileNames);
      if (!isMatch(text, [], plan.excluded)) continue;
      if (row.fileNames.length > 0) withFiles.push(document);
      if (isMatch(text, plan.terms, [])) matches.push({ document, text, file: undefined });
      else if (row.fileNames.length > 0) others.push({ document, text });
    }
    return await this.#compareFiles({ matches, withFiles, others }, plan);
  }

  /**
   * Returns the matches without an excluded term in a file, including messages with a file that has
   * all terms they lack.
   */
  async #compareFiles(
    {
      matches,
      withFiles,
      others,
    }: { matches: Match[]; withFiles: readonly Document[]; others: readonly UnmatchedMessage[] },
    { terms, excluded }: Plan,
  ): Promise<Match[]> {
    const inFiles = await fileMatches(this.#client, others, terms, this.#pieces);
    matches.push(...inFiles);
    if (inFiles.length > 0) matches.sort((a, b) => compareDocuments(b.document, a.document));
    if (excluded.length === 0 || withFiles.length === 0) return matches;
    const indexes = await withTermInFile(this.#client, withFiles, excluded);
    const rejected = new Set([...indexes].map((index) => withFiles[index]));
    return matches.filter(({ document }) => !rejected.has(document));
  }
}

const placeOf = ({
  at,
  conversation,
  seq,
}: Place): {
  at: number;
  conversation: ConversationId;
  seq: Seq;
} => ({ at, conversation, seq });
