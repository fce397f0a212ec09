import {
  type AccountId,
  type ClientId,
  type ConversationId,
  type MessagesFate,
  type Seq,
  streamOfAccount,
  WORKSPACE_STREAM,
} from '@parley/protocol';
import type pg from 'pg';
import { uuidv7 } from 'uuidv7';
import type { Sessions } from '../accounts/sessions/sessions.ts';
import { erasedNames } from '../accounts/users/erased.ts';
import { blocksOf, unblockAccount } from '../blocks/blocks.ts';
import { withdrawMember } from '../conversations/members.ts';
import type { FileCollector } from '../files/collector.ts';
import type { ImageCollector } from '../files/image-collector.ts';
import { eraseMessages } from '../messages/redaction/erase.ts';
import { eraseNotificationSettings } from '../notifications/erase.ts';
import { eraseFollows } from '../personal/follow-commands.ts';
import { eraseSaved } from '../personal/saved-commands.ts';
import { eraseScheduled } from '../personal/scheduled-commands.ts';
import { BackgroundWorker } from '../runtime/background-worker.ts';
import type { Clock } from '../runtime/clock.ts';
import type { Logger } from '../runtime/log.ts';
import { eraseSidebar } from '../sidebar/erase.ts';
import { clearStatus } from '../status/commands.ts';
import { NO_STATUS } from '../status/queries.ts';
import { type Append, assertStored } from '../stream/append.ts';

/** Interval of looking for erasures that another node queued or that were interrupted. */
const POLL_MS = 30_000;
/** Delay of a retry after an error. */
const RETRY_MS = 2_000;
/** The error when a command was not stored; the erasure is then retried. */
const STEP_FAILED = 'A step of an erasure failed';

interface ErasuresDeps {
  readonly pool: pg.Pool;
  readonly append: Append;
  readonly clock: Clock;
  readonly log: Logger;
  readonly sessions: Sessions;
  readonly files: Pick<FileCollector, 'eraseUnattached'>;
  readonly images: Pick<ImageCollector, 'eraseUnused'>;
}

/**
 * Erases the data of deleted accounts: sessions, memberships, blocks, files without a message, the
 * avatar, names in old events and, if the user chose so, messages.
 *
 * 1. The deletion of the account queues the erasure in its transaction, so a crash does not lose
 *    it. Every step reads what remains and is idempotent: it may run twice, or on two nodes.
 * 2. Messages are deleted through their streams, with `message.deleted`, in small batches.
 */
export class Erasures {
  readonly #deps: ErasuresDeps;
  readonly #worker: BackgroundWorker;

  constructor(deps: ErasuresDeps) {
    this.#deps = deps;
    this.#worker = new BackgroundWorker({
      work: (isStopped) => this.#eraseQueued(isStopped),
      pollMs: POLL_MS,
      retryMs: RETRY_MS,
      onError: (error) =>
        deps.log.warn({ err: error, retryMs: RETRY_MS }, 'erasure failed, will be retried'),
    });
  }

  /** Runs queued erasures until {@link stop}. */
  start(): void {
    this.#worker.start();
  }

  /** Looks for queued erasures now. */
  wake(): void {
    this.#worker.wake();
  }

  /** Stops after the current batch. */
  stop(): Promise<void> {
    return this.#worker.stop();
  }

  async #eraseQueued(isStopped: () => boolean): Promise<void> {
    const { pool, log } = this.#deps;
    const { rows } = await pool.query<{ account_id: AccountId; messages: MessagesFate }>(
      'select account_id, messages from erasures where done_at is null order by requested_at',
    );
    for (const { account_id: account, messages } of rows) {
      if (await this.#erase(account, messages, isStopped)) log.info({ account }, 'account erased');
      if (isStopped()) return;
    }
  }

  /** Runs the rest of an erasure. Returns false if it is stopped before the end. */
  async #erase(
    account: AccountId,
    messages: MessagesFate,
    isStopped: () => boolean,
  ): Promise<boolean> {
    const { pool, append, clock, sessions } = this.#deps;
    await sessions.endAll(account);
    const { rows } = await pool.query<{ id: ConversationId; current: boolean; kind: string }>({
      name: 'erasures-conversations',
      text: `select m.conversation_id as id, bool_or(m.left_seq is null) as current, min(c.kind) as kind
             from memberships m join conversations c on c.id = m.conversation_id
             where m.account_id = $1
             group by 1 order by 1`,
      values: [account],
    });
    for (const { id: conversation, current, kind } of rows) {
      if (messages === 'delete' && !(await this.#eraseIn(account, conversation, isStopped)))
        return false;
      // The other user keeps a direct conversation.
      if (!current || kind === 'direct') continue;
      const clientId = uuidv7() as ClientId;
      assertStored(
        await withdrawMember(append, { actor: account, clientId, conversation }),
        STEP_FAILED,
      );
      if (isStopped()) return false;
    }
    for (const { account: blocked } of await blocksOf(pool, account)) {
      const clientId = uuidv7() as ClientId;
      assertStored(
        await unblockAccount(append, { actor: account, clientId }, blocked),
        STEP_FAILED,
      );
      if (isStopped()) return false;
    }
    for (const eraseBatch of [eraseSaved, eraseScheduled, eraseFollows]) {
      for (;;) {
        const outcome = await eraseBatch(append, account);
        if (!outcome) break;
        assertStored(outcome, STEP_FAILED);
        if (isStopped()) return false;
      }
    }
    await this.#eraseStatus(account);
    await eraseNotificationSettings(this.#deps, account);
    await eraseSidebar(this.#deps, account);
    await this.#deps.files.eraseUnattached(account);
    await this.#deps.images.eraseUnused(account);
    await this.#redactNames(account);
    await pool.query('update erasures set done_at = $2 where account_id = $1', [
      account,
      new Date(clock.now()),
    ]);
    return true;
  }

  async #eraseIn(
    account: AccountId,
    conversation: ConversationId,
    isStopped: () => boolean,
  ): Promise<boolean> {
    let after = 0 as Seq;
    for (;;) {
      const batch = await eraseMessages(this.#deps, account, conversation, after);
      if (!batch) return true;
      assertStored(batch.outcome, STEP_FAILED);
      after = batch.upTo;
      if (isStopped()) return false;
    }
  }

  /** Removes the status, its texts in old events, and the last-seen time. */
  async #eraseStatus(account: AccountId): Promise<void> {
    const { pool, append } = this.#deps;
    assertStored(await clearStatus(append, account), STEP_FAILED);
    await pool.query({
      name: 'erasures-redact-statuses',
      text: `update events set data = $2, command_digest = null
             where stream_id = $1 and type = 'status.changed'`,
      values: [streamOfAccount(account), JSON.stringify(NO_STATUS)],
    });
    await pool.query('delete from last_seen where account_id = $1', [account]);
  }

  /** Removes the names of the account from the events of the workspace; the events remain. */
  async #redactNames(account: AccountId): Promise<void> {
    await this.#deps.pool.query({
      name: 'erasures-redact-names',
      text: `update events set data = $3, command_digest = null
             where stream_id = $1 and type in ('user.registered', 'user.updated')
               and data ->> 'account' = $2`,
      values: [WORKSPACE_STREAM, account, JSON.stringify({ account, ...erasedNames(account) })],
    });
  }
}
