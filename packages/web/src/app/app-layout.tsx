import type { ConversationId } from '@parley/protocol';
import { Outlet, useLocation, useNavigate, useParams } from '@tanstack/react-router';
import { useEffect, useState } from 'react';
import { Toaster } from 'sonner';
import { lazyPart } from '../lib/lazy-part.tsx';
import { usePendingDeletions } from '../messages/deletions.ts';
import { useUploads } from '../messages/use-uploads.ts';
import { useMuted } from '../notifications/use-muted.ts';
import { useNotifications } from '../notifications/use-notifications.tsx';
import { useOffline } from '../offline/use-offline.ts';
import { useLanding } from '../onboarding/use-landing.ts';
import { usePersonalNotifications } from '../personal/use-personal-notifications.ts';
import { QueryProvider } from '../queries/query-provider.tsx';
import { isField, isSearchKey } from '../search/search-shortcut.ts';
import { useServerNameOf } from '../session/server-name.ts';
import { useSession } from '../session/session.ts';
import { SessionProvider, useClient, useParley } from '../session/use-client.ts';
import { useStoredLocale } from '../session/use-stored-locale.ts';
import { isPressed, SHORTCUTS } from '../shortcuts/shortcuts.ts';
import { singleKeysAreOn } from '../shortcuts/single-keys.ts';
import { type SidebarDialog, SidebarDialogs } from '../sidebar/dialogs.tsx';
import { Sidebar } from '../sidebar/sidebar.tsx';
import { useVisits } from '../switcher/visits.ts';
import { t } from '../texts/index.ts';
import { cx } from '../ui/cx.ts';
import { reloadLogo } from '../ui/logo.tsx';
import { useUnreadInTitle } from '../ui/page-title.tsx';
import { useTheme } from '../ui/theme.ts';
import { ConnectionLine } from './connection-line.tsx';
import { DialogsProvider } from './dialogs.ts';
import { usePresence } from './use-presence.ts';

const loadSwitcher = async () => (await import('../switcher/switcher.tsx')).Switcher;
const Switcher = lazyPart(loadSwitcher);

const Tour = lazyPart(async () => (await import('../onboarding/tour.tsx')).Tour);

/** The layout of every page that needs a session: the sidebar, and the page beside it. */
export function AppLayout() {
  const session = useSession();
  if (session.state !== 'in') return null;
  return (
    <SessionProvider value={session}>
      <QueryProvider client={session.client} ended={session.ended.signal}>
        <Shell />
      </QueryProvider>
    </SessionProvider>
  );
}

/** Returns whether a single character typed in this element may be a shortcut. */
const mayBeSingleKey = (target: EventTarget | null): boolean =>
  !isField(target) && singleKeysAreOn();

function Shell() {
  // On phones one of the two fills the screen: the sidebar at `/`, else the page.
  const { pathname } = useLocation();
  const isHome = pathname === '/';
  const navigate = useNavigate();
  const theme = useTheme();
  const [switching, setSwitching] = useState(false);
  const [dialog, setDialog] = useState<SidebarDialog | null>(null);
  const conversation = useParams({ strict: false }).id as ConversationId | undefined;
  useVisits(conversation);
  usePresence();
  useNotifications();
  usePersonalNotifications();
  useOffline();
  usePendingDeletions();
  useUploads();
  const client = useClient();
  useServerNameOf(client);
  useLanding();
  useStoredLocale();
  const needsTour = useParley((s) => s.me?.isTourEnded === false);
  const [isTourOver, setTourOver] = useState(false);
  useEffect(
    () =>
      client.onEvent((event) => {
        if (event.type !== 'server.updated' || event.data.icon === undefined) return;
        reloadLogo(event.data.icon);
      }),
    [client],
  );
  const isMuted = useMuted();
  const unread = useParley((s) => {
    let n = 0;
    for (const view of s.conversations.values()) {
      if (view.unread === 0 && view.unreadMentions.length === 0) continue;
      n += isMuted(view.id) ? view.unreadMentions.length : view.unread;
    }
    return n;
  });
  useUnreadInTitle(unread);
  useEffect(() => {
    const { sheet, switcher } = SHORTCUTS.anywhere;
    const onKey = (event: KeyboardEvent) => {
      if (event.defaultPrevented) return;
      // Preloaded when the modifier is pressed, because text typed after the shortcut belongs to
      // the switcher.
      if (event.key === 'Control' || event.key === 'Meta') void loadSwitcher().catch(() => {});
      const place = {
        key: event.key,
        ctrlKey: event.ctrlKey,
        metaKey: event.metaKey,
        shiftKey: event.shiftKey,
        altKey: event.altKey,
        isInField: !mayBeSingleKey(event.target),
      };
      if (isSearchKey(place, conversation !== undefined)) {
        event.preventDefault();
        const field = document.querySelector<HTMLElement>('[data-search-field]');
        if (field) field.focus();
        else
          void navigate({ to: '/search', search: { q: conversation ? `in:${conversation}` : '' } });
      } else if (isPressed(switcher, event)) {
        event.preventDefault();
        setSwitching(true);
      } else if (isPressed(sheet, event) && (event.key !== '?' || mayBeSingleKey(event.target))) {
        event.preventDefault();
        setDialog('shortcuts');
      }
    };
    window.addEventListener('keydown', onKey);
    return () => window.removeEventListener('keydown', onKey);
  }, [navigate, conversation]);
  return (
    <div className="flex h-dvh flex-col overflow-hidden">
      <button
        type="button"
        onClick={() => document.getElementById('content')?.focus()}
        className="fixed top-2 start-2 z-70 -translate-y-20 rounded-lg bg-accent px-4 py-2.5 font-medium text-on-accent text-sm focus:translate-y-0"
      >
        {t('app.skipToContent')}
      </button>
      <ConnectionLine />
      <div className="flex min-h-0 flex-1">
        <div className={cx('w-full shrink-0 md:block md:w-72 xl:w-80', !isHome && 'hidden')}>
          <Sidebar onSearch={() => setSwitching(true)} openDialog={setDialog} />
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
      {switching && <Switcher onClose={() => setSwitching(false)} openDialog={setDialog} />}
      {needsTour && !isTourOver && pathname.startsWith('/c/') && (
        <Tour onEnd={() => setTourOver(true)} />
      )}
      <SidebarDialogs open={dialog} onClose={() => setDialog(null)} />
      <Toaster
        theme={theme}
        position="top-right"
        style={{ fontFamily: 'inherit' }}
        toastOptions={{
          style: {
            fontFamily: 'inherit',
            background: 'var(--raised)',
            color: 'var(--ink)',
            borderColor: 'var(--line)',
          },
          actionButtonStyle: {
            height: '2rem',
            padding: '0 0.75rem',
            fontSize: '13px',
            background: 'var(--accent)',
            color: 'var(--on-accent)',
          },
        }}
      />
    </div>
  );
}
