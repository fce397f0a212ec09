import {
  type AccountId,
  type ConversationId,
  LIMITS,
  type Refusal,
  type ReportReason,
  refusal,
  type Seq,
  streamOfAccount,
} from '@parley/protocol';
import { uuidv7 } from 'uuidv7';
import type { Append, Outcome } from '../stream/append.ts';
import {
  type Command,
  newEvent,
  type Rule,
  type RuleContext,
  type Statement,
} from '../stream/stream-transaction.ts';

/**
 * Reports of messages. A report and its result are events of the reporter's personal stream, so
 * only admins who read the reports learn who reported what.
 */

/** The period in which the reports of an account are limited. */
const PERIOD_MS = 3_600_000;

interface ReportCommand extends Command {
  readonly conversation: ConversationId;
  readonly message: Seq;
  readonly reason: ReportReason;
  readonly comment: string;
}

/** Reports a message. While a report of the account is open, a second one of the same message changes nothing. */
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
  async decide(tx, command) {
    const { actor, stream, conversation, message, reason } = command;
    const reported = await readReportedMessage(tx, command);
    if (!reported) return { refuse: refusal('message_not_found') };
    if (reported.is_reported) return { unchanged: tx.head(stream) };
    const refused = refusalOfReport(reported, actor, Date.parse(tx.at));
    if (refused) return { refuse: refused };
    return {
      events: [newEvent(stream, 'message.reported', { conversation, message, reason })],
      writes: [reportInserted(command, reported, tx.at)],
    };
  },
};

/** A message that is to be reported, if the reporter is a member of its conversation. */
interface ReportedMessage {
  readonly author: AccountId;
  readonly body: string;
  readonly file_names: string[];
  readonly poll_choices: string[];
  readonly is_erased: boolean;
  readonly is_deleted: boolean;
  readonly is_hidden: boolean;
  /** Whether the reporter already has an open report of it. */
  readonly is_reported: boolean;
  /** When the oldest report was made that must leave the period first; null while more are allowed. */
  readonly oldest_counted: Date | null;
}

/** Reads the message, and locks what can clear its reports. */
async function readReportedMessage(
  tx: RuleContext,
  { actor, conversation, message }: ReportCommand,
): Promise<ReportedMessage | undefined> {
  // These locks order the report before or after an erasure of the author and a deletion of the
  // group, which clear reports.
  const [row] = await tx.query<ReportedMessage>(
    'reports-target',
    `select m.author_id as author, m.body, a.deleted_at is not null as is_erased,
            array(select f.file ->> 'name' from attachments f
                  where f.conversation_id = $2 and f.message_seq = $3 order by f.position)
              as file_names,
            array(select jsonb_array_elements_text(p.poll -> 'choices') from message_parts p
                  where p.conversation_id = $2 and p.message_seq = $3) as poll_choices,
            m.deleted_at is not null as is_deleted, m.hidden_at is not null as is_hidden,
            exists (select from reports r
                    where r.account_id = $1 and r.conversation_id = $2 and r.message_seq = $3
                      and r.resolved_at is null)
              as is_reported,
            (select r.reported_at from reports r
             where r.account_id = $1 and r.reported_at > $4
             order by r.reported_at desc offset $5 limit 1) as oldest_counted
     from messages m
     join accounts a on a.id = m.author_id
     join conversations c on c.id = m.conversation_id and c.deleted_at is null
     where m.conversation_id = $2 and m.seq = $3
       and exists (select from memberships p
                   where p.conversation_id = $2 and p.account_id = $1 and p.left_seq is null)
     for share of a, c`,
    [
      actor,
      conversation,
      message,
      new Date(Date.parse(tx.at) - PERIOD_MS),
      LIMITS.reportsPerHour - 1,
    ],
  );
  return row;
}

/** Returns why an account may not report a message now; null if it may. */
function refusalOfReport(reported: ReportedMessage, actor: AccountId, now: number): Refusal | null {
  if (reported.is_hidden) return refusal('message_hidden');
  if (reported.is_deleted) return refusal('message_deleted');
  if (reported.is_erased) return refusal('account_not_found');
  if (reported.author === actor) return refusal('forbidden', 'You can’t report your own message');
  if (!reported.oldest_counted) return null;
  const waitMs = reported.oldest_counted.getTime() + PERIOD_MS - now;
  const retryAfter = Math.max(1, Math.ceil(waitMs / 1_000));
  return refusal('rate_limited', undefined, { retryAfter });
}

/** Returns the statement that stores a report with a copy of the texts of the message. */
const reportInserted = (
  { actor, conversation, message, reason, comment }: ReportCommand,
  reported: ReportedMessage,
  at: string,
): Statement => ({
  name: 'reports-insert',
  text: `insert into reports (id, account_id, conversation_id, message_seq, author_id, reason,
                              comment, message_text, reported_at, file_names, poll_choices)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`,
  values: [
    uuidv7(),
    actor,
    conversation,
    message,
    reported.author,
    reason,
    comment,
    reported.body,
    at,
    reported.file_names,
    reported.poll_choices,
  ],
});
