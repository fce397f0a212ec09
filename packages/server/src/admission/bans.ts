import { type AccountId, refusal, streamOfAccount } from '@parley/protocol';
import {
  type ConversationRequest,
  conversationRule,
  readConversationState,
  runCommand,
} from '../conversations/conversation-rule.ts';
import { leaveEvents } from '../conversations/members.ts';
import { removableRoles } from '../conversations/policy.ts';
import type { Append, Outcome } from '../stream/append.ts';
import { newEvent } from '../stream/stream-transaction.ts';

/** Commands that keep accounts out of a group. */

/** Bans an account from a group, and removes it if it is a member. */
export const banAccount = (
  append: Append,
  r: ConversationRequest,
  target: AccountId,
): Promise<Outcome> =>
  runCommand(append, r, {
    rule: banRule,
    eventType: 'member.banned',
    target,
    alsoLocks: [streamOfAccount(target)],
  });

/** Lifts a ban. The account may join again, but is not a member. */
export const unbanAccount = (
  append: Append,
  r: ConversationRequest,
  target: AccountId,
): Promise<Outcome> =>
  runCommand(append, r, {
    rule: unbanRule,
    eventType: 'member.unbanned',
    target,
    alsoLocks: [],
  });

const banRule = conversationRule('ban', async (tx, command, state) => {
  const { stream, target: account, actor } = command;
  if (account === actor) return { refuse: refusal('forbidden', 'You can’t ban yourself') };
  const target = await readConversationState(tx, command.conversation, account);
  if (!target?.isAccount) return { refuse: refusal('account_not_found') };
  if (target.isBanned) return { unchanged: tx.head(stream) };
  const banned = newEvent(stream, 'member.banned', { account });
  if (!target.membership) return { events: [banned] };
  const removable = removableRoles(state.actorRole, state.type, state.minimumRoles);
  if (!removable.includes(target.membership.role)) return { refuse: refusal('forbidden') };
  return { events: [banned, ...(await leaveEvents(tx, command, target))] };
});

const unbanRule = conversationRule(
  'ban',
  async (tx, command) => {
    const { stream, target: account } = command;
    const target = await readConversationState(tx, command.conversation, account);
    if (!target?.isBanned) return { unchanged: tx.head(stream) };
    return { events: [newEvent(stream, 'member.unbanned', { account })] };
  },
  'unban',
);
