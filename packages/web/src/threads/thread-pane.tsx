import type { ConversationView } from '@parley/client';
import { threadKey } from '@parley/client';
import type { Seq } from '@parley/protocol';
import { useLocation } from '@tanstack/react-router';
import { Bell, BellOff, X } from 'lucide-react';
import { useEffect, useMemo, useRef, useState } from 'react';
import { titleOf } from '../lib/conversation-views.ts';
import { lastEditable } from '../message-list/last-editable.ts';
import { QuotesProvider, useQuotes } from '../messages/quoted-messages.ts';
import { ThreadLinksProvider } from '../messages/thread-link.ts';
import { ThreadLevel } from '../notifications/thread-level.tsx';
import { ThreadMute } from '../notifications/thread-mute.tsx';
import { useClient, useParley } from '../session/use-client.ts';
import { t } from '../texts/index.ts';
import { IconButton } from '../ui/button.tsx';
import { focusContent } from '../ui/return-focus.ts';
import { takeFocus } from '../ui/take-focus.ts';
import { useOptimistic } from '../ui/use-optimistic.ts';
import { Replies } from './replies.tsx';
import { ThreadComposer } from './thread-composer.tsx';

/** A thread next to its conversation: the root, the replies, and a field for a reply. */
export function ThreadPane({
  view,
  root,
  linked,
  onClose,
  returnFocus,
}: {
  view: ConversationView;
  root: Seq;
  /** The reply that a link names. */
  linked: Seq | null;
  onClose: () => void;
  /** Focuses the message from which the thread was opened, if it was. */
  returnFocus: () => void;
}) {
  const client = useClient();
  const users = useParley((s) => s.users);
  const thread = useMemo(() => client.thread(view.id, root), [client, view.id, root]);
  const quotes = useQuotes();
  const within = useMemo(() => ({ ...quotes, reply: null }), [quotes]);
  const pane = useRef<HTMLElement>(null);
  const mayReply = view.permissions.includes('reply_in_threads');
  const visit = useLocation().state.__TSR_key;
  // Separate from opening: a closed thread gets no more events.
  useEffect(() => () => thread.close(), [thread]);
  const cursor = useParley((s) => s.threads).cursors.get(threadKey(view.id, root));
  // Unread replies are shown from the first one on.
  const [readSeq] = useState(() => (cursor && cursor.unread > 0 ? cursor.readSeq : null));
  const at = linked ?? readSeq ?? undefined;
  // biome-ignore lint/correctness/useExhaustiveDependencies: each navigation to the reply shows it again
  useEffect(() => {
    void thread.open(at);
  }, [thread, at, visit]);
  const leave = useRef(returnFocus);
  leave.current = returnFocus;
  useEffect(() => {
    // With a keyboard the field gets the focus; otherwise the start of the pane.
    if (!pane.current?.contains(document.activeElement)) takeFocus(pane.current);
    return () => {
      requestAnimationFrame(() => {
        if (document.activeElement === document.body) leave.current();
        if (document.activeElement === document.body) focusContent();
      });
    };
  }, []);
  const title = titleOf(view, users);
  const [sent, setSent] = useState(0);
  const me = useParley((s) => s.me);
  const [editing, setEditing] = useState<string | null>(null);
  const editLast = () => {
    const last = lastEditable(view, thread.snapshot.messages, me);
    if (last !== undefined) setEditing(last);
  };
  const showSent = () => {
    setSent((before) => before + 1);
    void thread.jumpToLatest();
  };
  return (
    <aside
      data-thread
      ref={pane}
      tabIndex={-1}
      aria-label={t('thread.title')}
      onKeyDown={(event) => {
        // A dialog or a menu of a reply has closed itself.
        if (event.key !== 'Escape' || event.defaultPrevented) return;
        event.stopPropagation();
        onClose();
      }}
      className="flex h-full w-full min-w-0 flex-col outline-none border-line lg:w-96 lg:shrink-0 lg:border-s xl:w-[27rem]"
    >
      <header className="flex items-center gap-1.5 border-line border-b px-4 pt-[max(0.5rem,env(safe-area-inset-top))] pb-2">
        <div className="min-w-0 flex-1">
          <h2 className="truncate font-semibold leading-tight">{t('thread.title')}</h2>
          <p className="truncate text-note text-muted leading-tight">
            <bdi>{title}</bdi>
          </p>
        </div>
        <ThreadLevel conversation={view.id} root={root} />
        <ThreadMute conversation={view.id} root={root} />
        <FollowButton view={view} root={root} />
        <IconButton label={t('thread.close')} onClick={onClose}>
          <X size={19} />
        </IconButton>
      </header>
      <QuotesProvider value={within}>
        <ThreadLinksProvider value={null}>
          <Replies
            view={view}
            thread={thread}
            title={title}
            linked={linked}
            readSeq={readSeq}
            visit={visit}
            sent={sent}
            editing={editing}
            onEdit={setEditing}
          />
        </ThreadLinksProvider>
      </QuotesProvider>
      {mayReply ? (
        <ThreadComposer view={view} root={root} onSent={showSent} onEditLast={editLast} />
      ) : (
        <p className="px-4 py-3 text-center text-muted text-sm">{t('thread.mayNotReply')}</p>
      )}
    </aside>
  );
}

/** Follows or unfollows the thread. */
function FollowButton({ view, root }: { view: ConversationView; root: Seq }) {
  const client = useClient();
  const threads = useParley((s) => s.threads);
  const [isFollowing, save] = useOptimistic(threads.cursors.has(threadKey(view.id, root)));
  const toggle = () =>
    save(!isFollowing, () =>
      isFollowing
        ? client.api.unfollowThread(view.id, root)
        : client.api.followThread(view.id, root),
    );
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
