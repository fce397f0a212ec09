import type { AccountId, ActivityUnread, ReadActivityBody } from '@parley/protocol';
import type pg from 'pg';
import { withTransaction } from '../storage/database.ts';
import { markRead } from './activity-marks.ts';
import { unreadActivity } from './activity-queries.ts';

/** The activity of an account after a change. */
export interface ActivityRead extends ActivityUnread {
  /** Whether something was unread. */
  readonly isChanged: boolean;
}

/**
 * Marks items as read in the state in which they were listed: an item that has changed since
 * remains unread.
 */
export async function readActivity(
  pool: pg.Pool,
  account: AccountId,
  { items }: ReadActivityBody,
): Promise<ActivityRead> {
  return await change(pool, account, async (client) => {
    const ids = items.map(({ id }) => id);
    const seqs = items.map(({ seq }) => seq);
    const stored = await client.query({
      name: 'activity-read',
      text: `update activity_items s set is_read = true
             from unnest($2::text[], $3::int8[]) i (id, seq)
             where s.account_id = $1 and not s.is_read and s.seq <= i.seq
               and s.kind || ':' || s.conversation_id || ':' || s.message_seq = i.id`,
      values: [account, ids, seqs],
    });
    const isMarked = await markRead(client, account, items);
    return isMarked || (stored.rowCount ?? 0) > 0;
  });
}

/** Marks the whole activity of an account as read. */
export async function readAllActivity(pool: pg.Pool, account: AccountId): Promise<ActivityRead> {
  return await change(pool, account, async (client) => {
    await client.query({
      name: 'activity-read-all',
      text: 'update activity_items set is_read = true where account_id = $1 and not is_read',
      values: [account],
    });
    await client.query({
      name: 'activity-read-up-to',
      text: `insert into activity_cursors (account_id, read_at) values ($1, clock_timestamp())
             on conflict (account_id) do update
             set read_at = greatest(activity_cursors.read_at, excluded.read_at)`,
      values: [account],
    });
    await client.query({
      name: 'activity-forget-reads',
      text: 'delete from activity_reads where account_id = $1',
      values: [account],
    });
    return true;
  });
}

/** Changes what an account has read, with its row locked first, as everywhere. */
async function change(
  pool: pg.Pool,
  account: AccountId,
  make: (client: pg.ClientBase) => Promise<boolean>,
): Promise<ActivityRead> {
  return await withTransaction(pool, async (client) => {
    await client.query({
      name: 'activity-lock',
      text: 'select from accounts where id = $1 for no key update',
      values: [account],
    });
    const isChanged = await make(client);
    if (isChanged) {
      await client.query({
        name: 'activity-read-version',
        text: 'update accounts set read_version = read_version + 1 where id = $1',
        values: [account],
      });
    }
    return { ...(await unreadActivity(client, account)), isChanged };
  });
}
