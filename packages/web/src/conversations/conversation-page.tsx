import type { ConversationView, Timeline } from '@parley/client';
import type { ConversationId, Seq } from '@parley/protocol';
import { Link, useParams } from '@tanstack/react-router';
import { ArrowLeft, Hash, Info, Lock } from 'lucide-react';
import { useEffect, useMemo, useState } from 'react';
import { Composer } from '../messages/composer.tsx';
import { MessageList } from '../messages/message-list.tsx';
import { rowsOf } from '../messages/rows.ts';
import { TypingLine } from '../messages/typing-line.tsx';
import { useClient, useParley } from '../session/use-client.ts';
import { Avatar } from '../ui/avatar.tsx';
import { IconButton } from '../ui/button.tsx';
import { usePageTitle } from '../ui/page-title.tsx';
import { Details } from './details.tsx';
import { titleOf } from './naming.ts';

/** A conversation: its head, its messages, and where one writes. */
export function ConversationPage() {
  const { id } = useParams({ from: '/inside/c/$id' });
  const view = useParley((s) => s.conversations).get(id as ConversationId);
  const state = useParley((s) => s.state);
  if (!view) return <Missing waiting={state !== 'live'} />;
  return <Open key={view.id} view={view} />;
}

function Open({ view }: { view: ConversationView }) {
  const client = useClient();
  const people = useParley((s) => s.people);
  const presence = useParley((s) => s.presence);
  const me = useParley((s) => s.me);
  const title = titleOf(view, people);
  usePageTitle(title);
  const [details, setDetails] = useState(false);
  const [editing, setEditing] = useState<string | null>(null);
  const timeline = useMemo(() => client.timeline(view.id), [client, view.id]);
  const unreadAfter = useUnreadAfter(view, timeline);
  useEffect(() => {
    // Receipts are shown where they are told at all; without them there is just no second tick.
    void client.loadReceipts(view.id).catch(() => undefined);
  }, [client, view.id]);
  useEffect(() => {
    if (view.peer) client.wantPerson(view.peer);
  }, [client, view.peer]);

  const editLast = () => {
    const rows = rowsOf(timeline.snapshot.messages, null, me?.id ?? null);
    const last = rows.findLast(
      (r) =>
        r.kind === 'message' &&
        r.message.author === me?.id &&
        r.message.state === 'stored' &&
        !r.message.deletedAt,
    );
    if (last) setEditing(last.key);
  };
  const peerState = view.peer ? (presence.get(view.peer) ?? 'offline') : null;
  const note =
    view.kind === 'group'
      ? view.memberCount === 1
        ? '1 member'
        : `${view.memberCount} members`
      : peerState === 'active'
        ? 'Active now'
        : peerState === 'idle'
          ? 'Away'
          : peerState === 'offline'
            ? 'Offline'
            : 'Only you see this';
  return (
    <div className="flex h-full flex-col">
      <header className="flex items-center gap-2.5 border-line border-b px-2 pt-[max(0.5rem,env(safe-area-inset-top))] pb-2 sm:px-4">
        <Link
          to="/"
          aria-label="Back to the list"
          className="inline-flex size-10 items-center justify-center rounded-lg text-muted hover:bg-hover md:hidden"
        >
          <ArrowLeft size={20} />
        </Link>
        {view.kind === 'direct' ? (
          <Avatar id={view.peer ?? view.id} name={title} presence={peerState ?? undefined} />
        ) : (
          <span className="flex size-9 shrink-0 items-center justify-center rounded-[32%] bg-accent-soft text-accent-strong">
            {view.visibility === 'private' ? <Lock size={16} /> : <Hash size={18} />}
          </span>
        )}
        <div className="min-w-0 flex-1">
          <h1 className="truncate font-semibold leading-tight">{title}</h1>
          <p className="truncate text-[13px] text-muted leading-tight">{note}</p>
        </div>
        <IconButton label="Details and members" onClick={() => setDetails(true)}>
          <Info size={19} />
        </IconButton>
      </header>
      <MessageList
        view={view}
        timeline={timeline}
        title={title}
        unreadAfter={unreadAfter}
        editing={editing}
        onEdit={setEditing}
      />
      <TypingLine conversation={view.id} />
      <Composer view={view} title={title} onSent={() => setEditing(null)} onEditLast={editLast} />
      <Details view={view} open={details} onClose={() => setDetails(false)} />
    </div>
  );
}

/**
 * Where the line “New” stands: the read cursor of the moment when the conversation was opened; null
 * without a line, undefined while it is not known. What was kept of an earlier visit does not know
 * what was read elsewhere since, so it is decided when the client is live.
 */
function useUnreadAfter(view: ConversationView, timeline: Timeline): Seq | null | undefined {
  const live = useParley((s) => s.state) === 'live';
  const [after, setAfter] = useState<Seq | null | undefined>(undefined);
  const known = after !== undefined;
  useEffect(() => {
    if (!known) void timeline.open();
  }, [timeline, known]);
  useEffect(() => {
    if (known || !live) return;
    const now = view.unread > 0 ? view.readSeq : null;
    setAfter(now);
    if (now !== null) void timeline.open(now);
  }, [known, live, view.unread, view.readSeq, timeline]);
  return after;
}

function Missing({ waiting }: { waiting: boolean }) {
  return (
    <div className="flex h-full flex-col items-center justify-center gap-3 p-6 text-center">
      {waiting ? (
        <p className="text-muted">One moment…</p>
      ) : (
        <>
          <h1 className="font-semibold text-xl">This conversation is not here</h1>
          <p className="max-w-xs text-muted">It may have been deleted, or you are not a member.</p>
          <Link to="/" className="text-accent underline underline-offset-3">
            Back to your conversations
          </Link>
        </>
      )}
    </div>
  );
}
