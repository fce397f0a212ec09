import type { ConversationView, Timeline, TimelineMessage } from '@parley/client';
import type { Seq } from '@parley/protocol';
import { ArrowDown } from 'lucide-react';
import { useEffect, useLayoutEffect, useMemo, useRef, useState, useSyncExternalStore } from 'react';
import { VList, type VListHandle } from 'virtua';
import { wordsFor } from '../lib/words.ts';
import { useNames } from '../people/use-names.ts';
import { useClient, useParley } from '../session/use-client.ts';
import { Button } from '../ui/button.tsx';
import { MessageRow } from './message-row.tsx';
import { type Row, rowsOf } from './rows.ts';

/** Closer to an end than this, px, the list counts as being there. */
const NEAR_END = 60;
const NEAR_TOP = 500;
/** Rows that came in front are measured within this time, ms. */
const SETTLE_MS = 250;

/** The messages of a conversation: only those in sight are drawn; older ones load on the way up. */
export function MessageList({
  view,
  timeline,
  title,
  readSeq,
  editing,
  onEdit,
}: {
  view: ConversationView;
  timeline: Timeline;
  title: string;
  /** The read cursor when the conversation was opened. */
  readSeq: Seq | null;
  editing: string | null;
  onEdit: (key: string | null) => void;
}) {
  const client = useClient();
  const me = useParley((s) => s.me);
  const snapshot = useSyncExternalStore(
    (listener) => timeline.subscribe(listener),
    () => timeline.snapshot,
  );
  const { messages, hasOlder, loading, error } = snapshot;
  const rows = useMemo(() => rowsOf(messages, readSeq, me?.id ?? null), [messages, readSeq, me]);
  const authors = useMemo(() => [...new Set(messages.map((m) => m.author))], [messages]);
  const nameOf = useNames(authors);
  const list = useRef<VListHandle>(null);
  const atEnd = useRef(true);
  const count = useRef(0);
  const lastOffset = useRef(0);
  const box = useRef<HTMLDivElement>(null);
  const [away, setAway] = useState(false);
  const newest = lastStored(messages);

  // Rows that appear at the top keep what is in sight where it is.
  const firstKey = useRef<string | null>(null);
  /** Until then the sizes of rows that came in front are being measured: positions mean nothing. */
  const settledAt = useRef(0);
  const prepended = firstKey.current !== null && firstMessageKey(rows) !== firstKey.current;
  useLayoutEffect(() => {
    const first = firstMessageKey(rows);
    if (firstKey.current !== null && first !== firstKey.current) {
      settledAt.current = performance.now() + SETTLE_MS;
    }
    firstKey.current = first;
    count.current = rows.length;
    if (atEnd.current && rows.length > 0)
      list.current?.scrollToIndex(rows.length - 1, { align: 'end' });
  }, [rows]);

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

  // What is in sight, in a window that is looked at, counts as read.
  useEffect(() => {
    const read = () => {
      const seen = document.visibilityState === 'visible' && document.hasFocus() && atEnd.current;
      if (seen && newest !== null && newest > view.readSeq) client.read(view.id, newest);
    };
    read();
    if (away) return;
    window.addEventListener('focus', read);
    document.addEventListener('visibilitychange', read);
    return () => {
      window.removeEventListener('focus', read);
      document.removeEventListener('visibilitychange', read);
    };
  }, [client, view.id, view.readSeq, newest, away]);

  const onScroll = (offset: number) => {
    const handle = list.current;
    if (!handle) return;
    lastOffset.current = offset;
    const near = handle.scrollSize - offset - handle.viewportSize < NEAR_END;
    // While new sizes are measured, only what leads away from the end is believed.
    if (!near || performance.now() >= settledAt.current) {
      atEnd.current = near;
      setAway(!near);
    }
    if (offset < NEAR_TOP && hasOlder && loading === null && error === null)
      void timeline.loadOlder();
  };
  const toEnd = () => {
    atEnd.current = true;
    setAway(false);
    list.current?.scrollToIndex(rows.length - 1, { align: 'end' });
  };
  const below = away ? unreadBelow(messages, view.readSeq, me?.id) : 0;

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
          shift={prepended}
          onScroll={onScroll}
          className="h-full"
          role="log"
          aria-label={`Messages in ${title}`}
          tabIndex={0}
        >
          {rows.map((row, n) => (
            <RowView
              key={row.key}
              row={row}
              first={n === 0}
              loadingOlder={loading === 'older' || hasOlder}
              last={n === rows.length - 1}
              editing={editing}
              onEdit={onEdit}
            />
          ))}
        </VList>
      )}
      {error !== null && rows.length > 0 && (
        <div
          role="alert"
          className="absolute inset-x-0 top-2 mx-auto flex w-fit items-center gap-3 rounded-full border border-line bg-raised py-1 pr-1.5 pl-4 text-sm shadow-(--shadow)"
        >
          Older messages could not be loaded
          <Button look="quiet" className="min-h-8 px-3" onClick={() => void timeline.loadOlder()}>
            Try again
          </Button>
        </div>
      )}
      {away && (
        <button
          type="button"
          onClick={toEnd}
          className="surface-in absolute right-5 bottom-3 flex min-h-10 items-center gap-2 rounded-full border border-line bg-raised px-3.5 text-sm shadow-(--shadow) hover:bg-hover"
        >
          <ArrowDown size={16} />
          {below > 0
            ? below === 1
              ? '1 new message'
              : `${below > 99 ? '99+' : below} new messages`
            : 'Latest'}
        </button>
      )}
      {/* Read out as messages arrive; the list itself is redrawn while scrolling. */}
      <div aria-live="polite" className="sr-only">
        {announce(messages, me?.id, nameOf)}
      </div>
    </div>
  );
}

function RowView({
  row,
  first,
  last,
  loadingOlder,
  editing,
  onEdit,
}: {
  row: Row;
  first: boolean;
  last: boolean;
  loadingOlder: boolean;
  editing: string | null;
  onEdit: (key: string | null) => void;
}) {
  return (
    <div className={last ? 'pb-4' : undefined}>
      {first && (
        <div className="h-8 text-center text-[13px] text-muted leading-8">
          {loadingOlder ? 'Loading older messages…' : ''}
        </div>
      )}
      {row.kind === 'day' ? (
        <div className="flex items-center gap-3 px-5 pt-4 pb-1">
          <span className="h-px flex-1 bg-line" />
          <span className="font-medium text-[12px] text-muted">{row.words}</span>
          <span className="h-px flex-1 bg-line" />
        </div>
      ) : row.kind === 'unread' ? (
        <div className="flex items-center gap-3 px-5 pt-3">
          <span className="h-px flex-1 bg-danger/50" />
          <span className="font-semibold text-[12px] text-danger">New</span>
        </div>
      ) : (
        <MessageRow
          message={row.message}
          first={row.first}
          editing={editing === row.key}
          onEdit={() => onEdit(row.key)}
          onEditDone={() => onEdit(null)}
        />
      )}
    </div>
  );
}

function Beginning({
  loading,
  error,
  title,
  onRetry,
}: {
  loading: boolean;
  error: Error | null;
  title: string;
  onRetry: () => void;
}) {
  if (error) {
    return (
      <div className="flex h-full flex-col items-center justify-center gap-3 p-6 text-center">
        <p className="text-muted">{wordsFor(error)}</p>
        <Button onClick={onRetry}>Try again</Button>
      </div>
    );
  }
  if (loading) {
    return (
      <div className="flex h-full flex-col justify-end gap-5 p-5" aria-hidden="true">
        {[64, 40, 72, 52].map((width) => (
          <div key={width} className="flex gap-3">
            <span className="shimmer size-9 rounded-[32%]" />
            <span className="flex flex-1 flex-col gap-2 pt-1">
              <span className="shimmer h-3 w-28 rounded-full" />
              <span className="shimmer h-3 rounded-full" style={{ width: `${width}%` }} />
            </span>
          </div>
        ))}
      </div>
    );
  }
  return (
    <div className="flex h-full flex-col justify-end p-5">
      <h2 className="font-semibold text-xl">{title}</h2>
      <p className="mt-1 text-muted">This is the beginning. Say hello!</p>
    </div>
  );
}

function lastStored(messages: readonly TimelineMessage[]): Seq | null {
  for (let i = messages.length - 1; i >= 0; i--) {
    const message = messages[i];
    if (message?.state === 'stored') return message.seq;
  }
  return null;
}

function firstMessageKey(rows: readonly Row[]): string | null {
  return rows.find((row) => row.kind === 'message')?.key ?? null;
}

function unreadBelow(
  messages: readonly TimelineMessage[],
  readSeq: Seq,
  me: string | undefined,
): number {
  return messages.filter((m) => m.state === 'stored' && m.seq > readSeq && m.author !== me).length;
}

/** The latest message of somebody else, in words. */
function announce(
  messages: readonly TimelineMessage[],
  me: string | undefined,
  nameOf: (id: TimelineMessage['author']) => string,
): string {
  const latest = messages[messages.length - 1];
  if (!latest || latest.author === me || latest.deletedAt !== null) return '';
  return `${nameOf(latest.author)}: ${latest.body.slice(0, 200)}`;
}
