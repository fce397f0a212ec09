import {
  type AccountId,
  type ClientId,
  type ConversationId,
  conversationOfStream,
  type UserGroupId,
} from '@parley/protocol';
import { uuidv7 } from 'uuidv7';
import type { Role } from './database/run-database.ts';
import type { EventLoop } from './event-loop/event-loop.ts';
import type { NodeSlot } from './node/slot.ts';
import { type Plan, USER_GROUP } from './plan/plan.ts';

/** What exists before the clients of a run start. */
export interface Groups {
  readonly conversations: readonly ConversationId[];
  readonly userGroup: UserGroupId | null;
}

/** Returns the ids of the accounts of a plan. */
export const accountsOf = ({ accounts }: Plan): AccountId[] =>
  Array.from({ length: accounts }, (_, n) => accountId(n));

/** Returns the accounts with their roles: the first one may be an owner or admin, and the last one a guest. */
export function rolesOf({ hasUserGroup, hasGuest, hasHold }: Plan, accounts: readonly AccountId[]) {
  const last = accounts.length - 1;
  const roleOf = (n: number): Role => {
    if (hasGuest && n === last) return 'guest';
    if (n > 0) return 'member';
    if (hasHold) return 'owner';
    return hasUserGroup ? 'admin' : 'member';
  };
  return accounts.map((id, n) => ({ id, role: roleOf(n) }));
}

/** Has a node create the groups of a plan, its user group and its legal hold. */
export async function createGroups(
  plan: Plan,
  slot: NodeSlot,
  accounts: readonly AccountId[],
  loop: EventLoop,
): Promise<Groups> {
  const conversations: ConversationId[] = [];
  for (const [n, { members }] of plan.conversations.entries()) {
    const [creator, ...others] = members.map((m) => accounts[m] as AccountId);
    const clientId = loop.within(slot.process, uuidv7) as ClientId;
    const sender = { actor: creator as AccountId, clientId };
    const group = { name: `group ${n}`, visibility: 'public' as const, members: others };
    const outcome = await loop.within(slot.process, () => slot.node?.createGroup(sender, group));
    if (outcome?.kind !== 'stored') throw new Error('A group could not be created');
    conversations.push(conversationOfStream(outcome.stream));
  }
  const userGroup = plan.hasUserGroup ? await createUserGroup(slot, accounts, loop) : null;
  const [owner] = accounts as [AccountId];
  if (plan.hasHold) {
    await loop.within(slot.process, () => slot.node?.placeHold(owner, conversations));
  }
  return { conversations, userGroup };
}

async function createUserGroup(
  slot: NodeSlot,
  accounts: readonly AccountId[],
  loop: EventLoop,
): Promise<UserGroupId> {
  const [actor, ...members] = accounts as [AccountId, ...AccountId[]];
  const sender = { actor, clientId: loop.within(slot.process, uuidv7) as ClientId };
  const made = await loop.within(slot.process, () =>
    slot.node?.createUserGroup(sender, { name: USER_GROUP, title: 'A team', members }),
  );
  if (made?.outcome.kind !== 'stored') throw new Error('A user group could not be created');
  return made.userGroup;
}

const accountId = (n: number): AccountId =>
  `00000000-0000-7000-9000-${String(n + 1).padStart(12, '0')}` as AccountId;
