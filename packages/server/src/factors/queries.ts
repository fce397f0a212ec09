import { type AccountId, type AccountKind, type AccountRole, refusal } from '@parley/protocol';
import { RefusalError } from '../http/errors.ts';
import type { Queryable } from '../storage/queryable.ts';

/** The second factors of an account. */
export interface AccountFactors {
  readonly totp: boolean;
  readonly passkeys: number;
  readonly recoveryCodesLeft: number;
  readonly role: AccountRole;
  readonly kind: AccountKind;
}

/**
 * Returns the second factors of an account.
 * @throws {RefusalError} session_ended, when there is no such account
 */
export async function factorsOf(account: AccountId, on: Queryable): Promise<AccountFactors> {
  const { rows } = await on.query<{
    totp: boolean;
    passkeys: number;
    codes: number;
    role: AccountRole;
    kind: AccountKind;
  }>({
    name: 'factors-of',
    text: `select a.role, a.kind,
                  exists (select from totps where account_id = a.id and confirmed_at is not null) as totp,
                  (select count(*)::int from passkeys where account_id = a.id) as passkeys,
                  (select count(*)::int from recovery_codes
                   where account_id = a.id and used_at is null) as codes
           from accounts a where a.id = $1`,
    values: [account],
  });
  const [row] = rows;
  if (!row) throw new RefusalError(refusal('session_ended'));
  const { totp, passkeys, codes, role, kind } = row;
  return { totp, passkeys, recoveryCodesLeft: codes, role, kind };
}
