import type { ConversationView, Timeline, TimelineMessage } from '@parley/client';
import { ArrowDown, ArrowUp, X } from 'lucide-react';
import {
  type Ref,
  useImperativeHandle,
  useMemo,
  useRef,
  useState,
  useSyncExternalStore,
} from 'react';
import { VList, type VListHandle } from 'virtua';
import { useAttention } from '../lib/attention.ts';
import { excerpt } from '../lib/display-text.ts';
import { useParley } from '../session/use-client.ts';
import { Button, IconButton } from '../ui/button.tsx';
import { useNames } from '../users/use-names.ts';
import { ExpandedProvider } from './expanded.ts';
import { Beginning, RowView } from './list-parts.tsx';
import { RowMaker } from './rows.ts';
import { useFollowing } from './use-following.ts';
import { useReading } from './use-reading.ts';
import { useUnreadLine } from './use-unread-line.ts';

/** Closer to a loaded end than this, px, more is loaded. */
const LOAD_MORE = 500;

/** What others may ask of a list. */
export interface MessageListHandle {
  /** Goes to the newest message. */
  goToEnd(): void;
}

/** The messages of a conversation: only those in sight are drawn; older ones load on the way up. */
export function MessageList({
  ref,
  view,
  timeline,
  title,
  editing,
  onEdit,
}: {
  ref: Ref<MessageListHandle>;
  view: ConversationView;
  timeline: Timeline;
  title: string;
  editing: string | null;
  onEdit: (key: string | null) => void;
}) {
  const me = useParley((s) => s.me);
  const isLive = useParley((s) => s.state) === 'live';
  const snapshot = useSyncExternalStore(
    (listener) => timeline.subscribe(listener),
    () => timeline.snapshot,
  );
  const { messages, hasOlder, hasNewer, loading, error } = snapshot;
  const attention = useAttention();
  const [isScrolledUp, setScrolledUp] = useState(false);
  const isReading = isLive && attention === 'present' && !isScrolledUp;
  const lineAfter = useUnreadLine(view, timeline, isLive, isReading);
  const [maker] = useState(() => new RowMaker());
  const rows = useMemo(
    () => maker.of(messages, lineAfter ?? null, me?.id ?? null),
    [maker, messages, lineAfter, me],
  );
  const list = useRef<VListHandle>(null);
  const box = useRef<HTMLDivElement>(null);
  const scroller = () => box.current?.querySelector<HTMLElement>('[role="log"]') ?? null;
  const [expanded] = useState(() => new Set<string>());

  const isHeld = !isLive || attention === 'elsewhere';
  const following = useFollowing({ list, scroller, rows, hasNewer, lineAfter, isHeld }, () =>
    look(),
  );
  const { isAway } = following;
  if (isAway !== isScrolledUp) setScrolledUp(isAway);
  const reading = useReading(
    view,
    rows,
    list,
    () => lineAfter !== undefined && following.isSettled(),
  );

  const look = (how?: 'scrolled' | 'ended' | 'changed') => {
    const handle = list.current;
    if (!handle) return;
    if (how) following.moved(how);
    if (following.isSettled()) reading.read();
    if (loading !== null || error !== null) return;
    const { scrollOffset, scrollSize, viewportSize } = handle;
    if (scrollOffset < LOAD_MORE && hasOlder) void timeline.loadOlder();
    else if (scrollSize - scrollOffset - viewportSize < LOAD_MORE && hasNewer) {
      if (following.isSettled()) void timeline.loadNewer();
    }
  };
  const goToEnd = () => {
    following.goToEnd();
    reading.forgetLeftBehind();
    if (hasNewer) void timeline.jumpToLatest();
  };
  useImperativeHandle(ref, () => ({ goToEnd }));

  return (
    <div ref={box} className="relative min-h-0 flex-1">
      {rows.length === 0 ? (
        <Beginning
          loading={loading !== null || hasOlder}
          error={error}
          title={title}
          onRetry={() => void timeline.open()}
        />
      ) : (
        <ExpandedProvider value={expanded}>
          <VList
            ref={list}
            data={rows}
            shift={following.isPrepended}
            onScroll={() => look('scrolled')}
            onScrollEnd={() => look('ended')}
            onResize={() => look('changed')}
            className="h-full"
            role="log"
            aria-label={`Messages in ${title}`}
            tabIndex={0}
          >
            {(row, n) => (
              <RowView
                key={row.key}
                row={row}
                first={n === 0}
                loadingOlder={loading === 'older' || hasOlder}
                last={n === rows.length - 1}
                editing={editing}
                onEdit={onEdit}
              />
            )}
          </VList>
        </ExpandedProvider>
      )}
      {error !== null && rows.length > 0 && (
        <LoadProblem
          onRetry={() => void (hasNewer && !hasOlder ? timeline.loadNewer() : timeline.loadOlder())}
        />
      )}
      {reading.isLeftBehind && error === null && (
        <LeftBehind
          unread={view.unread}
          onGo={following.goToLine}
          onForget={reading.forgetLeftBehind}
        />
      )}
      {isAway && rows.length > 0 && (
        <button
          type="button"
          onClick={goToEnd}
          className="surface-in absolute right-5 bottom-3 flex min-h-10 items-center gap-2 rounded-full border border-line bg-raised px-3.5 text-sm shadow-(--shadow) hover:bg-hover"
        >
          <ArrowDown size={16} />
          {view.unread === 0 ? 'Latest' : newMessages(view.unread)}
        </button>
      )}
      <Announcer messages={messages} />
    </div>
  );
}

const newMessages = (unread: number): string =>
  unread === 1 ? '1 new message' : `${unread > 99 ? '99+' : unread} new messages`;

const PILL =
  'absolute inset-x-0 top-2 mx-auto flex w-fit items-center rounded-full border border-line bg-raised py-1 text-sm shadow-(--shadow)';

/** Says that messages could not be loaded. */
function LoadProblem({ onRetry }: { onRetry: () => void }) {
  return (
    <div role="alert" className={`${PILL} gap-3 pr-1.5 pl-4`}>
      Messages could not be loaded
      <Button look="quiet" className="min-h-8 px-3" onClick={onRetry}>
        Try again
      </Button>
    </div>
  );
}

/** Leads to the unread messages that scrolled out of sight while nobody was there. */
function LeftBehind({
  unread,
  onGo,
  onForget,
}: {
  unread: number;
  onGo: () => void;
  onForget: () => void;
}) {
  return (
    <div className={`${PILL} surface-in gap-1 px-1.5`}>
      <Button look="quiet" className="min-h-8 px-3" onClick={onGo}>
        <ArrowUp size={16} /> {newMessages(unread)}
      </Button>
      <IconButton label="Mark as read" className="size-8 rounded-full" onClick={onForget}>
        <X size={16} />
      </IconButton>
    </div>
  );
}

/** Reads messages out as they arrive; the list itself is redrawn while scrolling. */
function Announcer({ messages }: { messages: readonly TimelineMessage[] }) {
  const me = useParley((s) => s.me);
  const latest = messages[messages.length - 1];
  const author = useMemo(() => (latest ? [latest.author] : []), [latest]);
  const nameOf = useNames(author);
  const heard = latest && latest.author !== me?.id && latest.deletedAt === null;
  return (
    <div aria-live="polite" className="sr-only">
      {heard ? `${nameOf(latest.author)}: ${excerpt(latest.body, 200)}` : ''}
    </div>
  );
}
