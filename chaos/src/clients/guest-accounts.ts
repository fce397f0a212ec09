import { AdminApi, type ParleyApi } from '@parley/client';
import { type AccountId, type ConversationId, WORKSPACE_STREAM } from '@parley/protocol';
import { usernameOf } from '../plan/plan.ts';
import type { Subjects } from './guest-recorder.ts';
import type { Conversation } from './run-context.ts';

/** Creates the account `n` as a guest of groups, which it joins. */
export async function inviteGuest(
  owner: ParleyApi,
  guest: { readonly n: number; readonly groups: ConversationId[]; readonly password: string },
): Promise<AccountId> {
  const { n, groups, password } = guest;
  const { id } = await new AdminApi(owner).createAccount({
    username: usernameOf(n),
    displayName: `Person ${n}`,
    email: `p${n}@chaos.example`,
    password,
    role: 'guest',
    guest: { groups },
  });
  return id;
}

/** Returns what guests can learn of: accounts, conversations and the workspace stream. */
export function subjectsOf(
  accounts: readonly AccountId[],
  conversations: readonly Conversation[],
): Subjects {
  const subjects = new Map<string, string>([[WORKSPACE_STREAM, WORKSPACE_STREAM]]);
  for (const [n, id] of accounts.entries()) subjects.set(id, id).set(`person ${n}`, id);
  for (const [n, { id, kind }] of conversations.entries()) {
    subjects.set(id, id);
    if (kind === 'group') subjects.set(`group ${n}`, id);
  }
  return subjects;
}
