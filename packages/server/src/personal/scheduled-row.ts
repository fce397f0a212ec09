import type { AccountId, ConversationId, ScheduledId, Seq } from '@parley/protocol';
import { replyPlaceOf } from '../messages/threads/thread-roots.ts';
import { mayAct } from '../permissions/account-state.ts';
import type { RuleContext } from '../stream/stream-transaction.ts';

/** What the commands on scheduled messages read. */

/**
 * A message that is later than this, because no server was running, is not sent without asking its
 * author: a backup from last month would otherwise send everything that was scheduled since.
 */
export const LATE_MS = 24 * 3_600_000;

/** Estimated size of the row of an event, without its text. */
export const EVENT_BYTES = 300;

/** A scheduled message, and whether its author may act. */
export interface ScheduledRow {
  readonly conversation_id: ConversationId;
  readonly body: string;
  readonly reply_to: Seq | null;
  readonly thread: Seq | null;
  readonly also_in_conversation: boolean;
  readonly send_at: Date;
  readonly seq: Seq;
  readonly failure: string | null;
  readonly is_too_late: boolean;
  readonly is_active: boolean;
  readonly may_act: boolean;
  /** Seconds until the suspension of the author ends, at most an hour: it may end early. Null without one. */
  readonly suspended_seconds: number | null;
}

/** Returns where a scheduled message is posted: undefined outside threads. */
export const placeOfRow = ({ thread, also_in_conversation }: ScheduledRow) =>
  replyPlaceOf({ thread: thread ?? undefined, alsoInConversation: also_in_conversation });

/** Returns a scheduled message, and whether its author may act. */
export async function readScheduled(
  tx: RuleContext,
  account: AccountId,
  scheduled: ScheduledId,
): Promise<ScheduledRow | undefined> {
  const [row] = await tx.query<ScheduledRow>(
    'scheduled-one',
    `select s.conversation_id, s.body, s.reply_to, s.thread, s.also_in_conversation, s.send_at, s.seq, s.failure, a.is_active,
       s.send_at < now() - make_interval(secs => $3 / 1000.0) as is_too_late,
       ${mayAct('a')} as may_act,
       ceil(extract(epoch from
         least(a.suspended_until, now() + interval '1 hour') - now()))::float8
         as suspended_seconds
     from scheduled_messages s join accounts a on a.id = s.account_id
     where s.account_id = $1 and s.id = $2`,
    [account, scheduled, LATE_MS],
  );
  return row;
}
