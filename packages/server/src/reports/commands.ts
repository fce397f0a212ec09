import {
  type AccountId,
  type AccountRole,
  type ConversationId,
  LIMITS,
  type Refusal,
  type ReportReason,
  type ReportResolution,
  refusal,
  type Seq,
  streamOfAccount,
  streamOfConversation,
} from '@parley/protocol';
import type pg from 'pg';
import { uuidv7 } from 'uuidv7';
import type { Auditing, AuditNote } from '../audit/audit-log.ts';
import { readConversationState } from '../conversations/conversation-rule.ts';
import { authorize } from '../conversations/policy.ts';
import { deletionsOf } from '../messages/erase.ts';
import type { Append, Outcome } from '../stream/append.ts';
import { StatementList } from '../stream/statement-list.ts';
import {
  type Command,
  newEvent,
  type Rule,
  type RuleContext,
} from '../stream/stream-transaction.ts';

/**
 * Reports of messages. A report is an event of the reporter's personal stream, and its result another one: no
 * one else learns who has reported what, except the admins who read the reports.
 */

/** The period in which the reports of an account are limited. */
const PERIOD_MS = 3_600_000;

interface ReportCommand extends Command {
  readonly conversation: ConversationId;
  readonly message: Seq;
  readonly reason: ReportReason;
  readonly comment: string;
}

/** Reports a message. Each account reports a message once; a second report changes nothing. */
export function reportMessage(
  append: Append,
  r: Pick<Command, 'actor' | 'clientId'>,
  report: Pick<ReportCommand, 'conversation' | 'message' | 'reason' | 'comment'>,
): Promise<Outcome> {
  const { conversation, message, reason, comment } = report;
  const command: ReportCommand = {
    rule: reportRule,
    actor: r.actor,
    clientId: r.clientId,
    stream: streamOfAccount(r.actor),
    eventType: 'message.reported',
    payload: [conversation, message, reason, comment],
    bytes: 20_000,
    ...report,
  };
  return append.run(command);
}

const reportRule: Rule<ReportCommand> = {
  name: 'reports.report',
  async decide(tx, { actor, stream, conversation, message, reason, comment }) {
    const [target] = await tx.query<{
      author: AccountId;
      body: string;
      is_deleted: boolean;
      is_reported: boolean;
      recent: number;
    }>(
      'reports-target',
      `select m.author_id as author, m.body, m.deleted_at is not null as is_deleted,
              exists (select from reports r
                      where r.account_id = $1 and r.conversation_id = $2 and r.message_seq = $3)
                as is_reported,
              (select count(*)::int from reports r
               where r.account_id = $1 and r.reported_at > $4) as recent
       from messages m
       where m.conversation_id = $2 and m.seq = $3
         and exists (select from memberships p
                     where p.conversation_id = $2 and p.account_id = $1 and p.left_seq is null)`,
      [actor, conversation, message, new Date(Date.parse(tx.at) - PERIOD_MS)],
    );
    if (!target) return { refuse: refusal('message_not_found') };
    if (target.is_reported) return { unchanged: tx.head(stream) };
    if (target.is_deleted) return { refuse: refusal('message_deleted') };
    if (target.author === actor) {
      return { refuse: refusal('forbidden', 'You can’t report your own message') };
    }
    if (target.recent >= LIMITS.reportsPerHour) return { refuse: refusal('rate_limited') };
    return {
      events: [newEvent(stream, 'message.reported', { conversation, message, reason })],
      writes: [
        {
          name: 'reports-insert',
          text: `insert into reports (id, account_id, conversation_id, message_seq, author_id, reason,
                                      comment, message_text, reported_at)
                 values ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
          values: [
            uuidv7(),
            actor,
            conversation,
            message,
            target.author,
            reason,
            comment,
            target.body,
            tx.at,
          ],
        },
      ],
    };
  },
};

/** An open report, as far as its resolution depends on it. */
export interface OpenReport {
  readonly reporter: AccountId;
  readonly conversation: ConversationId;
  readonly message: Seq;
  readonly author: AccountId;
}

interface ResolveCommand extends Command {
  readonly report: OpenReport;
  readonly resolution: ReportResolution;
  readonly audit: Auditing;
  /** The audit entry, once it is decided. */
  note: AuditNote | null;
}

/** Returns an open report; null if there is none with this id. */
export async function openReport(pool: pg.Pool, id: string): Promise<OpenReport | null> {
  const { rows } = await pool.query<OpenReport>({
    name: 'reports-open',
    text: `select account_id as reporter, conversation_id as conversation, message_seq as message,
                  author_id as author
           from reports where id = $1 and resolved_at is null`,
    values: [id],
  });
  return rows[0] ?? null;
}

/**
 * Resolves all open reports of the message of a report, and deletes the message if that is the resolution, in
 * one transaction. Each reporter receives `report.resolved`. Who may: {@link refusalOfModeration}.
 */
export async function resolveReports(
  { append, pool }: { readonly append: Append; readonly pool: pg.Pool },
  r: Pick<Command, 'actor' | 'clientId'> & { readonly audit: Auditing },
  report: OpenReport,
  resolution: ReportResolution,
): Promise<Outcome> {
  const { conversation, message } = report;
  const { rows } = await pool.query<{ reporter: AccountId }>({
    name: 'reports-reporters',
    text: `select account_id as reporter from reports
           where conversation_id = $1 and message_seq = $2 and resolved_at is null
           order by id limit $3`,
    values: [conversation, message, LIMITS.reportsResolvedAtOnce],
  });
  const stream = streamOfAccount(report.reporter);
  const streams = rows.map(({ reporter }) => streamOfAccount(reporter));
  const command: ResolveCommand = {
    rule: resolveRule,
    actor: r.actor,
    clientId: r.clientId,
    stream,
    alsoLocks: [...streams.filter((id) => id !== stream), streamOfConversation(conversation)],
    eventType: 'report.resolved',
    payload: [conversation, message, resolution],
    bytes: 500 * (1 + rows.length),
    report,
    resolution,
    audit: r.audit,
    note: null,
  };
  const outcome = await append.run(command);
  if (outcome.kind === 'stored') command.note?.tell();
  return outcome;
}

const resolveRule: Rule<ResolveCommand> = {
  name: 'reports.resolve',
  async decide(tx, command) {
    const { actor, stream, report, resolution, audit } = command;
    const { conversation, message, author } = report;
    const denied = await refusalOfModeration(tx, actor, conversation);
    if (denied) return { refuse: denied };
    const open = await tx.query<{ id: string; reporter: AccountId }>(
      'reports-to-resolve',
      `select id, account_id as reporter from reports
       where conversation_id = $1 and message_seq = $2 and resolved_at is null
       order by account_id <> $3, id`,
      [conversation, message, report.reporter],
    );
    // Those filed after the streams were locked stay open.
    const resolved = open.filter(({ reporter }) => tx.has(streamOfAccount(reporter)));
    const [first, ...others] = resolved.map(({ reporter }) =>
      newEvent(streamOfAccount(reporter), 'report.resolved', { conversation, message, resolution }),
    );
    if (!first || resolved[0]?.reporter !== report.reporter) return { unchanged: tx.head(stream) };
    const deletions =
      resolution === 'deleted'
        ? await deletionsOf(tx, conversation, author, [message])
        : { events: [], writes: [] };
    const writes = new StatementList();
    await writes.query({
      name: 'reports-resolve',
      text: `update reports
             set resolved_at = $2, resolved_by = $3, resolution = $4, comment = '', message_text = ''
             where id = any($1::uuid[])`,
      values: [resolved.map(({ id }) => id), tx.at, actor, resolution],
    });
    command.note = audit.log.note({
      event: 'report_resolved',
      account: author,
      actor,
      address: audit.address,
      details: { resolution, conversation, message, reports: resolved.length },
    });
    await command.note.store(writes);
    return {
      events: [first, ...others, ...deletions.events],
      writes: [...writes.statements, ...deletions.writes],
    };
  },
};

/**
 * Returns why an account may not read and resolve the reports of a conversation; null if it may: admins of the
 * server, and in a group whoever may ban.
 */
export async function refusalOfModeration(
  tx: RuleContext,
  account: AccountId,
  conversation: ConversationId,
): Promise<Refusal | null> {
  const [row] = await tx.query<{ role: AccountRole; is_active: boolean }>(
    'reports-moderator',
    'select role, is_active from accounts where id = $1',
    [account],
  );
  if (!row?.is_active) return refusal('forbidden');
  if (row.role !== 'member') return null;
  const state = await readConversationState(tx, conversation, account);
  if (!state || state.isDeleted) return refusal('conversation_not_found');
  const { actorRole, type, minimumRoles } = state;
  const verdict = authorize(actorRole, type, 'ban', minimumRoles);
  return verdict === 'yes' ? null : refusal(verdict);
}
