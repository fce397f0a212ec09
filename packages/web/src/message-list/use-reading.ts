import type { ConversationView } from '@parley/client';
import type { Seq } from '@parley/protocol';
import { type RefObject, useCallback, useEffect, useRef, useState } from 'react';
import type { VListHandle } from 'virtua';
import { attention, useAttention } from '../lib/attention.ts';
import { useClient } from '../session/use-client.ts';
import { firstUnreadRow, readUpTo } from './reading.ts';
import type { Row } from './rows.ts';
import type { MarkedUnread } from './use-marked-unread.ts';

/** A message counts as read once this much of it is visible, px. */
const READ_PX = 24;

/** Moves the read cursor of a conversation. */
export interface Reading {
  /** Marks the visible messages as read; called whenever other messages may be visible. */
  read(): void;
  /** Whether unread messages scrolled out of view above while the user was idle. */
  readonly hasUnreadAbove: boolean;
  /** Marks the whole conversation as read, including unread messages above. */
  markAllRead(): void;
}

/** Marks visible messages as read while the user is present. */
export function useReading(
  view: ConversationView,
  rows: readonly Row[],
  list: RefObject<VListHandle | null>,
  /** Whether the list has reached its initial position, and its rows are measured. */
  isPlaced: () => boolean,
  marked: MarkedUnread,
): Reading {
  const client = useClient();
  const [hasUnreadAbove, setUnreadAbove] = useState(false);
  const unreadAbove = useRef(false);
  const state = useRef({ view, rows, isPlaced });
  state.current = { view, rows, isPlaced };
  const setAbove = useCallback((now: boolean) => {
    unreadAbove.current = now;
    setUnreadAbove(now);
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
    if (!handle || marked.isPaused()) return;
    const { rows, view, isPlaced } = state.current;
    if (unreadAbove.current && !isAbove()) setAbove(false);
    const seq = readUpTo({
      rows,
      last: handle.findItemIndex(handle.scrollOffset + handle.viewportSize - READ_PX),
      readSeq: view.readSeq,
      isPresent: attention() === 'present',
      isPlaced: isPlaced(),
      hasUnreadAbove: unreadAbove.current,
    });
    if (seq !== null) client.read(view.id, seq);
  }, [client, list, marked, isAbove, setAbove]);

  const now = useAttention();
  const before = useRef(now);
  useEffect(() => {
    const was = before.current;
    before.current = now;
    if (now !== 'present') return;
    // The list kept scrolling while the user was idle: they may not have seen what scrolled by.
    if (was === 'idle' && isAbove()) setAbove(true);
    read();
  }, [now, read, isAbove, setAbove]);

  const markAllRead = useCallback(() => {
    setAbove(false);
    marked.resume();
    const newest = state.current.rows.findLast(
      (row) => row.kind === 'message' && row.message.state === 'stored',
    );
    const { view } = state.current;
    if (newest?.kind !== 'message') return;
    const seq: Seq = newest.message.seq;
    if (seq > view.readSeq) client.read(view.id, seq);
  }, [client, marked, setAbove]);
  return { read, hasUnreadAbove, markAllRead };
}
