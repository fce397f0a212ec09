import type { Seq } from '@parley/protocol';
import type { MembershipPeriod } from '../conversations/start.ts';

/** How a subscription to a conversation starts. */
export interface ResumePlan {
  /** The cursor to start from. */
  readonly cursor: Seq;
  /** Events from when the account was not a member. */
  readonly skips: { after: Seq; to: Seq }[];
  /** The last seq to send; null while the account is a member. */
  readonly last: Seq | null;
  /** Nothing up to here may be requested again. */
  readonly floor: Seq;
  /**
   * More events are missing than are replayed: `reset` is sent, and `cursor` is the end of the
   * stream.
   */
  readonly reset: boolean;
}

/**
 * Returns where to start and what to leave out when a client reconnects that has applied everything
 * up to `cursor`. `periods` are the membership periods of the account, in order; `lastSeq` is the
 * end of the stream when they were read. A former member gets only the event that ended the last
 * period, because messages are for current members. Returns null if there is nothing to send, now
 * or later.
 */
export function planResume(
  cursor: Seq | undefined,
  periods: readonly MembershipPeriod[],
  lastSeq: Seq,
  replayMax: number,
): ResumePlan | null {
  const newest = periods[periods.length - 1];
  if (!newest) return null;
  const end = newest.leftSeq;
  if (end !== null) {
    if (cursor === undefined || cursor >= end) return null;
    const before = (end - 1) as Seq;
    return { cursor: before, skips: [], last: end, floor: before, reset: false };
  }
  const plan = { skips: [], last: null, floor: (newest.joinedSeq - 1) as Seq, reset: false };
  if (cursor === undefined) return { ...plan, cursor: lastSeq };
  // A cursor after the end of the stream belongs to another history.
  if (cursor > lastSeq || lastSeq - cursor > replayMax) {
    return { ...plan, cursor: lastSeq, reset: true };
  }
  const skips: { after: Seq; to: Seq }[] = [];
  let left = 0;
  for (const period of periods) {
    const to = (period.joinedSeq - 1) as Seq;
    if (to > cursor && to > left) skips.push({ after: Math.max(left, cursor) as Seq, to });
    left = period.leftSeq ?? 0;
  }
  return { ...plan, cursor, skips };
}
