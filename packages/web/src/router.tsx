import {
  createRootRoute,
  createRoute,
  createRouter,
  lazyRouteComponent,
  Outlet,
  redirect,
} from '@tanstack/react-router';
import { LoginPage } from './auth/login-page.tsx';
import { RegisterPage } from './auth/register-page.tsx';
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
const login = createRoute({ getParentRoute: () => outside, path: '/login', component: LoginPage });
const register = createRoute({
  getParentRoute: () => outside,
  path: '/register',
  component: RegisterPage,
});

/** Everything else wants a session; its code is loaded only then. */
const inside = createRoute({
  getParentRoute: () => root,
  id: 'inside',
  beforeLoad: () => {
    if (getSession().state === 'out') throw redirect({ to: '/login' });
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

/** All addresses of the client. */
export const router = createRouter({
  routeTree: root.addChildren([
    outside.addChildren([login, register]),
    inside.addChildren([home, conversation]),
  ]),
  defaultNotFoundComponent: () => (
    <div className="flex h-dvh flex-col items-center justify-center gap-3 p-6 text-center">
      <h1 className="font-semibold text-2xl">There is nothing here</h1>
      <a href="/" className="text-accent underline underline-offset-3">
        Back to your conversations
      </a>
    </div>
  ),
});

declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router;
  }
}
