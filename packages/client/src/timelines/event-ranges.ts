import { type Seq, TIMELINE_EVENTS_SPAN } from '@parley/protocol';

/** The number of ranges that are loaded between two messages: thousands may have joined a group in which no one wrote. */
const RANGES_BETWEEN = 10;

/** Returns the number of the range of seqs that one request for timeline events covers. */
export const rangeOf = (seq: Seq): number => Math.floor((seq - 1) / TIMELINE_EVENTS_SPAN);

/** Returns the seq before the first one of a range. */
export const startOfRange = (range: number): Seq => (range * TIMELINE_EVENTS_SPAN) as Seq;

/**
 * Returns the ranges that contain what happened between the messages with these seqs, which are ordered; of a long
 * time without messages only the latest.
 */
export function rangesBetween(seqs: readonly Seq[]): number[] {
  const ranges: number[] = [];
  let last = -1;
  for (const seq of seqs) {
    const range = rangeOf(seq);
    if (range === last) continue;
    const first = ranges.length === 0 ? range : Math.max(last + 1, range - RANGES_BETWEEN + 1);
    for (let n = first; n <= range; n++) ranges.push(n);
    last = range;
  }
  return ranges;
}
