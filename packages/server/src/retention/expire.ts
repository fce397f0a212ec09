import {
  type ClientId,
  type ConversationId,
  type MessageRetention,
  type Seq,
  SYSTEM,
  streamOfConversation,
} from '@parley/protocol';
import type pg from 'pg';
import { uuidv7 } from 'uuidv7';
import { deletionsOf } from '../messages/redaction/erase.ts';
import { storedSettings } from '../settings/server-settings.ts';
import type { Append, Outcome } from '../stream/append.ts';
import type { Command, Rule, RuleContext, Statement } from '../stream/stream-transaction.ts';
import {
  choiceOf,
  cutoffOf,
  expiredCount,
  type RetentionSettings,
  retentionDays,
} from './policy.ts';

/** Messages deleted per transaction, so that other commands of the conversation do not wait long. */
export const BATCH = 100;

interface ExpireCommand extends Command {
  readonly conversation: ConversationId;
  /** How many messages the command deletes, once it is decided. */
  deleted: number;
}

/**
 * Deletes the next expired messages of a conversation, at most {@link BATCH}. Expiry is decided in
 * the transaction, with the stream locked: nodes that work on the same conversation delete each
 * message once, and progress committed before a node was killed is kept. Returns how many were
 * deleted.
 */
export async function expireMessages(
  append: Append,
  conversation: ConversationId,
): Promise<{ readonly outcome: Outcome; readonly deleted: number }> {
  const command: ExpireCommand = {
    rule: expireRule,
    actor: SYSTEM,
    clientId: uuidv7() as ClientId,
    stream: streamOfConversation(conversation),
    eventType: 'message.deleted',
    payload: ['expired'],
    bytes: 200 * BATCH,
    conversation,
    deleted: 0,
  };
  const outcome = await append.run(command);
  return { outcome, deleted: command.deleted };
}

/**
 * Checks no policy: the settings decide what expires. The events are the same as for deletions by
 * users, one for each message, so that clients need no special handling.
 */
const expireRule: Rule<ExpireCommand> = {
  name: 'retention.expire',
  async decide(tx, command) {
    const { conversation, stream } = command;
    command.deleted = 0;
    const unchanged = { unchanged: tx.head(stream) };
    const settings = await settingsIn(tx);
    const days = retentionDays(settings, await choiceIn(tx, conversation));
    if (days === null) return unchanged;
    const rows = await tx.query<{ seq: Seq; posted_at: Date; now: Date }>(
      'retention-next',
      `select m.seq, m.posted_at, now() as now from messages m
       where m.conversation_id = $1 and m.deleted_at is null and m.seq > coalesce(
         (select p.up_to from retention_progress p where p.conversation_id = $1), 0)
       order by m.seq limit $2`,
      [conversation, BATCH],
    );
    // A clock that is ahead must not delete anything too early, so the clock of the database must
    // agree.
    const now = Math.min(Date.parse(tx.at), rows[0]?.now.getTime() ?? 0);
    const times = rows.map((row) => row.posted_at.getTime());
    const seqs = rows.slice(0, expiredCount(times, cutoffOf(days, now), now)).map(({ seq }) => seq);
    const { events, writes } = await deletionsOf(tx, conversation, null, seqs);
    const [first, ...more] = events;
    if (!first) return unchanged;
    command.deleted = events.length;
    const upTo = progress(conversation, seqs[seqs.length - 1] as Seq);
    return { events: [first, ...more], writes: [...writes, upTo] };
  },
};

/** Returns the statement that records that nothing is left up to a seq. */
const progress = (conversation: ConversationId, upTo: Seq): Statement => ({
  name: 'retention-progress',
  text: `insert into retention_progress as p (conversation_id, up_to) values ($1, $2)
         on conflict (conversation_id) do update set up_to = greatest(p.up_to, excluded.up_to)`,
  values: [conversation, upTo],
});

/**
 * Returns the settings, locked so that a change waits for transactions that used the earlier ones.
 */
async function settingsIn(tx: RuleContext): Promise<RetentionSettings> {
  const rows = await tx.query<{ name: string; value: unknown }>(
    'retention-settings',
    `select name, value from server_settings
     where name in ('messageRetentionDays', 'groupRetention')
     order by name for share`,
    [],
  );
  return storedSettings(rows);
}

/** Returns what a group has chosen, as a transaction that has locked its stream sees it. */
export async function choiceIn(
  tx: RuleContext,
  conversation: ConversationId,
): Promise<MessageRetention> {
  const rows = await tx.query<{ days: number }>(
    'retention-choice',
    'select days from group_retention where conversation_id = $1',
    [conversation],
  );
  return choiceOf(rows[0]?.days ?? null);
}

/** The time before which messages have expired, for each choice of a group. */
export interface Cutoffs {
  readonly choices: readonly (number | null)[];
  readonly times: readonly Date[];
}

/** Returns the cutoffs of all choices that groups have made, and of those that made none. */
export async function cutoffsOf(
  pool: pg.Pool,
  settings: RetentionSettings,
  now: number,
): Promise<Cutoffs> {
  const { rows } = await pool.query<{ days: number }>({
    name: 'retention-choices',
    text: 'select distinct days from group_retention',
  });
  const cutoffs = [null, ...rows.map((row) => row.days)].flatMap((choice) => {
    const days = retentionDays(settings, choiceOf(choice));
    return days === null ? [] : [{ choice, time: new Date(cutoffOf(days, now)) }];
  });
  return { choices: cutoffs.map((f) => f.choice), times: cutoffs.map((f) => f.time) };
}
