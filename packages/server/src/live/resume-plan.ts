import type { Seq } from '@parley/protocol';
import type { MembershipPeriod } from '../conversations/snapshot.ts';

/** How a follower of a conversation starts. */
export interface ResumePlan {
  /** The cursor to start from. */
  readonly sent: Seq;
  readonly skips: { after: Seq; to: Seq }[];
  /** The last seq to send; null while the account is a member. */
  readonly last: Seq | null;
  /** Nothing up to here may be asked for again. */
  readonly floor: Seq;
  /** Too much is missing: `reset` is told, and `sent` is the end of the stream. */
  readonly reset: boolean;
}

/**
 * Returns where to start and what to leave out when a client that has applied everything up to
 * `cursor` reconnects. The periods of the account are given in order; `lastSeq` is where the stream
 * stood when they were read. A former member is sent the end of the last period and nothing before
 * it: bodies are for current members. Returns null when there is nothing to send, now or later.
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
    return { sent: before, skips: [], last: end, floor: before, reset: false };
  }
  const plan = { skips: [], last: null, floor: (newest.joinedSeq - 1) as Seq, reset: false };
  if (cursor === undefined) return { ...plan, sent: lastSeq };
  // A cursor beyond the stream comes from another past than ours; one far behind is not replayed.
  if (cursor > lastSeq || lastSeq - cursor > replayMax) {
    return { ...plan, sent: lastSeq, reset: true };
  }
  const skips: { after: Seq; to: Seq }[] = [];
  let left = 0;
  for (const period of periods) {
    const to = (period.joinedSeq - 1) as Seq;
    if (to > cursor && to > left) skips.push({ after: Math.max(left, cursor) as Seq, to });
    left = period.leftSeq ?? 0;
  }
  return { ...plan, sent: cursor, skips };
}
