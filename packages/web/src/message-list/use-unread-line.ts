import type { ConnectionState, ConversationView, Timeline } from '@parley/client';
import type { Seq } from '@parley/protocol';
import { useEffect, useRef, useState } from 'react';
import { isLineAwaited, nextLine, UNKNOWN_LINE } from './unread-line.ts';

/**
 * Opens the timeline at the first unread message. Returns the message before the line “New”: null without
 * a line, undefined while unknown.
 */
export function useUnreadLine(
  view: ConversationView,
  timeline: Timeline,
  state: ConnectionState,
  isReading: boolean,
  hasNewer: boolean,
): Seq | null | undefined {
  const [line, setLine] = useState(UNKNOWN_LINE);
  const next = nextLine(line, {
    unread: view.unread,
    readSeq: view.readSeq,
    isLive: state === 'live',
    isReading,
    hasNewer,
  });
  if (next !== line) setLine(next);
  const start = useRef(next.after);
  if (start.current === undefined) start.current = next.after;
  const at = start.current ?? null;
  const isAwaited = isLineAwaited(next, state, timeline.snapshot.messages.length === 0);
  useEffect(() => {
    if (!isAwaited) void timeline.open(at ?? undefined);
  }, [timeline, at, isAwaited]);
  return next.after;
}
