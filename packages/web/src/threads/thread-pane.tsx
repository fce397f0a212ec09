import type { ConversationView, Thread, TimelineMessage } from '@parley/client';
import { threadKey } from '@parley/client';
import type { Seq } from '@parley/protocol';
import { Bell, BellOff, X } from 'lucide-react';
import { useEffect, useLayoutEffect, useMemo, useRef, useState, useSyncExternalStore } from 'react';
import { toast } from 'sonner';
import { titleOf } from '../conversations/naming.ts';
import { useAttention } from '../lib/attention.ts';
import { errorMessage } from '../lib/text.ts';
import { ListPlaceholder, RowView } from '../messages/list-parts.tsx';
import { QuotesProvider, useQuotes } from '../messages/quoted-messages.ts';
import { RowBuilder } from '../messages/rows.ts';
import { ThreadLinksProvider } from '../messages/thread-link.ts';
import { useClient, useParley } from '../session/use-client.ts';
import { t } from '../texts/index.ts';
import { Button, IconButton } from '../ui/button.tsx';
import { focusContent } from '../ui/return-focus.ts';
import { ThreadComposer } from './thread-composer.tsx';

/** Closer to the end than this, the list follows new replies, px. */
const NEAR_END = 80;

/** A thread beside its conversation: the root, the replies, and a field for a reply. */
export function ThreadPane({
  view,
  root,
  linked,
  onClose,
}: {
  view: ConversationView;
  root: Seq;
  /** The reply that a link names. */
  linked: Seq | null;
  onClose: () => void;
}) {
  const client = useClient();
  const users = useParley((s) => s.users);
  const thread = useMemo(() => client.thread(view.id, root), [client, view.id, root]);
  const quotes = useQuotes();
  const within = useMemo(() => ({ ...quotes, reply: null }), [quotes]);
  const pane = useRef<HTMLElement>(null);
  const mayReply = view.permissions.includes('reply_in_threads');
  useEffect(() => {
    void thread.open(linked ?? undefined);
    return () => thread.close();
  }, [thread, linked]);
  useEffect(() => {
    // With a keyboard the field takes the focus; otherwise the pane is entered at its beginning.
    if (!pane.current?.contains(document.activeElement)) pane.current?.focus();
    return () => {
      requestAnimationFrame(() => {
        if (document.activeElement === document.body) focusContent();
      });
    };
  }, []);
  const title = titleOf(view, users);
  return (
    <aside
      ref={pane}
      tabIndex={-1}
      aria-label={t('thread.title')}
      onKeyDown={(event) => {
        // A dialog or a menu of a reply has closed itself.
        if (event.key !== 'Escape' || event.defaultPrevented || event.nativeEvent.isComposing)
          return;
        event.stopPropagation();
        onClose();
      }}
      className="flex h-full w-full min-w-0 flex-col outline-none border-line lg:w-96 lg:shrink-0 lg:border-l xl:w-[27rem]"
    >
      <header className="flex items-center gap-1.5 border-line border-b px-4 pt-[max(0.5rem,env(safe-area-inset-top))] pb-2">
        <div className="min-w-0 flex-1">
          <h2 className="truncate font-semibold leading-tight">{t('thread.title')}</h2>
          <p className="truncate text-[13px] text-muted leading-tight">
            <bdi>{title}</bdi>
          </p>
        </div>
        <FollowButton view={view} root={root} />
        <IconButton label={t('thread.close')} onClick={onClose}>
          <X size={19} />
        </IconButton>
      </header>
      <QuotesProvider value={within}>
        <ThreadLinksProvider value={null}>
          <Replies view={view} thread={thread} title={title} linked={linked} />
        </ThreadLinksProvider>
      </QuotesProvider>
      {mayReply ? (
        <ThreadComposer view={view} root={root} onSent={() => void thread.jumpToLatest()} />
      ) : (
        <p className="px-4 py-3 text-center text-muted text-sm">{t('thread.mayNotReply')}</p>
      )}
    </aside>
  );
}

/** Follows the thread, or ends following it. */
function FollowButton({ view, root }: { view: ConversationView; root: Seq }) {
  const client = useClient();
  const threads = useParley((s) => s.threads);
  const isFollowing = threads.cursors.has(threadKey(view.id, root));
  const toggle = async () => {
    try {
      if (isFollowing) await client.api.unfollowThread(view.id, root);
      else await client.api.followThread(view.id, root);
    } catch (error) {
      toast.error(errorMessage(error));
    }
  };
  if (!threads.isLoaded) return null;
  return (
    <IconButton
      label={isFollowing ? t('thread.unfollow') : t('thread.follow')}
      aria-pressed={isFollowing}
      onClick={() => void toggle()}
    >
      {isFollowing ? <Bell size={18} /> : <BellOff size={18} />}
    </IconButton>
  );
}

function Replies({
  view,
  thread,
  title,
  linked,
}: {
  view: ConversationView;
  thread: Thread;
  title: string;
  linked: Seq | null;
}) {
  const client = useClient();
  const me = useParley((s) => s.me);
  const cursor = useParley((s) => s.threads).cursors.get(threadKey(view.id, thread.thread));
  const snapshot = useSyncExternalStore(
    (listener) => thread.subscribe(listener),
    () => thread.snapshot,
  );
  const { root, messages, hasOlder, hasNewer, loading, error } = snapshot;
  const [editing, setEditing] = useState<string | null>(null);
  const [target, setTarget] = useState<string | null>(null);
  const [builder] = useState(() => new RowBuilder());
  const all = useMemo(() => (root ? [root, ...messages] : messages), [root, messages]);
  // The replies that were unread when the thread was opened.
  const [lineAfter] = useState(() => cursor?.readSeq ?? null);
  const rows = useMemo(
    () => builder.build(all, lineAfter, me?.id ?? null),
    [builder, all, lineAfter, me],
  );
  const box = useRef<HTMLDivElement>(null);
  const isAtEnd = useFollowedEnd(box, rows);
  const attention = useAttention();
  // biome-ignore lint/correctness/useExhaustiveDependencies: each reply may have to be read
  useEffect(() => {
    if (attention === 'present' && isAtEnd && !hasNewer && loading === null)
      client.threads.read(thread);
  }, [client, thread, attention, isAtEnd, hasNewer, loading, messages, cursor]);
  useEffect(() => {
    if (linked === null || !messages.some((m) => m.seq === linked)) return;
    setTarget(String(linked));
    requestAnimationFrame(() => {
      const element = box.current?.querySelector<HTMLElement>('[data-target]');
      element?.scrollIntoView({ block: 'center' });
      element?.focus({ preventScroll: true });
    });
  }, [linked, messages]);
  if (!root || (messages.length === 0 && loading !== null)) {
    return (
      <div className="min-h-0 flex-1">
        <ListPlaceholder
          loading={error === null}
          error={error}
          title={title}
          onRetry={() => void thread.open()}
        />
      </div>
    );
  }
  return (
    <div
      ref={box}
      role="log"
      aria-label={t('thread.messages', { title })}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: scrolled with the keyboard
      tabIndex={0}
      className="min-h-0 flex-1 overflow-y-auto"
    >
      {rows.map((row, n) => (
        <div key={row.key}>
          <RowView
            row={row}
            first={false}
            last={n === rows.length - 1}
            loadingOlder={false}
            editing={editing}
            target={target}
            onTargetLeft={() => setTarget(null)}
            onEdit={setEditing}
          />
          {row.kind === 'message' && row.message.seq === root.seq && (
            <RepliesLine
              root={root}
              hasOlder={hasOlder}
              busy={loading === 'older'}
              onOlder={() => void thread.loadOlder()}
            />
          )}
        </div>
      ))}
      {hasNewer && (
        <Button className="mx-4 mb-3" onClick={() => void thread.loadNewer()}>
          {t('thread.newer')}
        </Button>
      )}
    </div>
  );
}

/** The number of replies below the root, and the way to earlier ones. */
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
        <span className="text-[12px] text-muted">
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

/** Keeps a list at its end while it is there. Returns whether it is. */
function useFollowedEnd(box: React.RefObject<HTMLDivElement | null>, rows: unknown): boolean {
  const [isAtEnd, setAtEnd] = useState(true);
  const follows = useRef(true);
  // biome-ignore lint/correctness/useExhaustiveDependencies: after each change of the rows
  useLayoutEffect(() => {
    const element = box.current;
    if (element && follows.current) element.scrollTop = element.scrollHeight;
  }, [box, rows]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the element exists once there are rows
  useEffect(() => {
    const element = box.current;
    if (!element) return;
    const onScroll = () => {
      const rest = element.scrollHeight - element.clientHeight - element.scrollTop;
      follows.current = rest < NEAR_END;
      setAtEnd(follows.current);
    };
    element.addEventListener('scroll', onScroll, { passive: true });
    return () => element.removeEventListener('scroll', onScroll);
  }, [box, rows]);
  return isAtEnd;
}
