import type { AccountId, OwnStatus, Status, UserProfile } from '@parley/protocol';
import type pg from 'pg';

/** A row of `statuses`. */
export interface StatusRow {
  readonly account_id: AccountId;
  readonly emoji: string | null;
  readonly text: string;
  readonly expires_at: Date | null;
  readonly do_not_disturb_until: Date | null;
  readonly is_away: boolean;
  readonly shows_last_seen: boolean;
  readonly seq: number;
}

/** A partly expired status, with the event that set it. */
export interface ExpiredStatus {
  readonly account: AccountId;
  readonly seq: number;
}

/** The status of an account that never set one. */
export const NO_STATUS: OwnStatus = {
  emoji: null,
  text: '',
  expiresAt: null,
  doNotDisturbUntil: null,
  isAway: false,
  showLastSeen: true,
};

/** Converts a row to what its owner sees. */
export const statusOfRow = (row: StatusRow): OwnStatus => ({
  emoji: row.emoji,
  text: row.text,
  expiresAt: row.expires_at?.toISOString() ?? null,
  doNotDisturbUntil: row.do_not_disturb_until?.toISOString() ?? null,
  isAway: row.is_away,
  showLastSeen: row.shows_last_seen,
});

/** Returns what others see of a status; null if that is nothing. */
export function publicStatus({
  emoji,
  text,
  expiresAt,
  doNotDisturbUntil,
  isAway,
}: Status): Status | null {
  if (emoji === null && text === '' && doNotDisturbUntil === null && !isAway) return null;
  return { emoji, text, expiresAt, doNotDisturbUntil, isAway };
}

/** Returns the profile of a user as others see it; null if there is no such account. */
export async function profileOf(
  pool: pg.Pool,
  account: AccountId,
): Promise<Pick<UserProfile, 'title' | 'pronouns' | 'timeZone'> | null> {
  const { rows } = await pool.query<Pick<UserProfile, 'title' | 'pronouns' | 'timeZone'>>({
    name: 'status-profile',
    text: 'select title, pronouns, time_zone as "timeZone" from accounts where id = $1',
    values: [account],
  });
  return rows[0] ?? null;
}

/** Returns the status of an account, as its owner sees it. */
export async function statusOf(pool: pg.Pool, account: AccountId): Promise<OwnStatus> {
  const { rows } = await pool.query<StatusRow>({
    name: 'status-of',
    text: 'select * from statuses where account_id = $1',
    values: [account],
  });
  return rows[0] ? statusOfRow(rows[0]) : NO_STATUS;
}

/** Returns all statuses that are visible to others. */
export async function allStatuses(pool: pg.Pool): Promise<StatusRow[]> {
  const { rows } = await pool.query<StatusRow>(
    `select * from statuses
     where emoji is not null or text <> '' or do_not_disturb_until is not null or is_away`,
  );
  return rows;
}

/** Returns the statuses that changed in the last `seconds`, by the clock of the database. */
export async function changedStatuses(pool: pg.Pool, seconds: number): Promise<StatusRow[]> {
  const { rows } = await pool.query<StatusRow>({
    name: 'status-changed',
    text: `select * from statuses where changed_at > now() - make_interval(secs => $1)`,
    values: [seconds],
  });
  return rows;
}

/** Returns partly expired statuses, the earliest expiry first. */
export async function expiredStatuses(
  pool: pg.Pool,
  now: Date,
  limit: number,
): Promise<ExpiredStatus[]> {
  const { rows } = await pool.query<ExpiredStatus>({
    name: 'status-expired',
    // `least` ignores nulls, as the index does.
    text: `select account_id as account, seq from statuses
           where least(expires_at, do_not_disturb_until) <= $1
           order by least(expires_at, do_not_disturb_until) limit $2`,
    values: [now, limit],
  });
  return rows;
}
