import type { ConversationId, Seq } from '@parley/protocol';
import type pg from 'pg';
import { uuidv7 } from 'uuidv7';
import type { AuditLog } from '../audit/audit-log.ts';
import { type BulkDeletionJob, deleteNextMessages } from '../messages/redaction/bulk-delete.ts';
import { BackgroundWorker } from '../runtime/background-worker.ts';
import type { Clock } from '../runtime/clock.ts';
import type { Logger } from '../runtime/log.ts';
import { withTransaction } from '../storage/database.ts';
import type { Append } from '../stream/append.ts';

/** Interval of the search for requests to other nodes, or left by killed nodes. */
const POLL_MS = 2_000;
/** Delay of a retry after an error. */
const RETRY_MS = 2_000;
/** How long a claim lasts without progress: after that, another node continues it. */
const CLAIM_SECONDS = 5;

interface BulkDeletionsDeps {
  readonly pool: pg.Pool;
  readonly append: Append;
  readonly clock: Clock;
  readonly log: Logger;
  readonly audit: AuditLog;
}

interface Claimed extends BulkDeletionJob {
  readonly conversation: ConversationId | null;
  readonly after: Seq;
}

/**
 * Deletes the messages of accounts whose deletion an admin has requested.
 *
 * 1. Messages are deleted by `message.deleted` events in small batches: other commands of a
 *    conversation wait for at most one batch.
 * 2. Nodes claim a request and renew the claim with each step. When a node is killed, another one
 *    continues. If two nodes work on the same request, each message is still deleted once: a batch
 *    reads the remaining messages under the lock of its stream, and counts its deletions in its
 *    transaction.
 * 3. Messages that are posted while it runs may be deleted or not: suspend the account first.
 */
export class BulkDeletions {
  readonly #deps: BulkDeletionsDeps;
  readonly #worker: BackgroundWorker;
  /** Identifies this node in claims. */
  readonly #node = uuidv7();

  constructor(deps: BulkDeletionsDeps) {
    this.#deps = deps;
    this.#worker = new BackgroundWorker({
      work: (isStopped) => this.#runQueued(isStopped),
      pollMs: POLL_MS,
      retryMs: RETRY_MS,
      onError: (error) =>
        deps.log.warn({ err: error, retryMs: RETRY_MS }, 'bulk deletion failed, will be retried'),
    });
  }

  /** Runs requested deletions until {@link stop}. */
  start(): void {
    this.#worker.start();
  }

  /** Looks for requested deletions now. */
  wake(): void {
    this.#worker.wake();
  }

  /** Stops after the current batch. */
  stop(): Promise<void> {
    return this.#worker.stop();
  }

  async #runQueued(isStopped: () => boolean): Promise<void> {
    while (!isStopped()) {
      const claimed = await this.#claim();
      if (!claimed) return;
      if (await this.#run(claimed, isStopped)) await this.#finish(claimed);
      else await this.#release(claimed);
    }
  }

  /** Claims the oldest request that no other node is working on. */
  async #claim(): Promise<Claimed | null> {
    const { rows } = await this.#deps.pool.query<Claimed>({
      name: 'bulk-deletions-claim',
      text: `update bulk_deletions
             set claimed_by = $1, claimed_until = now() + make_interval(secs => $2)
             where id = (
               select id from bulk_deletions
               where done_at is null and (claimed_until is null or claimed_until < now())
               order by claimed_until nulls first, requested_at
               limit 1 for update skip locked
             )
             returning id, account_id as author, requested_by as "requestedBy",
               posted_since as since, conversation_id as conversation, after_seq as after`,
      values: [this.#node, CLAIM_SECONDS],
    });
    return rows[0] ?? null;
  }

  /**
   * Stores the progress of a request and renews its claim. Returns false if another node has
   * claimed it, or it was canceled.
   */
  async #renew({ id }: Claimed, conversation: ConversationId, after: Seq): Promise<boolean> {
    const { rowCount } = await this.#deps.pool.query({
      name: 'bulk-deletions-renew',
      text: `update bulk_deletions
             set conversation_id = $3, after_seq = $4,
                 claimed_until = now() + make_interval(secs => $5)
             where id = $1 and claimed_by = $2 and done_at is null`,
      values: [id, this.#node, conversation, after, CLAIM_SECONDS],
    });
    return rowCount === 1;
  }

  /**
   * Releases a request for any node. After an error its claim expires instead, so that others get
   * their turn first.
   */
  async #release({ id }: Claimed): Promise<void> {
    await this.#deps.pool.query({
      name: 'bulk-deletions-release',
      text: `update bulk_deletions set claimed_by = null, claimed_until = now()
             where id = $1 and claimed_by = $2`,
      values: [id, this.#node],
    });
  }

  /**
   * Deletes the remaining messages. Returns false when stopped or canceled, or when another node
   * has taken over.
   */
  async #run(job: Claimed, isStopped: () => boolean): Promise<boolean> {
    const { rows } = await this.#deps.pool.query<{ id: ConversationId; first: Seq; head: Seq }>({
      name: 'bulk-deletions-conversations',
      text: `select m.conversation_id as id, min(m.joined_seq) as first, s.last_seq as head
             from memberships m join streams s on s.id = m.conversation_id
             where m.account_id = $1 and ($2::uuid is null or m.conversation_id >= $2)
             group by 1, 3 order by 1`,
      values: [job.author, job.conversation],
    });
    for (const { id: conversation, first, head } of rows) {
      let after = conversation === job.conversation ? job.after : ((first - 1) as Seq);
      while (after < head) {
        after = await deleteNextMessages(this.#deps, job, { conversation, after, head });
        if (!(await this.#renew(job, conversation, after))) return false;
        if (isStopped()) return false;
      }
    }
    return true;
  }

  /**
   * Marks a request as done, with an entry in the audit log with the number of deleted messages.
   */
  async #finish({ id, author, requestedBy }: Claimed): Promise<void> {
    const { pool, audit, clock } = this.#deps;
    const note = await withTransaction(pool, async (client) => {
      const { rows } = await client.query<{ deleted: number }>({
        name: 'bulk-deletions-finish',
        text: `update bulk_deletions set done_at = $3, claimed_by = null
               where id = $1 and claimed_by = $2 and done_at is null
               returning deleted`,
        values: [id, this.#node, new Date(clock.now())],
      });
      const [row] = rows;
      if (!row) return null;
      const finished = audit.note({
        event: 'bulk_deletion_finished',
        account: author,
        actor: requestedBy,
        address: null,
        details: { deletion: id, messages: Number(row.deleted) },
      });
      await finished.store(client);
      return finished;
    });
    note?.log();
  }
}
