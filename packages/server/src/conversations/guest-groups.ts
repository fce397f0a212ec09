import {
  type AccountId,
  type AccountRole,
  type ConversationId,
  type Refusal,
  refusal,
  type StreamId,
  streamOfAccount,
  streamOfConversation,
} from '@parley/protocol';
import type pg from 'pg';
import { isGuest } from '../permissions/guests.ts';
import { type RuleReader, ruleReader } from '../stream/rule-reader.ts';
import { type NewEvent, newEvent, type RuleContext } from '../stream/stream-transaction.ts';
import { readConversationState } from './conversation-rule.ts';
import { EVERYONE, EVERYONE_STREAM, everyoneEvents } from './everyone.ts';
import { joinEvents } from './members.ts';
import { authorize } from './policy.ts';

/**
 * The groups that guests join, and those that an account leaves or joins when it becomes a guest or
 * stops being one.
 */

/**
 * Returns why an admin of the server may not invite a guest to one of the groups; null if it may.
 * It may invite to groups to which it may add members, and to public groups that it could join.
 */
export async function refusalOfGuestGroups(
  on: pg.Pool | pg.PoolClient,
  by: AccountId,
  groups: readonly ConversationId[],
): Promise<Refusal | null> {
  const reader = ruleReader(on);
  for (const group of groups) {
    if (await mayInviteGuests(reader, by, group)) continue;
    return refusal('conversation_not_found', `You can’t invite guests to the group ${group}`);
  }
  return null;
}

/**
 * Returns the events with which a new guest joins those of the groups that still exist and to which
 * its inviter may still add it.
 */
export async function guestJoinEvents(
  tx: RuleContext,
  account: AccountId,
  groups: readonly ConversationId[],
  invitedBy: AccountId,
): Promise<NewEvent[]> {
  const events: NewEvent[] = [];
  for (const group of new Set(groups)) {
    if (!tx.has(streamOfConversation(group))) continue;
    if (!(await mayInviteGuests(tx, invitedBy, group))) continue;
    events.push(...joinEvents(group, account, 'member'));
  }
  return events;
}

async function mayInviteGuests(
  on: RuleReader,
  by: AccountId,
  group: ConversationId,
): Promise<boolean> {
  const state = await readConversationState(on, group, by);
  if (!state || state.isDeleted || state.hasLostAccess || state.isGuest) return false;
  const { actorRole, type, minimumRoles, isArchived, isBanned } = state;
  if (type !== 'public' && type !== 'private') return false;
  // An admin who could join a public group and then add members need not join it first.
  const role = actorRole === 'non_member' && type === 'public' && !isBanned ? 'member' : actorRole;
  return authorize(role, type, 'add_member', minimumRoles, isArchived) === 'yes';
}

/** A group of an account: its role in it, and whether it leaves the group when it becomes a guest. */
interface GroupOfAccount {
  readonly id: ConversationId;
  readonly role: string;
  readonly leaves: boolean;
}

/**
 * Returns the streams to lock when an account becomes a guest or stops being one: those of all its
 * groups, because its role in a group that it keeps could change concurrently.
 */
export async function streamsOfGuestChange(
  pool: pg.Pool,
  account: AccountId,
  role: AccountRole,
): Promise<StreamId[]> {
  const streams = [streamOfAccount(account), EVERYONE_STREAM];
  if (role !== 'guest') {
    const { rowCount } = await pool.query({
      name: 'conversations-is-guest',
      text: `select where ${isGuest('$1')}`,
      values: [account],
    });
    return rowCount === 1 ? streams : [];
  }
  const rows = await groupsOf(ruleReader(pool), account, []);
  return [...new Set([...streams, ...rows.map(({ id }) => streamOfConversation(id))])];
}

/**
 * Returns the events with which an account that becomes a guest leaves the default group and
 * the public groups that it does not keep, and becomes an ordinary member of the others. Null: it
 * has joined another group since the streams were chosen.
 */
export async function becomesGuestEvents(
  tx: RuleContext,
  account: AccountId,
  keep: readonly ConversationId[],
): Promise<NewEvent[] | { readonly refuse: Refusal } | null> {
  const rows = await groupsOf(tx, account, keep);
  const events: NewEvent[] = [];
  for (const { id, role, leaves } of rows) {
    const stream = streamOfConversation(id);
    if (!tx.has(stream)) return null;
    if (!leaves && role === 'member') continue;
    if (role === 'owner' && (await isOnlyOwner(tx, account, id))) {
      return { refuse: refusal('last_group_owner', 'This user is the last owner of a group') };
    }
    if (leaves) events.push(...leaveEventsOf(account, id));
    else events.push(newEvent(stream, 'member.role_changed', { account, role: 'member' }));
  }
  return events;
}

/**
 * Returns the events with which an account that is no longer a guest joins the default group. Null: it has
 * become a guest since the streams were chosen.
 */
export async function noLongerGuestEvents(
  tx: RuleContext,
  account: AccountId,
): Promise<readonly NewEvent[] | null> {
  if (!tx.has(EVERYONE_STREAM)) return null;
  const state = await readConversationState(tx, EVERYONE, account);
  return state?.membership ? [] : everyoneEvents(account);
}

function leaveEventsOf(account: AccountId, conversation: ConversationId): readonly NewEvent[] {
  const stream = streamOfConversation(conversation);
  return [
    newEvent(stream, 'member.left', { account }),
    newEvent(streamOfAccount(account), 'conversation.left', (preceding) => {
      const departure = preceding.find((e) => e.type === 'member.left' && e.stream === stream);
      if (!departure) throw new Error('conversation.left without its member.left');
      return { conversation, seq: departure.seq };
    }),
  ];
}

/** Whether the group would lose its last owner although other members could own it. */
async function isOnlyOwner(
  tx: RuleContext,
  account: AccountId,
  group: ConversationId,
): Promise<boolean> {
  const [row] = await tx.query<{ is_only: boolean | null }>(
    'conversations-only-owner',
    `select not bool_or(m.role = 'owner') as is_only
     from memberships m join accounts a on a.id = m.account_id
     where m.conversation_id = $1 and m.left_seq is null and m.account_id <> $2
       and a.is_active and a.role <> 'guest'`,
    [group, account],
  );
  return row?.is_only === true;
}

/** Returns the groups of an account, and which of them it leaves if it keeps the given ones. */
const groupsOf = (
  on: RuleReader,
  account: AccountId,
  keep: readonly ConversationId[],
): Promise<GroupOfAccount[]> =>
  on.query<GroupOfAccount>('conversations-groups-of-guest', GROUPS, [account, keep]);

/** SQL: the groups of account $1, and which of them it leaves if it keeps those in $2. */
const GROUPS = `
  select c.id, m.role,
         c.is_everyone or c.visibility = 'public' and not c.id = any($2::uuid[]) as leaves
  from memberships m join conversations c on c.id = m.conversation_id
  where m.account_id = $1 and m.left_seq is null and c.kind = 'group' and c.deleted_at is null
  order by c.id`;
