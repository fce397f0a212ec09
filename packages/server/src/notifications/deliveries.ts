import { randomUUID } from 'node:crypto';
import type { AccountId, ConversationId, NotificationDecision, Seq } from '@parley/protocol';
import type pg from 'pg';
import type { Queryable } from '../storage/queryable.ts';
import { scheduleDigests } from './digest-sql.ts';

/**
 * The outbox of notifications. A delivery is stored in the transaction that decides it and sent after its commit:
 *
 * 1. A node claims due deliveries with a lease. If it is killed, another node claims them when the
 *    lease expires: a crash between sending and committing the outcome causes at most one
 *    duplicate.
 * 2. Only the holder of the lease may finish or defer a delivery.
 */

/** How notifications reach users who are not using a device. */
export type DeliveryChannel = 'push' | 'email';

/** A delivery that this node has claimed. */
export interface Delivery {
  readonly id: string;
  readonly account: AccountId;
  readonly conversation: ConversationId;
  readonly seq: Seq;
  /** The device; null for an email. */
  readonly device: string | null;
  /** Attempts so far, including this one. */
  readonly attempts: number;
  readonly createdAt: Date;
}

/** Deliveries of one claim. */
export interface Claim {
  readonly lease: string;
  readonly deliveries: readonly Delivery[];
}

/** The duration of a lease, in seconds; longer than all timeouts of an attempt. */
const LEASE_SECONDS = 120;
/**
 * The delay of a push to users who are using a device, in seconds: they may read the message there.
 */
const IN_USE_SECONDS = 60;
/** Characters of an error that are kept. */
const ERROR_MAX = 300;

/** A decision that may result in deliveries. */
export interface DecidedNotification {
  readonly account: AccountId;
  readonly conversation: ConversationId;
  readonly seq: Seq;
  readonly decision: NotificationDecision;
}

/** The outcome stored for a channel that the account does not have. */
const NO_CHANNEL = 'no_channel';

/** A decision about the messages of others in a range of seqs. */
export interface DecidedRange {
  readonly account: AccountId;
  readonly conversation: ConversationId;
  readonly after: Seq;
  readonly upTo: Seq;
  readonly decision: NotificationDecision;
}

/** SQL: stores decisions, with the deliveries of those that are new. */
const storeAll = (decided: string) => `
  with d as materialized (${decided}), devices as materialized (
    select id, account_id from notification_devices where account_id = any($1::uuid[])
  ), stored as (
    insert into notification_decisions
      (account_id, conversation_id, message_seq, decided_at, reason, badge, in_app, push, email)
    select d.account, d.conversation, d.seq, $9, d.reason, d.badge, d.in_app,
      case when d.push = 'away' and not exists (select from devices v where v.account_id = d.account)
        then '${NO_CHANNEL}' else d.push end,
      d.email
    from d
    on conflict do nothing
    returning account_id, conversation_id, message_seq, push, email
  ), digests as (${scheduleDigests('stored', '$9')}
  )
  insert into notification_deliveries
    (account_id, conversation_id, message_seq, channel, device_id, due_at)
  select s.account_id, s.conversation_id, s.message_seq, 'push', v.id,
    now() + make_interval(secs => case s.push when 'away' then 0 else ${IN_USE_SECONDS} end)
  from devices v
  join stored s on s.account_id = v.account_id and s.push in ('away', 'in_use')
  order by s.conversation_id, s.message_seq, v.id
  on conflict do nothing`;

/** Returns the parameters of decisions, from $4. */
const valuesOf = (decided: readonly { readonly decision: NotificationDecision }[], now: number) => {
  const reasonOf = ({ badge, push, email }: NotificationDecision, channel: 'push' | 'email') =>
    badge || push.send !== 'never' || email.send !== 'never'
      ? { push, email }[channel].reason
      : null;
  return [
    decided.map((d) => d.decision.reason),
    decided.map((d) => d.decision.badge),
    decided.map((d) => d.decision.inApp),
    decided.map((d) => reasonOf(d.decision, 'push')),
    decided.map((d) => reasonOf(d.decision, 'email')),
    new Date(now),
  ];
};

/** Stores decisions, with the deliveries of those that are new. */
export async function storeDecided(
  client: pg.ClientBase,
  decided: readonly DecidedNotification[],
  now: number,
): Promise<void> {
  if (decided.length === 0) return;
  await client.query({
    name: 'notifications-decided',
    text: storeAll(`
      select * from unnest($1::uuid[], $2::uuid[], $3::int8[], $4::text[], $5::bool[], $6::bool[],
        $7::text[], $8::text[])
        d (account, conversation, seq, reason, badge, in_app, push, email)`),
    values: [
      decided.map((d) => d.account),
      decided.map((d) => d.conversation),
      decided.map((d) => d.seq),
      ...valuesOf(decided, now),
    ],
  });
}

/**
 * Stores decisions about ranges for each of their messages, with the deliveries of those that are
 * new.
 */
export async function storeDecidedRanges(
  client: pg.ClientBase,
  decided: readonly DecidedRange[],
  now: number,
): Promise<void> {
  if (decided.length === 0) return;
  await client.query({
    name: 'notifications-decided-ranges',
    text: storeAll(`
      select r.account, r.conversation, g.seq, r.reason, r.badge, r.in_app, r.push, r.email
      from unnest($1::uuid[], $2::uuid[], $3::int8[], $4::text[], $5::bool[], $6::bool[],
        $7::text[], $8::text[], $10::int8[])
        r (account, conversation, after, reason, badge, in_app, push, email, up_to)
      cross join lateral (
        select m.seq from messages m
        where m.conversation_id = r.conversation and m.seq > r.after and m.seq <= r.up_to
          and m.author_id <> r.account
        offset 0) g`),
    values: [
      decided.map((d) => d.account),
      decided.map((d) => d.conversation),
      decided.map((d) => d.after),
      ...valuesOf(decided, now),
      decided.map((d) => d.upTo),
    ],
  });
}

/** Claims due deliveries of a channel, the longest overdue first. */
export async function claimDeliveries(
  pool: pg.Pool,
  channel: DeliveryChannel,
  max: number,
): Promise<Claim> {
  const lease = randomUUID();
  const { rows } = await pool.query<Delivery>({
    name: 'notifications-claim',
    text: `update notification_deliveries
           set attempts = attempts + 1, lease = $2, due_at = now() + make_interval(secs => $4)
           where id in (
             select id from notification_deliveries
             where channel = $1 and due_at <= now()
             order by due_at, id limit $3 for update skip locked)
           returning id::text as id, account_id as account, conversation_id as conversation, message_seq as seq,
             device_id as device, attempts, created_at as "createdAt"`,
    values: [channel, lease, max, LEASE_SECONDS],
  });
  return { lease, deliveries: rows };
}

/** How a delivery ended. */
export interface DeliveryOutcome {
  readonly id: string;
  /** `sent`, `failed`, or why it was not sent. */
  readonly outcome: string;
  readonly error?: string | undefined;
}

/** Ends deliveries, except those whose lease has passed to another node. */
export async function finishDeliveries(
  on: Queryable,
  lease: string,
  finished: readonly DeliveryOutcome[],
): Promise<void> {
  if (finished.length === 0) return;
  await on.query({
    name: 'notifications-finish',
    text: `update notification_deliveries d
           set due_at = null, lease = null, outcome = f.outcome, finished_at = now(),
             last_error = coalesce(f.error, d.last_error)
           from unnest($2::int8[], $3::text[], $4::text[]) f (id, outcome, error)
           where d.id = f.id and d.lease = $1`,
    values: [
      lease,
      finished.map((f) => f.id),
      finished.map((f) => f.outcome),
      finished.map((f) => f.error?.slice(0, ERROR_MAX) ?? null),
    ],
  });
}

/** When a failed delivery is attempted again. */
export interface DeliveryRetry {
  readonly id: string;
  /** The delay before the next attempt, ms. */
  readonly delayMs: number;
  readonly error: string;
}

/** Defers deliveries, except those whose lease has passed to another node. */
export async function deferDeliveries(
  on: Queryable,
  lease: string,
  deferred: readonly DeliveryRetry[],
): Promise<void> {
  if (deferred.length === 0) return;
  await on.query({
    name: 'notifications-defer',
    text: `update notification_deliveries d
           set due_at = now() + make_interval(secs => f.delay / 1000), lease = null, last_error = f.error
           from unnest($2::int8[], $3::float8[], $4::text[]) f (id, delay, error)
           where d.id = f.id and d.lease = $1`,
    values: [
      lease,
      deferred.map((d) => d.id),
      deferred.map((d) => d.delayMs),
      deferred.map((d) => d.error.slice(0, ERROR_MAX)),
    ],
  });
}
