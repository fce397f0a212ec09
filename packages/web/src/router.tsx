import {
  createRootRoute,
  createRoute,
  createRouter,
  lazyRouteComponent,
  Outlet,
  redirect,
} from '@tanstack/react-router';
import { NotFound } from './app/not-found.tsx';
import { rememberNext } from './session/next.ts';
import { getSession } from './session/session.ts';

const root = createRootRoute({ component: Outlet });

/** Pages for those who are not logged in; others go on to their conversations. */
const outside = createRoute({
  getParentRoute: () => root,
  id: 'outside',
  beforeLoad: () => {
    if (getSession().state === 'in') throw redirect({ to: '/' });
  },
});
const out = <Path extends string>(path: Path, component: ReturnType<typeof lazyRouteComponent>) =>
  createRoute({ getParentRoute: () => outside, path, component });

const outsidePages = [
  out(
    '/welcome',
    lazyRouteComponent(() => import('./auth/landing-page.tsx'), 'LandingPage'),
  ),
  out(
    '/login',
    lazyRouteComponent(() => import('./auth/login-page.tsx'), 'LoginPage'),
  ),
  out(
    '/register',
    lazyRouteComponent(() => import('./auth/register-page.tsx'), 'RegisterPage'),
  ),
  out(
    '/verify',
    lazyRouteComponent(() => import('./auth/verify-page.tsx'), 'VerifyPage'),
  ),
  out(
    '/second-factor',
    lazyRouteComponent(() => import('./auth/second-factor-page.tsx'), 'SecondFactorPage'),
  ),
  out(
    '/enrol',
    lazyRouteComponent(() => import('./auth/enrol-page.tsx'), 'EnrolPage'),
  ),
  out(
    '/forgot',
    lazyRouteComponent(() => import('./auth/forgot-page.tsx'), 'ForgotPage'),
  ),
] as const;

/** The link of a mail is good for whoever opens it, also where somebody is logged in. */
const reset = createRoute({
  getParentRoute: () => root,
  path: '/reset',
  component: lazyRouteComponent(() => import('./auth/reset-page.tsx'), 'ResetPage'),
});

/** Everything else wants a session; its code is loaded only then. */
const inside = createRoute({
  getParentRoute: () => root,
  id: 'inside',
  beforeLoad: ({ location }) => {
    if (getSession().state === 'in') return;
    if (location.pathname === '/') throw redirect({ to: '/welcome' });
    rememberNext(location.href);
    throw redirect({ to: '/login' });
  },
  component: lazyRouteComponent(() => import('./app/app-layout.tsx'), 'AppLayout'),
});
const home = createRoute({
  getParentRoute: () => inside,
  path: '/',
  component: lazyRouteComponent(() => import('./app/home.tsx'), 'Home'),
});
const conversation = createRoute({
  getParentRoute: () => inside,
  path: '/c/$id',
  component: lazyRouteComponent(
    () => import('./conversations/conversation-page.tsx'),
    'ConversationPage',
  ),
});

const account = createRoute({
  getParentRoute: () => inside,
  path: '/settings',
  component: lazyRouteComponent(() => import('./account/account-layout.tsx'), 'AccountLayout'),
});
const accountPage = <Path extends string>(
  path: Path,
  component: ReturnType<typeof lazyRouteComponent>,
) => createRoute({ getParentRoute: () => account, path, component });
const accountPages = [
  createRoute({
    getParentRoute: () => account,
    path: '/',
    beforeLoad: () => {
      throw redirect({ to: '/settings/profile', replace: true });
    },
  }),
  accountPage(
    '/profile',
    lazyRouteComponent(() => import('./account/profile-page.tsx'), 'ProfilePage'),
  ),
  accountPage(
    '/security',
    lazyRouteComponent(() => import('./account/security-page.tsx'), 'SecurityPage'),
  ),
  accountPage(
    '/sessions',
    lazyRouteComponent(() => import('./account/sessions-page.tsx'), 'SessionsPage'),
  ),
  accountPage(
    '/data',
    lazyRouteComponent(() => import('./account/data-page.tsx'), 'DataPage'),
  ),
] as const;

const admin = createRoute({
  getParentRoute: () => inside,
  path: '/admin',
  component: lazyRouteComponent(() => import('./admin/admin-layout.tsx'), 'AdminLayout'),
});
const adminPage = <Path extends string>(
  path: Path,
  component: ReturnType<typeof lazyRouteComponent>,
) => createRoute({ getParentRoute: () => admin, path, component });
const adminPages = [
  createRoute({
    getParentRoute: () => admin,
    path: '/',
    beforeLoad: () => {
      throw redirect({ to: '/admin/people', replace: true });
    },
  }),
  adminPage(
    '/people',
    lazyRouteComponent(() => import('./admin/people-page.tsx'), 'PeoplePage'),
  ),
  adminPage(
    '/invitations',
    lazyRouteComponent(() => import('./admin/invitations-page.tsx'), 'InvitationsPage'),
  ),
  adminPage(
    '/programs',
    lazyRouteComponent(() => import('./admin/programs-page.tsx'), 'ProgramsPage'),
  ),
  adminPage(
    '/mail',
    lazyRouteComponent(() => import('./admin/mail-page.tsx'), 'MailPage'),
  ),
  adminPage(
    '/settings',
    lazyRouteComponent(() => import('./admin/settings-page.tsx'), 'SettingsPage'),
  ),
] as const;

/** All addresses of the client. */
export const router = createRouter({
  routeTree: root.addChildren([
    outside.addChildren(outsidePages),
    reset,
    inside.addChildren([
      home,
      conversation,
      account.addChildren(accountPages),
      admin.addChildren(adminPages),
    ]),
  ]),
  defaultNotFoundComponent: NotFound,
});

declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router;
  }
}
