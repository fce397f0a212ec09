import type { ConversationView, Timeline } from '@parley/client';
import type { Seq } from '@parley/protocol';
import { type RefObject, useRef } from 'react';
import type { VListHandle } from 'virtua';
import { updateRowHeight } from './row-height.ts';
import type { Row } from './rows.ts';
import { useAutoScroll } from './use-auto-scroll.ts';
import { loadNearEnds, useLoadMore } from './use-load-more.ts';
import type { MarkedUnread } from './use-marked-unread.ts';
import { useReading } from './use-reading.ts';
import { useTarget } from './use-target.ts';
import { useTopDay } from './use-top-day.ts';

/**
 * Scrolls a list of messages, and does what follows from which rows are visible: marks messages as read, loads more
 * near the ends, and finds the day at the top.
 */
export function useListScrolling({
  box,
  view,
  timeline,
  snapshot,
  rows,
  lineAfter,
  isHeld,
  marked,
}: {
  /** The element around the list. */
  box: RefObject<HTMLElement | null>;
  view: ConversationView;
  timeline: Timeline;
  /** The snapshot of the timeline that is being rendered. */
  snapshot: Timeline['snapshot'];
  rows: readonly Row[];
  /** The message before the line “New”; null without a line, undefined while unknown. */
  lineAfter: Seq | null | undefined;
  /** Whether the first unread message must stay on screen. */
  isHeld: boolean;
  marked: MarkedUnread;
}) {
  const list = useRef<VListHandle>(null);
  const { hasNewer } = snapshot;
  const target = useTarget(box);
  const more = useLoadMore(timeline);
  const [topDay, updateTopDay] = useTopDay();
  const { control, isAway, isPrepended } = useAutoScroll(
    {
      handle: () => list.current,
      scroller: () => box.current?.querySelector<HTMLElement>('[role="log"]') ?? null,
      rows,
      hasNewer,
      lineAfter,
      hasUnread: view.unread > 0,
      isHeld,
    },
    () => update(),
  );
  const isPlaced = () => lineAfter !== undefined && control.isSettled;
  const reading = useReading(view, rows, list, isPlaced, marked);
  const update = (how?: 'scrolled' | 'ended' | 'changed') => {
    const handle = list.current;
    if (!handle) return;
    if (how) control.moved(how);
    updateTopDay(handle, rows);
    if (control.isSettled) {
      updateRowHeight(handle);
      reading.read();
      target.focus();
    }
    loadNearEnds(more, handle, snapshot, control.isSettled);
  };
  const goToEnd = () => {
    control.goToEnd();
    reading.markAllRead();
    if (hasNewer) void timeline.jumpToLatest();
  };
  const goTo = (seq: Seq) => {
    target.set(seq);
    if (!control.goTo(seq)) void timeline.open(seq);
  };
  return {
    list,
    control,
    isAway,
    isPrepended,
    reading,
    target,
    topDay,
    onMoved: update,
    goToEnd,
    goTo,
    retry: more.retry,
  };
}
