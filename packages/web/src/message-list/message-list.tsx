import type { ConversationView, Timeline } from '@parley/client';
import type { Seq } from '@parley/protocol';
import {
  type KeyboardEvent,
  type ReactNode,
  type Ref,
  useImperativeHandle,
  useRef,
  useState,
} from 'react';
import { useTypeToCompose } from '../composer/use-type-to-compose.ts';
import { useAttention } from '../lib/attention.ts';
import { ExpandedProvider } from '../messages/expanded.ts';
import { useMessageKeys } from '../messages/use-message-keys.ts';
import { lazyPart } from '../queries/lazy-part.tsx';
import { useConversation } from '../session/entries.ts';
import { useParley } from '../session/use-client.ts';
import { Announcer } from './announcer.tsx';
import { copyMessages } from './copied-messages.ts';
import { DayJumps } from './day-jumps.tsx';
import { TopDay } from './day-label.tsx';
import { ListNotices } from './list-notices.tsx';
import { ListPlaceholder, RowView } from './list-parts.tsx';
import type { ScrollInput } from './scroll-input.ts';
import { useListScrolling } from './use-list-scrolling.ts';
import { useMarkReadKey } from './use-mark-read-key.ts';
import { useMarkedUnread } from './use-marked-unread.ts';
import { useRenderedRows } from './use-rendered-rows.ts';
import { useRows } from './use-rows.ts';
import { useSelectedRows } from './use-selected-rows.ts';
import { useTimelineEvents } from './use-timeline-events.ts';
import { useTimelineSnapshot } from './use-timeline-snapshot.ts';
import { useUnreadLine } from './use-unread-line.ts';
import { VirtualRows } from './virtual-rows.tsx';

const RetentionNotice = lazyPart(
  async () => (await import('../retention/retention-notice.tsx')).RetentionNotice,
);

/** The imperative handle of the list. */
export interface MessageListHandle {
  /** Scrolls to the newest message. */
  goToEnd(): void;
  /** Scrolls to a message, loads it if necessary, and focuses it. */
  goTo(seq: Seq): void;
}

/** The virtual list of a conversation's messages; older ones are loaded while scrolling up. */
export function MessageList({
  ref,
  view: given,
  timeline,
  title,
  openThread,
  editing,
  onEdit,
  start,
}: {
  ref: Ref<MessageListHandle>;
  view: ConversationView;
  timeline: Timeline;
  title: string;
  /** The thread that is open next to the list. */
  openThread: Seq | null;
  editing: string | null;
  onEdit: (key: string | null) => void;
  /** Suggested first actions in a conversation without messages. */
  start?: ReactNode;
}) {
  // As new as the messages and the connection, whatever caused this render: what is unread depends on all three.
  const view = useConversation(given.id) ?? given;
  const state = useParley((s) => s.state);
  const snapshot = useTimelineSnapshot(timeline);
  const { messages, hasOlder, hasNewer, loading, error } = snapshot;
  const isLive = state === 'live';
  const attention = useAttention();
  const [isScrolledUp, setScrolledUp] = useState(false);
  const marked = useMarkedUnread(view);
  const isReading = isLive && attention === 'present' && !isScrolledUp && !marked.isPaused();
  const lineAfter = useUnreadLine(view, timeline, state, isReading, hasNewer);
  const events = useTimelineEvents(view, snapshot);
  const rows = useRows(messages, lineAfter ?? null, events);
  const box = useRef<HTMLDivElement>(null);
  const [day, setDay] = useState<string | null>(null);
  const keys = useMessageKeys(box, setDay);
  useTypeToCompose();
  const [expanded] = useState(() => new Set<string>());
  const isHeld = !isLive || attention === 'elsewhere';
  const scrolling = useListScrolling({
    box,
    view,
    timeline,
    snapshot,
    rows,
    lineAfter,
    isHeld,
    marked,
  });
  const { control, isAway, reading, target, topDay, goToEnd, goTo } = scrolling;
  if (isAway !== isScrolledUp) setScrolledUp(isAway);
  const rendered = useRenderedRows(isAway, rows.length, useSelectedRows(box, rows));
  useMarkReadKey(view, reading.markAllRead);
  useImperativeHandle(ref, () => ({ goToEnd, goTo }));

  const isLineUnknown = state === 'catching-up' && lineAfter === undefined;
  const isUnreadAboveShown = reading.hasUnreadAbove && error === null;
  return (
    <div
      ref={box}
      className="relative min-h-0 flex-1"
      {...inputOf(control.input, keys)}
      onCopy={copyMessages}
    >
      <DayJumps conversation={view.id} day={day} onDay={setDay} onFound={goTo}>
        {rows.length === 0 ? (
          <ListPlaceholder
            loading={loading !== null || hasOlder || isLineUnknown}
            error={error}
            title={title}
            notice={<RetentionNotice conversation={view.id} />}
            start={start}
            events={events}
            onRetry={() => void timeline.open()}
          />
        ) : (
          <ExpandedProvider value={expanded}>
            <VirtualRows
              ref={scrolling.list}
              rows={rows}
              title={title}
              shift={scrolling.isPrepended}
              {...rendered}
              onMoved={scrolling.onMoved}
            >
              {(row, n) => (
                <RowView
                  key={row.key}
                  row={row}
                  first={n === 0}
                  loadingOlder={loading === 'older' || hasOlder}
                  notice={<RetentionNotice conversation={view.id} />}
                  editing={editing}
                  target={target.seq}
                  onTargetLeft={target.leave}
                  onEdit={onEdit}
                />
              )}
            </VirtualRows>
            {topDay !== null && !isUnreadAboveShown && <TopDay at={topDay} />}
          </ExpandedProvider>
        )}
      </DayJumps>
      <ListNotices
        unread={view.unread}
        hasLoadProblem={error !== null && rows.length > 0}
        hasUnreadAbove={isUnreadAboveShown}
        isAway={isAway && rows.length > 0}
        onRetry={scrolling.retry}
        onGoToUnread={() => control.goToLine()}
        onMarkRead={reading.markAllRead}
        onGoToEnd={goToEnd}
      />
      <Announcer snapshot={snapshot} title={title} openThread={openThread} />
    </div>
  );
}

/** Returns the handlers of input that may scroll the list, and of the keys of its messages. */
function inputOf(scroll: ScrollInput, keys: ReturnType<typeof useMessageKeys>) {
  return {
    ...scroll,
    onKeyDown: (event: KeyboardEvent<HTMLElement>) => {
      scroll.onKeyDown();
      keys.onKeyDown(event);
    },
    onFocus: keys.onFocus,
  };
}
