import type { AccountId, EventType } from '@parley/protocol';
import { rowsOf } from '../accounts/tickets.ts';
import type { Auditing, AuditNote } from '../audit/audit-log.ts';
import type { AuditEvent } from '../audit/events.ts';
import type { Outcome } from '../stream/append.ts';
import type { Decision, StreamTransaction } from '../stream/stream-transaction.ts';

/** What the audit log calls the events that acts of administration make. */
const NOTED: Partial<Record<EventType, AuditEvent>> = {
  'user.updated': 'account_updated',
  'user.role_changed': 'role_changed',
  'user.deactivated': 'account_deactivated',
  'user.reactivated': 'account_reactivated',
  'user.deleted': 'account_deleted',
};

/** What a command to an account is noted as, in the transaction that carries it out. */
export class AuditNotes {
  readonly #audit: Auditing;
  readonly #who: { readonly actor: AccountId; readonly account: AccountId };
  readonly #fields: readonly string[];
  #notes: readonly AuditNote[] = [];

  /** `fields`: which names were changed. */
  constructor(
    audit: Auditing,
    who: { readonly actor: AccountId; readonly account: AccountId },
    fields: readonly string[] = [],
  ) {
    this.#audit = audit;
    this.#who = who;
    this.#fields = fields;
  }

  /** Stores what was decided; nothing where nothing changes. */
  async store(tx: StreamTransaction, decision: Decision): Promise<void> {
    if (!('events' in decision)) return;
    const { log, address } = this.#audit;
    this.#notes = decision.events.flatMap(({ type, data }) => {
      const event = NOTED[type];
      if (event === undefined) return [];
      const role = typeof data === 'object' && 'role' in data ? { role: String(data.role) } : {};
      const fields = event === 'account_updated' ? { fields: this.#fields } : {};
      return [log.note({ event, ...this.#who, address, details: { ...role, ...fields } })];
    });
    for (const note of this.#notes) await note.store(rowsOf(tx));
  }

  /** Tells what was stored once the command's outcome is known to be so. */
  async tellAfter(running: Promise<Outcome>): Promise<Outcome> {
    const outcome = await running;
    if (outcome.kind === 'stored') for (const note of this.#notes) note.tell();
    return outcome;
  }
}
