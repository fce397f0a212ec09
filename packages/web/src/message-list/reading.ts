import type { AccountId, Seq } from '@parley/protocol';
import type { Row } from './rows.ts';

/** Returns the index of the first row with an unread message from another account, or -1. */
export function firstUnreadRow(rows: readonly Row[], readSeq: Seq, me: AccountId | null): number {
  // Searched from the end, where unread messages are.
  let first = -1;
  for (let i = rows.length - 1; i >= 0; i--) {
    const row = rows[i];
    if (row?.kind !== 'message' || row.message.state !== 'stored') continue;
    if (row.message.seq <= readSeq) break;
    if (row.message.author !== me) first = i;
  }
  return first;
}

/** The state that the read cursor depends on. */
export interface Visible {
  readonly rows: readonly Row[];
  /** The index of the last visible row. */
  readonly last: number;
  readonly readSeq: Seq;
  /** Whether the user is present. */
  readonly isPresent: boolean;
  /** Whether the list has reached its initial scroll position. */
  readonly isPlaced: boolean;
  /** Whether unread messages scrolled out of view while the user was idle. */
  readonly hasUnreadAbove: boolean;
}

/** Returns the new position of the read cursor, or null if it does not change. */
export function readUpTo(visible: Visible): Seq | null {
  const { rows, last, readSeq, isPresent, isPlaced, hasUnreadAbove } = visible;
  if (!isPresent || !isPlaced || hasUnreadAbove) return null;
  for (let i = Math.min(last, rows.length - 1); i >= 0; i--) {
    const row = rows[i];
    if (row?.kind === 'message' && row.message.state === 'stored') {
      return row.message.seq > readSeq ? row.message.seq : null;
    }
  }
  return null;
}
