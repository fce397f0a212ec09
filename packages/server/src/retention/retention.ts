import type { ConversationId } from '@parley/protocol';
import type pg from 'pg';
import type { AuditLog } from '../audit/audit-log.ts';
import { BackgroundWorker } from '../runtime/background-worker.ts';
import type { Clock } from '../runtime/clock.ts';
import type { Logger } from '../runtime/log.ts';
import type { ServerSettings } from '../settings/server-settings.ts';
import { type Append, assertStored } from '../stream/append.ts';
import type { Broker } from '../stream/broker.ts';
import { dataOf, type StoredEvent } from '../stream/record.ts';
import { BATCH, cutoffsOf, expireMessages } from './expire.ts';
import { conversationsToExpire, settingsOf } from './queries.ts';

/** Interval of the search for expired messages. */
const POLL_MS = 15 * 60_000;
/** Delay of a retry after an error. */
const RETRY_MS = 60_000;
/** Conversations found at a time. */
const PAGE = 200;
/** The pause between two batches, for other users of the database and the conversation. */
const PAUSE_MS = 50;
/**
 * Batches of a conversation before the next one gets its turn, so that a long one does not delay
 * others.
 */
const TURN_BATCHES = 10;
/** The message that tells other nodes that a group has chosen another period. */
const CHANGED = 'retention-changed';
/** After this many failed conversations a run stops: the cause is not a single one of them. */
const ERRORS_MAX = 20;

interface RetentionDeps {
  readonly pool: pg.Pool;
  readonly append: Append;
  readonly clock: Clock;
  readonly log: Logger;
  readonly audit: AuditLog;
  readonly settings: Pick<ServerSettings, 'onChange'>;
  readonly broker: Pick<Broker, 'sendNodeMessage' | 'onNodeMessage' | 'status'>;
}

/** What a run has done so far. */
interface Run {
  readonly isStopped: () => boolean;
  /** The conversations that failed, which wait for the next run, with their errors. */
  readonly failed: Map<ConversationId, unknown>;
}

/**
 * Deletes messages that have reached the retention period of their conversation, with their files.
 * Every node searches for them. Each message is deleted once, in a transaction that also stores the
 * progress of the conversation, even if nodes are killed meanwhile. Batches are small, with pauses
 * between them.
 */
export class Retention {
  readonly #deps: RetentionDeps;
  readonly #worker: BackgroundWorker;

  constructor(deps: RetentionDeps) {
    this.#deps = deps;
    this.#worker = new BackgroundWorker({
      work: (isStopped) => this.#expire(isStopped),
      pollMs: POLL_MS,
      retryMs: RETRY_MS,
      onError: (error) =>
        deps.log.warn({ err: error }, 'expired messages not deleted, will be retried'),
    });
    deps.settings.onChange(() => this.#worker.wake());
    deps.broker.onNodeMessage(CHANGED, () => this.#worker.wake());
  }

  /** Deletes expired messages until {@link stop}. */
  start(): void {
    this.#worker.start();
  }

  /** Stops after the current batch. */
  stop(): Promise<void> {
    return this.#worker.stop();
  }

  /**
   * Searches for expired messages, here and on the other nodes, after a group has chosen another
   * period.
   */
  committed(events: readonly StoredEvent[]): void {
    if (!events.some(isChoice)) return;
    this.#worker.wake();
    const { broker } = this.#deps;
    if (broker.status !== 'standalone') broker.sendNodeMessage(null, CHANGED, '');
  }

  /** Deletes expired messages until none are left. */
  async #expire(isStopped: () => boolean): Promise<void> {
    const run: Run = { isStopped, failed: new Map() };
    while (await this.#expireInTurns(run));
    const errors = [...run.failed.values()];
    if (errors.length > 1) throw new AggregateError(errors, 'Several conversations failed');
    if (errors.length > 0) throw errors[0];
  }

  /** Gives each conversation with expired messages a turn. Returns whether there is more to do. */
  async #expireInTurns(run: Run): Promise<boolean> {
    const { pool, clock } = this.#deps;
    const now = clock.now();
    const cutoffs = await cutoffsOf(pool, await settingsOf(pool), now);
    let after: ConversationId | null = null;
    let isMore = false;
    do {
      const page: ConversationId[] = await conversationsToExpire(pool, cutoffs, {
        after,
        now,
        limit: PAGE,
      });
      const deleted: number[] = [];
      for (const conversation of page) {
        if (isOver(run)) break;
        if (run.failed.has(conversation)) continue;
        const messages = await this.#expireIn(conversation, run);
        deleted.push(messages);
        isMore ||= messages >= TURN_BATCHES * BATCH;
      }
      await this.#record(deleted.filter((messages) => messages > 0));
      after = page.length < PAGE ? null : (page.at(-1) ?? null);
    } while (after !== null && !isOver(run));
    return isMore && !isOver(run);
  }

  /**
   * Deletes expired messages of a conversation in one turn. Returns their number, and ends at an
   * error.
   */
  async #expireIn(conversation: ConversationId, run: Run): Promise<number> {
    let deleted = 0;
    try {
      for (let n = 0; n < TURN_BATCHES; n++) {
        const batch = await expireMessages(this.#deps.append, conversation);
        assertStored(batch.outcome, 'Expired messages were not deleted');
        deleted += batch.deleted;
        if (batch.deleted < BATCH || run.isStopped()) break;
        await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
      }
    } catch (error) {
      // A failed conversation does not block others.
      run.failed.set(conversation, error);
    }
    return deleted;
  }

  /** Logs and audits how many messages of how many conversations were deleted. */
  async #record(deleted: readonly number[]): Promise<void> {
    if (deleted.length === 0) return;
    const { log, audit } = this.#deps;
    const details = {
      messages: deleted.reduce((sum, messages) => sum + messages, 0),
      conversations: deleted.length,
    };
    log.info(details, 'expired messages deleted');
    await audit.record({ event: 'messages_expired', address: null, details });
  }
}

/**
 * Returns whether the run ends, because the server is stopping or too many conversations failed.
 */
const isOver = ({ isStopped, failed }: Run): boolean => isStopped() || failed.size >= ERRORS_MAX;

/** Returns whether an event says that a group has chosen another period. */
const isChoice = (event: StoredEvent): boolean =>
  event.type === 'conversation.updated' &&
  dataOf(event, 'conversation.updated').retention !== undefined;
