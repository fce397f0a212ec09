import {
  type AccountId,
  type AccountRole,
  type ConversationId,
  LIMITS,
  type Refusal,
  type ReportResolution,
  refusal,
  type Seq,
  streamOfAccount,
  streamOfConversation,
  WORKSPACE_STREAM,
} from '@parley/protocol';
import type pg from 'pg';
import { AuditNotes } from '../admin/audit-notes.ts';
import { decideSuspension, type Suspension } from '../admin/suspend-account.ts';
import type { Auditing } from '../audit/audit-log.ts';
import { readConversationState } from '../conversations/conversation-rule.ts';
import { authorize } from '../conversations/policy.ts';
import { hidingOf } from '../messages/hide-rules.ts';
import { authorize as authorizeOnMessages } from '../messages/policy.ts';
import { deletionsOf } from '../messages/redaction/erase.ts';
import { REPORTED_TEXTS_CLEARED } from '../messages/redaction/reported-texts.ts';
import { mayAct } from '../permissions/account-state.ts';
import { isServerAdmin } from '../permissions/minimum-roles.ts';
import type { Append, Outcome } from '../stream/append.ts';
import { type AuditedCommand, runAudited, withAuditNote } from '../stream/audited-command.ts';
import type { RuleReader } from '../stream/rule-reader.ts';
import {
  type Command,
  type Decision,
  type NewEvent,
  newEvent,
  type Rule,
  type RuleContext,
  type Statement,
} from '../stream/stream-transaction.ts';

/** The immutable part of a report that its resolution depends on. */
export interface ResolvableReport {
  readonly id: string;
  /** Null: the word filter. */
  readonly reporter: AccountId | null;
  readonly conversation: ConversationId;
  readonly message: Seq;
  readonly author: AccountId;
}

/** How an admin of the server or of the group resolves a report. */
export interface Resolution {
  readonly resolution: ReportResolution;
  /** Of the author, in the same transaction. */
  readonly suspension: Suspension | null;
}

interface ResolveCommand extends AuditedCommand, Resolution {
  readonly report: ResolvableReport;
  /** The audit entry of the suspension. */
  readonly notes: AuditNotes;
}

/**
 * Returns a report; null if there is none with this id. Instead of an open one by the word filter,
 * returns one by a member about the same message, if any: they are resolved together.
 */
export async function reportWithId(pool: pg.Pool, id: string): Promise<ResolvableReport | null> {
  const { rows } = await pool.query<ResolvableReport>({
    name: 'reports-with-id',
    // Not an OR: it would read all open reports.
    text: `select r.id, r.account_id as reporter, r.conversation_id as conversation,
                  r.message_seq as message, r.author_id as author
           from (
             select * from reports where id = $1
             union all
             select o.* from reports f
             join reports o on o.conversation_id = f.conversation_id
               and o.message_seq = f.message_seq
               and o.account_id is not null and o.resolved_at is null
             where f.id = $1 and f.account_id is null and f.resolved_at is null
           ) r
           order by r.account_id is null, r.id
           limit 1`,
    values: [id],
  });
  return rows[0] ?? null;
}

/**
 * Resolves all open reports of the message of a report; deletes the message and suspends its author if that is
 * the resolution, all in one transaction. Each reporter receives `report.resolved`. Who may: {@link refusalOfResolution}.
 */
export async function resolveReports(
  { append, pool }: { readonly append: Append; readonly pool: pg.Pool },
  r: Pick<Command, 'actor' | 'clientId'> & { readonly audit: Auditing },
  report: ResolvableReport,
  { resolution, suspension }: Resolution,
): Promise<Outcome> {
  const { conversation, message } = report;
  const { rows } = await pool.query<{ reporter: AccountId }>({
    name: 'reports-reporters',
    text: `select account_id as reporter from reports
           where conversation_id = $1 and message_seq = $2 and resolved_at is null
             and account_id is not null
           order by id limit $3`,
    values: [conversation, message, LIMITS.reportsResolvedAtOnce],
  });
  // A report of the word filter has no reporter, so the first event is the deletion.
  const isFlag = report.reporter === null;
  const stream =
    report.reporter === null
      ? streamOfConversation(conversation)
      : streamOfAccount(report.reporter);
  const streams = [
    ...rows.map(({ reporter }) => streamOfAccount(reporter)),
    streamOfConversation(conversation),
  ];
  const command: ResolveCommand = {
    rule: resolveRule,
    actor: r.actor,
    clientId: r.clientId,
    stream,
    alsoLocks: [
      ...streams.filter((id) => id !== stream),
      ...(suspension ? [WORKSPACE_STREAM] : []),
    ],
    eventType: isFlag
      ? resolution === 'hidden'
        ? 'message.hidden'
        : 'message.deleted'
      : 'report.resolved',
    payload: [report.id, resolution, suspension?.until ?? null, suspension?.reason ?? null],
    bytes: 500 * (2 + rows.length),
    report,
    resolution,
    suspension,
    audit: r.audit,
    notes: new AuditNotes(r.audit, { actor: r.actor, account: report.author }),
    note: null,
  };
  return await command.notes.logAfter(runAudited(append, command));
}

const resolveRule: Rule<ResolveCommand> = {
  name: 'reports.resolve',
  async decide(tx, command) {
    const { stream, report, resolution, suspension } = command;
    const denied = await refusalOfResolution(tx, command);
    if (denied) return { refuse: denied };
    const rows = await tx.query<FoundReport>(
      'reports-to-resolve',
      `select id, account_id as reporter, resolution, resolved_at is null as is_open from reports
       where conversation_id = $1 and message_seq = $2 and (resolved_at is null or id = $3)
       order by id <> $3, id`,
      [report.conversation, report.message, report.id],
    );
    // Reports made after the streams were locked remain open.
    const reports = rows.filter(
      ({ reporter }) => reporter === null || tx.has(streamOfAccount(reporter)),
    );
    // The report was removed with the account of its reporter.
    if (reports[0]?.id !== report.id) return { refuse: refusal('not_found') };
    if (!reports[0].is_open) {
      const isSame = reports[0].resolution === resolution && !suspension;
      return isSame ? { unchanged: tx.head(stream) } : { refuse: refusal('report_resolved') };
    }
    const request = { actor: command.actor, target: report.author };
    const suspended = suspension && (await decideSuspension(tx, request, suspension));
    if (suspended && !('events' in suspended)) return suspended;
    const resolved = await resolutionOf(tx, command, reports);
    if (!suspended || !('events' in resolved)) return resolved;
    return command.notes.addTo({
      events: [...resolved.events, ...suspended.events],
      writes: [...(resolved.writes ?? []), ...(suspended.writes ?? [])],
    });
  },
};

interface FoundReport {
  readonly id: string;
  readonly reporter: AccountId | null;
  readonly resolution: string | null;
  readonly is_open: boolean;
}

/** Returns the statement that marks reports as resolved and removes the texts kept for admins. */
export const reportsResolved = (
  reports: readonly string[],
  {
    at,
    by,
    resolution,
  }: { readonly at: string; readonly by: AccountId; readonly resolution: ReportResolution },
): Statement => ({
  name: 'reports-resolve',
  text: `update reports
         set resolved_at = $2, resolved_by = $3, resolution = $4, comment = '',
             ${REPORTED_TEXTS_CLEARED}
         where id = any($1::uuid[])`,
  values: [reports, at, by, resolution],
});

/** Returns the events that change the message of a report. */
async function changesOf(
  tx: RuleContext,
  { report, resolution }: ResolveCommand,
): Promise<{ events: readonly NewEvent[]; writes: readonly Statement[] } | { refuse: Refusal }> {
  const { conversation, message, author } = report;
  if (resolution === 'deleted') return await deletionsOf(tx, conversation, author, [message]);
  if (resolution === 'dismissed') return { events: [], writes: [] };
  const hiding = await hidingOf(tx, conversation, message);
  // A moderator was faster; the reporters get the same result.
  if ('refuse' in hiding && hiding.refuse.code === 'message_hidden' && report.reporter !== null) {
    return { events: [], writes: [] };
  }
  return 'refuse' in hiding ? hiding : { events: [hiding.event], writes: hiding.writes };
}

/** Decides the events and the writes of a resolution, without the suspension. */
async function resolutionOf(
  tx: RuleContext,
  command: ResolveCommand,
  reports: readonly FoundReport[],
): Promise<Decision> {
  const { actor, report, resolution } = command;
  const { conversation, message, author } = report;
  const resolvedFor = (reporter: AccountId) =>
    newEvent(streamOfAccount(reporter), 'report.resolved', { conversation, message, resolution });
  const changes = await changesOf(tx, command);
  if ('refuse' in changes) return changes;
  // The event of the named report comes first: it identifies the command when it is retried.
  const others = reports.flatMap(({ reporter }) =>
    reporter === null || reporter === report.reporter ? [] : [reporter],
  );
  const [first, ...more] = [
    ...(report.reporter === null ? changes.events : [resolvedFor(report.reporter)]),
    ...others.map(resolvedFor),
    ...(report.reporter === null ? [] : changes.events),
  ];
  if (!first) return { refuse: refusal('message_deleted') };
  const resolved = reportsResolved(
    reports.map(({ id }) => id),
    { at: tx.at, by: actor, resolution },
  );
  const details = { resolution, conversation, message, reports: reports.length };
  const { events, writes } = await withAuditNote(
    command,
    { event: 'report_resolved', account: author, actor, details },
    { events: [first, ...more], writes: [resolved] },
  );
  return { events, writes: [...writes, ...changes.writes] };
}

/**
 * Returns why an account may not resolve a report as requested; null if it may. Admins of the
 * server may, and in a group the members who may ban, limited by the policy of messages. No one may
 * resolve reports of their own messages. For everyone else the report does not exist.
 */
export async function refusalOfResolution(
  tx: RuleReader,
  { actor, report, resolution }: Pick<ResolveCommand, 'actor' | 'report' | 'resolution'>,
): Promise<Refusal | null> {
  const [row] = await tx.query<{ role: AccountRole; may_act: boolean }>(
    'reports-resolver',
    `select a.role, ${mayAct('a')} as may_act from accounts a where a.id = $1`,
    [actor],
  );
  if (!row?.may_act || report.author === actor) return refusal('not_found');
  if (isServerAdmin(row.role)) return null;
  const state = await readConversationState(tx, report.conversation, actor);
  if (!state || state.isDeleted) return refusal('not_found');
  const { actorRole, type, minimumRoles, isArchived } = state;
  if (authorize(actorRole, type, 'ban', minimumRoles) !== 'yes') return refusal('not_found');
  if (resolution === 'dismissed') return null;
  const action = resolution === 'hidden' ? 'hide' : 'delete';
  const verdict = authorizeOnMessages(actorRole, action, 'others', minimumRoles);
  if (verdict !== 'yes') return refusal(verdict);
  return isArchived ? refusal('conversation_archived') : null;
}
