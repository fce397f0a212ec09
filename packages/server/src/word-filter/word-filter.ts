import {
  type EventData,
  type FilteredWord,
  refusal,
  type WordFilterAnswer,
} from '@parley/protocol';
import type pg from 'pg';
import { BackgroundWorker } from '../runtime/background-worker.ts';
import type { Logger } from '../runtime/log.ts';
import type { Review } from '../stream/execute-batch.ts';
import type { NewEvent, Statement } from '../stream/stream-transaction.ts';
import { WordMatcher } from './matcher.ts';

/** Interval at which a node reads the list, and so the delay of a change by another node. */
const POLL_MS = 1_500;
const RETRY_MS = 1_000;

/**
 * The word filter of a node: the list in the database, compiled once per change. It reviews the
 * texts that commands are about to store: posts, replies in threads, forwards, polls, edits,
 * scheduled messages. It runs no queries, and a retry of a stored command is not reviewed again.
 */
export class WordFilter {
  #matcher = new WordMatcher([]);
  #revision: number | null = null;
  #stopReading: (() => Promise<void>) | null = null;

  /** Refuses a decision with a word that is rejected; queues a report of one that is flagged. */
  readonly review: Review = (command, decision) => {
    if (!('events' in decision)) return decision;
    const words = decision.events.map((event) => this.#wordIn(event));
    const rejected = words.find((word) => word?.action === 'reject');
    if (rejected) return { refuse: refusal('word_rejected') };
    // A scheduled message is reported when it is posted.
    const n = words.findIndex((word) => word !== null);
    const word = words[n];
    if (!word || decision.events[n]?.type === 'message.scheduled') return decision;
    const flag: Statement = {
      name: 'word-flags-insert',
      text: `insert into word_flags (actor_id, client_id, word, flagged_at)
             values ($1, $2, $3, now())
             on conflict (actor_id, client_id) do nothing`,
      values: [command.actor, command.clientId, word.text],
    };
    return { ...decision, writes: [...(decision.writes ?? []), flag] };
  };

  /** Reads the list, and compiles it if it has changed. */
  async load(pool: pg.Pool): Promise<WordFilterAnswer> {
    const stored = await storedWords(pool);
    if (stored.revision !== this.#revision) {
      this.#matcher = new WordMatcher(stored.words);
      this.#revision = stored.revision;
    }
    return stored;
  }

  /** Rereads the list regularly for changes by other nodes, until {@link stop}. */
  start(pool: pg.Pool, log: Logger): void {
    const worker = new BackgroundWorker({
      work: async () => void (await this.#loadIfChanged(pool)),
      pollMs: POLL_MS,
      retryMs: RETRY_MS,
      onError: (error) => log.warn({ err: error }, 'word filter not read, will be retried'),
    });
    worker.start();
    this.#stopReading = () => worker.stop();
  }

  async stop(): Promise<void> {
    await this.#stopReading?.();
  }

  async #loadIfChanged(pool: pg.Pool): Promise<void> {
    const { rows } = await pool.query<{ revision: number }>({
      name: 'word-filter-revision',
      text: 'select revision from word_filter',
    });
    if (rows[0]?.revision !== this.#revision) await this.load(pool);
  }

  #wordIn(event: NewEvent): FilteredWord | null {
    let flagged: FilteredWord | null = null;
    for (const text of textsOf(event)) {
      const word = this.#matcher.match(text);
      if (word?.action === 'reject') return word;
      flagged ??= word;
    }
    return flagged;
  }
}

type Posted = Pick<EventData<'message.posted'>, 'body' | 'poll' | 'attachments'>;

/** Returns the texts of a message that an event stores. */
function textsOf({ type, data }: NewEvent): readonly string[] {
  if (typeof data === 'function') return [];
  if (type === 'message.posted') {
    const { body, poll, attachments } = data as Posted;
    return [body, ...(poll?.choices ?? []), ...(attachments ?? []).map(({ name }) => name)];
  }
  if (type !== 'message.edited' && type !== 'message.scheduled') return [];
  return [(data as { body: string }).body];
}

/** Returns the list in the database. */
export async function storedWords(on: Pick<pg.Pool, 'query'>): Promise<WordFilterAnswer> {
  const { rows } = await on.query<WordFilterAnswer>({
    name: 'word-filter-read',
    text: 'select words, revision from word_filter',
  });
  if (!rows[0]) throw new Error('The table word_filter has no row');
  return rows[0];
}
