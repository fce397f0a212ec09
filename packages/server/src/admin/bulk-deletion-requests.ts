import type { AccountId, BulkDeletion, ClientId } from '@parley/protocol';
import type pg from 'pg';
import type { Auditing } from '../audit/audit-log.ts';
import { refuse } from '../http/errors.ts';
import { withTransaction } from '../storage/database.ts';
import { timestamp } from '../storage/sql.ts';
import { requirePermission } from './queries.ts';

/** How many of the latest bulk deletions of an account are listed. */
const LISTED = 20;

const DELETION = `json_build_object(
  'id', id,
  'account', account_id,
  'requestedBy', requested_by,
  'requestedAt', ${timestamp('requested_at')},
  'since', ${timestamp('posted_since')},
  'deleted', deleted,
  'doneAt', ${timestamp('done_at')},
  'cancelledAt', ${timestamp('cancelled_at')}
) as item`;

/** A request to delete the messages of an account, with its client id. */
export interface BulkDeletionRequest {
  readonly actor: AccountId;
  readonly clientId: ClientId;
  readonly target: AccountId;
  /** Messages that were posted before it are kept; null: none. */
  readonly since: Date | null;
  readonly at: Date;
  readonly audit: Auditing;
}

/**
 * Stores a request to delete the messages of an account, for {@link BulkDeletions}. A retry with the same client
 * id returns the same one; an account has one at a time.
 * @throws {RefusalError}
 */
export async function requestBulkDeletion(
  pool: pg.Pool,
  { actor, clientId: id, target, since, at, audit }: BulkDeletionRequest,
): Promise<BulkDeletion> {
  const note = audit.log.note({
    event: 'bulk_deletion_requested',
    account: target,
    actor,
    address: audit.address,
    details: { deletion: id, ...(since && { since: since.toISOString() }) },
  });
  const deletion = await withTransaction(pool, async (client) => {
    // Its locks serialize requests for the same account.
    await requirePermission(client, actor, target, 'delete_messages');
    const { rows: earlier } = await client.query<{ item: BulkDeletion }>({
      name: 'bulk-deletions-earlier',
      text: `select ${DELETION} from bulk_deletions
             where id = $1 or (account_id = $2 and done_at is null)
             order by id <> $1`,
      values: [id, target],
    });
    const [found] = earlier;
    if (found?.item.id === id) {
      const { account, requestedBy, since: before } = found.item;
      const isSame =
        account === target && requestedBy === actor && before === (since?.toISOString() ?? null);
      return isSame ? found.item : refuse('client_id_reused');
    }
    if (found) refuse('bulk_deletion_running');
    const { rows } = await client.query<{ item: BulkDeletion }>({
      name: 'bulk-deletions-insert',
      text: `insert into bulk_deletions (id, account_id, requested_by, requested_at, posted_since)
             values ($1, $2, $3, $4, $5)
             returning ${DELETION}`,
      values: [id, target, actor, at, since],
    });
    await note.store(client);
    return rows[0]?.item;
  });
  note.log();
  if (!deletion) throw new Error('The bulk deletion was not inserted');
  return deletion;
}

/** A request to cancel a bulk deletion. */
export interface BulkDeletionCancellation {
  readonly actor: AccountId;
  readonly target: AccountId;
  readonly id: string;
  readonly at: Date;
  readonly audit: Auditing;
}

/**
 * Cancels a running deletion: messages that it has not reached when this returns are kept.
 * Canceling it again changes nothing.
 * @throws {RefusalError}
 */
export async function cancelBulkDeletion(
  pool: pg.Pool,
  { actor, target, id, at, audit }: BulkDeletionCancellation,
): Promise<BulkDeletion> {
  const { deletion, note } = await withTransaction(pool, async (client) => {
    await requirePermission(client, actor, target, 'delete_messages');
    // Waits for the batch that is being deleted.
    const { rows: canceled } = await client.query<{ item: BulkDeletion }>({
      name: 'bulk-deletions-cancel',
      text: `update bulk_deletions set done_at = $3, cancelled_at = $3, claimed_by = null
             where id = $1 and account_id = $2 and done_at is null
             returning ${DELETION}`,
      values: [id, target, at],
    });
    const [now] = canceled;
    if (now) {
      const entry = audit.log.note({
        event: 'bulk_deletion_cancelled',
        account: target,
        actor,
        address: audit.address,
        details: { deletion: id, messages: Number(now.item.deleted) },
      });
      await entry.store(client);
      return { deletion: now.item, note: entry };
    }
    const { rows } = await client.query<{ item: BulkDeletion }>({
      name: 'bulk-deletions-one',
      text: `select ${DELETION} from bulk_deletions where id = $1 and account_id = $2`,
      values: [id, target],
    });
    const existing = rows[0]?.item ?? refuse('not_found');
    return {
      deletion: existing.cancelledAt === null ? refuse('bulk_deletion_done') : existing,
      note: null,
    };
  });
  note?.log();
  return deletion;
}

/** Returns the latest bulk deletions of an account, the newest first. */
export async function bulkDeletionsOf(pool: pg.Pool, account: AccountId): Promise<BulkDeletion[]> {
  const { rows } = await pool.query<{ item: BulkDeletion }>({
    name: 'bulk-deletions-of-account',
    text: `select ${DELETION} from bulk_deletions
           where account_id = $1
           order by requested_at desc, id desc limit $2`,
    values: [account, LISTED],
  });
  return rows.map(({ item }) => item);
}
