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
  type StreamTransaction,
} from '../stream/stream-transaction.ts';
import { joinedPersonally } from './everyone.ts';
import {
  type ConversationCommand,
  type ConversationRequest,
  existing,
  type Place,
  readPlace,
  ruleFor,
  runOn,
} from './standing.ts';

/** How people come into groups and go: the commands, and what they come to. */

/** Joins a public group. */
export const joinGroup = (append: Append, r: ConversationRequest): Promise<Outcome> =>
  runOn(append, r, {
    rule: joinRule,
    makes: 'member.joined',
    alsoLocks: [streamOfAccount(r.actor)],
  });

/** Leaves a group. Its last owner hands it to the longest-standing member. */
export const leaveGroup = (append: Append, r: ConversationRequest): Promise<Outcome> =>
  runOn(append, r, {
    rule: leaveRule,
    makes: 'member.left',
    alsoLocks: [streamOfAccount(r.actor)],
  });

/**
 * Takes an account that is deleted out of any group, also that of everyone. Who is no member (any
 * more) stays none.
 */
export const withdrawMember = (append: Append, r: ConversationRequest): Promise<Outcome> =>
  runOn(append, r, {
    rule: withdrawRule,
    makes: 'member.left',
    alsoLocks: [streamOfAccount(r.actor)],
  });

/** Brings somebody into a group. */
export const addMember = (
  append: Append,
  r: ConversationRequest,
  target: AccountId,
): Promise<Outcome> =>
  runOn(append, r, {
    rule: addRule,
    makes: 'member.joined',
    target,
    alsoLocks: [streamOfAccount(target)],
  });

/** Puts somebody out of a group; oneself: leaves it. */
export const removeMember = (
  append: Append,
  r: ConversationRequest,
  target: AccountId,
): Promise<Outcome> =>
  target === r.actor
    ? leaveGroup(append, r)
    : runOn(append, r, {
        rule: removeRule,
        makes: 'member.left',
        target,
        alsoLocks: [streamOfAccount(target)],
      });

const joinRule = ruleFor('join', async (_unit, command, place) => {
  if (place.stay) return { unchanged: place.stay.joinedSeq };
  // A group that all have left belongs to the first who comes back.
  const role = place.memberCount === 0 && place.sort !== 'everyone' ? 'owner' : 'member';
  return { events: joining(command.conversation, command.actor, role) };
});

const addRule = ruleFor('add', async (tx, command) => {
  const target = await readPlace(tx, command.conversation, command.target);
  if (target?.stay) return { unchanged: target.stay.joinedSeq };
  const found = await existing(tx, [command.target]);
  if (!found.has(command.target)) return { refuse: refusal('account_not_found') };
  return { events: joining(command.conversation, command.target, 'member') };
});

const leaveRule = ruleFor('leave', (tx, command, place) => leaving(tx, command, place));

/** No policy is asked: there is nobody left who could want to stay. */
const withdrawRule: Rule<ConversationCommand> = {
  name: 'conversations.withdraw',
  bulk: false,
  async decide(tx, [command]) {
    if (!command) return [];
    const place = await readPlace(tx, command.conversation, command.actor);
    if (!place?.stay) return [{ unchanged: place?.leftSeq ?? (0 as Seq) }];
    return [await leaving(tx, command, place)];
  },
};

const removeRule = ruleFor('remove', async (tx, command) => {
  const target = await readPlace(tx, command.conversation, command.target);
  if (target?.stay) return leaving(tx, command, target);
  if (target?.leftSeq) return { unchanged: target.leftSeq };
  return { refuse: refusal('account_not_found', 'This person is not a member') };
});

/** The events of a joining: in the conversation, and in the member’s own stream. */
export function joining(
  conversation: ConversationId,
  account: AccountId,
  role: MemberRole,
): readonly [NewEvent, NewEvent] {
  return [
    newEvent(streamOfConversation(conversation), 'member.joined', { account, role }),
    joinedPersonally(conversation, account),
  ];
}

async function leaving(
  tx: StreamTransaction,
  command: ConversationCommand,
  place: Place,
): Promise<Decision> {
  const { stream, conversation, target } = command;
  const heir = place.stay?.role === 'owner' ? await readHeir(tx, command) : null;
  return {
    events: [
      newEvent(stream, 'member.left', { account: target }),
      newEvent(streamOfAccount(target), 'conversation.left', (made) => ({
        conversation,
        seq: made[0]?.seq ?? (0 as Seq),
      })),
      ...(heir ? [newEvent(stream, 'member.role_changed', { account: heir, role: 'owner' })] : []),
    ],
  };
}

/** Who becomes owner when the target goes: nobody while another owner stays. */
async function readHeir(
  tx: StreamTransaction,
  command: ConversationCommand,
): Promise<AccountId | null> {
  const [row] = await tx.query<{ account_id: string; role: MemberRole }>(
    'conversations-heir',
    `select account_id, role from memberships
     where conversation_id = $1 and left_seq is null and account_id <> $2
     order by role = 'owner' desc, joined_seq
     limit 1`,
    [command.conversation, command.target],
  );
  return row && row.role !== 'owner' ? (row.account_id as AccountId) : null;
}
