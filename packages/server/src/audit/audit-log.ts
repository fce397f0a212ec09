import { isIP } from 'node:net';
import type { AccountId } from '@parley/protocol';
import type pg from 'pg';
import { uuidv7 } from 'uuidv7';
import type { Clock } from '../clock.ts';
import type { Logger } from '../log.ts';
import { AuditBudget, WINDOW_MS } from './budget.ts';
import type { AuditEvent } from './events.ts';

/** Whether what an event tells of was done. */
export type AuditOutcome = 'succeeded' | 'failed' | 'denied';

/** Something to be told. Holds no secret and nothing that was typed. */
export interface AuditEntry {
  readonly event: AuditEvent;
  readonly outcome?: AuditOutcome;
  /** Whose account it is about; null where nobody's is known. */
  readonly account?: AccountId | null | undefined;
  /** Who did it, if that is not the owner of the account. */
  readonly actor?: AccountId | null | undefined;
  /** Where the request came from; null for the command line. */
  readonly address: string | null;
  readonly details?: Readonly<Record<string, string | number | readonly string[]>>;
}

/** Something that statements run on: the pool, a connection, a unit of a lane. */
interface On {
  query(statement: { name: string; text: string; values: unknown[] }): Promise<unknown>;
}

/** An event on its way into a transaction. */
export interface AuditNote {
  /** Stores it, in the transaction of `on`. */
  store(on: On): Promise<void>;
  /** Tells it in the log, after the commit; does nothing when it was not stored. */
  tell(): void;
}

/** Where a change is noted, and where its request came from (null for the command line). */
export interface Auditing {
  readonly log: AuditLog;
  readonly address: string | null;
}

/** What the audit log works with. */
export interface AuditContext {
  readonly pool: pg.Pool;
  readonly clock: Clock;
  readonly log: Logger;
}

/** Entries are kept for this long. */
const KEPT_MS = 180 * 86_400_000;
const ADDRESS_MAX = 64;

/**
 * The security log: one line in the log for each event, and one row in `audit_log`.
 *
 * 1. What changes an account is stored in the transaction that changes it, and told after its commit
 *    ({@link AuditNote}).
 * 2. What others cause is bounded (see {@link AuditBudget}): the rest is summed up once an hour. A
 *    node that is killed loses the sums of its last hour.
 * 3. The table is append-only: a trigger refuses to change rows, and to delete recent ones.
 */
export class AuditLog {
  readonly #context: AuditContext;
  readonly #budget = new AuditBudget();
  #timer: NodeJS.Timeout | null = null;

  constructor(context: AuditContext) {
    this.#context = context;
  }

  /** Begins to sum up and to remove old entries, until {@link stop}. */
  start(): void {
    this.#timer = setInterval(() => void this.#tend(), WINDOW_MS);
    this.#timer.unref();
  }

  /** Stores the sums that are open. */
  async stop(): Promise<void> {
    if (this.#timer) clearInterval(this.#timer);
    await this.#tend();
  }

  /** Stores an event and tells it in the log, if it is not one too many. */
  async record(entry: AuditEntry): Promise<void> {
    const note = this.note(entry);
    await note.store(this.#context.pool);
    note.tell();
  }

  /** An event that is stored in the transaction that it tells of. */
  note(entry: AuditEntry): AuditNote {
    let admitted: boolean | undefined;
    return {
      store: async (on) => {
        admitted ??= this.#budget.admit(entry.event, keyOf(entry));
        if (admitted) await this.#insert(entry, 1, on);
      },
      tell: () => {
        if (admitted) this.#tell(entry, 1);
      },
    };
  }

  #tell(entry: AuditEntry, count: number): void {
    const { outcome, account, actor, address } = whole(entry);
    const level = outcome === 'succeeded' ? 'info' : 'warn';
    this.#context.log[level](
      {
        event: entry.event,
        outcome,
        account,
        ...(actor !== account && { actor }),
        address,
        ...(count > 1 && { count }),
        ...entry.details,
      },
      'security event',
    );
  }

  /** Writes what was counted since the last time: one row for each sum. */
  async flush(): Promise<void> {
    for (const { event, key, count } of this.#budget.drain()) {
      const isAddress = key !== null && isIP(key) !== 0;
      const entry: AuditEntry = {
        event,
        outcome: 'failed',
        account: isAddress ? null : (key as AccountId | null),
        address: isAddress ? key : null,
        details: { reason: 'summed up' },
      };
      await this.#insert(entry, count, this.#context.pool);
      this.#tell(entry, count);
    }
  }

  async #tend(): Promise<void> {
    const { pool, clock, log } = this.#context;
    try {
      await this.flush();
      await pool.query('delete from audit_log where at < $1', [new Date(clock.now() - KEPT_MS)]);
    } catch (error) {
      log.warn({ err: error }, 'audit log not tended');
    }
  }

  async #insert(entry: AuditEntry, count: number, on: On): Promise<void> {
    const { outcome, account, actor, address } = whole(entry);
    await on.query({
      name: 'audit-insert',
      text: `insert into audit_log
               (id, at, event, outcome, account_id, actor_id, address, count, details)
             values ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
      values: [
        uuidv7(),
        new Date(this.#context.clock.now()),
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

/** What is counted together: whoever caused it, or where they are. */
function keyOf(entry: AuditEntry): string {
  const { actor, address } = whole(entry);
  return entry.event === 'login_failed' || entry.event === 'locked_out' || actor === null
    ? (address ?? 'nowhere')
    : actor;
}

function whole({ outcome = 'succeeded', account = null, actor = account, address }: AuditEntry) {
  return { outcome, account, actor, address: address?.slice(0, ADDRESS_MAX) ?? null };
}
