import type { ConversationView, Timeline, TimelineMessage } from '@parley/client';
import type { Seq } from '@parley/protocol';
import { ArrowDown } from 'lucide-react';
import { useEffect, useLayoutEffect, useMemo, useRef, useState, useSyncExternalStore } from 'react';
import { VList, type VListHandle } from 'virtua';
import { excerpt } from '../lib/display-text.ts';
import { useNames } from '../people/use-names.ts';
import { useParley } from '../session/use-client.ts';
import { Button } from '../ui/button.tsx';
import { Beginning, RowView } from './list-parts.tsx';
import { type Row, RowMaker } from './rows.ts';
import { useReading } from './use-reading.ts';

/** Closer to an end than this, px, the list counts as being there. */
const NEAR_END = 60;
/** Closer to a loaded end than this, px, more is loaded. */
const LOAD_MORE = 500;
/** Rows that came in front are measured within this time, ms. */
const SETTLE_MS = 250;
/** What stays in sight above the line “New”, px. */
const ABOVE_LINE = 48;

/** The messages of a conversation: only those in sight are drawn; older ones load on the way up. */
export function MessageList({
  view,
  timeline,
  title,
  unreadAfter,
  editing,
  onEdit,
}: {
  view: ConversationView;
  timeline: Timeline;
  title: string;
  /** The list begins after this message, below a line; null: at its end. Undefined: not known yet. */
  unreadAfter: Seq | null | undefined;
  editing: string | null;
  onEdit: (key: string | null) => void;
}) {
  const me = useParley((s) => s.me);
  const snapshot = useSyncExternalStore(
    (listener) => timeline.subscribe(listener),
    () => timeline.snapshot,
  );
  const { messages, hasOlder, hasNewer, loading, error } = snapshot;
  const [maker] = useState(() => new RowMaker());
  const rows = useMemo(
    () => maker.of(messages, unreadAfter ?? null, me?.id ?? null),
    [maker, messages, unreadAfter, me],
  );
  const list = useRef<VListHandle>(null);
  const box = useRef<HTMLDivElement>(null);
  const atEnd = useRef(true);
  const count = useRef(0);
  const [away, setAway] = useState(false);
  const read = useReading(view, rows, list, unreadAfter !== undefined);

  // Rows that appear at the top keep what is in sight where it is; other rows altogether do not.
  const firstKey = useRef<string | null>(null);
  const first = firstMessageKey(rows);
  const prepended =
    firstKey.current !== null &&
    first !== firstKey.current &&
    rows.some((row) => row.key === firstKey.current);
  /** Until then the sizes of rows are being measured: positions mean nothing. */
  const settledAt = useRef(0);
  const placedAtLine = useRef(false);

  const look = () => {
    const handle = list.current;
    if (!handle) return;
    const { scrollOffset: offset, scrollSize, viewportSize } = handle;
    const left = scrollSize - offset - viewportSize;
    const settled = performance.now() >= settledAt.current;
    const near = left < NEAR_END && !hasNewer;
    // While sizes are measured, only what leads away from the end is believed.
    if (!near || settled) {
      atEnd.current = near;
      setAway(!near);
    }
    if (settled) read();
    if (loading !== null || error !== null) return;
    if (offset < LOAD_MORE && hasOlder) void timeline.loadOlder();
    else if (left < LOAD_MORE && hasNewer && settled) void timeline.loadNewer();
  };
  const latestLook = useRef(look);
  latestLook.current = look;

  useLayoutEffect(() => {
    const before = firstKey.current;
    firstKey.current = first;
    count.current = rows.length;
    if (rows.length === 0) return;
    const line = placedAtLine.current ? -1 : rows.findIndex((row) => row.kind === 'unread');
    if (line >= 0) {
      placedAtLine.current = true;
      atEnd.current = false;
      list.current?.scrollToIndex(line, { align: 'start', offset: -ABOVE_LINE });
    } else if (atEnd.current) {
      list.current?.scrollToIndex(rows.length - 1, { align: 'end' });
    }
    if (line >= 0 || (before !== null && before !== first)) {
      settledAt.current = performance.now() + SETTLE_MS;
    }
    const later = setTimeout(
      () => latestLook.current(),
      Math.max(0, settledAt.current - performance.now()) + 20,
    );
    return () => clearTimeout(later);
  }, [rows, first]);

  // A keyboard that opens, or a turned phone, changes the height: who was at the end stays there.
  useEffect(() => {
    if (!box.current) return;
    const observer = new ResizeObserver(() => {
      const last = count.current - 1;
      if (atEnd.current && last >= 0) list.current?.scrollToIndex(last, { align: 'end' });
    });
    observer.observe(box.current);
    return () => observer.disconnect();
  }, []);

  const toEnd = () => {
    atEnd.current = true;
    setAway(false);
    if (hasNewer) void timeline.jumpToLatest();
    else list.current?.scrollToIndex(rows.length - 1, { align: 'end' });
  };

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
        <VList
          ref={list}
          data={rows}
          shift={prepended}
          onScroll={look}
          onScrollEnd={look}
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
      )}
      {error !== null && rows.length > 0 && (
        <div
          role="alert"
          className="absolute inset-x-0 top-2 mx-auto flex w-fit items-center gap-3 rounded-full border border-line bg-raised py-1 pr-1.5 pl-4 text-sm shadow-(--shadow)"
        >
          Messages could not be loaded
          <Button
            look="quiet"
            className="min-h-8 px-3"
            onClick={() =>
              void (hasNewer && !hasOlder ? timeline.loadNewer() : timeline.loadOlder())
            }
          >
            Try again
          </Button>
        </div>
      )}
      {away && rows.length > 0 && (
        <button
          type="button"
          onClick={toEnd}
          className="surface-in absolute right-5 bottom-3 flex min-h-10 items-center gap-2 rounded-full border border-line bg-raised px-3.5 text-sm shadow-(--shadow) hover:bg-hover"
        >
          <ArrowDown size={16} />
          {view.unread === 0
            ? 'Latest'
            : view.unread === 1
              ? '1 new message'
              : `${view.unread > 99 ? '99+' : view.unread} new messages`}
        </button>
      )}
      <Announcer messages={messages} />
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

function firstMessageKey(rows: readonly Row[]): string | null {
  return rows.find((row) => row.kind === 'message')?.key ?? null;
}
