import {
  type AccountId,
  type ConversationId,
  type LinkId,
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
  runCommand,
} from './conversation-rule.ts';
import { joinedPersonally } from './everyone.ts';
import { authorize, removableRoles } from './policy.ts';

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
    details: ['role', role],
    alsoLocks: [],
  });

/** Makes another member an owner, and the actor an admin. */
export const transferOwnership = (
  append: Append,
  r: ConversationRequest,
  target: AccountId,
): Promise<Outcome> =>
  runCommand(append, r, {
    rule: transferRule,
    eventType: 'member.role_changed',
    target,
    details: ['transfer ownership'],
    alsoLocks: [],
  });

const joinRule = conversationRule('join', async (_tx, command, state) => {
  if (state.membership) return { unchanged: state.membership.joinedSeq };
  if (state.isBanned) return { refuse: refusal('banned') };
  // The first account to join a group without members becomes its owner.
  const role = state.memberCount === 0 && state.type !== 'everyone' ? 'owner' : 'member';
  return { events: joinEvents(command.conversation, command.actor, role) };
});

const addRule = conversationRule('add_member', async (tx, command, state) => {
  const target = await readConversationState(tx, command.conversation, command.target);
  if (target?.membership) return { unchanged: target.membership.joinedSeq };
  const active = await activeAccounts(tx, command.actor, [command.target]);
  if (!active.has(command.target)) return { refuse: refusal('account_not_found') };
  const joined = joinEvents(command.conversation, command.target, 'member');
  if (!target?.isBanned) return { events: joined };
  // Adding the account lifts the ban, if the actor may lift it.
  const { actorRole, type, minimumRoles, isArchived } = state;
  if (authorize(actorRole, type, 'ban', minimumRoles, isArchived) !== 'yes') {
    return { refuse: refusal('account_banned') };
  }
  const { stream, target: account } = command;
  return { events: [...joined, newEvent(stream, 'member.unbanned', { account })] };
});

const leaveRule = conversationRule('leave', async (tx, command, state) => {
  if (state.membership?.role === 'owner') {
    const successor = await readSuccessor(tx, command);
    if (successor && successor.role !== 'owner') return { refuse: refusal('last_group_owner') };
  }
  return await leave(tx, command, state);
});

/** Checks no policy: `deleteAccount` authorized the erasure, and no group can refuse it. */
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
    const removable = removableRoles(state.actorRole, state.type, state.minimumRoles);
    if (!removable.includes(target.membership.role)) return { refuse: refusal('forbidden') };
    return leave(tx, command, target);
  }
  if (target?.leftSeq) return { unchanged: target.leftSeq };
  return { refuse: NOT_A_MEMBER };
});

const changeRoleRule = conversationRule('change_role', async (tx, command) => {
  const { stream, target: account, change } = command;
  const target = await readConversationState(tx, command.conversation, account);
  if (!target?.membership || !change.role) return { refuse: NOT_A_MEMBER };
  if (target.membership.role === change.role) return { unchanged: tx.head(stream) };
  if (change.role !== 'member' && !target.isActive) return { refuse: INACTIVE };
  if (change.role !== 'member' && target.isGuest) return { refuse: GUEST };
  if (target.membership.role === 'owner' && !(await hasOtherOwner(tx, command))) {
    return { refuse: refusal('last_group_owner') };
  }
  return { events: [newEvent(stream, 'member.role_changed', { account, role: change.role })] };
});

const decideTransfer = async (tx: RuleContext, command: ConversationCommand): Promise<Decision> => {
  const { stream, target: account, actor } = command;
  const target = await readConversationState(tx, command.conversation, account);
  if (!target?.membership) return { refuse: NOT_A_MEMBER };
  if (!target.isActive) return { refuse: INACTIVE };
  if (target.isGuest) return { refuse: GUEST };
  if (account === actor) return { unchanged: tx.head(stream) };
  const actorBecomesAdmin = newEvent(stream, 'member.role_changed', {
    account: actor,
    role: 'admin',
  });
  if (target.membership.role === 'owner') return { events: [actorBecomesAdmin] };
  return {
    events: [
      newEvent(stream, 'member.role_changed', { account, role: 'owner' }),
      actorBecomesAdmin,
    ],
  };
};
const transferRule = conversationRule('change_role', decideTransfer, 'transfer_ownership');

const NOT_A_MEMBER = refusal('account_not_found', 'This user is not a member');
const GUEST = refusal('forbidden', 'A guest can’t be an owner or admin of a group');
const INACTIVE = refusal('account_not_found', 'This user’s account is deactivated');

/** Returns the events of a join: one in the conversation, one in the member’s personal stream. */
export function joinEvents(
  conversation: ConversationId,
  account: AccountId,
  role: MemberRole,
  link?: LinkId,
): readonly [NewEvent, NewEvent] {
  const data = { account, role, ...(link && { link }) };
  return [
    newEvent(streamOfConversation(conversation), 'member.joined', data),
    joinedPersonally(conversation, account),
  ];
}

/** Decides that the target leaves; `state` is that of the target. */
const leave = async (
  tx: RuleContext,
  command: ConversationCommand,
  state: ConversationState,
): Promise<Decision> => ({ events: await leaveEvents(tx, command, state) });

/** Returns the events with which the target leaves; `state` is that of the target. */
export async function leaveEvents(
  tx: RuleContext,
  command: ConversationCommand,
  state: ConversationState,
): Promise<[NewEvent, ...NewEvent[]]> {
  const { stream, conversation, target } = command;
  const successor = state.membership?.role === 'owner' ? await readSuccessor(tx, command) : null;
  return [
    newEvent(stream, 'member.left', { account: target }),
    newEvent(streamOfAccount(target), 'conversation.left', (preceding) => ({
      conversation,
      seq: preceding.find((e) => e.type === 'member.left')?.seq ?? (0 as Seq),
    })),
    ...(successor && successor.role !== 'owner'
      ? [newEvent(stream, 'member.role_changed', { account: successor.account, role: 'owner' })]
      : []),
  ];
}

/** Returns whether an active member other than the target owns the group. */
const hasOtherOwner = async (tx: RuleContext, command: ConversationCommand): Promise<boolean> =>
  (await readSuccessor(tx, command))?.role === 'owner';

/**
 * Returns the active member who becomes owner when the target leaves: an owner, else an admin, else
 * a member; among several, the one who joined first. Null if no other active member is eligible;
 * guests are not.
 */
async function readSuccessor(
  tx: RuleContext,
  command: ConversationCommand,
): Promise<{ readonly account: AccountId; readonly role: MemberRole } | null> {
  const [row] = await tx.query<{ account_id: AccountId; role: MemberRole }>(
    'conversations-successor',
    `select m.account_id, m.role from memberships m
     join accounts a on a.id = m.account_id
     where m.conversation_id = $1 and m.left_seq is null and m.account_id <> $2 and a.is_active
       and a.role <> 'guest'
     order by m.role = 'owner' desc, m.role = 'admin' desc, m.joined_seq
     limit 1`,
    [command.conversation, command.target],
  );
  return row ? { account: row.account_id, role: row.role } : null;
}
