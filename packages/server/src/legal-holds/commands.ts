import type { AccountId, AccountRole, ConversationId, LegalHold } from '@parley/protocol';
import { LIMITS } from '@parley/protocol';
import type pg from 'pg';
import type { Auditing } from '../audit/audit-log.ts';
import { refuse } from '../http/errors.ts';
import { mayAct } from '../permissions/account-state.ts';
import { withTransaction } from '../storage/database.ts';
import { legalHold } from './queries.ts';

/** A request to place or release a legal hold. */
export interface LegalHoldRequest {
  readonly actor: AccountId;
  /** The client id of the request that places it. */
  readonly id: string;
  readonly at: Date;
  readonly audit: Auditing;
}

/** What a new legal hold covers, and why. */
export interface NewLegalHold {
  readonly name: string;
  readonly reason: string;
  readonly accounts: readonly AccountId[];
  readonly conversations: readonly ConversationId[];
  readonly since: Date | null;
  readonly until: Date | null;
}

/**
 * Places a legal hold. Deletions that start after this returns keep what the hold covers. A retry
 * with the same id returns the hold that the first request has placed.
 * @throws {RefusalError}
 */
export async function placeLegalHold(
  pool: pg.Pool,
  { actor, id, at, audit }: LegalHoldRequest,
  hold: NewLegalHold,
): Promise<LegalHold> {
  const accounts = [...new Set(hold.accounts)].sort();
  const conversations = [...new Set(hold.conversations)].sort();
  const wanted = { ...hold, accounts, conversations };
  const note = audit.log.note({
    event: 'legal_hold_placed',
    // Admins can read the audit log, so it does not name the accounts that the hold covers.
    account: null,
    actor,
    address: audit.address,
    details: { hold: id, accounts: accounts.length, conversations: conversations.length },
  });
  const { placed, isNew } = await withTransaction(pool, async (client) => {
    await requireOwner(client, actor);
    // Serialized, so that no more than the maximum are in force. Deletions are not delayed.
    await client.query('lock table legal_holds in share row exclusive mode');
    const earlier = await legalHold(client, id);
    if (earlier) {
      const isSame = earlier.createdBy === actor && hasContent(earlier, wanted);
      return isSame ? { placed: earlier, isNew: false } : refuse('client_id_reused');
    }
    await requireTargets(client, accounts, conversations);
    const { rows } = await client.query<{ count: number }>({
      name: 'legal-holds-count',
      text: 'select count(*)::int as count from legal_holds where released_at is null',
    });
    if ((rows[0]?.count ?? 0) >= LIMITS.legalHolds) refuse('too_many_legal_holds');
    await insertLegalHold(client, { actor, id, at }, wanted);
    await note.store(client);
    return { placed: await legalHold(client, id), isNew: true };
  });
  if (isNew) note.log();
  if (!placed) throw new Error('The legal hold was not inserted');
  return placed;
}

/** Returns whether a legal hold was placed with these properties; the ids of `wanted` are sorted. */
function hasContent(hold: LegalHold, wanted: NewLegalHold): boolean {
  const { name, reason, since, until, accounts, conversations } = wanted;
  return (
    JSON.stringify([
      ...[hold.name, hold.reason, hold.since, hold.until],
      hold.accounts.map((account) => account.id).sort(),
      hold.conversations.map((conversation) => conversation.id).sort(),
    ]) ===
    JSON.stringify([
      ...[name, reason, since?.toISOString() ?? null, until?.toISOString() ?? null],
      ...[accounts, conversations],
    ])
  );
}

async function insertLegalHold(
  client: pg.PoolClient,
  { actor, id, at }: Pick<LegalHoldRequest, 'actor' | 'id' | 'at'>,
  { name, reason, since, until, accounts, conversations }: NewLegalHold,
): Promise<void> {
  await client.query({
    name: 'legal-holds-insert',
    text: `insert into legal_holds (id, name, reason, posted_since, posted_until, created_by, created_at)
           values ($1, $2, $3, $4, $5, $6, $7)`,
    values: [id, name, reason, since, until, actor, at],
  });
  await client.query({
    name: 'legal-holds-insert-accounts',
    text: `insert into legal_hold_accounts (hold_id, account_id)
           select $1, unnest($2::uuid[])`,
    values: [id, accounts],
  });
  await client.query({
    name: 'legal-holds-insert-conversations',
    text: `insert into legal_hold_conversations (hold_id, conversation_id)
           select $1, unnest($2::uuid[])`,
    values: [id, conversations],
  });
}

/**
 * Releases a legal hold: it keeps nothing more, and {@link LegalHoldPurge} deletes what only this
 * hold has kept. Releasing it again changes nothing.
 * @throws {RefusalError}
 */
export async function releaseLegalHold(
  pool: pg.Pool,
  { actor, id, at, audit }: LegalHoldRequest,
): Promise<LegalHold> {
  const note = audit.log.note({
    event: 'legal_hold_released',
    account: null,
    actor,
    address: audit.address,
    details: { hold: id },
  });
  const { hold, isReleased } = await withTransaction(pool, async (client) => {
    await requireOwner(client, actor);
    // Waits for deletions in progress that keep something for the hold.
    const { rowCount } = await client.query({
      name: 'legal-holds-release',
      text: `update legal_holds set released_at = $2, released_by = $3
             where id = $1 and released_at is null`,
      values: [id, at, actor],
    });
    if (rowCount === 1) await note.store(client);
    return { hold: await legalHold(client, id), isReleased: rowCount === 1 };
  });
  if (isReleased) note.log();
  return hold ?? refuse('legal_hold_not_found');
}

/** The role may have changed since the request was authenticated. */
async function requireOwner(client: pg.PoolClient, actor: AccountId): Promise<void> {
  const { rows } = await client.query<{ role: AccountRole }>({
    name: 'legal-holds-owner',
    text: `select a.role from accounts a where a.id = $1 and ${mayAct('a')} for share`,
    values: [actor],
  });
  if (rows[0]?.role !== 'owner') refuse('forbidden');
}

async function requireTargets(
  client: pg.PoolClient,
  accounts: readonly AccountId[],
  conversations: readonly ConversationId[],
): Promise<void> {
  const { rows } = await client.query<{ accounts: number; conversations: number }>({
    name: 'legal-holds-targets',
    text: `select
             (select count(*)::int from accounts where id = any($1::uuid[])) as accounts,
             (select count(*)::int from conversations where id = any($2::uuid[])) as conversations`,
    values: [accounts, conversations],
  });
  if (rows[0]?.accounts !== accounts.length) refuse('account_not_found');
  if (rows[0]?.conversations !== conversations.length) refuse('conversation_not_found');
}
