import type { ConversationId } from '@parley/protocol';
import type pg from 'pg';
import { BackgroundWorker } from '../runtime/background-worker.ts';
import type { Logger } from '../runtime/log.ts';
import { withTransaction } from '../storage/database.ts';
import type { StoredEvent } from '../stream/record.ts';
import { conversationsBehind, FILL_MAX, fillIndex } from './fill.ts';
import { mergeOnce, purgeStale } from './merge.ts';
import { INDEX_EFFECTS } from './message-keys.ts';
import { RecentPosts } from './recent-posts.ts';
import { emptyIndex, isOfOtherVersion } from './segment-store.ts';

/** The delay between a commit and its indexing, ms. */
const COLLECT_MS = 200;
/**
 * The delay after this many events were indexed together: it saves transactions and merges of their
 * segments. A message is still found within a second.
 */
const BUSY_COLLECT_MS = 500;
const BUSY_EVENTS = 200;
/** The interval of the search for conversations that other nodes left unindexed, ms. */
const LOOK_MS = 20_000;
/** The interval at which earlier texts of messages are purged, ms. */
const PURGE_MS = 3_600_000;
/** After merges of this many documents, the space of the merged segments is freed. */
const VACUUM_DOCUMENTS = 30_000;
/** Conversations indexed in one transaction. */
const CONVERSATIONS_MAX = 500;
/** Conversations remembered; beyond that they are searched for in the database. */
const HINTS_MAX = 20_000;

/**
 * Keeps the search index up to date with the events, in the background after their commit.
 *
 * 1. Events committed on this node are indexed about 200 ms later, or 500 ms under load; those that
 *    a killed node left, within 20 s.
 * 2. The cursor is durable: after a crash it continues where it was, and nothing is indexed twice.
 * 3. An index with another version of the keys is emptied and rebuilt, like the missing index of an
 *    older database. Meanwhile searches find what is indexed so far. During a rolling upgrade,
 *    older nodes leave the index to newer ones.
 */
export class SearchIndexer {
  readonly #pool: pg.Pool;
  readonly #log: Logger;
  readonly #hinted = new Set<ConversationId>();
  readonly #recent = new RecentPosts();
  readonly #filler: BackgroundWorker;
  readonly #merger: BackgroundWorker;
  #checked = false;
  /** Another node has rebuilt the index with a different version of the keys. */
  #isLeftToOthers = false;
  /** Documents of merged segments whose space is not yet freed. */
  #dead = 0;
  /** The number of events that the last fill indexed. */
  #filled = 0;
  #lookAt = 0;
  #purgeAt = performance.now() + PURGE_MS;
  #collecting: NodeJS.Timeout | undefined;

  constructor({ pool, log }: { readonly pool: pg.Pool; readonly log: Logger }) {
    this.#pool = pool;
    this.#log = log;
    this.#filler = new BackgroundWorker({
      work: (isStopped) => this.#fill(isStopped),
      pollMs: LOOK_MS,
      retryMs: 1_000,
      onError: (error) => log.warn({ err: error }, 'search index not filled'),
    });
    this.#merger = new BackgroundWorker({
      work: (isStopped) => this.#merge(isStopped),
      pollMs: 60_000,
      retryMs: 10_000,
      onError: (error) => log.warn({ err: error }, 'search segment merge failed'),
    });
  }

  start(): void {
    this.#filler.start();
    this.#merger.start();
  }

  /** Stops after the current transaction. */
  async stop(): Promise<void> {
    clearTimeout(this.#collecting);
    await this.#filler.stop();
    await this.#merger.stop();
  }

  /** Records which conversations have new events. */
  hint(events: readonly StoredEvent[]): void {
    const before = this.#hinted.size;
    for (const event of events) {
      // Only streams of conversations have such events; they have the id of their conversation.
      if (INDEX_EFFECTS[event.type] === 'none') continue;
      this.#hint(event.stream as string as ConversationId);
      if (event.type === 'message.posted') this.#recent.add(event);
    }
    if (this.#hinted.size === before) return;
    const delayMs = this.#filled < BUSY_EVENTS ? COLLECT_MS : BUSY_COLLECT_MS;
    this.#collecting ??= setTimeout(() => {
      this.#collecting = undefined;
      this.#filler.wake();
    }, delayMs).unref();
  }

  #hint(conversation: ConversationId): void {
    if (this.#hinted.size < HINTS_MAX) this.#hinted.add(conversation);
    else this.#lookAt = 0;
  }

  async #fill(isStopped: () => boolean): Promise<void> {
    if (this.#isLeftToOthers) {
      if (performance.now() < this.#lookAt) return;
      this.#lookAt = performance.now() + LOOK_MS;
      // The other node may have been replaced by one of this version, which has rebuilt the index.
      if (await isOfOtherVersion(this.#pool)) return;
      this.#isLeftToOthers = false;
      this.#lookAt = 0;
    }
    if (!this.#checked) await this.#checkVersion();
    let behind: ConversationId[] = [];
    let total = 0;
    const startedAt = performance.now();
    for (;;) {
      if (behind.length === 0 && performance.now() >= this.#lookAt) {
        behind = await conversationsBehind(this.#pool);
        if (behind.length === 0) this.#lookAt = performance.now() + LOOK_MS;
      }
      const hinted = this.#takeHinted();
      // Events just committed are indexed before the backlog from before the start.
      const some = [...hinted, ...behind.splice(0, CONVERSATIONS_MAX - hinted.length)];
      if (some.length === 0 || isStopped()) break;
      total += await this.#fillSome(some);
      if (this.#isLeftToOthers) return;
      this.#merger.wake();
    }
    this.#filled = total;
    if (total > FILL_MAX) {
      const ms = Math.round(performance.now() - startedAt);
      this.#log.info({ events: total, ms }, 'search index filled');
    }
  }

  async #fillSome(conversations: readonly ConversationId[]): Promise<number> {
    try {
      const filled = await fillIndex(this.#pool, conversations, (id) => this.#recent.take(id));
      if (filled === 'other version') {
        this.#isLeftToOthers = true;
        this.#log.warn('search index owned by a newer version');
        return 0;
      }
      const { events, hasMore } = filled;
      if (hasMore) for (const id of conversations) this.#hint(id);
      return events;
    } catch (error) {
      for (const id of conversations) this.#hint(id);
      throw error;
    }
  }

  #takeHinted(): ConversationId[] {
    const taken: ConversationId[] = [];
    for (const id of this.#hinted) {
      if (taken.length === CONVERSATIONS_MAX) break;
      taken.push(id);
      this.#hinted.delete(id);
    }
    return taken;
  }

  async #checkVersion(): Promise<void> {
    if (await isOfOtherVersion(this.#pool)) {
      await withTransaction(this.#pool, async (client) => {
        if (await isOfOtherVersion(client)) await emptyIndex(client);
      });
    }
    this.#checked = true;
  }

  async #merge(isStopped: () => boolean): Promise<void> {
    if (this.#isLeftToOthers) return;
    for (let merged = 1; merged > 0 && !isStopped(); ) {
      merged = await mergeOnce(this.#pool);
      this.#dead += merged;
      if (this.#dead >= VACUUM_DOCUMENTS) await this.#vacuum();
    }
    if (isStopped() || performance.now() < this.#purgeAt) return;
    this.#purgeAt = performance.now() + PURGE_MS;
    const segments = await purgeStale(this.#pool, isStopped);
    if (segments > 0) this.#log.info({ segments }, 'search segments purged');
  }

  /**
   * Frees the space of merged segments earlier than autovacuum would, so that later ones reuse it.
   */
  async #vacuum(): Promise<void> {
    this.#dead = 0;
    try {
      await this.#pool.query('vacuum search_segments');
      await this.#pool.query('vacuum search_postings');
    } catch (error) {
      this.#log.warn({ err: error }, 'search index vacuum failed');
    }
  }
}
