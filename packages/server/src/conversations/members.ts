import {
  type AccountId,
  type ConversationId,
  type MemberRole,
  refusal,
  type Seq,
  streamOfAccount,
  streamOfConversation,
} from '@parley/protocol';
import type { Append, Outcome } from '../stream/append.ts';
import {
  type Decision,
  type NewEvent,
  newEvent,
  type Rule,
  type RuleContext,
} from '../stream/stream-transaction.ts';
import {
  activeAccounts,
  type ConversationCommand,
  type ConversationRequest,
  type ConversationState,
  conversationRule,
  readConversationState,
  readHead,
  runCommand,
} from './conversation-rule.ts';
import { joinedPersonally } from './everyone.ts';
import { mayRemove } from './policy.ts';

/** Commands that change who is a member of a group. */

/** Joins a public group. */
export const joinGroup = (append: Append, r: ConversationRequest): Promise<Outcome> =>
  runCommand(append, r, {
    rule: joinRule,
    eventType: 'member.joined',
    alsoLocks: [streamOfAccount(r.actor)],
  });

/** Leaves a group. Its last owner must make another member the owner first. */
export const leaveGroup = (append: Append, r: ConversationRequest): Promise<Outcome> =>
  runCommand(append, r, {
    rule: leaveRule,
    eventType: 'member.left',
    alsoLocks: [streamOfAccount(r.actor)],
  });

/**
 * Removes a deleted account from any group, including that of everyone. If it was the last owner, the
 * admin, or else the member, who joined first becomes owner. Idempotent.
 */
export const withdrawMember = (append: Append, r: ConversationRequest): Promise<Outcome> =>
  runCommand(append, r, {
    rule: withdrawRule,
    eventType: 'member.left',
    alsoLocks: [streamOfAccount(r.actor)],
  });

/** Adds an account to a group. */
export const addMember = (
  append: Append,
  r: ConversationRequest,
  target: AccountId,
): Promise<Outcome> =>
  runCommand(append, r, {
    rule: addRule,
    eventType: 'member.joined',
    target,
    alsoLocks: [streamOfAccount(target)],
  });

/** Removes a member from a group; the actor removes itself by leaving. */
export const removeMember = (
  append: Append,
  r: ConversationRequest,
  target: AccountId,
): Promise<Outcome> =>
  target === r.actor
    ? leaveGroup(append, r)
    : runCommand(append, r, {
        rule: removeRule,
        eventType: 'member.left',
        target,
        alsoLocks: [streamOfAccount(target)],
      });

/** Changes the role of a member. */
export const changeMemberRole = (
  append: Append,
  r: ConversationRequest,
  target: AccountId,
  role: MemberRole,
): Promise<Outcome> =>
  runCommand(append, r, {
    rule: changeRoleRule,
    eventType: 'member.role_changed',
    target,
    change: { role },
    alsoLocks: [],
  });

/** Makes another member an owner, and the actor an admin. */
export const handOverGroup = (
  append: Append,
  r: ConversationRequest,
  target: AccountId,
): Promise<Outcome> =>
  runCommand(append, r, {
    rule: handOverRule,
    eventType: 'member.role_changed',
    target,
    change: { role: 'owner' },
    alsoLocks: [],
  });

const joinRule = conversationRule('join', async (_tx, command, state) => {
  if (state.membership) return { unchanged: state.membership.joinedSeq };
  // The first account to join an abandoned group becomes its owner.
  const role = state.memberCount === 0 && state.type !== 'everyone' ? 'owner' : 'member';
  return { events: joinEvents(command.conversation, command.actor, role) };
});

const addRule = conversationRule('add_member', async (tx, command) => {
  const target = await readConversationState(tx, command.conversation, command.target);
  if (target?.membership) return { unchanged: target.membership.joinedSeq };
  const active = await activeAccounts(tx, [command.target]);
  if (!active.has(command.target)) return { refuse: refusal('account_not_found') };
  return { events: joinEvents(command.conversation, command.target, 'member') };
});

const leaveRule = conversationRule('leave', async (tx, command, state) => {
  if (await isOnlyOwner(tx, command, state)) return { refuse: refusal('last_group_owner') };
  return await leave(tx, command, state);
});

/** Asks no policy: `deleteAccount` authorized the erasure, and no group can refuse it. */
const withdrawRule: Rule<ConversationCommand> = {
  name: 'conversations.withdraw',
  async decide(tx, command) {
    const state = await readConversationState(tx, command.conversation, command.actor);
    if (!state?.membership) return { unchanged: state?.leftSeq ?? (0 as Seq) };
    return await leave(tx, command, state);
  },
};

const removeRule = conversationRule('remove_member', async (tx, command, state) => {
  const target = await readConversationState(tx, command.conversation, command.target);
  if (target?.membership) {
    if (!mayRemove(state.actorRole, target.membership.role))
      return { refuse: refusal('forbidden') };
    return leave(tx, command, target);
  }
  if (target?.leftSeq) return { unchanged: target.leftSeq };
  return { refuse: NOT_A_MEMBER };
});

const changeRoleRule = conversationRule('change_role', async (tx, command) => {
  const { stream, target: account, change } = command;
  const target = await readConversationState(tx, command.conversation, account);
  if (!target?.membership || !change.role) return { refuse: NOT_A_MEMBER };
  if (target.membership.role === change.role) return { unchanged: await readHead(tx, stream) };
  if (await isOnlyOwner(tx, command, target)) return { refuse: refusal('last_group_owner') };
  return { events: [newEvent(stream, 'member.role_changed', { account, role: change.role })] };
});

const handOverRule = conversationRule('change_role', async (tx, command) => {
  const { stream, target: account, actor } = command;
  const target = await readConversationState(tx, command.conversation, account);
  if (!target?.membership) return { refuse: NOT_A_MEMBER };
  if (account === actor) return { unchanged: await readHead(tx, stream) };
  const given = newEvent(stream, 'member.role_changed', { account: actor, role: 'admin' });
  if (target.membership.role === 'owner') return { events: [given] };
  return {
    events: [newEvent(stream, 'member.role_changed', { account, role: 'owner' }), given],
  };
});

const NOT_A_MEMBER = refusal('account_not_found', 'This user is not a member');

/** Returns the events of a join: one in the conversation, one in the member’s personal stream. */
export function joinEvents(
  conversation: ConversationId,
  account: AccountId,
  role: MemberRole,
): readonly [NewEvent, NewEvent] {
  return [
    newEvent(streamOfConversation(conversation), 'member.joined', { account, role }),
    joinedPersonally(conversation, account),
  ];
}

/** Decides that the target leaves; `state` is that of the target. */
async function leave(
  tx: RuleContext,
  command: ConversationCommand,
  state: ConversationState,
): Promise<Decision> {
  const { stream, conversation, target } = command;
  const newOwner = state.membership?.role === 'owner' ? await readNewOwner(tx, command) : null;
  return {
    events: [
      newEvent(stream, 'member.left', { account: target }),
      newEvent(streamOfAccount(target), 'conversation.left', (preceding) => ({
        conversation,
        seq: preceding[0]?.seq ?? (0 as Seq),
      })),
      ...(newOwner
        ? [newEvent(stream, 'member.role_changed', { account: newOwner, role: 'owner' })]
        : []),
    ],
  };
}

/**
 * Returns whether the target is the only owner of a group with further members; `state` is that of the
 * target.
 */
async function isOnlyOwner(
  tx: RuleContext,
  command: ConversationCommand,
  state: ConversationState,
): Promise<boolean> {
  return state.membership?.role === 'owner' && (await readNewOwner(tx, command)) !== null;
}

/** Returns who becomes owner when the target leaves; null while there is another owner. */
async function readNewOwner(
  tx: RuleContext,
  command: ConversationCommand,
): Promise<AccountId | null> {
  const [row] = await tx.query<{ account_id: string; role: MemberRole }>(
    'conversations-new-owner',
    `select account_id, role from memberships
     where conversation_id = $1 and left_seq is null and account_id <> $2
     order by role = 'owner' desc, role = 'admin' desc, joined_seq
     limit 1`,
    [command.conversation, command.target],
  );
  return row && row.role !== 'owner' ? (row.account_id as AccountId) : null;
}
