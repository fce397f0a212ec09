import type { ParleyClient } from '@parley/client';
import type { ConversationId } from '@parley/protocol';
import { Outlet, useLocation, useParams } from '@tanstack/react-router';
import { useCallback, useEffect, useState } from 'react';
import { useUploads } from '../composer/use-uploads.ts';
import { usePendingDeletions } from '../messages/deletions.ts';
import { useNotifications } from '../notifications/use-notifications.ts';
import { NewVersionLine } from '../offline/new-version-line.tsx';
import { useOffline } from '../offline/use-offline.ts';
import { useLanding } from '../onboarding/use-landing.ts';
import { usePersonalNotifications } from '../personal/use-personal-notifications.ts';
import { lazyPart } from '../queries/lazy-part.tsx';
import { useServerNameOf } from '../session/server-name.ts';
import { useSession } from '../session/session.ts';
import { SessionProvider, useClient, useParley } from '../session/use-client.ts';
import { useStoredLocale } from '../session/use-stored-locale.ts';
import { useVisits } from '../session/visits.ts';
import { type SidebarDialog, SidebarDialogs } from '../sidebar/dialogs.tsx';
import { Sidebar } from '../sidebar/sidebar.tsx';
import { t } from '../texts/index.ts';
import { useLanguage } from '../texts/use-language.ts';
import { cx } from '../ui/cx.ts';
import { reloadLogo } from '../ui/logo.tsx';
import { useUnreadInTitle } from '../ui/page-title.tsx';
import { ConnectionLine } from './connection-line.tsx';
import { DialogsProvider } from './dialogs.ts';
import { Toasts } from './toasts.tsx';
import { useAppShortcuts } from './use-app-shortcuts.ts';
import { useFocusAfterRemoval } from './use-focus-after-removal.ts';
import { usePresence } from './use-presence.ts';
import { useUnreadCount } from './use-unread-count.ts';

const loadSwitcher = async () => (await import('../switcher/switcher.tsx')).Switcher;
const Switcher = lazyPart(loadSwitcher);
const preloadSwitcher = () => void loadSwitcher().catch(() => {});

const Tour = lazyPart(async () => (await import('../onboarding/tour.tsx')).Tour);

/** The layout of every page that needs a session: the sidebar, and the page next to it. */
export function AppLayout() {
  const session = useSession();
  if (session.state !== 'in') return null;
  return (
    <SessionProvider value={session}>
      <Shell />
    </SessionProvider>
  );
}

/** The sidebar, the page next to it, and everything that runs while a session is open. */
function Shell() {
  // On phones one of the two fills the screen: the sidebar at `/`, else the page.
  const isHome = useLocation({ select: ({ pathname }) => pathname === '/' });
  const { openSwitcher, switcher } = useSwitcher();
  const [dialog, setDialog] = useState<SidebarDialog | null>(null);
  const conversation = useParams({ strict: false }).id as ConversationId | undefined;
  useVisits(conversation);
  usePresence();
  useNotifications();
  usePersonalNotifications();
  useOffline();
  usePendingDeletions();
  useUploads();
  useFocusAfterRemoval();
  const client = useClient();
  useServerNameOf(client);
  useLanding();
  useStoredLocale();
  const needsTour = useParley((s) => s.me?.isTourEnded === false);
  const [isTourOver, setTourOver] = useState(false);
  useLogo(client);
  useUnreadInTitle(useUnreadCount());
  useAppShortcuts({ conversation, preloadSwitcher, openSwitcher, openDialog: setDialog });
  // Rows of the sidebar are rendered only when their data changes, so another language makes new ones.
  const language = useLanguage();
  return (
    <div className="flex h-dvh flex-col overflow-hidden">
      <SkipLink />
      <ConnectionLine />
      <NewVersionLine />
      <div className="flex min-h-0 flex-1">
        <div className={cx('w-full shrink-0 md:block md:w-72 xl:w-80', !isHome && 'hidden')}>
          <Sidebar key={language} onSearch={openSwitcher} openDialog={setDialog} />
        </div>
        <main
          id="content"
          tabIndex={-1}
          className={cx('min-w-0 flex-1 outline-none md:block', isHome && 'hidden')}
        >
          <DialogsProvider value={setDialog}>
            <Outlet />
          </DialogsProvider>
        </main>
      </div>
      {switcher && <Switcher key={switcher.id} {...switcher.props} openDialog={setDialog} />}
      {needsTour && !isTourOver && conversation !== undefined && (
        <Tour onEnd={() => setTourOver(true)} />
      )}
      <SidebarDialogs open={dialog} onClose={() => setDialog(null)} />
      <Toasts key={language} />
    </div>
  );
}

/**
 * Holds the quick switcher while it is shown. Its key opens a new one while the last one is closing, and does nothing
 * while one is open.
 */
function useSwitcher() {
  const [shown, setShown] = useState<{ id: number; open: boolean } | null>(null);
  const openSwitcher = useCallback(
    () => setShown((now) => (now?.open ? now : { id: (now?.id ?? 0) + 1, open: true })),
    [],
  );
  return {
    openSwitcher,
    switcher: shown && {
      id: shown.id,
      props: {
        open: shown.open,
        onClose: () => setShown((now) => now && { ...now, open: false }),
        onClosed: () => setShown((now) => (now?.id === shown.id ? null : now)),
      },
    },
  };
}

/** The first element that Tab reaches: moves the focus past the sidebar. */
function SkipLink() {
  return (
    <button
      type="button"
      onClick={() => document.getElementById('content')?.focus()}
      className="fixed top-2 start-2 z-70 -translate-y-20 rounded-lg bg-accent px-4 py-2.5 font-medium text-on-accent text-sm focus:translate-y-0"
    >
      {t('app.skipToContent')}
    </button>
  );
}

/** Shows the icon of the server as soon as an admin has changed it. */
function useLogo(client: ParleyClient): void {
  useEffect(
    () =>
      client.onEvent((event) => {
        if (event.type !== 'server.updated' || event.data.icon === undefined) return;
        reloadLogo(event.data.icon);
      }),
    [client],
  );
}
