import type { AccountId, Status } from '@parley/protocol';
import type pg from 'pg';
import { BackgroundWorker } from '../runtime/background-worker.ts';
import type { Clock } from '../runtime/clock.ts';
import type { Logger } from '../runtime/log.ts';
import { type Append, assertStored } from '../stream/append.ts';
import { dataOf, type StoredEvent } from '../stream/record.ts';
import { expireStatus, withoutExpired } from './commands.ts';
import {
  allStatuses,
  changedStatuses,
  expiredStatuses,
  publicStatus,
  type StatusRow,
  statusOfRow,
} from './queries.ts';

/** Interval at which changes by other nodes are read: the maximum delay of a status. */
const POLL_MS = 1_500;
/**
 * Each poll reads the changes of this period, which is longer than any transaction takes to commit.
 */
const OVERLAP_S = 60;
/** After a pause longer than this, everything is read again. */
const GAP_MS = 30_000;
/** Delay of a retry after an error. */
const RETRY_MS = 2_000;
/** Statuses that are expired in one batch. */
const BATCH = 100;

interface StatusesDeps {
  readonly pool: pg.Pool;
  readonly append: Append;
  readonly clock: Clock;
  readonly log: Logger;
}

/** The known status of an account. */
interface Known {
  /** The event that set it. */
  readonly seq: number;
  readonly status: Status | null;
}

/**
 * The current statuses of all accounts, for the sockets of this node. Changes on this node are
 * known at once, those on others within two seconds, without the broker. Every node looks for
 * expired statuses; the id of the command is derived from the status, so each expires once, even if
 * nodes are killed.
 */
export class Statuses {
  readonly #deps: StatusesDeps;
  readonly #worker: BackgroundWorker;
  readonly #statuses = new Map<AccountId, Known>();
  #onChange: (accounts: readonly AccountId[]) => void = () => undefined;
  #readAt = Number.NEGATIVE_INFINITY;

  constructor(deps: StatusesDeps) {
    this.#deps = deps;
    this.#worker = new BackgroundWorker({
      work: async (isStopped) => {
        await this.#read();
        await this.#expireDue(isStopped);
      },
      pollMs: POLL_MS,
      retryMs: RETRY_MS,
      onError: (error) => deps.log.warn({ err: error }, 'statuses not read, will be retried'),
    });
  }

  /** Sets the listener that is called with the accounts whose status has changed. */
  onChange(listener: (accounts: readonly AccountId[]) => void): void {
    this.#onChange = listener;
  }

  /** Reads the statuses, and keeps them current until {@link stop}. */
  start(): void {
    this.#worker.start();
  }

  /** Stops after the current batch. */
  stop(): Promise<void> {
    return this.#worker.stop();
  }

  /** Returns the status of an account; null if it has none. */
  of(account: AccountId): Status | null {
    const status = this.#statuses.get(account)?.status;
    return status ? publicStatus(withoutExpired(status, this.#deps.clock.now())) : null;
  }

  /** Applies events that this node has committed. */
  committed(events: readonly StoredEvent[]): void {
    for (const event of events) {
      if (event.type !== 'status.changed') continue;
      // Only the account itself changes its status.
      const { actor: account, seq } = event;
      const data = dataOf(event, 'status.changed');
      const status = publicStatus({ ...data, isAway: data.isAway ?? false });
      if (this.#apply(account, seq, status)) this.#onChange([account]);
    }
  }

  async #read(): Promise<void> {
    const startedAt = performance.now();
    const isContinued = startedAt - this.#readAt < GAP_MS;
    const { pool } = this.#deps;
    this.#applyRows(
      await (isContinued ? changedStatuses(pool, OVERLAP_S) : allStatuses(pool)),
      isContinued,
    );
    this.#readAt = startedAt;
  }

  #applyRows(rows: readonly StatusRow[], isContinued: boolean): void {
    const changed = rows
      .filter((row) => this.#apply(row.account_id, row.seq, publicStatus(statusOfRow(row))))
      .map((row) => row.account_id);
    if (!isContinued) {
      // Statuses that were removed in the meantime are missing here; those set in the meantime are
      // read again by the next poll.
      const present = new Set(rows.map((row) => row.account_id));
      for (const [account, { status }] of this.#statuses) {
        if (present.has(account)) continue;
        this.#statuses.delete(account);
        if (status) changed.push(account);
      }
    }
    if (changed.length > 0) this.#onChange(changed);
  }

  /** Returns whether it is newer than the known one. */
  #apply(account: AccountId, seq: number, status: Status | null): boolean {
    if ((this.#statuses.get(account)?.seq ?? 0) >= seq) return false;
    this.#statuses.set(account, { seq, status });
    return true;
  }

  async #expireDue(isStopped: () => boolean): Promise<void> {
    const { pool, append, clock } = this.#deps;
    for (;;) {
      const due = await expiredStatuses(pool, new Date(clock.now()), BATCH);
      const outcomes = await Promise.all(due.map((expired) => expireStatus(append, expired)));
      if (isStopped()) return;
      for (const outcome of outcomes)
        assertStored(outcome, 'The expiry of a status was not stored');
      if (due.length < BATCH) return;
    }
  }
}
