import type { AccountId, AdminAccount } from '@parley/protocol';
import type { FastifyRequest } from 'fastify';
import type { AccountParts } from '../accounts/parts.ts';
import { refuse } from '../http/errors.ts';
import { requesterOf } from '../http/requester.ts';
import type { AdminRequest } from './commands.ts';
import type { Administrator } from './policy.ts';
import { adminAccountOf } from './queries.ts';

type Parts = Pick<AccountParts, 'pool' | 'limits' | 'audit'>;

/** Adds the login locks, which are stored apart from the accounts. */
export async function withLocks(
  { limits }: Pick<Parts, 'limits'>,
  items: readonly AdminAccount[],
): Promise<AdminAccount[]> {
  const locks = await limits.locks(items.map((item) => item.id));
  return items.map((item) => {
    const lock = locks.get(item.id);
    const ends = [lock?.until ?? 0, ...(lock?.addresses ?? []).map((a) => a.until)];
    const until = Math.max(...ends);
    return until > 0 ? { ...item, lockedUntil: new Date(until).toISOString() } : item;
  });
}

/** Returns an account as an admin sees it. */
export async function shownAccount(
  parts: Parts,
  by: Administrator,
  id: AccountId,
): Promise<AdminAccount> {
  const account = (await adminAccountOf(parts.pool, by, id)) ?? refuse('account_not_found');
  return (await withLocks(parts, [account]))[0] ?? account;
}

/** Returns the command of a request that concerns an account. */
export const adminRequestOf = (
  { audit }: Pick<Parts, 'audit'>,
  request: FastifyRequest<{ Params: { id: AccountId } }>,
): AdminRequest => ({
  ...requesterOf(request),
  target: request.params.id,
  audit: { log: audit, address: request.ip },
});
