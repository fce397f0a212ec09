import type { AccountId, Seq } from '@parley/protocol';
import type { Row } from './rows.ts';

/** Returns the index of the first row with an unread message of somebody else, or -1. */
export function firstUnreadRow(rows: readonly Row[], readSeq: Seq, me: AccountId | null): number {
  // Unread messages are the last ones.
  let first = -1;
  for (let i = rows.length - 1; i >= 0; i--) {
    const row = rows[i];
    if (row?.kind !== 'message' || row.message.state !== 'stored') continue;
    if (row.message.seq <= readSeq) break;
    if (row.message.author !== me) first = i;
  }
  return first;
}

/** What the read mark depends on. */
export interface Visible {
  readonly rows: readonly Row[];
  /** Index of the last row that is on screen. */
  readonly last: number;
  readonly readSeq: Seq;
  /** Whether somebody is there to read. */
  readonly isPresent: boolean;
  /** Whether it is decided where the list begins. */
  readonly isPlaced: boolean;
  /** Whether unread messages were scrolled out of sight while nobody was there. */
  readonly isLeftBehind: boolean;
}

/** Returns up to where messages count as read now, or null where that changes nothing. */
export function readUpTo(visible: Visible): Seq | null {
  const { rows, last, readSeq, isPresent, isPlaced, isLeftBehind } = visible;
  if (!isPresent || !isPlaced || isLeftBehind) return null;
  for (let i = Math.min(last, rows.length - 1); i >= 0; i--) {
    const row = rows[i];
    if (row?.kind === 'message' && row.message.state === 'stored') {
      return row.message.seq > readSeq ? row.message.seq : null;
    }
  }
  return null;
}
