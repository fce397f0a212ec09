import type { AccountId, EventType } from '@parley/protocol';
import type { Auditing, AuditNote } from '../audit/audit-log.ts';
import type { AuditEvent } from '../audit/events.ts';
import type { Outcome } from '../stream/append.ts';
import { StatementList } from '../stream/statement-list.ts';
import type { Decision } from '../stream/stream-transaction.ts';

/** The audit events of the events of admin commands. */
const AUDIT_EVENT_OF: Partial<Record<EventType, AuditEvent>> = {
  'user.updated': 'account_updated',
  'user.suspended': 'account_suspended',
  'user.unsuspended': 'account_unsuspended',
  'user.role_changed': 'role_changed',
  'user.deactivated': 'account_deactivated',
  'user.reactivated': 'account_reactivated',
  'user.deleted': 'account_deleted',
};

/** Records an admin command in the audit log, in its transaction. */
export class AuditNotes {
  readonly #audit: Auditing;
  readonly #who: { readonly actor: AccountId | null; readonly account: AccountId };
  readonly #fields: readonly string[];
  #notes: readonly AuditNote[] = [];

  /**
   * `fields` are the names of changed fields. Without an actor, it was an operator of the server.
   */
  constructor(
    audit: Auditing,
    who: { readonly actor: AccountId | null; readonly account: AccountId },
    fields: readonly string[] = [],
  ) {
    this.#audit = audit;
    this.#who = who;
    this.#fields = fields;
  }

  /** Adds the audit entries to the writes of a decision; none if nothing changes. */
  async addTo(decision: Decision): Promise<Decision> {
    if (!('events' in decision)) return decision;
    const { log, address } = this.#audit;
    this.#notes = decision.events.flatMap(({ type, data }) => {
      const event = AUDIT_EVENT_OF[type];
      if (event === undefined) return [];
      const role = typeof data === 'object' && 'role' in data ? { role: String(data.role) } : {};
      const until =
        typeof data === 'object' && 'until' in data && typeof data.until === 'string'
          ? { until: data.until }
          : {};
      const fields = event === 'account_updated' ? { fields: this.#fields } : {};
      return [
        log.note({ event, ...this.#who, address, details: { ...role, ...until, ...fields } }),
      ];
    });
    const entries = new StatementList();
    for (const note of this.#notes) await note.store(entries);
    return { ...decision, writes: [...(decision.writes ?? []), ...entries.statements] };
  }

  /** Logs the stored entries once the outcome of the command is known. */
  async logAfter(running: Promise<Outcome>): Promise<Outcome> {
    const outcome = await running;
    if (outcome.kind === 'stored') for (const note of this.#notes) note.log();
    return outcome;
  }
}
