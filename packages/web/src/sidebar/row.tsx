import type { ConversationView } from '@parley/client';
import type { ConversationId } from '@parley/protocol';
import { useNavigate } from '@tanstack/react-router';
import { EllipsisVertical, Hash, Lock, Pencil, Star, VolumeX } from 'lucide-react';
import {
  type FocusEvent,
  type MouseEvent,
  memo,
  type PointerEvent,
  type ReactNode,
  useState,
} from 'react';
import { GroupIcon } from '../conversations/group-icon.tsx';
import { useConversation, useUser } from '../session/entries.ts';
import { t } from '../texts/index.ts';
import { Avatar } from '../ui/avatar.tsx';
import { cx } from '../ui/cx.ts';
import type { ShownPresence } from '../ui/presence-dot.tsx';
import { UnreadBadge } from '../ui/unread-badge.tsx';
import { useShownPresenceOf } from '../users/shown-presence.ts';
import { StatusEmoji } from '../users/status-emoji.tsx';
import { isUnread } from './arranger.ts';
import { useHint } from './use-hint.ts';

/**
 * The actions of rows. The same object at each render, so that rows are rendered only when they
 * change.
 */
export interface RowActions {
  readonly openMenu: (id: ConversationId) => void;
  readonly setFavorite: (id: ConversationId, isFavorite: boolean) => void;
}

/** A conversation in the sidebar. Rendered again only when something of this conversation changes. */
export const Row = memo(function Row({
  id,
  title,
  isOpen,
  isMuted,
  isFavorite,
  hasDraft,
  actions,
}: {
  id: ConversationId;
  title: string;
  isOpen: boolean;
  isMuted: boolean;
  isFavorite: boolean;
  hasDraft: boolean;
  actions: RowActions;
}) {
  const view = useConversation(id);
  const peer = useUser(view?.peer);
  const sharedName = peer?.nameIsShared ? peer.username : null;
  const presence = useShownPresenceOf(view?.peer);
  const navigate = useNavigate();
  const { isHighlighted, handlers } = useHighlight();
  // A tooltip, and a description for screen readers. A thousand rows need not prepare it.
  const hint = useHint(isHighlighted ? (view?.lastMessage?.body ?? '') : '');
  if (!view) return null;
  const unread = isUnread(view, isMuted);
  const open = (event: MouseEvent) => {
    if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    void navigate({ to: '/c/$id', params: { id } });
  };
  return (
    <li
      data-row={id}
      data-unread={unread || undefined}
      {...handlers}
      // Each row is laid out on its own. With `content-visibility` on each of them, and not on parts of the list, the
      // browser would look in each frame which of a thousand are in view, which takes longer than what it saves.
      className="relative h-8 pointer-coarse:h-11 [contain:strict] data-drop-target:bg-accent-soft"
    >
      <a
        href={`/c/${id}`}
        onClick={open}
        data-focusable
        data-drag
        // The full name and the last message, for which the row has no space.
        title={hint === '' ? title : `${title}\n${hint}`}
        aria-current={isOpen ? 'page' : undefined}
        className={cx(
          'pointer-coarse:h-11 -outline-offset-2 flex h-8 items-center gap-2.5 rounded-md pe-2 ps-2.5 text-body pointer-coarse:text-base',
          isOpen ? 'bg-selected' : 'hover:bg-hover',
        )}
      >
        {iconOf(view, title, presence, unread)}
        <span
          className={cx(
            'min-w-0 flex-1 truncate',
            unread ? 'font-semibold text-ink' : isMuted ? 'text-muted' : 'text-soft',
          )}
        >
          <bdi>{title}</bdi>
          {sharedName !== null && (
            <span className="font-normal text-[0.85em] text-muted"> @{sharedName}</span>
          )}
          {view.peer && <StatusEmoji id={view.peer} />}
        </span>
        {marksOf(view, hasDraft && !isOpen, isMuted)}
      </a>
      {isHighlighted && (
        <RowButtons id={id} isOpen={isOpen} isFavorite={isFavorite} actions={actions} />
      )}
    </li>
  );
});

/** Holds whether the mouse or the focus is in a row. */
function useHighlight() {
  const [isPointed, setPointed] = useState(false);
  const [isFocused, setFocused] = useState(false);
  return {
    isHighlighted: isPointed || isFocused,
    handlers: {
      onPointerEnter: (event: PointerEvent) => setPointed(event.pointerType === 'mouse'),
      onPointerLeave: () => setPointed(false),
      onFocus: () => setFocused(true),
      onBlur: (event: FocusEvent) => setFocused(event.currentTarget.contains(event.relatedTarget)),
    },
  };
}

/** Renders the avatar or the icon of a conversation. A function: a component would be one more in each row. */
function iconOf(
  view: ConversationView,
  title: string,
  presence: ShownPresence | undefined,
  isUnread: boolean,
): ReactNode {
  if (view.kind === 'direct') {
    return <Avatar id={view.peer ?? view.id} name={title} size={20} presence={presence} />;
  }
  if (view.avatar) return <GroupIcon group={view} size={20} className="text-muted" />;
  return (
    <span
      className={cx(
        'flex size-5 shrink-0 items-center justify-center',
        isUnread ? 'text-ink' : 'text-muted',
      )}
    >
      {view.visibility === 'private' ? <Lock size={14} /> : <Hash size={16} />}
    </span>
  );
}

/** Renders the marks of a conversation after its name: a draft, muted, unread messages. */
function marksOf(view: ConversationView, hasDraft: boolean, isMuted: boolean): ReactNode {
  const mentions = view.unreadMentions.length;
  return (
    <>
      {hasDraft && (
        <span className="shrink-0 text-muted">
          <Pencil size={13} aria-hidden />
          <span className="sr-only"> {t('sidebar.draft')}</span>
        </span>
      )}
      {isMuted && (
        <span className="shrink-0 text-muted">
          <VolumeX size={14} aria-hidden />
          <span className="sr-only"> {t('sidebar.muted')}</span>
        </span>
      )}
      {/* One badge: a mention is an unread message too, and would be counted in both. */}
      {mentions > 0 ? (
        <UnreadBadge count={mentions} isMention text={t('sidebar.mentions', { count: mentions })} />
      ) : (
        view.unread > 0 && !isMuted && <UnreadBadge count={view.unread} />
      )}
    </>
  );
}

/** The buttons at the end of a row, while the mouse or the focus is in it. */
function RowButtons({
  id,
  isOpen,
  isFavorite,
  actions,
}: {
  id: ConversationId;
  isOpen: boolean;
  isFavorite: boolean;
  actions: RowActions;
}) {
  return (
    <span
      className={cx(
        'absolute inset-y-0.5 end-1 flex items-center rounded-md ps-1',
        isOpen ? 'bg-selected' : 'bg-hover',
      )}
    >
      <RowButton
        label={isFavorite ? t('sidebar.removeFavorite') : t('sidebar.addFavorite')}
        onClick={() => actions.setFavorite(id, !isFavorite)}
      >
        <Star size={15} fill={isFavorite ? 'currentColor' : 'none'} />
      </RowButton>
      <RowButton label={t('sidebar.options')} onClick={() => actions.openMenu(id)}>
        <EllipsisVertical size={15} />
      </RowButton>
    </span>
  );
}

function RowButton({
  label,
  onClick,
  children,
}: {
  label: string;
  onClick: () => void;
  children: ReactNode;
}) {
  return (
    <button
      type="button"
      aria-label={label}
      title={label}
      onClick={onClick}
      className="-outline-offset-2 inline-flex size-7 items-center justify-center rounded-md text-muted hover:text-ink"
    >
      {children}
    </button>
  );
}
