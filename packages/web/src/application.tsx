import { RouterProvider } from '@tanstack/react-router';
import { Direction } from 'radix-ui';
import { StrictMode, useEffect, useRef } from 'react';
import { createRoot } from 'react-dom/client';
import { ErrorBoundary } from './app/error-boundary.tsx';
import { useFocusAfterNavigation } from './app/use-focus-after-navigation.ts';
import { router } from './router.tsx';
import { takeNext } from './session/next.ts';
import { useSession } from './session/session.ts';
import { direction } from './texts/index.ts';
import { useLanguage, useLanguageOfOtherTabs } from './texts/use-language.ts';
import { LoadingAnnouncer } from './ui/loading-status.tsx';
import { PageAnnouncer } from './ui/page-title.tsx';

/** The application. Logging in or out moves between the public pages and those with a session. */
function Application() {
  useLanguage();
  useLanguageOfOtherTabs();
  const session = useSession();
  const { state } = session;
  const account = session.state === 'in' ? session.account : null;
  const previous = useRef(state);
  useFocusAfterNavigation(router);
  useEffect(() => {
    if (previous.current === state) return;
    previous.current = state;
    if (account === null) void router.navigate({ to: '/login' });
    else router.history.push(takeNext(account) ?? '/', { hasJustLoggedIn: true });
  }, [state, account]);
  return (
    <Direction.Provider dir={direction}>
      <ErrorBoundary>
        <PageAnnouncer />
        <LoadingAnnouncer />
        <RouterProvider router={router} />
      </ErrorBoundary>
    </Direction.Provider>
  );
}

/** Shows the application. */
export function render(): void {
  const root = document.getElementById('root');
  if (!root) throw new Error('index.html has no #root element');
  createRoot(root).render(
    <StrictMode>
      <Application />
    </StrictMode>,
  );
}
