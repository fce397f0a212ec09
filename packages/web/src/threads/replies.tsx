import type { ConversationView, Thread, TimelineMessage } from '@parley/client';
import { threadKey } from '@parley/client';
import type { Seq, ThreadCursor } from '@parley/protocol';
import { type RefObject, useEffect, useLayoutEffect, useMemo, useRef, useState } from 'react';
import { useAttention } from '../lib/attention.ts';
import { Announcer } from '../message-list/announcer.tsx';
import { copyMessages } from '../message-list/copied-messages.ts';
import { LoadProblem } from '../message-list/list-notices.tsx';
import { ListPlaceholder, RowView } from '../message-list/list-parts.tsx';
import { useLoadMore } from '../message-list/use-load-more.ts';
import { useRows } from '../message-list/use-rows.ts';
import { useTimelineSnapshot } from '../message-list/use-timeline-snapshot.ts';
import { ExpandedProvider } from '../messages/expanded.ts';
import { useMessageKeys } from '../messages/use-message-keys.ts';
import { useClient, useParley } from '../session/use-client.ts';
import { t } from '../texts/index.ts';
import { Button } from '../ui/button.tsx';
import { useFollowedEnd } from './use-followed-end.ts';
import { useLinkedReply } from './use-linked-reply.ts';

/**
 * The root and the replies of a thread, which are marked as read while the user is at their end.
 */
export function Replies({
  view,
  thread,
  title,
  linked,
  readSeq,
  visit,
  sent,
  editing,
  onEdit,
}: {
  view: ConversationView;
  thread: Thread;
  title: string;
  linked: Seq | null;
  /** The last reply that was read before the thread was opened, if there are unread ones. */
  readSeq: Seq | null;
  /** Identifies the navigation that led to the linked reply. */
  visit: string | undefined;
  /** How many replies the user has sent here: the last one is shown. */
  sent: number;
  editing: string | null;
  onEdit: (key: string | null) => void;
}) {
  const cursor = useParley((s) => s.threads).cursors.get(threadKey(view.id, thread.thread));
  const snapshot = useTimelineSnapshot(thread);
  const { root, messages, hasOlder, hasNewer, loading, error } = snapshot;
  const [target, setTarget] = useState<Seq | null>(null);
  const all = useMemo(() => (root ? [root, ...messages] : messages), [root, messages]);
  // The replies that were unread when the thread was opened.
  const [lineAfter] = useState(() => cursor?.readSeq ?? null);
  const rows = useRows(all, lineAfter);
  const [expanded] = useState(() => new Set<string>());
  const more = useLoadMore(thread);
  const { ref, box, isAtEnd, moved, toEnd } = useFollowedEnd(
    rows,
    linked === null && readSeq === null,
  );
  useFirstUnread(linked === null && readSeq !== null && messages.length > 0, box, moved);
  useEffect(() => {
    if (sent > 0) toEnd();
  }, [sent, toEnd]);
  const outer = useRef<HTMLDivElement>(null);
  const keys = useMessageKeys(outer);
  useReadAtEnd(thread, snapshot, cursor, isAtEnd);
  useLinkedReply({
    linked,
    visit,
    messages,
    box,
    target,
    onFound: setTarget,
    onScrolled: moved,
  });
  if (!root || (messages.length === 0 && loading !== null)) {
    return (
      <div className="min-h-0 flex-1">
        <ListPlaceholder
          loading={error === null}
          error={error}
          title={title}
          onRetry={() => void thread.open(linked ?? readSeq ?? undefined)}
        />
      </div>
    );
  }
  return (
    <div ref={outer} className="relative min-h-0 flex-1" {...keys} onCopy={copyMessages}>
      <div
        ref={ref}
        role="log"
        // Messages scrolled into view are not new; Announcer announces new ones.
        aria-live="off"
        aria-label={t('thread.messages', { title })}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: scrolled with the keyboard
        tabIndex={0}
        className="h-full overflow-y-auto pb-4"
      >
        <ExpandedProvider value={expanded}>
          {rows.map((row) => (
            <div key={row.key}>
              <RowView
                row={row}
                first={false}
                loadingOlder={false}
                editing={editing}
                target={target}
                onTargetLeft={() => setTarget(null)}
                onEdit={onEdit}
              />
              {row.kind === 'message' && row.message.seq === root.seq && (
                <RepliesLine
                  root={root}
                  hasOlder={hasOlder}
                  busy={loading === 'older'}
                  onOlder={more.older}
                />
              )}
            </div>
          ))}
        </ExpandedProvider>
        {hasNewer && (
          <Button className="mx-4 mb-3" busy={loading === 'newer'} onClick={more.newer}>
            {t('thread.newer')}
          </Button>
        )}
      </div>
      {error !== null && <LoadProblem onRetry={more.retry} />}
      <Announcer snapshot={snapshot} title={t('thread.title')} />
    </div>
  );
}

/** Scrolls a list once to the line “New”, or as far towards it as the list goes, as soon as it has messages. */
function useFirstUnread(
  isReady: boolean,
  box: RefObject<HTMLElement | null>,
  onScrolled: () => void,
): void {
  const isDone = useRef(false);
  useLayoutEffect(() => {
    const list = box.current;
    if (!isReady || isDone.current || !list) return;
    isDone.current = true;
    const line = list.querySelector('[data-first-unread]');
    if (line) line.scrollIntoView({ block: 'start' });
    else list.scrollTop = list.scrollHeight;
    onScrolled();
  });
}

/** Marks a thread as read while the user is at the end of its replies. */
function useReadAtEnd(
  thread: Thread,
  { messages, hasNewer, loading }: Thread['snapshot'],
  cursor: ThreadCursor | undefined,
  isAtEnd: boolean,
): void {
  const client = useClient();
  const attention = useAttention();
  // biome-ignore lint/correctness/useExhaustiveDependencies: each reply may have to be read
  useEffect(() => {
    if (attention === 'present' && isAtEnd && !hasNewer && loading === null)
      client.threads.read(thread);
  }, [client, thread, attention, isAtEnd, hasNewer, loading, messages, cursor]);
}

/** The number of replies, and a button that loads earlier ones. */
function RepliesLine({
  root,
  hasOlder,
  busy,
  onOlder,
}: {
  root: TimelineMessage;
  hasOlder: boolean;
  busy: boolean;
  onOlder: () => void;
}) {
  const count = root.threadSummary?.replies ?? 0;
  return (
    <>
      <div className="flex items-center gap-3 px-5 pt-3 pb-1">
        <span className="text-caption text-muted">
          {count === 0 ? t('thread.none') : t('thread.replies', { count })}
        </span>
        <span className="h-px flex-1 bg-line" />
      </div>
      {hasOlder && (
        <Button look="quiet" className="mx-4" busy={busy} onClick={onOlder}>
          {t('thread.older')}
        </Button>
      )}
    </>
  );
}
