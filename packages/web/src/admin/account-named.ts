import type { ParleyApi } from '@parley/client';
import type { AccountId } from '@parley/protocol';

/** Returns the account with this username, with or without `@`; undefined if there is none. */
export async function accountNamed(api: ParleyApi, text: string): Promise<AccountId | undefined> {
  const name = text.trim().replace(/^@/, '').toLowerCase();
  const { items } = await api.users({ search: name });
  return items.find((user) => user.username.toLowerCase() === name)?.id;
}
