import {
  createRootRoute,
  createRoute,
  createRouter,
  lazyRouteComponent,
  Outlet,
  type RouteComponent,
  redirect,
} from '@tanstack/react-router';
import { ErrorPage } from './app/error-page.tsx';
import { loadPart, loadStartPart } from './lib/load-error.ts';
import { entryPath } from './session/entry-path.ts';
import { rememberNext } from './session/next.ts';
import { getSession } from './session/session.ts';
import { ssoReturn } from './session/sso-return.ts';
import { useLanguage } from './texts/use-language.ts';
import { NotFound, NotFoundPage } from './ui/not-found.tsx';

/**
 * A page whose code is loaded when it is opened. When loading fails, the router would reload by
 * itself, even offline, where the reload fails too; our own error asks first.
 */
const lazyPage: typeof lazyRouteComponent = (load, name) =>
  lazyRouteComponent(() => loadPart(load), name);

type LazyPage = ReturnType<typeof lazyRouteComponent>;

/** A page that is rendered again when the language is changed, here or in another tab. */
function translatedPage(Page: LazyPage): RouteComponent {
  function TranslatedPage() {
    useLanguage();
    return <Page />;
  }
  // The router loads a page before it shows it.
  return Object.assign(TranslatedPage, { preload: async () => Page.preload?.() });
}

/** A page whose code and texts are loaded at the start. */
const startPage: typeof lazyRouteComponent = (load, name) =>
  lazyRouteComponent(() => loadStartPart(load), name);

const mainPages = () => import('./app/main-pages.ts');

const root = createRootRoute({ component: Outlet, notFoundComponent: NotFoundPage });

/** Pages for visitors who are not logged in; everyone else is redirected to their conversations. */
const outside = createRoute({
  getParentRoute: () => root,
  id: 'outside',
  beforeLoad: () => {
    if (getSession().state === 'in') throw redirect({ to: '/' });
  },
});
const out = <Path extends string>(path: Path, component: LazyPage) =>
  createRoute({ getParentRoute: () => outside, path, component: translatedPage(component) });

const outsidePages = [
  out(
    '/welcome',
    lazyPage(() => import('./auth/landing-page.tsx'), 'LandingPage'),
  ),
  out(
    '/login',
    lazyPage(() => import('./auth/login-page.tsx'), 'LoginPage'),
  ),
  out(
    '/register',
    lazyPage(() => import('./auth/register-page.tsx'), 'RegisterPage'),
  ),
  out(
    '/verify',
    lazyPage(() => import('./auth/verify-page.tsx'), 'VerifyPage'),
  ),
  out(
    '/second-factor',
    lazyPage(() => import('./auth/second-factor-page.tsx'), 'SecondFactorPage'),
  ),
  out(
    '/enrol',
    lazyPage(() => import('./auth/enrol-page.tsx'), 'EnrolPage'),
  ),
  out(
    '/forgot',
    lazyPage(() => import('./auth/forgot-page.tsx'), 'ForgotPage'),
  ),
] as const;

/** A reset link works whether or not someone is logged in in this browser. */
const reset = createRoute({
  getParentRoute: () => root,
  path: '/reset',
  component: translatedPage(lazyPage(() => import('./auth/reset-page.tsx'), 'ResetPage')),
});

/** All other pages need a session; their code is loaded only with one. */
const inside = createRoute({
  getParentRoute: () => root,
  id: 'inside',
  beforeLoad: ({ location }) => {
    const session = getSession();
    if (session.state === 'in') return;
    // The login was started in another tab: the login page explains that.
    if (ssoReturn(location.hash) === 'foreign') {
      throw redirect({ to: '/login', hash: location.hash });
    }
    const to = entryPath(location.pathname, session);
    if (location.pathname !== '/') rememberNext(location.href);
    throw redirect({ to });
  },
  component: startPage(mainPages, 'AppLayout'),
});
/** Pages that can request data with the cache of the session; a conversation starts without it. */
const pages = createRoute({
  getParentRoute: () => inside,
  id: 'pages',
  component: lazyPage(() => import('./queries/query-provider.tsx'), 'QueryOutlet'),
});
const home = createRoute({
  getParentRoute: () => inside,
  path: '/',
  component: translatedPage(lazyPage(() => import('./app/home.tsx'), 'Home')),
});
const conversation = createRoute({
  getParentRoute: () => inside,
  path: '/c/$id',
  /** `thread`: the root of the thread that is shown next to the conversation. */
  validateSearch: ({ thread }: Record<string, unknown>): { thread?: number } =>
    Number.isSafeInteger(thread) && (thread as number) > 0 ? { thread: thread as number } : {},
  component: translatedPage(startPage(mainPages, 'ConversationPage')),
});

const search = createRoute({
  getParentRoute: () => pages,
  path: '/search',
  validateSearch: (params: Record<string, unknown>): { q: string } => ({
    q: typeof params.q === 'string' ? params.q : '',
  }),
  component: translatedPage(lazyPage(() => import('./search/search-page.tsx'), 'SearchPage')),
});

const threads = createRoute({
  getParentRoute: () => pages,
  path: '/threads',
  component: translatedPage(lazyPage(() => import('./threads/threads-page.tsx'), 'ThreadsPage')),
});

const activity = createRoute({
  getParentRoute: () => pages,
  path: '/activity',
  component: translatedPage(lazyPage(() => import('./activity/activity-page.tsx'), 'ActivityPage')),
});

const scheduled = createRoute({
  getParentRoute: () => pages,
  path: '/scheduled',
  component: translatedPage(
    lazyPage(() => import('./personal/scheduled-page.tsx'), 'ScheduledPage'),
  ),
});

const drafts = createRoute({
  getParentRoute: () => pages,
  path: '/drafts',
  component: translatedPage(lazyPage(() => import('./personal/drafts-page.tsx'), 'DraftsPage')),
});

const saved = createRoute({
  getParentRoute: () => pages,
  path: '/saved',
  component: translatedPage(lazyPage(() => import('./personal/saved-page.tsx'), 'SavedPage')),
});

const userGroups = createRoute({
  getParentRoute: () => pages,
  path: '/user-groups',
  component: translatedPage(
    lazyPage(() => import('./user-groups/user-groups-page.tsx'), 'UserGroupsPage'),
  ),
});

const emoji = createRoute({
  getParentRoute: () => pages,
  path: '/emoji',
  component: translatedPage(lazyPage(() => import('./emoji/emoji-page.tsx'), 'EmojiPage')),
});

/** For developers: the components of ui/, in a separate chunk. */
const ui = createRoute({
  getParentRoute: () => pages,
  path: '/dev/ui',
  component: lazyPage(() => import('./dev/ui-page.tsx'), 'UiPage'),
});

const setup = createRoute({
  getParentRoute: () => pages,
  path: '/setup',
  component: translatedPage(lazyPage(() => import('./onboarding/setup-page.tsx'), 'SetupPage')),
});

const join = createRoute({
  getParentRoute: () => pages,
  path: '/join',
  component: translatedPage(lazyPage(() => import('./conversations/join-page.tsx'), 'JoinPage')),
});

const account = createRoute({
  getParentRoute: () => pages,
  path: '/settings',
  component: translatedPage(
    lazyPage(() => import('./account/account-layout.tsx'), 'AccountLayout'),
  ),
});
const accountPage = <Path extends string>(path: Path, component: LazyPage) =>
  createRoute({ getParentRoute: () => account, path, component: translatedPage(component) });
const accountPages = [
  // The list of the pages, where it is not next to them.
  createRoute({ getParentRoute: () => account, path: '/' }),
  accountPage(
    '/profile',
    lazyPage(() => import('./account/profile-page.tsx'), 'ProfilePage'),
  ),
  accountPage(
    '/security',
    lazyPage(() => import('./account/security-page.tsx'), 'SecurityPage'),
  ),
  accountPage(
    '/sessions',
    lazyPage(() => import('./account/sessions-page.tsx'), 'SessionsPage'),
  ),
  accountPage(
    '/notifications',
    lazyPage(() => import('./account/notifications-page.tsx'), 'NotificationsPage'),
  ),
  accountPage(
    '/blocked',
    lazyPage(() => import('./account/blocked-page.tsx'), 'BlockedPage'),
  ),
  accountPage(
    '/data',
    lazyPage(() => import('./account/data-page.tsx'), 'DataPage'),
  ),
] as const;

const admin = createRoute({
  getParentRoute: () => pages,
  path: '/admin',
  component: translatedPage(lazyPage(() => import('./admin/admin-layout.tsx'), 'AdminLayout')),
});
const adminPage = <Path extends string>(
  path: Path,
  component: ReturnType<typeof lazyRouteComponent>,
) => createRoute({ getParentRoute: () => admin, path, component: translatedPage(component) });
const adminPages = [
  // The list of the pages, where it is not next to them.
  createRoute({ getParentRoute: () => admin, path: '/' }),
  adminPage(
    '/users',
    lazyPage(() => import('./admin/users-page.tsx'), 'UsersPage'),
  ),
  adminPage(
    '/invitations',
    lazyPage(() => import('./admin/invitations-page.tsx'), 'InvitationsPage'),
  ),
  adminPage(
    '/user-groups',
    lazyPage(() => import('./user-groups/user-groups-page.tsx'), 'UserGroupList'),
  ),
  adminPage(
    '/emoji',
    lazyPage(() => import('./emoji/emoji-page.tsx'), 'EmojiList'),
  ),
  adminPage(
    '/service-accounts',
    lazyPage(() => import('./admin/service-accounts-page.tsx'), 'ServiceAccountsPage'),
  ),
  adminPage(
    '/emails',
    lazyPage(() => import('./admin/emails-page.tsx'), 'EmailsPage'),
  ),
  adminPage(
    '/notifications',
    lazyPage(() => import('./admin/delivery-page.tsx'), 'DeliveryPage'),
  ),
  adminPage(
    '/state',
    lazyPage(() => import('./admin/state-page.tsx'), 'StatePage'),
  ),
  adminPage(
    '/server',
    lazyPage(() => import('./admin/server-page.tsx'), 'ServerPage'),
  ),
  adminPage(
    '/reports',
    lazyPage(() => import('./admin/reports-page.tsx'), 'ReportsPage'),
  ),
  adminPage(
    '/audit-log',
    lazyPage(() => import('./admin/audit-page.tsx'), 'AuditPage'),
  ),
  adminPage(
    '/legal-holds',
    lazyPage(() => import('./admin/legal-holds-page.tsx'), 'LegalHoldsPage'),
  ),
  adminPage(
    '/settings',
    lazyPage(() => import('./admin/settings-page.tsx'), 'SettingsPage'),
  ),
] as const;

/** All routes of the web client. */
export const router = createRouter({
  routeTree: root.addChildren([
    outside.addChildren(outsidePages),
    reset,
    inside.addChildren([
      home,
      conversation,
      pages.addChildren([
        search,
        activity,
        threads,
        scheduled,
        drafts,
        saved,
        userGroups,
        emoji,
        join,
        ui,
        setup,
        account.addChildren(accountPages),
        admin.addChildren(adminPages),
      ]),
    ]),
  ]),
  defaultNotFoundComponent: NotFound,
  defaultErrorComponent: ErrorPage,
});

declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router;
  }
  interface HistoryState {
    /** The page was opened after the login or registration that it required. */
    hasJustLoggedIn?: boolean;
  }
}
