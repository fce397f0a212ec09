import type { ConversationView } from '@parley/client';
import type { Seq } from '@parley/protocol';
import { type RefObject, useCallback, useEffect, useRef, useState } from 'react';
import type { VListHandle } from 'virtua';
import { attention, useAttention } from '../lib/attention.ts';
import { useClient } from '../session/use-client.ts';
import { firstUnreadRow, readUpTo } from './reading.ts';
import type { Row } from './rows.ts';

/** So much of a message must be visible for it to count as read, px. */
const IN_SIGHT = 24;

/** Reading, and what of it could not be done yet. */
export interface Reading {
  /** To be called when something else may be visible. */
  read(): void;
  /** Whether unread messages have scrolled out of sight above while nobody was there. */
  readonly isLeftBehind: boolean;
  /** The person wants no more of what was left behind. */
  forgetLeftBehind(): void;
}

/** Marks as read what is on screen while the person is there. */
export function useReading(
  view: ConversationView,
  rows: readonly Row[],
  list: RefObject<VListHandle | null>,
  /** Whether it is decided where the list begins, and positions are to be believed. */
  isPlaced: () => boolean,
): Reading {
  const client = useClient();
  const [isLeftBehind, setLeftBehind] = useState(false);
  const leftBehind = useRef(false);
  const state = useRef({ view, rows, isPlaced });
  state.current = { view, rows, isPlaced };
  const setBehind = useCallback((now: boolean) => {
    leftBehind.current = now;
    setLeftBehind(now);
  }, []);

  const isAbove = useCallback((): boolean => {
    const handle = list.current;
    if (!handle) return false;
    const { rows, view } = state.current;
    const first = firstUnreadRow(rows, view.readSeq, client.snapshot.me?.id ?? null);
    return first >= 0 && first < handle.findItemIndex(handle.scrollOffset);
  }, [client, list]);

  const read = useCallback(() => {
    const handle = list.current;
    if (!handle) return;
    const { rows, view, isPlaced } = state.current;
    if (leftBehind.current && !isAbove()) setBehind(false);
    const seq = readUpTo({
      rows,
      last: handle.findItemIndex(handle.scrollOffset + handle.viewportSize - IN_SIGHT),
      readSeq: view.readSeq,
      isPresent: attention() === 'present',
      isPlaced: isPlaced(),
      isLeftBehind: leftBehind.current,
    });
    if (seq !== null) client.read(view.id, seq);
  }, [client, list, isAbove, setBehind]);

  const now = useAttention();
  const before = useRef(now);
  useEffect(() => {
    const was = before.current;
    before.current = now;
    if (now !== 'present') return;
    // The list went on following while nobody touched it: what scrolled by was perhaps not seen.
    if (was === 'idle' && isAbove()) setBehind(true);
    read();
  }, [now, read, isAbove, setBehind]);

  const forgetLeftBehind = useCallback(() => {
    setBehind(false);
    const newest = state.current.rows.findLast(
      (row) => row.kind === 'message' && row.message.state === 'stored',
    );
    const { view } = state.current;
    if (newest?.kind !== 'message') return;
    const seq: Seq = newest.message.seq;
    if (seq > view.readSeq) client.read(view.id, seq);
  }, [client, setBehind]);
  return { read, isLeftBehind, forgetLeftBehind };
}
