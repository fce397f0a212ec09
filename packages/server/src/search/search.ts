import {
  type AccountId,
  LIMITS,
  type SearchMessagesPage,
  type SearchMessagesQuery,
} from '@parley/protocol';
import type pg from 'pg';
import { pageCursor } from '../http/page.ts';
import type { Clock } from '../runtime/clock.ts';
import { withTransaction } from '../storage/database.ts';
import { type Bounds, Cursor, type CursorPlace, SearchRun } from './search-run.ts';
import { SearchSlots } from './search-slots.ts';
import { SegmentCache } from './segment-cache.ts';

/** The time limits of a statement and of a page, ms. A page then ends with what it has found. */
const STATEMENT_MS = 1_000;
const PAGE_MS = 1_500;
/** The highest number of messages compared for a page. */
const COMPARED_MAX = 4_000;

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
