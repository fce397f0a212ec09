import { type AccountId, refusal, SYSTEM, WORKSPACE_STREAM } from '@parley/protocol';
import type pg from 'pg';
import { uuidv7 } from 'uuidv7';
import type { AuditLog } from '../audit/audit-log.ts';
import { BackgroundWorker } from '../runtime/background-worker.ts';
import type { Clock } from '../runtime/clock.ts';
import type { Logger } from '../runtime/log.ts';
import { type Append, assertStored } from '../stream/append.ts';
import { type Command, newEvent, type Rule } from '../stream/stream-transaction.ts';
import { AuditNotes } from './audit-notes.ts';
import { readTarget, unchanged } from './commands.ts';
import { type AccessParts, endAccess, loginsEnded } from './end-access.ts';

const POLL_MS = 5_000;
const RETRY_MS = 5_000;
/** Accounts deactivated per read. */
const BATCH = 100;

interface GuestExpiryDeps extends AccessParts {
  readonly pool: pg.Pool;
  readonly append: Append;
  readonly clock: Clock;
  readonly log: Logger;
  readonly audit: AuditLog;
}

interface ExpireCommand extends Command {
  readonly target: AccountId;
  readonly notes: AuditNotes;
}

/**
 * Deactivates guests whose access has ended, within some seconds. Several nodes may run it at the
 * same time: a guest that another node has deactivated is not changed.
 */
export class GuestExpiry {
  readonly #deps: GuestExpiryDeps;
  readonly #worker: BackgroundWorker;

  constructor(deps: GuestExpiryDeps) {
    this.#deps = deps;
    this.#worker = new BackgroundWorker({
      work: (isStopped) => this.deactivateDue(isStopped),
      pollMs: POLL_MS,
      retryMs: RETRY_MS,
      onError: (error) => deps.log.warn({ err: error }, 'guests not deactivated, will be retried'),
    });
  }

  /** Looks for guests whose access has ended, now and at an interval, until {@link stop}. */
  start(): void {
    this.#worker.start();
  }

  /** Stops after the current account. */
  stop(): Promise<void> {
    return this.#worker.stop();
  }

  /** Deactivates all guests whose access has ended. */
  async deactivateDue(isStopped: () => boolean = () => false): Promise<void> {
    const { pool, clock } = this.#deps;
    for (;;) {
      const { rows } = await pool.query<{ id: AccountId }>({
        name: 'admin-guests-due',
        text: `select id from accounts
               where access_ends_at <= $1 and is_active and access_ends_at is not null
               order by access_ends_at limit $2`,
        values: [new Date(clock.now()), BATCH],
      });
      for (const { id } of rows) {
        if (isStopped()) return;
        await this.#deactivate(id);
      }
      if (rows.length < BATCH) return;
    }
  }

  async #deactivate(account: AccountId): Promise<void> {
    const { append, audit, pool } = this.#deps;
    const command: ExpireCommand = {
      rule: expireRule,
      actor: SYSTEM,
      clientId: uuidv7() as Command['clientId'],
      stream: WORKSPACE_STREAM,
      eventType: 'user.deactivated',
      payload: [account],
      bytes: 300,
      target: account,
      notes: new AuditNotes({ log: audit, address: null }, { actor: null, account }),
    };
    const outcome = await command.notes.logAfter(append.run(command));
    assertStored(outcome, 'A guest was not deactivated');
    const { rowCount } = await pool.query({
      name: 'admin-guest-ended',
      text: 'select 1 from accounts where id = $1 and not is_active',
      values: [account],
    });
    // The access may have been extended meanwhile: then the guest stays logged in.
    if (rowCount !== 0) await endAccess(this.#deps, account);
  }
}

/** The end of the access may have been moved since it was read. */
const expireRule: Rule<ExpireCommand> = {
  name: 'admin.expire_guest',
  async decide(tx, { target: account, notes }) {
    const target = await readTarget(tx, account);
    if (!target) return { refuse: refusal('account_not_found') };
    const { role, isActive, accessEndsAt } = target;
    const isDue = accessEndsAt !== null && Date.parse(accessEndsAt) <= Date.parse(tx.at);
    if (role !== 'guest' || !isActive || !isDue) return unchanged(tx);
    return notes.addTo({
      events: [newEvent(WORKSPACE_STREAM, 'user.deactivated', { account })],
      writes: [loginsEnded(account)],
    });
  },
};
