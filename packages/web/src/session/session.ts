import { ApiError, ParleyApi, type ParleyClient } from '@parley/client';
import type { AccountId, ConversationId, Me } from '@parley/protocol';
import { useSyncExternalStore } from 'react';
import { deletions } from '../lib/delayed.ts';
import { Listeners } from '../lib/listeners.ts';
import { loadStartPart } from '../lib/load-error.ts';
import { withLock } from '../lib/web-lock.ts';
import { loadRestOfTexts, t } from '../texts/index.ts';
import { removeOthers, removeStoredOfOthers } from './device.ts';
import {
  accountHere,
  concernsLogin,
  currentLogin,
  type LoginKey,
  recordLogin,
  removeLogin,
} from './login-record.ts';
import { forgetNext, rememberLeft, takeNext } from './next.ts';
import { forgetStep } from './pending-step.ts';
import { takeSsoReturn } from './sso-return.ts';

/** Who is logged in in this browser. The session itself is a cookie that no script can read. */
export type Session =
  | { state: 'out'; notice?: string }
  | { state: 'in'; client: ParleyClient; account: AccountId; ended: AbortController };

/** The API for pages without a session, and for the login. */
export const api = new ParleyApi({ url: location.origin, exclusively, fetch: fetchWithTexts });

/**
 * Makes a request. An answer with a refusal waits for the texts of refusals, which are otherwise loaded after the first
 * conversation: it would be shown in English. A 401 is not shown: the session is renewed or ends.
 */
async function fetchWithTexts(...request: Parameters<typeof fetch>): Promise<Response> {
  const response = await fetch(...request);
  if (response.status >= 400 && response.status !== 401)
    await loadRestOfTexts().catch(() => undefined);
  return response;
}

/** Lets one tab of the browser at a time replace the session cookie. */
function exclusively<T>(run: () => Promise<T>): Promise<T> {
  return withLock('parley-session', run);
}

const listeners = new Listeners();
let session: Session = { state: 'out' };
/** The login that the session belongs to. */
let login: LoginKey | null = null;

function set(next: Session): void {
  session = next;
  listeners.notify();
}

/** The session of this browser. */
export const getSession = (): Session => session;

/** The session of this browser, for components. */
export function useSession(): Session {
  return useSyncExternalStore(listeners.subscribe, getSession);
}

/**
 * Resumes the session of an earlier visit. Stored messages are shown at once, also offline. After a
 * return from single sign-on there is a session that this page does not know of yet.
 */
export async function resumeSession(): Promise<void> {
  watchOtherTabs();
  if (takeSsoReturn(location.hash.slice(1)) === 'done') {
    try {
      const me = await api.me();
      // Replaces the fragment of single sign-on with the page that the user wanted to open.
      const path = takeNext(me.id) ?? `${location.pathname}${location.search}`;
      history.replaceState({ ...history.state, hasJustLoggedIn: true }, '', path);
      await startSession(me);
      return;
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
    }
  }
  const current = currentLogin();
  if (current) await openSession(current.account, current.key);
  sweep();
}

/** Starts the session of an account that has just registered or logged in. */
export async function startSession(me: Me): Promise<void> {
  forgetStep();
  const key = recordLogin(me.id);
  sweep();
  await openSession(me.id, key);
}

/** Sets the notice that the login page shows. */
export function notify(notice: string): void {
  if (session.state === 'out') set({ state: 'out', notice });
}

/** Logs out and removes what is stored on this device, also when the server cannot be reached. */
export async function logout(): Promise<void> {
  if (session.state !== 'in') return;
  deletions.flush();
  const { client } = session;
  const notified = api.logout().then(
    () => undefined,
    () => t('session.serverNotReached'),
  );
  // The cookie may be of a later login of the account, in another tab.
  const current = currentLogin();
  if (current?.account === session.account) removeLogin(current.key);
  endInAllTabs();
  await forget(client);
  const notice = await notified;
  if (notice !== undefined) notify(notice);
}

/** Ends the session after its account has been deleted. */
export async function accountDeleted(): Promise<void> {
  const notice = t('session.accountDeleted');
  if (session.state === 'in') await end(session.client, notice);
  // The connection was closed before the answer arrived, with a notice that does not say why.
  else notify(notice);
}

/**
 * The server has ended the session. If it was replaced, because the same account has logged in again in
 * another tab, this tab continues with the new one.
 */
async function onEnded(client: ParleyClient): Promise<void> {
  if (session.state !== 'in' || session.client !== client) return;
  const current = currentLogin();
  if (current === null || current.key === login || current.account !== session.account) {
    const { account } = session;
    const ending = end(client, t('session.ended'));
    // The address is that of the page until the login page is shown.
    rememberLeft(account, `${location.pathname}${location.search}${location.hash}`);
    await ending;
    return;
  }
  session.ended.abort();
  await client.stop();
  api.dropAccessToken();
  await openSession(current.account, current.key);
}

/**
 * Ends the session that the server has ended, shows why, and removes all its data from this device,
 * drafts and unsent messages included: ending the session of a lost device must do that.
 */
async function end(client: ParleyClient, notice: string): Promise<void> {
  if (session.state !== 'in' || session.client !== client) return;
  endInAllTabs(notice);
  await forget(client);
}

/** Ends the session in this browser: other tabs watch the login, and close theirs too. */
function endInAllTabs(notice?: string): void {
  if (session.state !== 'in') return;
  if (login !== null) removeLogin(login);
  close(notice);
}

/** Closes the session in this tab. */
function close(notice?: string): void {
  if (session.state !== 'in') return;
  session.ended.abort();
  removeStoredOfOthers(accountHere());
  forgetNext();
  forgetStep();
  set({ state: 'out', ...(notice !== undefined && { notice }) });
}

async function forget(client: ParleyClient): Promise<void> {
  try {
    await client.forget();
  } finally {
    // Also what the client could not delete.
    await removeOthers();
  }
}

/** Removes data of other accounts in the background; a failure is retried at the next visit. */
function sweep(): void {
  removeOthers().catch((error: unknown) => {
    console.warn('Could not remove stored data of another account:', error);
  });
}

/**
 * Keeps the tabs of a browser on one session: logging out or switching accounts in one tab does so in
 * all. A frozen tab notices when it becomes visible again.
 */
function watchOtherTabs(): void {
  const check = () => {
    if (session.state !== 'in') return;
    const current = currentLogin();
    // If the same account has logged in again, the server ends the session of this tab, which then notices.
    if (current?.account === session.account) return;
    const { client } = session;
    close(current === null ? t('session.loggedOutElsewhere') : t('session.otherAccount'));
    // The tab that ended the session deletes its database. This one only closes it, because the same
    // account may have logged in again already.
    client.stop().then(sweep, sweep);
  };
  window.addEventListener('storage', ({ key }) => {
    // The storage was cleared, by the browser or in its settings. This tab still has the session and what is unsent; if
    // its cookie is gone too, the server ends the session.
    if (key === null && session.state === 'in' && currentLogin() === null) {
      login = recordLogin(session.account);
    } else if (concernsLogin(key)) check();
  });
  window.addEventListener('pageshow', check);
  document.addEventListener('visibilitychange', check);
}

/** Returns the conversation whose page has this path; null if it is another page. */
const conversationIn = (path: string): ConversationId | null =>
  (/^\/c\/([\da-f-]{36})$/.exec(path)?.[1] ?? null) as ConversationId | null;

async function openSession(account: AccountId, key: LoginKey): Promise<void> {
  api.actAs(account);
  // The connection needs it first of all: requested while the code is being loaded. If that fails, it asks again.
  api.accessToken().catch(() => undefined);
  const { liveClient } = await loadStartPart(() => import('./live-client.ts'));
  // Logged out, or in again, while the code was loaded: in another tab or here.
  if (currentLogin()?.key !== key || login === key) return;
  login = key;
  const client = liveClient(api, account);
  client.on('ended', () => void onEnded(client));
  // Removes the listeners of this session when it ends: another one may start in the same page.
  const ended = new AbortController();
  const { signal } = ended;
  window.addEventListener('online', () => client.nudge(), { signal });
  window.addEventListener('offline', () => client.networkLost(), { signal });
  document.addEventListener(
    'visibilitychange',
    () => {
      if (document.visibilityState === 'visible') client.nudge();
    },
    { signal },
  );
  void client.start(account);
  // The messages of the page that is being opened are requested as soon as they can be, before anything is rendered.
  const opened = conversationIn(location.pathname);
  if (opened !== null) client.timeline(opened).prepare();
  set({ state: 'in', client, account, ended });
}
