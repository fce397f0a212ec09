import type { TimelineMessage } from '@parley/client';
import { EllipsisVertical, Reply } from 'lucide-react';
import { memo, type RefObject, useEffect, useLayoutEffect, useRef, useState } from 'react';
import { useExcerpt } from '../emoji/excerpt.tsx';
import { Attachments } from '../files/attachments.tsx';
import { SendingFiles } from '../files/sending-files.tsx';
import { lazyPart } from '../lib/lazy-part.tsx';
import { mayLinkToMessages } from '../lib/own-link.ts';
import { fullTime, timeOfDay } from '../lib/time.ts';
import { useUser } from '../session/entries.ts';
import { useClient, useParley } from '../session/use-client.ts';
import { t } from '../texts/index.ts';
import { Avatar } from '../ui/avatar.tsx';
import { IconButton } from '../ui/button.tsx';
import { cx } from '../ui/cx.ts';
import { joinHandlers } from '../ui/join-handlers.ts';
import { focusContent } from '../ui/return-focus.ts';
import { useCoarsePointer } from '../ui/use-coarse-pointer.ts';
import { useLongPress } from '../ui/use-long-press.ts';
import { useSwipe } from '../ui/use-swipe.ts';
import { ProfileButton } from '../users/profile-button.tsx';
import { StatusEmoji } from '../users/status-emoji.tsx';
import { useSubscription } from '../users/use-presence-of.ts';
import { UserName } from '../users/user-name.tsx';
import { opensMessageMenu } from './context-menu.ts';
import { useDeletion } from './deletions.ts';
import { EditForm } from './edit-form.tsx';
import { EditedMark } from './edited-mark.tsx';
import { ForwardedText } from './forwarded-mark.tsx';
import { Markup } from './markup.tsx';
import { Deleting, Failed, PinMark, Receipt } from './message-marks.tsx';
import { useMoreActions } from './more-actions.tsx';
import { Quote } from './quote.tsx';
import { useQuotes } from './quoted-messages.ts';
import { Reactions } from './reactions.tsx';
import { ThreadSummary } from './thread-summary.tsx';
import { unavailableText } from './unavailable-text.ts';
import { useToolbar } from './use-toolbar.ts';

const LinkedMessages = lazyPart(async () => (await import('./linked-messages.tsx')).LinkedMessages);
const LinkPreviews = lazyPart(async () => (await import('./link-previews.tsx')).LinkPreviews);
const EditHistory = lazyPart(async () => (await import('./edit-history.tsx')).EditHistory);
const MessageActions = lazyPart(async () => (await import('./message-actions.tsx')).MessageActions);
const MessageSheet = lazyPart(async () => (await import('./message-sheet.tsx')).MessageSheet);
const MessageMenu = lazyPart(async () => (await import('./message-menu.tsx')).MessageMenu);
const PollView = lazyPart(async () => (await import('./poll-view.tsx')).PollView);

/** Characters of the text in the accessible name of a message. */
const EXCERPT = 200;

/** Renders one message; the first of a run by the same author shows their name and avatar. */
export const MessageRow = memo(function MessageRow({
  message,
  first,
  editKey,
  editing,
  isTarget,
  onTargetLeft,
  onEdit,
}: {
  message: TimelineMessage;
  first: boolean;
  /** The key that `onEdit` gets for this row. */
  editKey: string;
  editing: boolean;
  /** Whether the user jumped to this message. */
  isTarget: boolean;
  /** Called when the message that the user jumped to loses the focus. */
  onTargetLeft: () => void;
  /** Starts editing the row with this key, or ends editing (null). */
  onEdit: (key: string | null) => void;
}) {
  const client = useClient();
  const me = useParley((s) => s.me);
  const author = useUser(message.author);
  const deletion = useDeletion(message);
  useEffect(() => client.loadUser(message.author), [client, message.author]);
  // The status is shown with the name.
  useSubscription(first ? [message.author] : []);
  const name =
    author?.displayName ?? (message.author === me?.id ? me.displayName : t('common.someone'));
  const mine = message.author === me?.id;
  const stored = message.state === 'stored';
  const deleted = message.deletedAt !== null;
  const placeholder = unavailableText(message);
  const excerpt = useExcerpt(message.body, EXCERPT, message.mentions);
  const summary = placeholder ?? excerpt;
  const actionable = stored && !deleted && !editing && !deletion.isDeleting;
  const coarse = useCoarsePointer();
  const toolbar = useToolbar(actionable && !coarse);
  const time = timeOfDay(message.postedAt);
  const [sheet, setSheet] = useState(false);
  const [historyShown, setHistoryShown] = useState(false);
  const more = useMoreActions(message);
  const [menuAt, setMenuAt] = useState<{ x: number; y: number } | null>(null);
  const article = useRef<HTMLElement>(null);
  const press = useLongPress(() => setSheet(true));
  const { reply } = useQuotes();
  const swipe = useSwipe(article, () => reply?.(message.seq));
  const canSwipe = actionable && coarse && reply !== null;
  const touch = canSwipe ? joinHandlers(press, swipe) : press;
  useFocusInside(article);
  const actions = {
    message,
    onEdit: () => onEdit(editKey),
    onDelete: deletion.start,
  };
  return (
    <article
      ref={article}
      tabIndex={-1}
      {...(isTarget && { 'data-target': true, onBlur: onTargetLeft })}
      aria-label={[`${name}, ${time}`, summary].filter(Boolean).join(': ')}
      {...toolbar.handlers}
      {...(actionable && coarse && touch)}
      onContextMenu={(event) => {
        // A long press opens our sheet; its “Copy text” replaces the browser’s menu.
        if (!actionable || (!coarse && !opensMessageMenu(event.target, event.shiftKey))) return;
        event.preventDefault();
        if (!coarse) setMenuAt({ x: event.clientX, y: event.clientY });
      }}
      className={cx(
        'group -outline-offset-2 relative flex gap-3 px-4 py-0.5 hover:bg-hover/60 sm:px-5 pointer-coarse:pe-1',
        actionable && coarse && 'select-none [-webkit-touch-callout:none]',
        canSwipe && 'touch-pan-y transition-[translate] duration-100',
        (sheet || menuAt) && 'bg-hover',
        first && 'mt-2.5',
        editing && 'bg-hover',
        isTarget && 'flash',
      )}
    >
      {canSwipe && (
        <Reply
          size={18}
          aria-hidden="true"
          className="absolute -start-9 top-2 text-muted group-data-swiped:text-accent"
        />
      )}
      <RowMargin message={message} first={first} name={name} time={time} />
      <div className="min-w-0 flex-1">
        {first && <AuthorLine message={message} name={name} time={time} />}
        {message.pinned && !editing && <PinMark by={message.pinned.by} />}
        {editing ? (
          <EditForm message={message} onDone={() => onEdit(null)} onDelete={deletion.start} />
        ) : deletion.isDeleting ? (
          <Deleting onUndo={deletion.undo} />
        ) : placeholder !== null ? (
          <p className="text-muted italic">{placeholder}</p>
        ) : (
          <Content
            message={message}
            id={editKey}
            mine={mine}
            onHistory={stored ? () => setHistoryShown(true) : undefined}
          />
        )}
        {placeholder === null &&
          !editing &&
          !deletion.isDeleting &&
          mayLinkToMessages(message.body) && <LinkedMessages text={message.body} />}
        {message.previews.length > 0 && !editing && !deletion.isDeleting && (
          <Previews message={message} />
        )}
        {message.poll && !deletion.isDeleting && <PollView message={message} poll={message.poll} />}
        {stored && !deleted && !deletion.isDeleting && <Reactions message={message} />}
        {stored && <ThreadSummary message={message} />}
        {message.state === 'failed' && <Failed message={message} />}
      </div>
      {coarse && (
        <div className="-ms-3 w-11 shrink-0">
          {actionable && (
            <IconButton
              label={t('message.actions')}
              data-actions
              className="-my-1.5 opacity-70"
              onClick={() => setSheet(true)}
            >
              <EllipsisVertical size={16} />
            </IconButton>
          )}
        </div>
      )}
      {toolbar.isRendered && <MessageActions {...actions} more={more.actions()} />}
      {menuAt && actionable && (
        <MessageMenu
          {...actions}
          more={more.actions()}
          at={menuAt}
          onClosed={() => setMenuAt(null)}
        />
      )}
      {sheet && actionable && (
        <MessageSheet
          {...actions}
          more={more.actions()}
          author={name}
          onClose={() => setSheet(false)}
        />
      )}
      {more.dialog}
      {historyShown && <EditHistory message={message} onClose={() => setHistoryShown(false)} />}
    </article>
  );
});

/** The space beside a message: the avatar of its author, or its time under the pointer. */
function RowMargin({
  message,
  first,
  name,
  time,
}: {
  message: TimelineMessage;
  first: boolean;
  name: string;
  time: string;
}) {
  return (
    <div className="w-9 shrink-0 select-none">
      {first ? (
        <div className="pt-0.5">
          <Avatar id={message.author} name={name} />
        </div>
      ) : (
        <time
          dateTime={message.postedAt}
          className="hidden pt-1 text-micro text-muted tabular-nums group-hover:block"
        >
          {time}
        </time>
      )}
    </div>
  );
}

/** The line above the first message of a run: who wrote it, and when. */
function AuthorLine({
  message,
  name,
  time,
}: {
  message: TimelineMessage;
  name: string;
  time: string;
}) {
  return (
    <div className="flex items-baseline gap-2">
      <ProfileButton
        id={message.author}
        className="-mt-1 truncate pt-1 text-start font-semibold hover:underline"
      >
        <UserName id={message.author} name={name} />
        <StatusEmoji id={message.author} />
      </ProfileButton>
      <time
        dateTime={message.postedAt}
        title={fullTime(message.postedAt)}
        className="shrink-0 text-caption text-muted tabular-nums"
      >
        {time}
      </time>
    </div>
  );
}

/** What the author wrote: the quoted message, the text, and the files. */
function Content({
  message,
  id,
  mine,
  onHistory,
}: {
  message: TimelineMessage;
  /** Identifies the row: a long text stays expanded while it is scrolled. */
  id: string;
  mine: boolean;
  onHistory: (() => void) | undefined;
}) {
  const body = message.body !== '' && (
    <Markup id={id} text={message.body} mentions={message.mentions} />
  );
  return (
    <div className={cx('flex items-end gap-2', message.state === 'pending' && 'opacity-60')}>
      <div className="min-w-0 flex-1">
        {message.replyTo !== null && <Quote seq={message.replyTo} />}
        {message.forwardedFrom ? (
          <ForwardedText from={message.forwardedFrom}>{body}</ForwardedText>
        ) : (
          body
        )}
        {message.attachments.length > 0 && <Attachments files={message.attachments} />}
        {message.fileIds && <SendingFiles ids={message.fileIds} />}
        {message.editedAt !== null && <EditedMark time={message.editedAt} onOpen={onHistory} />}
      </div>
      {mine && <Receipt message={message} />}
    </div>
  );
}

/**
 * Moves the focus to the row's actions button, or else to the composer, when the focused element of
 * this row is removed: the form of a finished edit, the buttons of a deleted message.
 */
function useFocusInside(article: RefObject<HTMLElement | null>): void {
  // Evaluated before this render is committed to the DOM.
  const hadFocus = article.current?.contains(document.activeElement) ?? false;
  useLayoutEffect(() => {
    const now = document.activeElement;
    if (!hadFocus || (now !== null && now !== document.body)) return;
    article.current?.querySelector<HTMLElement>('[data-actions]')?.focus({ preventScroll: true });
    if (document.activeElement === document.body) focusContent();
  });
}

/** The height of a link preview with the space below it, px. */
const PREVIEW_HEIGHT = 102;

/** Shows link previews, in a list that has its final height before their code is loaded. */
function Previews({ message }: { message: TimelineMessage }) {
  return (
    <ul
      aria-label={t('preview.ofMessage')}
      className="mt-1 flex flex-col gap-1.5"
      style={{ minHeight: message.previews.length * PREVIEW_HEIGHT - 6 }}
    >
      <LinkPreviews message={message} />
    </ul>
  );
}
