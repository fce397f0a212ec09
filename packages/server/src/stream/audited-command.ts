import type { AuditEntry, Auditing, AuditNote } from '../audit/audit-log.ts';
import type { Append, Outcome } from './append.ts';
import { StatementList } from './statement-list.ts';
import type { Command, NewEvent, Statement } from './stream-transaction.ts';

/** A command whose change has an entry in the audit log. */
export interface AuditedCommand extends Command {
  readonly audit: Auditing;
  /** The entry, once {@link withAuditNote} has added it to the decision. */
  note: AuditNote | null;
}

/** The part of a decision that an entry is added to. */
interface Decided {
  readonly events: readonly [NewEvent, ...NewEvent[]];
  readonly writes?: readonly Statement[];
}

/** Returns a decision that also stores an entry of the audit log; {@link runAudited} logs it. */
export async function withAuditNote(
  command: AuditedCommand,
  entry: Omit<AuditEntry, 'address'>,
  { events, writes = [] }: Decided,
): Promise<Required<Decided>> {
  const { log, address } = command.audit;
  const list = new StatementList();
  command.note = log.note({ ...entry, address });
  await command.note.store(list);
  return { events, writes: [...writes, ...list.statements] };
}

/** Runs a command, and logs its entry of the audit log after the commit. */
export async function runAudited(append: Append, command: AuditedCommand): Promise<Outcome> {
  const outcome = await append.run(command);
  if (outcome.kind === 'stored') command.note?.log();
  return outcome;
}
