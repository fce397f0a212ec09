import type { ClientSnapshot } from '@parley/client';
import type { AccountId, ConversationId, SectionId } from '@parley/protocol';
import { useParams } from '@tanstack/react-router';
import { type PointerEvent, type ReactNode, useCallback, useMemo, useRef, useState } from 'react';
import { attempt } from '../lib/attempt.ts';
import { useClient, useParley } from '../session/use-client.ts';
import { t } from '../texts/index.ts';
import { useLongPress } from '../ui/use-long-press.ts';
import { useSubscription } from '../users/use-presence-of.ts';
import { UsersList } from '../users/user-list.tsx';
import type { ArrangedSection, Arrangement } from './arrangement.ts';
import { useReopening } from './closing.ts';
import type { SidebarDialog } from './dialogs.tsx';
import { SidebarLinks } from './links.tsx';
import type { RowActions } from './row.tsx';
import { Rows } from './rows.tsx';
import { SectionHeader } from './section-header.tsx';
import { SidebarSkeleton } from './sidebar-skeleton.tsx';
import { type Target, targetOf } from './target.ts';
import { titleOfSection } from './titles.ts';
import { UnreadPills } from './unread-pills.tsx';
import { useArrangement } from './use-arrangement.ts';
import { useArrowKeys } from './use-arrow-keys.ts';
import { useDrafts } from './use-drafts.ts';
import { useDragging } from './use-dragging.ts';
import { useFileDrop } from './use-file-drop.ts';
import { ListMenus, useMenus } from './use-menus.tsx';
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
        onContextMenu={menus.onContextMenu}
        {...longPress}
        onPointerLeave={(event) => {
          setPointed(false);
          longPress.onPointerLeave(event);
        }}
        className="relative h-full scroll-py-10 overflow-y-auto px-2 after:block after:h-4"
      >
        <SidebarLinks drafts={drafts.size} />
        {!isLoaded && <SidebarSkeleton />}
        {isLoaded &&
          sections.map((arranged) => (
            <Section
              key={arranged.section.id}
              arranged={arranged}
              onMenu={() => openMenu({ section: arranged.section.id })}
              buttons={buttonsOf(arranged.section.id)}
              openDialog={openDialog}
            >
              <Rows
                {...rows}
                ids={arranged.shown}
                title={titleOfSection(arranged.section)}
                open={open !== undefined && arranged.shown.includes(open) ? open : undefined}
                isFavorite={arranged.section.id === 'favorites'}
              />
            </Section>
          ))}
        {isLoaded && unreadOnly && sections.length === 0 && (
          <p className="px-2.5 py-6 text-center text-muted text-sm">{t('sidebar.allRead')}</p>
        )}
        {!unreadOnly && arrangement.archived.length > 0 && (
          <Archived>
            <Rows
              {...rows}
              ids={arrangement.archived}
              title={t('sidebar.archived')}
              open={open !== undefined && arrangement.archived.includes(open) ? open : undefined}
              isFavorite={false}
            />
          </Archived>
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

/** The archived groups, folded. */
function Archived({ children }: { children: ReactNode }) {
  return (
    <details className="mt-2">
      <summary className="cursor-pointer px-2 py-2 font-semibold text-note text-muted pointer-coarse:py-3">
        {t('sidebar.archived')}
      </summary>
      {children}
    </details>
  );
}

/** A section: its heading, and the rows of its conversations behind it. */
function Section({
  arranged: { section, all },
  onMenu,
  buttons,
  openDialog,
  children,
}: {
  arranged: ArrangedSection;
  onMenu: () => void;
  buttons: ReactNode;
  openDialog: (dialog: SidebarDialog) => void;
  children: ReactNode;
}) {
  const client = useClient();
  const title = titleOfSection(section);
  const { id, isCollapsed, name } = section;
  return (
    <>
      <SectionHeader
        id={id}
        title={title}
        isCollapsed={isCollapsed}
        onToggle={() =>
          void attempt(() => client.sidebar.changeSection(id, { isCollapsed: !isCollapsed }))
        }
        onMenu={onMenu}
      >
        {buttons}
      </SectionHeader>
      <div data-rows>
        {children}
        {all.length === 0 && (
          <ul aria-label={title}>
            {!isCollapsed && <EmptySection id={id} openDialog={openDialog} />}
            {name !== null && (
              <li className="px-2.5 py-1 text-note text-muted">{t('sidebar.emptySection')}</li>
            )}
          </ul>
        )}
      </div>
    </>
  );
}

/** What to do next in a section without conversations. */
function EmptySection({
  id,
  openDialog,
}: {
  id: SectionId;
  openDialog: (dialog: SidebarDialog) => void;
}) {
  const mayBrowse = useParley((s) => s.me?.permissions.includes('browse_groups') === true);
  const dialog = id === 'direct' ? 'direct' : id === 'groups' && mayBrowse ? 'browse' : null;
  if (dialog === null) return null;
  return (
    <li>
      <button
        type="button"
        onClick={() => openDialog(dialog)}
        className="-outline-offset-2 flex min-h-8 pointer-coarse:min-h-11 w-full items-center rounded-md px-2.5 text-start text-muted text-note hover:bg-hover hover:text-ink"
      >
        {t(dialog === 'direct' ? 'sidebar.startDirect' : 'sidebar.findGroups')}
      </button>
    </li>
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
  useSubscription(useMemo(() => peers.split(',').filter(isAccount), [peers]));
}

const isAccount = (id: string): id is AccountId => id !== '';
