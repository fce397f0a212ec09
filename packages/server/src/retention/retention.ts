import type { ConversationId } from '@parley/protocol';
import type pg from 'pg';
import type { AuditLog } from '../audit/audit-log.ts';
import { BackgroundWorker } from '../background-worker.ts';
import type { Clock } from '../clock.ts';
import type { Logger } from '../log.ts';
import { type Append, assertStored } from '../stream/append.ts';
import type { StoredEvent } from '../stream/record.ts';
import { BATCH, cutoffsOf, expireMessages } from './expire.ts';
import { conversationsToExpire, settingsOf } from './queries.ts';

/** Interval of the search for expired messages. */
const POLL_MS = 15 * 60_000;
/** Delay of a retry after an error. */
const RETRY_MS = 60_000;
/** Conversations found at a time. */
const PAGE = 200;
/** The pause between two batches, in which the database and the conversation are left to others. */
const PAUSE_MS = 50;
/** After this many conversations that fail, the others wait as well: the cause is not one of them. */
const ERRORS_MAX = 20;

/** The dependencies of {@link Retention}. */
export interface RetentionDeps {
  readonly pool: pg.Pool;
  readonly append: Append;
  readonly clock: Clock;
  readonly log: Logger;
  readonly audit: AuditLog;
}

/**
 * Deletes messages that have reached the retention period of their conversation, with their files. Every
 * node looks for them; a message is deleted once, in a transaction that also stores how far the conversation
 * is done, also by nodes that are killed meanwhile. Batches are small and have pauses between them.
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
  }

  /** Deletes expired messages until {@link stop}. */
  start(): void {
    this.#worker.start();
  }

  /** Stops after the current batch. */
  stop(): Promise<void> {
    return this.#worker.stop();
  }

  /** Looks for expired messages now, after this node has committed another period. */
  committed(events: readonly StoredEvent[]): void {
    const isConcerned = ({ type, data }: StoredEvent) =>
      (type === 'server.updated' || type === 'conversation.updated') && data.includes('etention');
    if (events.some(isConcerned)) this.#worker.wake();
  }

  async #expire(isStopped: () => boolean): Promise<void> {
    const { pool, clock, log } = this.#deps;
    const now = clock.now();
    const cutoffs = await cutoffsOf(pool, await settingsOf(pool), now);
    let after: ConversationId | null = null;
    let messages = 0;
    let conversations = 0;
    const errors: unknown[] = [];
    while (!isStopped()) {
      const found: ConversationId[] = await conversationsToExpire(pool, cutoffs, after, now, PAGE);
      for (const conversation of found) {
        const deleted = await this.#expireIn(conversation, isStopped, errors);
        messages += deleted;
        conversations += deleted > 0 ? 1 : 0;
        if (isStopped() || errors.length >= ERRORS_MAX) break;
      }
      after = found.at(-1) ?? null;
      if (found.length < PAGE || errors.length >= ERRORS_MAX) break;
    }
    if (messages > 0) {
      log.info({ messages, conversations }, 'expired messages deleted');
      await this.#record(messages, conversations);
    }
    // It is logged, and the conversations are tried again later.
    if (errors.length > 0) throw errors[0];
  }

  /** Deletes what has expired in a conversation. Returns how many messages; an error ends it. */
  async #expireIn(
    conversation: ConversationId,
    isStopped: () => boolean,
    errors: unknown[],
  ): Promise<number> {
    let deleted = 0;
    try {
      for (;;) {
        const batch = await expireMessages(this.#deps.append, conversation);
        assertStored(batch.outcome, 'Expired messages were not deleted');
        deleted += batch.deleted;
        if (batch.deleted < BATCH || isStopped()) break;
        await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
      }
    } catch (error) {
      // Other conversations do not wait for one that fails.
      errors.push(error);
    }
    return deleted;
  }

  async #record(messages: number, conversations: number): Promise<void> {
    await this.#deps.audit.record({
      event: 'messages_expired',
      address: null,
      details: { messages, conversations },
    });
  }
}
