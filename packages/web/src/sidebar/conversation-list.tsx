import type { ClientSnapshot } from '@parley/client';
import type { AccountId, ConversationId, SectionId } from '@parley/protocol';
import { useParams } from '@tanstack/react-router';
import { type PointerEvent, type ReactNode, useCallback, useMemo, useRef, useState } from 'react';
import { useReopening } from '../conversations/closing.ts';
import { useClient, useParley } from '../session/use-client.ts';
import { attempt } from '../ui/attempt.ts';
import { useLongPress } from '../ui/use-long-press.ts';
import { usePresenceSubscription } from '../users/use-presence-of.ts';
import { UsersList } from '../users/user-list.tsx';
import type { Arrangement } from './arrangement.ts';
import type { SidebarDialog } from './dialogs.tsx';
import { SidebarLinks } from './links.tsx';
import type { RowActions } from './row.tsx';
import { Sections } from './sections.tsx';
import { SidebarSkeleton } from './sidebar-skeleton.tsx';
import { type Target, targetOf } from './target.ts';
import { UnreadPills } from './unread-pills.tsx';
import { useArrangement } from './use-arrangement.ts';
import { useArrowKeys } from './use-arrow-keys.ts';
import { useDrafts } from './use-drafts.ts';
import { useDragging } from './use-dragging.ts';
import { useFileDrop } from './use-file-drop.ts';
import { ListMenus, useMenus } from './use-menus.tsx';
import { useRowFocus } from './use-row-focus.ts';
import { useStepKeys } from './use-step-keys.ts';

/** Number of direct conversations, the first ones, that show the presence of the other user. */
const SUBSCRIBED_PEERS = 60;

/** The scrolled part of the sidebar: links, the conversations in their sections, people. */
export function ConversationList({
  buttonsOf,
  openDialog,
}: {
  openDialog: (dialog: SidebarDialog) => void;
  /** Returns further buttons of the heading of a section. */
  buttonsOf: (section: SectionId) => ReactNode;
}) {
  const open = useParams({ strict: false }).id as ConversationId | undefined;
  const scroller = useRef<HTMLDivElement>(null);
  const line = useRef<HTMLDivElement>(null);
  const [isPointed, setPointed] = useState(false);
  const menus = useMenus(scroller);
  const { arrangement, isMuted } = useArrangement(isPointed || menus.menu !== null, open);
  const unreadOnly = useParley((s) => s.sidebar.layout.unreadOnly);
  const drafts = useDrafts(open);
  const isLoaded = useParley((s) => s.me !== null);
  usePeers(arrangement);
  const longPress = useLongPressMenu(menus.open);
  const arrowKeys = useArrowKeys(scroller);
  const rowFocus = useRowFocus(scroller, arrangement);
  useDragging(scroller, line, arrangement);
  useStepKeys(scroller, arrangement, isMuted, open);
  useReopening(open);
  useFileDrop(scroller);
  const { open: openMenu } = menus;
  const actions = useRowActions(openMenu);
  const rows = { titles: arrangement.titles, isMuted, drafts, actions, scroller };
  // Empty favorites would be only a heading.
  const sections = arrangement.sections.filter(({ section, all, shown }) =>
    unreadOnly ? shown.length > 0 : section.id !== 'favorites' || all.length > 0,
  );
  return (
    <div className="relative min-h-0 flex-1">
      {/* biome-ignore lint/a11y/noStaticElementInteractions: what is in it can be focused; keys and pointers are handled in one place. */}
      <div
        ref={scroller}
        onPointerEnter={(event) => setPointed(event.pointerType === 'mouse')}
        {...arrowKeys}
        onFocus={(event) => {
          arrowKeys.onFocus(event);
          rowFocus.onFocus(event);
        }}
        onBlur={rowFocus.onBlur}
        onContextMenu={menus.onContextMenu}
        {...longPress}
        onPointerLeave={(event) => {
          setPointed(false);
          longPress.onPointerLeave(event);
        }}
        className="relative h-full scroll-py-10 overflow-y-auto px-2 after:block after:h-4"
      >
        <SidebarLinks drafts={drafts.size} />
        {isLoaded ? (
          <Sections
            sections={sections}
            archived={unreadOnly ? [] : arrangement.archived}
            open={open}
            rows={rows}
            onMenu={(section) => openMenu({ section })}
            buttonsOf={buttonsOf}
            openDialog={openDialog}
          />
        ) : (
          <SidebarSkeleton />
        )}
        {isLoaded && !unreadOnly && <UsersList />}
        <div
          ref={line}
          hidden
          className="pointer-events-none absolute inset-x-2 z-20 h-0.5 rounded-full bg-accent"
        />
      </div>
      <UnreadPills scroller={scroller} />
      <ListMenus
        menu={menus.menu}
        arrangement={arrangement}
        shownSections={sections.map(({ section }) => section.id)}
        isMuted={isMuted}
        onClosed={menus.onClosed}
        onDialogClosed={menus.onDialogClosed}
      />
    </div>
  );
}

/** Returns handlers for the list that open the menu of the row or the heading under a resting finger. */
function useLongPressMenu(open: (target: Target) => void) {
  const pressed = useRef<EventTarget | null>(null);
  const handlers = useLongPress(() => {
    const target = targetOf(pressed.current);
    if (target) open(target);
  });
  return {
    ...handlers,
    onPointerDown: (event: PointerEvent) => {
      pressed.current = event.target;
      handlers.onPointerDown(event);
    },
  };
}

/** Returns the actions of all rows: the same object at each render. */
function useRowActions(openMenu: (target: Target) => void): RowActions {
  const client = useClient();
  return useMemo<RowActions>(
    () => ({
      openMenu: (row) => openMenu({ row }),
      setFavorite: (id, isFavorite) =>
        void attempt(() =>
          client.sidebar.move({ conversations: [id], section: isFavorite ? 'favorites' : null }),
        ),
    }),
    [client, openMenu],
  );
}

/** Subscribes to the presence of the users of direct conversations. */
function usePeers({ sections }: Arrangement): void {
  const select = useCallback(
    ({ conversations }: ClientSnapshot) => {
      const peers: AccountId[] = [];
      for (const { shown } of sections) {
        for (const id of shown) {
          const peer = conversations.get(id)?.peer;
          if (peer && peers.length < SUBSCRIBED_PEERS) peers.push(peer);
        }
      }
      return peers.join();
    },
    [sections],
  );
  const peers = useParley(select);
  usePresenceSubscription(useMemo(() => peers.split(',').filter(isAccount), [peers]));
}

const isAccount = (id: string): id is AccountId => id !== '';
