import { isIP } from 'node:net';
import type { AccountId } from '@parley/protocol';
import type pg from 'pg';
import { uuidv7 } from 'uuidv7';
import type { Clock } from '../runtime/clock.ts';
import { type Logger, SECURITY_EVENT } from '../runtime/log.ts';
import { AuditBudget, WINDOW_MS } from './budget.ts';
import type { AuditEvent } from './events.ts';

/** How the recorded operation ended. */
export type AuditOutcome = 'succeeded' | 'failed' | 'denied';

/** An entry to record. Contains no secrets and no user input. */
export interface AuditEntry {
  readonly event: AuditEvent;
  readonly outcome?: AuditOutcome;
  /** The account concerned; null when it is not known. */
  readonly account?: AccountId | null | undefined;
  /** The account that acted, if it is a different one. */
  readonly actor?: AccountId | null | undefined;
  /** The address of the request; null for the command line. */
  readonly address: string | null;
  readonly details?: Readonly<Record<string, string | number | readonly string[]>>;
}

/** Runs statements: the pool, a connection, or a stream transaction. */
interface Queryable {
  query(statement: { name: string; text: string; values: unknown[] }): Promise<unknown>;
}

/** An audit entry that is stored within a transaction. */
export interface AuditNote {
  /** Stores the entry in the transaction of `on`. */
  store(on: Queryable): Promise<void>;
  /** Logs the entry; call it after the commit. Does nothing when the entry was not stored. */
  log(): void;
}

/** The audit log, and the address of the request (null for the command line). */
export interface Auditing {
  readonly log: AuditLog;
  readonly address: string | null;
}

interface AuditDeps {
  readonly pool: pg.Pool;
  readonly clock: Clock;
  readonly log: Logger;
}

/** Entries are kept for this long. */
const RETENTION_MS = 180 * 86_400_000;
const ADDRESS_MAX = 64;

/**
 * The audit log: each event is one row in `audit_log` and one line in the log.
 *
 * 1. A change of an account is recorded in the transaction that makes it, and logged after the
 *    commit ({@link AuditNote}).
 * 2. Entries caused by unauthenticated callers are limited (see {@link AuditBudget}): further
 *    events are counted, and the counts are written once an hour. A node that is killed loses the
 *    counts of its last hour.
 * 3. The table is append-only: a trigger rejects updates, and the removal of recent rows.
 */
export class AuditLog {
  readonly #deps: AuditDeps;
  readonly #budget = new AuditBudget();
  #timer: NodeJS.Timeout | null = null;

  constructor(deps: AuditDeps) {
    this.#deps = deps;
  }

  /** Starts the hourly flush of counts and removal of old entries, until {@link stop}. */
  start(): void {
    this.#timer = setInterval(() => void this.#maintain(), WINDOW_MS);
    this.#timer.unref();
  }

  /** Writes the pending counts. */
  async stop(): Promise<void> {
    if (this.#timer) clearInterval(this.#timer);
    await this.#maintain();
  }

  /** Stores and logs an event, unless the budget is used up. */
  async record(entry: AuditEntry): Promise<void> {
    const note = this.note(entry);
    await note.store(this.#deps.pool);
    note.log();
  }

  /** Returns an entry to be stored in the transaction of the change it describes. */
  note(entry: AuditEntry): AuditNote {
    let admitted: boolean | undefined;
    return {
      store: async (on) => {
        admitted ??= this.#budget.admit(entry.event, keyOf(entry));
        if (admitted) await this.#insert(entry, 1, on);
      },
      log: () => {
        if (admitted) this.#logEntry(entry, 1);
      },
    };
  }

  #logEntry(entry: AuditEntry, count: number): void {
    const { outcome, account, actor, address } = withDefaults(entry);
    const level = outcome === 'succeeded' ? 'info' : 'warn';
    this.#deps.log[level](
      {
        event: entry.event,
        outcome,
        account,
        ...(actor !== account && { actor }),
        address,
        ...(count > 1 && { count }),
        ...entry.details,
      },
      SECURITY_EVENT,
    );
  }

  /** Writes the events counted since the last flush: one row for each count. */
  async flush(): Promise<void> {
    for (const { event, key, count } of this.#budget.drain()) {
      const isAddress = key !== null && isIP(key) !== 0;
      const entry: AuditEntry = {
        event,
        outcome: 'failed',
        account: isAddress ? null : (key as AccountId | null),
        address: isAddress ? key : null,
        details: { reason: 'aggregated' },
      };
      await this.#insert(entry, count, this.#deps.pool);
      this.#logEntry(entry, count);
    }
  }

  async #maintain(): Promise<void> {
    const { pool, clock, log } = this.#deps;
    try {
      await this.flush();
      await pool.query('delete from audit_log where at < $1', [
        new Date(clock.now() - RETENTION_MS),
      ]);
    } catch (error) {
      log.warn({ err: error }, 'audit log maintenance failed');
    }
  }

  async #insert(entry: AuditEntry, count: number, on: Queryable): Promise<void> {
    const { outcome, account, actor, address } = withDefaults(entry);
    await on.query({
      name: 'audit-insert',
      text: `insert into audit_log
               (id, at, event, outcome, account_id, actor_id, address, count, details)
             values ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
      values: [
        uuidv7(),
        new Date(this.#deps.clock.now()),
        entry.event,
        outcome,
        account,
        actor,
        address,
        count,
        JSON.stringify(entry.details ?? {}),
      ],
    });
  }
}

/**
 * Returns the key that an entry is counted by: the actor, or the address of an unauthenticated
 * caller.
 */
function keyOf(entry: AuditEntry): string {
  const { actor, address } = withDefaults(entry);
  return entry.event === 'login_failed' || entry.event === 'locked_out' || actor === null
    ? (address ?? 'unknown')
    : actor;
}

function withDefaults({
  outcome = 'succeeded',
  account = null,
  actor = account,
  address,
}: AuditEntry) {
  return { outcome, account, actor, address: address?.slice(0, ADDRESS_MAX) ?? null };
}
