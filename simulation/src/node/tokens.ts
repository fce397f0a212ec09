import { AccountId, type SessionId } from '@parley/protocol';
import type { Identity } from '@parley/server/internal/accounts/accounts';

/** Tokens of a run name their account: who is logged in is not what is simulated. */
export const tokenOf = (account: AccountId): string => `token ${account}`;

/** Returns the account of a token; null for anything else. */
export function accountOfToken(token: string | null): AccountId | null {
  const { data } = AccountId.safeParse(token?.split(' ').at(-1));
  return data ?? null;
}

/** Returns the identity of an account. Its session never ends. */
export const identityOf = (account: AccountId): Identity => ({
  account,
  session: account as string as SessionId,
  expiresAt: Number.POSITIVE_INFINITY,
  scopes: undefined,
});
