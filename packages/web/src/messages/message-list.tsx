import type { ConversationView, Timeline } from '@parley/client';
import type { Seq } from '@parley/protocol';
import {
  type KeyboardEvent,
  type ReactNode,
  type Ref,
  useCallback,
  useEffect,
  useImperativeHandle,
  useMemo,
  useRef,
  useState,
  useSyncExternalStore,
} from 'react';
import { VList, type VListHandle } from 'virtua';
import { useAttention } from '../lib/attention.ts';
import { frames } from '../lib/frame-schedule.ts';
import { idle } from '../lib/idle-schedule.ts';
import { lazyPart } from '../lib/lazy-part.tsx';
import { dayKey } from '../lib/time.ts';
import { useConversation } from '../session/entries.ts';
import { useParley } from '../session/use-client.ts';
import { t } from '../texts/index.ts';
import { takeFocus } from '../ui/take-focus.ts';
import { Announcer } from './announcer.tsx';
import { DayChoiceProvider, TopDay } from './day-label.tsx';
import { ExpandedProvider } from './expanded.ts';
import { JumpToEnd, LoadProblem, UnreadAbove } from './list-notices.tsx';
import { ListPlaceholder, RowView } from './list-parts.tsx';
import { estimatedRowHeight, updateRowHeight } from './row-height.ts';
import { RowBuilder } from './rows.ts';
import { useAutoScroll } from './use-auto-scroll.ts';
import { useLoadMore } from './use-load-more.ts';
import { useMarkedUnread } from './use-marked-unread.ts';
import { useMessageKeys } from './use-message-keys.ts';
import { useReading } from './use-reading.ts';
import { useUnreadLine } from './use-unread-line.ts';

const JumpToDate = lazyPart(async () => (await import('./jump-to-date.tsx')).JumpToDate);
const RetentionNotice = lazyPart(
  async () => (await import('../retention/retention-notice.tsx')).RetentionNotice,
);

/** More messages are loaded within this distance from either end, px. */
const LOAD_MORE = 500;

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
  /** The thread that is open beside the list. */
  openThread: Seq | null;
  editing: string | null;
  onEdit: (key: string | null) => void;
  /** Suggested first actions in a conversation without messages. */
  start?: ReactNode;
}) {
  // As new as the messages and the connection, whatever caused this render: what is unread depends on all three.
  const view = useConversation(given.id) ?? given;
  const me = useParley((s) => s.me);
  const state = useParley((s) => s.state);
  const isLive = state === 'live';
  const snapshot = useSyncExternalStore(
    useCallback(
      (listener: () => void) => timeline.subscribe(() => frames.schedule(listener)),
      [timeline],
    ),
    () => timeline.snapshot,
  );
  const { messages, hasOlder, hasNewer, loading, error } = snapshot;
  const attention = useAttention();
  const [isScrolledUp, setScrolledUp] = useState(false);
  const marked = useMarkedUnread(view);
  const isReading = isLive && attention === 'present' && !isScrolledUp && !marked.isPaused();
  const lineAfter = useUnreadLine(view, timeline, state, isReading, hasNewer);
  const [builder] = useState(() => new RowBuilder());
  const rows = useMemo(
    () => builder.build(messages, lineAfter ?? null, me?.id ?? null),
    [builder, messages, lineAfter, me],
  );
  const list = useRef<VListHandle>(null);
  const box = useRef<HTMLDivElement>(null);
  const scroller = () => box.current?.querySelector<HTMLElement>('[role="log"]') ?? null;
  const [target, setTarget] = useState<Seq | null>(null);
  /** The target gets the focus once it is measured: until then it is hidden and cannot be focused. */
  const awaitsFocus = useRef(false);
  const keys = useMessageKeys(box);
  const more = useLoadMore(timeline);
  const [expanded] = useState(() => new Set<string>());
  /** The time of a message of the topmost day; null while the label of that day is visible. */
  const [topDay, setTopDay] = useState<string | null>(null);
  const [chosenDay, chooseDay] = useState<string | null>(null);

  const hasUnread = view.unread > 0;
  const isHeld = !isLive || attention === 'elsewhere';
  const handle = () => list.current;
  const { control, isAway, isPrepended } = useAutoScroll(
    { handle, scroller, rows, hasNewer, lineAfter, hasUnread, isHeld },
    () => update(),
  );
  if (isAway !== isScrolledUp) setScrolledUp(isAway);
  const reading = useReading(
    view,
    rows,
    list,
    () => lineAfter !== undefined && control.isSettled,
    marked,
  );

  const update = (how?: 'scrolled' | 'ended' | 'changed') => {
    const handle = list.current;
    if (!handle) return;
    if (how) control.moved(how);
    const top = rows[handle.findItemIndex(handle.scrollOffset)];
    const at = top?.kind === 'message' ? top.message.postedAt : null;
    setTopDay((now) => (now && at && dayKey(now) === dayKey(at) ? now : at));
    if (control.isSettled) {
      updateRowHeight(handle);
      reading.read();
      const row = awaitsFocus.current && box.current?.querySelector<HTMLElement>('[data-target]');
      // A row that is not measured yet takes it in a later update.
      if (row && takeFocus(row)) awaitsFocus.current = false;
    }
    if (loading !== null || error !== null) return;
    const { scrollOffset, scrollSize, viewportSize } = handle;
    if (scrollOffset < LOAD_MORE && hasOlder) more.older();
    else if (scrollSize - scrollOffset - viewportSize < LOAD_MORE && hasNewer) {
      if (control.isSettled) more.newer();
    }
  };
  const goToEnd = () => {
    control.goToEnd();
    reading.markAllRead();
    if (hasNewer) void timeline.jumpToLatest();
  };
  const [rowHeight] = useState(estimatedRowHeight);
  // The rows above and below the screen are rendered once those on it are shown.
  const [isOpened, setOpened] = useState(false);
  useEffect(() => idle.schedule(() => setOpened(true)), []);
  const leaveTarget = useCallback(() => setTarget(null), []);
  const goTo = (seq: Seq) => {
    setTarget(seq);
    awaitsFocus.current = true;
    if (!control.goTo(seq)) void timeline.open(seq);
  };
  // The newest row stays mounted, so that a message that the user sends is shown in the next frame.
  const newest = useMemo(() => (isAway ? [] : [rows.length - 1]), [isAway, rows.length]);
  const isUnreadAboveShown = reading.hasUnreadAbove && error === null;
  useImperativeHandle(ref, () => ({ goToEnd, goTo }));

  const input = {
    ...control.input,
    onKeyDown: (event: KeyboardEvent<HTMLElement>) => {
      control.input.onKeyDown();
      keys.onKeyDown(event);
    },
    onFocus: keys.onFocus,
  };
  return (
    <div ref={box} className="relative min-h-0 flex-1" {...input}>
      {rows.length === 0 ? (
        <ListPlaceholder
          loading={
            loading !== null || hasOlder || (state === 'catching-up' && lineAfter === undefined)
          }
          error={error}
          title={title}
          notice={<RetentionNotice conversation={view.id} />}
          start={start}
          onRetry={() => void timeline.open()}
        />
      ) : (
        <DayChoiceProvider value={chooseDay}>
          <ExpandedProvider value={expanded}>
            <VList
              ref={list}
              data={rows}
              shift={isPrepended}
              onScroll={() => update('scrolled')}
              onScrollEnd={() => update('ended')}
              onResize={() => update('changed')}
              itemSize={rowHeight}
              {...(!isOpened && { bufferSize: 0 })}
              keepMounted={newest}
              // Few messages are shown at the bottom, next to the composer. The space below the newest one is padding of
              // the list: in the row, it would cause the previous row to be measured again, which delays the new row by
              // a frame.
              style={{ display: 'flex', flexDirection: 'column', paddingBottom: '1rem' }}
              // The list would turn pointer events off when scrolling starts and on when it ends: because they are
              // inherited, the styles of all messages would be recomputed both times, and a press on a message would be
              // lost while the list follows its end. `inherit`, not `auto`: an open menu turns them off for the page.
              className="h-full *:mt-auto *:[pointer-events:inherit]!"
              role="log"
              // Messages that scroll into view are not new; Announcer announces new ones.
              aria-live="off"
              aria-label={t('messageList.messagesIn', { title })}
              tabIndex={0}
            >
              {(row, n) => (
                <RowView
                  key={row.key}
                  row={row}
                  first={n === 0}
                  loadingOlder={loading === 'older' || hasOlder}
                  notice={<RetentionNotice conversation={view.id} />}
                  editing={editing}
                  target={target}
                  onTargetLeft={leaveTarget}
                  onEdit={onEdit}
                />
              )}
            </VList>
            {topDay !== null && !isUnreadAboveShown && <TopDay at={topDay} />}
          </ExpandedProvider>
        </DayChoiceProvider>
      )}
      {chosenDay !== null && (
        <JumpToDate
          conversation={view.id}
          day={chosenDay}
          onClose={() => chooseDay(null)}
          onFound={goTo}
        />
      )}
      {error !== null && rows.length > 0 && <LoadProblem onRetry={more.retry} />}
      {isUnreadAboveShown && (
        <UnreadAbove
          unread={view.unread}
          onGo={() => control.goToLine()}
          onMarkRead={reading.markAllRead}
        />
      )}
      {isAway && rows.length > 0 && <JumpToEnd unread={view.unread} onGo={goToEnd} />}
      <Announcer snapshot={snapshot} title={title} openThread={openThread} />
    </div>
  );
}
