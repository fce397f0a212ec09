import type { ConversationView } from '@parley/client';
import { type ConversationId, type Seq, streamOfConversation } from '@parley/protocol';
import { useNavigate, useParams } from '@tanstack/react-router';
import { type RefObject, useCallback, useEffect, useMemo, useRef, useState } from 'react';
import { Composer } from '../composer/composer.tsx';
import { NoComposer } from '../composer/no-composer.tsx';
import { titleOf } from '../lib/conversation-views.ts';
import { messageHash } from '../lib/message-hash.ts';
import { lastEditable } from '../message-list/last-editable.ts';
import { MessageList, type MessageListHandle } from '../message-list/message-list.tsx';
import { TypingLine } from '../message-list/typing-line.tsx';
import { QuotesProvider, useQuotedMessages } from '../messages/quoted-messages.ts';
import { ThreadLinksProvider } from '../messages/thread-link.ts';
import { lazyPart } from '../queries/lazy-part.tsx';
import { useConversation, useIsDeactivated } from '../session/entries.ts';
import { useClient, useParley } from '../session/use-client.ts';
import { cx } from '../ui/cx.ts';
import { usePageTitle } from '../ui/page-title.tsx';
import { ConversationHeader } from './conversation-header.tsx';
import { type Ending, endingOf } from './ending.ts';
import { GroupStart } from './group-start.tsx';
import { Missing } from './missing.tsx';
import { useLinkedMessage } from './use-linked-message.ts';
import { type Panes, usePanes } from './use-panes.ts';
import { useThreadOpener } from './use-thread-opener.ts';

const Removed = lazyPart(async () => (await import('./removed.tsx')).Removed);
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

/** A conversation that the user is a member of. */
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
  const me = useParley((s) => s.me);
  const title = titleOf(view, users);
  usePageTitle(title);
  const panes = usePanes(view.id);
  const { thread, openThread, showDetails } = panes;
  const [editing, setEditing] = useState<string | null>(null);
  const [replyTo, setReplyTo] = useState<Seq | null>(null);
  const hadFocus = useRef(false);
  const list = useRef<MessageListHandle>(null);
  const showMessage = useCallback((seq: Seq) => list.current?.goTo(seq), []);
  const timeline = useMemo(() => client.timeline(view.id), [client, view.id]);
  const isPeerDeactivated = useIsDeactivated(view.peer);
  const mayPost = view.permissions.includes('post') && !isPeerDeactivated;
  const mayReply = view.permissions.includes('reply_in_threads');
  const quotes = useQuotedMessages(timeline, mayPost ? setReplyTo : null, showMessage);
  const { links, focusOpener } = useThreadOpener(openThread, mayReply);
  useUsersAndReceipts(view);
  const linked = useLinkedMessage(timeline, thread !== undefined, showMessage);
  const editLast = () => {
    const last = lastEditable(view, timeline.snapshot.messages, me);
    if (last !== undefined) setEditing(last);
  };
  const onSent = () => {
    setEditing(null);
    list.current?.goToEnd();
  };
  return (
    <QuotesProvider value={quotes}>
      <div className="flex h-full">
        <div
          className={cx(
            'flex h-full min-w-0 flex-1 flex-col',
            thread !== undefined && 'max-lg:hidden',
          )}
        >
          <ConversationHeader view={view} title={title} panes={panes} />
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
                onSent={onSent}
                onEditLast={editLast}
              />
            ) : (
              <NoComposer view={view} isPeerDeactivated={isPeerDeactivated} hadFocus={hadFocus} />
            )}
          </ThreadLinksProvider>
        </div>
        <OpenPanes
          view={view}
          panes={panes}
          linked={linked}
          isLeaving={isLeaving}
          showMessage={showMessage}
          focusOpener={focusOpener}
        />
      </div>
    </QuotesProvider>
  );
}

/** The panes that are open next to a conversation. */
function OpenPanes({
  view,
  panes: { details, hasDetails, showDetails, thread, openThread, isWide },
  linked,
  isLeaving,
  showMessage,
  focusOpener,
}: {
  view: ConversationView;
  panes: Panes;
  /** The message that the URL links to. */
  linked: Seq | null;
  isLeaving: RefObject<boolean>;
  showMessage: (seq: Seq) => void;
  /** Focuses the message from which the thread was opened. */
  focusOpener: () => void;
}) {
  const navigate = useNavigate();
  const jumpTo = (seq: Seq, root: Seq | null) => {
    if (root === null) showMessage(seq);
    else {
      const hash = messageHash(seq);
      void navigate({ to: '/c/$id', params: { id: view.id }, search: { thread: root }, hash });
    }
  };
  return (
    <>
      {hasDetails && (
        <Details
          view={view}
          isWide={isWide}
          part={details}
          onClose={() => showDetails(null)}
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
          linked={linked}
          onClose={() => openThread()}
          returnFocus={focusOpener}
        />
      )}
    </>
  );
}

/** Loads what the messages of a conversation are shown with: the users of it, and who has read how far. */
function useUsersAndReceipts({ id, peers }: ConversationView): void {
  const client = useClient();
  useEffect(() => {
    // Without receipts (if the request fails) messages only lack the second check mark.
    void client.loadReceipts(id).catch(() => undefined);
  }, [client, id]);
  useEffect(() => {
    for (const peer of peers ?? []) client.loadUser(peer);
  }, [client, peers]);
}
