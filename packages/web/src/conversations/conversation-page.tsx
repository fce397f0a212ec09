import type { ConversationView } from '@parley/client';
import { type ConversationId, type Seq, streamOfConversation } from '@parley/protocol';
import { useLocation, useNavigate, useParams, useSearch } from '@tanstack/react-router';
import { Search } from 'lucide-react';
import { type RefObject, useCallback, useEffect, useMemo, useRef, useState } from 'react';
import { lazyPart } from '../lib/lazy-part.tsx';
import { messageHash, messageOfHash, placeOf } from '../lib/message-hash.ts';
import { Composer } from '../messages/composer.tsx';
import { lastEditable } from '../messages/last-editable.ts';
import { MessageList, type MessageListHandle } from '../messages/message-list.tsx';
import { NoComposer } from '../messages/no-composer.tsx';
import { QuotedMessages, QuotesProvider } from '../messages/quoted-messages.ts';
import { ThreadLinksProvider } from '../messages/thread-link.ts';
import { TypingLine } from '../messages/typing-line.tsx';
import { useConversation } from '../session/entries.ts';
import { useClient, useParley } from '../session/use-client.ts';
import { FavoriteButton } from '../sidebar/favorite-button.tsx';
import { t } from '../texts/index.ts';
import type { PlainKey } from '../texts/keys.ts';
import { Avatar } from '../ui/avatar.tsx';
import { BackLink } from '../ui/back-link.tsx';
import { IconButton } from '../ui/button.tsx';
import { cx } from '../ui/cx.ts';
import { usePageTitle } from '../ui/page-title.tsx';
import { useMedia } from '../ui/use-media.ts';
import type { ShownPresence } from '../users/shown-presence.ts';
import { StatusEmoji } from '../users/status-emoji.tsx';
import { usePresenceOf } from '../users/use-presence-of.ts';
import { ConversationTitle } from './conversation-title.tsx';
import type { DetailsPart } from './details.tsx';
import { DetailsButton } from './details-button.tsx';
import { GroupIcon } from './group-icon.tsx';
import { GroupStart } from './group-start.tsx';
import { Missing } from './missing.tsx';
import { titleOf } from './naming.ts';
import { type Ending, endingOf, Removed } from './removed.tsx';

/** The line below the name of the other user of a direct conversation. */
const PEER_STATES: Record<ShownPresence, PlainKey> = {
  active: 'conversation.activeNow',
  idle: 'conversation.away',
  busy: 'conversation.doNotDisturb',
  offline: 'conversation.offline',
};

const Details = lazyPart(async () => (await import('./details.tsx')).Details);
const ThreadPane = lazyPart(async () => (await import('../threads/thread-pane.tsx')).ThreadPane);

/** A conversation: its header, its messages and the composer. */
export function ConversationPage() {
  const { id } = useParams({ from: '/inside/c/$id' });
  // The key gives each conversation its own state.
  return <Conversation key={id} id={id as ConversationId} />;
}

function Conversation({ id }: { id: ConversationId }) {
  const client = useClient();
  const view = useConversation(id);
  const users = useParley((s) => s.users);
  const outbox = useParley((s) => s.outbox);
  const [ending, setEnding] = useState<Ending>({ how: 'unknown' });
  const before = useRef<ConversationView | null>(null);
  const draft = useRef('');
  /** The user is leaving the group; the navigation to `/` follows. */
  const isLeaving = useRef(false);
  if (view) before.current = view;
  useEffect(
    () =>
      client.onEvent((event) => {
        if (event.stream !== streamOfConversation(id)) return;
        const endingNow = endingOf(event, client.snapshot.me?.id ?? null);
        if (endingNow) setEnding(endingNow);
      }),
    [client, id],
  );
  if (view) return <Open view={view} draft={draft} isLeaving={isLeaving} />;
  if (before.current === null || isLeaving.current) return <Missing id={id} />;
  const pending = outbox.flatMap(({ command }) =>
    command.op === 'post' && command.conversation === id ? [command.body] : [],
  );
  const unsent = [...pending, draft.current].filter((text) => text.trim() !== '');
  return <Removed title={titleOf(before.current, users)} ending={ending} unsent={unsent} />;
}

function Open({
  view,
  draft,
  isLeaving,
}: {
  view: ConversationView;
  /** The current text of the composer. */
  draft: RefObject<string>;
  isLeaving: RefObject<boolean>;
}) {
  const client = useClient();
  const users = useParley((s) => s.users);
  const presence = usePresenceOf(view.peer ? [view.peer] : []);
  const me = useParley((s) => s.me);
  const title = titleOf(view, users);
  usePageTitle(title);
  const [details, setDetails] = useState<DetailsPart | null>(null);
  /** Once loaded, closed details stay: they return the focus. */
  const [hasDetails, setHasDetails] = useState(false);
  if (details !== null && !hasDetails) setHasDetails(true);
  const [editing, setEditing] = useState<string | null>(null);
  const list = useRef<MessageListHandle>(null);
  const hadFocus = useRef(false);
  const timeline = useMemo(() => client.timeline(view.id), [client, view.id]);
  const [replyTo, setReplyTo] = useState<Seq | null>(null);
  const mayPost = view.permissions.includes('post');
  const quoted = useMemo(() => new QuotedMessages(client, timeline), [client, timeline]);
  useEffect(() => quoted.start(), [quoted]);
  const quotes = useMemo(
    () => ({
      messages: quoted,
      reply: mayPost ? (seq: Seq) => setReplyTo(seq) : null,
      jumpTo: (seq: Seq) => list.current?.goTo(seq),
    }),
    [quoted, mayPost],
  );
  useEffect(() => {
    // Without receipts (if the request fails) messages only lack the second check mark.
    void client.loadReceipts(view.id).catch(() => undefined);
  }, [client, view.id]);
  useEffect(() => {
    for (const peer of view.peers ?? []) client.loadUser(peer);
  }, [client, view.peers]);

  // A link to a message: from a search, or shared.
  const { hash, state } = useLocation();
  const { thread } = useSearch({ from: '/inside/c/$id' });
  const navigate = useNavigate();
  // biome-ignore lint/correctness/useExhaustiveDependencies: each navigation to the message shows it again
  useEffect(() => {
    const linked = messageOfHash(hash);
    if (linked === null || thread !== undefined) return;
    let isCurrent = true;
    const show = async () => {
      // A link may name a reply that is only in its thread.
      const isHere = timeline.snapshot.messages.some((message) => message.seq === linked);
      const message = isHere ? null : await client.api.message(view.id, linked).catch(() => null);
      if (!isCurrent) return;
      const place = message && placeOf(message);
      if (place?.search.thread === undefined) list.current?.goTo(linked);
      else void navigate({ to: '/c/$id', params: { id: view.id }, ...place, replace: true });
    };
    void show();
    return () => {
      isCurrent = false;
    };
  }, [hash, state.__TSR_key]);
  const openThread = useCallback(
    (root?: Seq) =>
      void navigate({
        to: '/c/$id',
        params: { id: view.id },
        search: root === undefined ? {} : { thread: root },
      }),
    [navigate, view.id],
  );
  const isWide = useMedia('(min-width: 64rem)');
  const showDetails = (part: DetailsPart | null) => {
    // There is space for one pane beside the conversation.
    if (part !== null && isWide && thread !== undefined) openThread();
    setDetails(part);
  };
  useEffect(() => {
    if (thread !== undefined) setDetails(null);
  }, [thread]);
  const jumpTo = (seq: Seq, root: Seq | null) => {
    if (root === null) list.current?.goTo(seq);
    else {
      const hash = messageHash(seq);
      void navigate({ to: '/c/$id', params: { id: view.id }, search: { thread: root }, hash });
    }
  };
  const mayReply = view.permissions.includes('reply_in_threads');
  const links = useMemo(() => ({ open: openThread, mayReply }), [openThread, mayReply]);

  const editLast = () => {
    const last = lastEditable(view, timeline.snapshot.messages, me);
    if (last !== undefined) setEditing(last);
  };
  const peerState = view.peer ? presence(view.peer) : null;
  const status = useParley((s) => (view.peer ? s.statuses.get(view.peer) : undefined));
  const [note, about] =
    view.kind === 'group' || (view.peers?.length ?? 0) > 1
      ? [t('common.members', { count: view.memberCount }), view.topic]
      : peerState === null
        ? [t('conversation.onlyYou')]
        : [t(PEER_STATES[peerState]), status?.text];
  return (
    <QuotesProvider value={quotes}>
      <div className="flex h-full">
        <div
          className={cx(
            'flex h-full min-w-0 flex-1 flex-col',
            thread !== undefined && 'max-lg:hidden',
          )}
        >
          <header className="flex items-center gap-2.5 border-line border-b px-2 pt-[max(0.5rem,env(safe-area-inset-top))] pb-2 sm:px-4">
            <BackLink />
            {view.kind === 'direct' ? (
              <Avatar id={view.peer ?? view.id} name={title} presence={peerState ?? undefined} />
            ) : (
              <GroupIcon group={view} className="bg-accent-soft text-accent-strong" />
            )}
            <div className="min-w-0 flex-1">
              <h1 className="truncate font-semibold leading-tight">
                <ConversationTitle view={view} />
                {view.peer && <StatusEmoji id={view.peer} />}
              </h1>
              <p className="flex overflow-hidden whitespace-pre text-note text-muted leading-tight">
                <span className="shrink-0">{about ? `${note} · ` : note}</span>
                <bdi className="truncate">{about}</bdi>
              </p>
            </div>
            {view.archivedAt === null && <FavoriteButton id={view.id} />}
            <IconButton
              label={t('conversation.search')}
              onClick={() => void navigate({ to: '/search', search: { q: `in:${view.id}` } })}
            >
              <Search size={19} />
            </IconButton>
            <DetailsButton
              group={view.id}
              isOpen={details !== null}
              onClick={() => showDetails(details === null ? 'all' : null)}
            />
          </header>
          <ThreadLinksProvider value={links}>
            <MessageList
              ref={list}
              view={view}
              timeline={timeline}
              title={title}
              openThread={(thread ?? null) as Seq | null}
              editing={editing}
              onEdit={setEditing}
              start={view.kind === 'group' && <GroupStart view={view} openDetails={showDetails} />}
            />
            <TypingLine conversation={view.id} />
            {mayPost ? (
              <Composer
                view={view}
                draft={draft}
                title={title}
                hadFocus={hadFocus}
                replyTo={replyTo}
                onReplyTo={setReplyTo}
                onSent={() => {
                  setEditing(null);
                  setReplyTo(null);
                  list.current?.goToEnd();
                }}
                onEditLast={editLast}
              />
            ) : (
              <NoComposer view={view} hadFocus={hadFocus} />
            )}
          </ThreadLinksProvider>
        </div>
        {hasDetails && (
          <Details
            view={view}
            isWide={isWide}
            part={details}
            onClose={() => setDetails(null)}
            onLeaving={(is) => {
              isLeaving.current = is;
            }}
            onJump={jumpTo}
          />
        )}
        {thread !== undefined && (
          <ThreadPane
            key={thread}
            view={view}
            root={thread as Seq}
            linked={messageOfHash(hash)}
            onClose={() => openThread()}
          />
        )}
      </div>
    </QuotesProvider>
  );
}
