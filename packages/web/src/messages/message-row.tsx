import type { TimelineMessage } from '@parley/client';
import { Reply } from 'lucide-react';
import { type ComponentType, memo, type RefObject, useLayoutEffect, useRef } from 'react';
import { useExcerpt } from '../emoji/excerpt.tsx';
import { timeOfDay } from '../lib/time.ts';
import { t } from '../texts/index.ts';
import { useLanguage } from '../texts/use-language.ts';
import { cx } from '../ui/cx.ts';
import { focusContent } from '../ui/return-focus.ts';
import { usePresenceSubscription } from '../users/use-presence-of.ts';
import { useDeletion } from './deletions.ts';
import { AuthorLine, RowMargin, useAuthorName } from './message-author.tsx';
import { type EditFormProps, MessageBody } from './message-body.tsx';
import { RowMenus } from './row-menus.tsx';
import { unavailableText } from './unavailable-text.ts';
import { useRowMenus } from './use-row-menus.ts';

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
  EditForm,
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
  /** Shown while the message is edited. */
  EditForm: ComponentType<EditFormProps>;
  /** Starts editing the row with this key, or ends editing (null). */
  onEdit: (key: string | null) => void;
}) {
  useLanguage();
  const name = useAuthorName(message.author);
  // The status of the author is shown next to the name.
  usePresenceSubscription(first ? [message.author] : []);
  const deletion = useDeletion(message);
  const excerpt = useExcerpt(message.body, EXCERPT, message.mentions);
  const summary = deletion.isDeleting
    ? t('message.deleting')
    : (unavailableText(message) ?? excerpt);
  const time = timeOfDay(message.postedAt);
  const article = useRef<HTMLElement>(null);
  const isActionable =
    message.state === 'stored' && message.deletedAt === null && !editing && !deletion.isDeleting;
  const menus = useRowMenus(message, article, isActionable);
  useFocusInside(article);
  return (
    <article
      ref={article}
      tabIndex={-1}
      {...(isTarget && { 'data-target': true, onBlur: onTargetLeft })}
      aria-label={[`${name}, ${time}`, summary].filter(Boolean).join(': ')}
      data-author={name}
      data-seq={message.seq}
      // Also before the toolbar is loaded: see runByKey.
      {...(isActionable && !menus.isTouch && { 'data-has-toolbar': true })}
      {...menus.handlers}
      className={cx(
        'group -outline-offset-2 relative flex gap-3 px-4 py-0.5 hover:bg-hover/60 sm:px-5 pointer-coarse:pe-1',
        isActionable && menus.isTouch && 'select-none [-webkit-touch-callout:none]',
        menus.canSwipe && 'touch-pan-y transition-[translate] duration-100',
        (menus.isSheetOpen || menus.menuAt) && 'bg-hover',
        first && 'mt-2.5',
        editing && 'bg-hover',
        isTarget && 'flash',
      )}
    >
      {menus.canSwipe && (
        <Reply
          size={18}
          aria-hidden="true"
          className="absolute -start-9 top-2 text-muted group-data-swiped:text-accent"
        />
      )}
      <RowMargin message={message} first={first} name={name} />
      <div className="min-w-0 flex-1">
        {first && <AuthorLine message={message} name={name} time={time} />}
        <MessageBody
          message={message}
          id={editKey}
          isEditing={editing}
          deletion={deletion}
          EditForm={EditForm}
          onEditEnd={() => onEdit(null)}
        />
      </div>
      <RowMenus
        message={message}
        author={name}
        menus={menus}
        onEdit={() => onEdit(editKey)}
        onDelete={deletion.start}
      />
    </article>
  );
});

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
