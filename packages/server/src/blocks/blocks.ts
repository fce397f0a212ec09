import {
  type AccountId,
  type BlockedUser,
  LIMITS,
  refusal,
  streamOfAccount,
} from '@parley/protocol';
import type pg from 'pg';
import { mayKnow } from '../permissions/guests.ts';
import { timestamp } from '../storage/sql.ts';
import type { Append, Outcome } from '../stream/append.ts';
import {
  type Command,
  newEvent,
  type Rule,
  type RuleContext,
} from '../stream/stream-transaction.ts';

/**
 * Commands that block and unblock accounts. Their events are in the personal stream, so only the
 * account’s own devices receive them.
 */

interface BlockCommand extends Command {
  readonly target: AccountId;
}

type BlockRequest = Pick<Command, 'actor' | 'clientId'>;

/** Blocks an account. Blocking it again changes nothing. */
export const blockAccount = (
  append: Append,
  r: BlockRequest,
  target: AccountId,
): Promise<Outcome> => append.run(commandOf(r, target, blockRule, 'account.blocked'));

/** Unblocks an account. */
export const unblockAccount = (
  append: Append,
  r: BlockRequest,
  target: AccountId,
): Promise<Outcome> => append.run(commandOf(r, target, unblockRule, 'account.unblocked'));

/** Returns the accounts that an account has blocked, the latest first. */
export async function blocksOf(pool: pg.Pool, account: AccountId): Promise<BlockedUser[]> {
  const { rows } = await pool.query<{ item: BlockedUser }>({
    name: 'blocks-of',
    text: `select json_build_object(
             'account', b.blocked_id,
             'username', a.username,
             'displayName', a.display_name,
             'blockedAt', ${timestamp('b.blocked_at')}
           ) as item
           from blocks b
           join accounts a on a.id = b.blocked_id
           where b.account_id = $1
           order by b.seq desc`,
    values: [account],
  });
  return rows.map((row) => row.item);
}

function commandOf(
  { actor, clientId }: BlockRequest,
  target: AccountId,
  rule: Rule<BlockCommand>,
  eventType: Command['eventType'],
): BlockCommand {
  const stream = streamOfAccount(actor);
  return { rule, actor, clientId, stream, eventType, payload: [target], bytes: 300, target };
}

const blockRule: Rule<BlockCommand> = {
  name: 'blocks.block',
  async decide(tx, { actor, stream, target }) {
    if (target === actor) return { refuse: refusal('forbidden', 'You can’t block yourself') };
    const state = await readBlock(tx, actor, target);
    if (!state.exists) return { refuse: refusal('account_not_found') };
    if (state.isBlocked) return { unchanged: tx.head(stream) };
    if (state.count >= LIMITS.blocksMax) return { refuse: refusal('too_many_blocks') };
    return { events: [newEvent(stream, 'account.blocked', { account: target })] };
  },
};

const unblockRule: Rule<BlockCommand> = {
  name: 'blocks.unblock',
  async decide(tx, { actor, stream, target }) {
    const { isBlocked } = await readBlock(tx, actor, target);
    if (!isBlocked) return { unchanged: tx.head(stream) };
    return { events: [newEvent(stream, 'account.unblocked', { account: target })] };
  },
};

async function readBlock(
  tx: RuleContext,
  account: AccountId,
  target: AccountId,
): Promise<{ exists: boolean; isBlocked: boolean; count: number }> {
  const [row] = await tx.query<{ exists: boolean; is_blocked: boolean; count: number }>(
    'blocks-state',
    `select exists (select from accounts where id = $2 and deleted_at is null)
              and ${mayKnow('$1', '$2')} as exists,
            exists (select from blocks where account_id = $1 and blocked_id = $2) as is_blocked,
            (select count(*)::int from blocks where account_id = $1) as count`,
    [account, target],
  );
  return {
    exists: row?.exists === true,
    isBlocked: row?.is_blocked === true,
    count: row?.count ?? 0,
  };
}
