import type { NotificationChannelHealth, NotificationHealth } from '@parley/protocol';
import type pg from 'pg';
import { failureOf } from './failure.ts';

/** The progress of decisions and the health of delivery channels. */

/** The number of newest rows of each kind that are counted. */
const COUNTED_MAX = 10_000;

interface ChannelRow {
  readonly channel: 'email' | 'push';
  readonly waiting: number;
  readonly retrying: number;
  readonly overdue: number;
  readonly overdueSeconds: number;
  readonly sent: number;
  readonly failed: number;
  readonly failedAt: Date | null;
  readonly error: string | null;
}

/** SQL: one row for a channel, from `waiting` with `due_at` and `error`, and the table `done` with `ended_at`, `is_sent` and `error`. */
const channelOf = (channel: string, waiting: string, done: string) => `
  select '${channel}' as channel, w.*, d.*, f.*
  from (
    select count(*)::int as waiting, count(error)::int as retrying,
      count(*) filter (where due_at <= now())::int as overdue,
      coalesce(extract(epoch from now() - min(due_at) filter (where due_at <= now())), 0)::int as "overdueSeconds"
    from (${waiting} limit ${COUNTED_MAX}) x) w,
  (
    select count(*) filter (where is_sent)::int as sent, count(*) filter (where not is_sent)::int as failed
    from ${done} where ended_at is not null) d
  left join lateral (
    select at as "failedAt", error from ${done} where error is not null
    order by at desc limit 1) f on true`;

/** Returns the progress of decisions and the health of delivery channels. */
export async function notificationHealth(pool: pg.Pool): Promise<NotificationHealth> {
  const { rows } = await pool.query<ChannelRow>({
    name: 'notifications-health',
    text: `
    with emails_done as materialized (
      select coalesce(sent_at, failed_at) as ended_at, sent_at is not null as is_sent, last_error as error,
        coalesce(failed_at, created_at) as at
      from emails where created_at > now() - interval '24 hours'
      order by created_at desc limit ${COUNTED_MAX}
    ), pushes_done as materialized (
      select finished_at as ended_at, outcome = 'sent' as is_sent, last_error as error,
        coalesce(finished_at, created_at) as at
      from (
        select * from notification_deliveries where created_at > now() - interval '24 hours'
        order by created_at desc limit ${COUNTED_MAX}) x
      where channel = 'push' and (outcome is null or outcome in ('sent', 'failed'))
    )
    ${channelOf(
      'email',
      'select next_try_at as due_at, last_error as error from emails where next_try_at is not null',
      'emails_done',
    )}
    union all ${channelOf(
      'push',
      `select due_at, last_error as error from notification_deliveries
       where channel = 'push' and due_at is not null`,
      'pushes_done',
    )}`,
  });
  const { rows: undecided } = await pool.query<{ count: number; seconds: number }>({
    name: 'notifications-undecided',
    text: `select count(*)::int as count, coalesce(extract(epoch from now() - min(posted_at)), 0)::int as seconds
           from (
             select m.posted_at from streams s
             left join notification_progress p on p.conversation_id = s.id
             -- What else happens in a conversation notifies no one, and is passed later.
             cross join lateral (
               select m.posted_at from messages m
               where m.conversation_id = s.id and m.seq > coalesce(p.seq, 0)
               order by m.seq limit 1) m
             where s.kind = 'conversation' and s.last_seq > coalesce(p.seq, 0)
             limit ${COUNTED_MAX}) x`,
  });
  return {
    undecided: undecided[0]?.count ?? 0,
    // The clocks of the nodes and of the database differ.
    undecidedSeconds: Math.max(0, undecided[0]?.seconds ?? 0),
    channels: rows.map(healthOf),
  };
}

const healthOf = ({ error, failedAt, ...row }: ChannelRow): NotificationChannelHealth => ({
  ...row,
  lastFailure:
    error === null || failedAt === null
      ? null
      : { at: failedAt.toISOString(), ...failureOf(error) },
});

/** How long figures are cached, ms. */
const CACHED_MS = 5_000;

/**
 * Returns a function that reads the health at most every five seconds. It returns null if the
 * database does not answer, so that other metrics are still served.
 */
export function cachedHealth(
  pool: pg.Pool,
  onError: (error: unknown) => void,
): () => Promise<NotificationHealth | null> {
  let last: { at: number; health: Promise<NotificationHealth | null> } | null = null;
  return () => {
    if (last === null || performance.now() - last.at > CACHED_MS) {
      const health = notificationHealth(pool).catch((error: unknown) => {
        onError(error);
        return null;
      });
      last = { at: performance.now(), health };
    }
    return last.health;
  };
}
