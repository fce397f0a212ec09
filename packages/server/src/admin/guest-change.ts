import {
  type AccountId,
  type AccountRole,
  type ConversationId,
  type Refusal,
  refusal,
} from '@parley/protocol';
import { becomesGuestEvents, noLongerGuestEvents } from '../conversations/guest-groups.ts';
import type { NewEvent, RuleContext, Statement } from '../stream/stream-transaction.ts';
import { loginsEnded, sessionsEnded } from './end-access.ts';

/** The account before the change. */
interface GuestBefore {
  readonly id: AccountId;
  readonly role: AccountRole;
  readonly accessEndsAt: string | null;
}

/** The part of a change that concerns guests. */
interface GuestChange {
  /** The role afterwards. */
  readonly role: AccountRole;
  readonly keepGroups?: readonly ConversationId[] | undefined;
  readonly accessEndsAt?: string | null | undefined;
}

/** The consequences of an account becoming a guest, ceasing to be one, or remaining one. */
interface DecidedGuestChange {
  /** In the streams of groups and of the account. */
  readonly events: readonly NewEvent[];
  readonly writes: readonly Statement[];
  readonly accessEndsAt: string | null;
}

/** The refusal when the account has joined a group since the streams were chosen; the caller tries again. */
export const GROUPS_CHANGED = refusal(
  'unavailable',
  'The groups of this account have just changed; try again',
  {
    retryAfter: 1,
  },
);

/**
 * Decides what else changes when an account becomes a guest or stops being one. Its sessions end,
 * because its clients have loaded what it may no longer see, or lack what it may see now.
 */
export async function decideGuestChange(
  tx: RuleContext,
  before: GuestBefore,
  { role, keepGroups = [], accessEndsAt }: GuestChange,
): Promise<DecidedGuestChange | { readonly refuse: Refusal }> {
  const { id } = before;
  const ends = role === 'guest' ? (accessEndsAt ?? null) : null;
  if (role !== 'guest') {
    if (accessEndsAt) {
      return { refuse: refusal('invalid', 'Only the access of guests can end at a time') };
    }
    if (before.role !== 'guest') return { events: [], writes: [], accessEndsAt: null };
    const events = await noLongerGuestEvents(tx, id);
    if (events === null) return { refuse: GROUPS_CHANGED };
    return { events, writes: [sessionsEnded(id), loginsEnded(id)], accessEndsAt: null };
  }
  if (ends !== null && Date.parse(ends) <= Date.parse(tx.at)) {
    return { refuse: refusal('time_passed') };
  }
  if (before.role === 'guest') {
    const endsAt = accessEndsAt === undefined ? before.accessEndsAt : ends;
    return { events: [], writes: [], accessEndsAt: endsAt };
  }
  const events = await becomesGuestEvents(tx, id, keepGroups);
  if (events === null) return { refuse: GROUPS_CHANGED };
  if ('refuse' in events) return events;
  return { events, writes: [sessionsEnded(id), loginsEnded(id)], accessEndsAt: ends };
}
