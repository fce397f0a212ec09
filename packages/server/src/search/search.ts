import {
  type AccountId,
  type ConversationId,
  type FoundMessage,
  LIMITS,
  type Message,
  type SearchMessagesPage,
  type SearchMessagesQuery,
  Seq,
} from '@parley/protocol';
import type pg from 'pg';
import { z } from 'zod';
import { pageCursor } from '../http/page.ts';
import { MESSAGE } from '../messages/message-sql.ts';
import type { Clock } from '../runtime/clock.ts';
import { withTransaction } from '../storage/database.ts';
import {
  type CandidateRow,
  hasProperties,
  MENTIONED,
  mentionValues,
  needsFiles,
} from './candidate-row.ts';
import { Candidates, type Place } from './candidates.ts';
import { compareDocuments, type Document } from './documents.ts';
import { fileCandidates, type PiecesByFile, WithFileCandidates } from './file-candidates.ts';
import {
  type FileMatch,
  fileMatches,
  type UnmatchedMessage,
  withTermInFile,
} from './file-matches.ts';
import { isListed, ListedCandidates } from './listed-candidates.ts';
import { isMatch, scoreOf, snippetOf } from './match.ts';
import { filesOfMessage } from './message-files.ts';
import { searchedText } from './message-keys.ts';
import { type Plan, planOf } from './plan.ts';
import { SearchSlots } from './search-slots.ts';
import { SegmentCache } from './segment-cache.ts';
import { readSegments } from './segment-store.ts';
import { Slices } from './slices.ts';

/** The time limits of a statement and of a page, ms. A page then ends with what it has found. */
const STATEMENT_MS = 1_000;
const PAGE_MS = 1_500;
/** The highest number of messages compared for a page, and how many are read at a time. */
const COMPARED_MAX = 4_000;
const READ_MIN = 40;
const READ_MAX = 400;
/** The highest number of matches that are ranked, the latest ones. */
const RANKED_MAX = 300;

/** When a page ends early. */
interface Bounds {
  /** Messages compared. */
  readonly comparedMax: number;
  /** Time, ms. */
  readonly pageMs: number;
}

/** A message that a search has found. */
interface Match {
  readonly document: Document;
  /**
   * The text with the names of files, the part of a file with terms that the message lacks, or
   * both.
   */
  readonly text: string;
  /** The file that has the terms that the message lacks. */
  readonly file: FileMatch | undefined;
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
const Cursor = PlaceOfCursor.extend({
  score: z.number().optional(),
  until: z.number().optional(),
  before: PlaceOfCursor.optional(),
});

/**
 * Searches the messages that an account may read.
 *
 * 1. The index only yields candidates: each result is read from the messages in the snapshot of the
 *    search, by a query that joins the memberships of the account. A deleted message or an earlier
 *    text is never found.
 * 2. A page is read from one snapshot; later pages continue at its end, whatever was posted since.
 * 3. Its work is bounded, and so is the number of concurrent searches per account and per node. A
 *    page that ends early has a cursor to continue from.
 */
export class MessageSearch {
  readonly #pool: pg.Pool;
  readonly #clock: Clock;
  readonly #cache = new SegmentCache();
  readonly #slots: SearchSlots;
  readonly #bounds: Bounds;

  constructor({
    pool,
    clock,
    bounds = {},
  }: {
    readonly pool: pg.Pool;
    readonly clock: Clock;
    readonly bounds?: Partial<Bounds>;
  }) {
    this.#pool = pool;
    this.#clock = clock;
    this.#bounds = { comparedMax: COMPARED_MAX, pageMs: PAGE_MS, ...bounds };
    this.#slots = new SearchSlots(LIMITS.searchesPerAccount);
  }

  /** Returns a page of messages. `isGone` says whether the caller has stopped waiting. */
  async page(
    account: AccountId,
    query: SearchMessagesQuery,
    isGone: () => boolean = () => false,
  ): Promise<SearchMessagesPage> {
    const cursor = pageCursor.read(query.cursor, Cursor, 'cursor');
    return await this.#slots.run(account, isGone, () =>
      withTransaction(this.#pool, async (client) => {
        await client.query(
          // Its statements look up rows by key. The planner underestimates scans of long keys,
          // which are stored out of line.
          `set transaction isolation level repeatable read, read only;
           set local statement_timeout = ${STATEMENT_MS};
           set local enable_seqscan = off`,
        );
        const on = { client, cache: this.#cache };
        const run = new SearchRun(on, account, this.#clock.now(), { ...this.#bounds, isGone });
        return await run.page(query, cursor as CursorPlace | null);
      }),
    );
  }

  /** Frees the memory. */
  stop(): void {
    this.#cache.clear();
  }
}

/** A cursor as written by this server. */
type CursorPlace = Place & Omit<z.infer<typeof Cursor>, 'before'> & { before?: Place };

/** One search, in a transaction. */
class SearchRun {
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
    return { items: await this.#shown(page.matches, plan), next: page.next, problems };
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

  /** Reads the messages of documents that the account may read. */
  async #readCandidates(documents: readonly Document[], plan: Plan): Promise<CandidateRow[]> {
    const { rows } = await this.#client.query<CandidateRow>({
      name: 'search-candidates',
      text: `
        select d.n::int as n, g.author_id as author, g.body,
          case when $4 then exists (
            select from reactions r
            where r.conversation_id = g.conversation_id and r.message_seq = g.seq) end as reaction,
          case when $5 then exists (
            select from pins p
            where p.conversation_id = g.conversation_id and p.message_seq = g.seq) end as pin,
          case when $6 then exists (
            select from message_parts p
            where p.conversation_id = g.conversation_id and p.message_seq = g.seq
              and p.poll is not null) end as poll,
          f."fileNames", f."hasImage" as image,
          g.thread is not null as thread,
          case when $8 then exists (
            select from saved_messages s
            where s.account_id = $1 and s.conversation_id = g.conversation_id
              and s.message_seq = g.seq) end as saved,
          case when $9 then ${MENTIONED('$10', '$11')} end as mentioned,
          case when $12 then ${MENTIONED('$13', '$14')} end as "notMentioned"
        from unnest($2::uuid[], $3::int8[]) with ordinality d (conversation_id, seq, n)
        join memberships m on m.account_id = $1 and m.conversation_id = d.conversation_id
          and m.left_seq is null
        join messages g on g.conversation_id = d.conversation_id and g.seq = d.seq
        cross join ${filesOfMessage('$7')} f
        where g.deleted_at is null and g.hidden_at is null
        order by d.n`,
      values: [
        this.#account,
        documents.map((d) => d.conversation),
        documents.map((d) => d.seq),
        plan.has.has('reaction'),
        plan.has.has('pin'),
        plan.has.has('poll'),
        needsFiles(plan),
        plan.has.has('saved'),
        ...mentionValues(plan.mentioned),
        ...mentionValues(plan.notMentioned),
      ],
    });
    return rows;
  }

  /** Returns the documents that the account may read and that match the plan. */
  async #compare(documents: readonly Document[], plan: Plan): Promise<Match[]> {
    if (documents.length === 0) return [];
    this.#compared += documents.length;
    const rows = await this.#readCandidates(documents, plan);
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

  /** Returns the matches as shown to clients. */
  async #shown(matches: readonly Match[], plan: Plan): Promise<FoundMessage[]> {
    if (matches.length === 0) return [];
    const { rows } = await this.#client.query<{ n: number; item: Message }>({
      name: 'search-shown',
      text: `
        select d.n::int as n, ${MESSAGE} as item
        from unnest($2::uuid[], $3::int8[]) with ordinality d (conversation_id, seq, n)
        join memberships m on m.account_id = $1 and m.conversation_id = d.conversation_id
          and m.left_seq is null
        join messages g on g.conversation_id = d.conversation_id and g.seq = d.seq
        order by d.n`,
      values: [
        this.#account,
        matches.map(({ document }) => document.conversation),
        matches.map(({ document }) => document.seq),
      ],
    });
    return rows.map(({ n, item }) => {
      const file = matches[n - 1]?.file;
      const snippet = snippetOf(item.body, plan.terms);
      return { message: item, snippet, ...(file && { file: shownFile(file) }) };
    });
  }
}

/** Returns the file in which the terms were found, with the part of its text to show. */
function shownFile({
  id,
  name,
  terms,
  excerpt,
  isCutBefore,
  isCutAfter,
}: FileMatch): NonNullable<FoundMessage['file']> {
  const snippet = snippetOf(excerpt, terms);
  return {
    id,
    name,
    snippet: {
      ...snippet,
      isCutBefore: isCutBefore || snippet.isCutBefore,
      isCutAfter: isCutAfter || snippet.isCutAfter,
    },
  };
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
