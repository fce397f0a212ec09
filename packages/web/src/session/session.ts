import { ApiError, IndexedDbStore, ParleyApi, ParleyClient } from '@parley/client';
import type { AccountId, Me } from '@parley/protocol';
import { useSyncExternalStore } from 'react';
import { ACCOUNT_KEY, accountHere, removeKeptOfOthers, removeOthers } from './device.ts';
import { forgetNext, takeNext } from './next.ts';
import { takeSsoReturn } from './sso-return.ts';
import { forgetStep } from './waiting-step.ts';

/** Who is logged in in this browser. The session itself is a cookie that no script can read. */
export type Session =
  | { state: 'out'; notice?: string }
  | { state: 'in'; client: ParleyClient; account: AccountId; ended: AbortController };

/** The API for pages without a session, and for log-in itself. */
export const api = new ParleyApi({ url: location.origin });

const listeners = new Set<() => void>();
let session: Session = { state: 'out' };

function set(next: Session): void {
  session = next;
  for (const listener of listeners) listener();
}

/** The session of this browser. */
export const getSession = (): Session => session;

/** The session of this browser, for components. */
export function useSession(): Session {
  return useSyncExternalStore((listener) => {
    listeners.add(listener);
    return () => listeners.delete(listener);
  }, getSession);
}

/**
 * Goes on with the session of an earlier visit: what was kept is there at once, also offline. Who
 * comes back from another provider has a session that this page does not know of yet.
 */
export async function resumeSession(): Promise<void> {
  watchOtherTabs();
  if (takeSsoReturn(location.hash.slice(1)) === 'done') {
    try {
      const me = await api.me();
      // The value has done its work: where the person wanted to go stands in its place.
      const path = takeNext() ?? `${location.pathname}${location.search}`;
      history.replaceState(history.state, '', path);
      enter(me);
      return;
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
    }
  }
  const account = accountHere();
  if (account) begin(account);
  sweep();
}

/** Somebody has just registered or logged in. */
export function enter(me: Me): void {
  forgetStep();
  localStorage.setItem(ACCOUNT_KEY, me.id);
  sweep();
  begin(me.id);
}

/** Something that the page of log-in says. */
export function notify(notice: string): void {
  if (session.state === 'out') set({ state: 'out', notice });
}

/** Logs out here; what was kept on this device is forgotten, also when nobody can be told. */
export async function logout(): Promise<void> {
  if (session.state !== 'in') return;
  const { client } = session;
  const told = api.logout().then(
    () => undefined,
    () => 'The server could not be reached: end this session from another device to be sure.',
  );
  over();
  await forget(client);
  const notice = await told;
  if (notice !== undefined) notify(notice);
}

/** The account is gone, and with it the session. */
export async function accountDeleted(): Promise<void> {
  if (session.state === 'in') await leave(session.client, 'Your account is deleted.');
}

/**
 * The session has ended, also from elsewhere: the pages outside say why, and nothing of it stays on
 * this device, drafts and unsent messages included. Whoever ends a session of a lost device must be
 * able to count on that.
 */
async function leave(client: ParleyClient, notice: string): Promise<void> {
  if (session.state !== 'in' || session.client !== client) return;
  over(notice);
  await forget(client);
}

/** Nobody is logged in here any more: other tabs see it by the key, and leave too. */
function over(notice?: string): void {
  if (session.state !== 'in') return;
  if (accountHere() === session.account) localStorage.removeItem(ACCOUNT_KEY);
  close(notice);
}

/** This page shows nothing of the account any more. */
function close(notice?: string): void {
  if (session.state !== 'in') return;
  session.ended.abort();
  removeKeptOfOthers(accountHere());
  forgetNext();
  forgetStep();
  set({ state: 'out', ...(notice !== undefined && { notice }) });
}

async function forget(client: ParleyClient): Promise<void> {
  await client.forget();
  await removeOthers();
}

/** Removes what is left of others; nobody waits for it, and what fails is tried at the next visit. */
function sweep(): void {
  removeOthers().catch((error: unknown) => {
    console.warn('Could not remove what was kept for another account:', error);
  });
}

/**
 * The tabs of a browser share one session: whoever logs out in one of them, or logs in as somebody
 * else, does so in all. A tab that was frozen meanwhile notices when it is looked at again.
 */
function watchOtherTabs(): void {
  const check = () => {
    if (session.state !== 'in' || accountHere() === session.account) return;
    const { client } = session;
    close(
      accountHere() === null
        ? 'You have logged out in another tab.'
        : 'Somebody has logged in with another account in another tab.',
    );
    // The tab that has ended the session deletes its database: here it is only let go of, since
    // the same account may have logged in again already.
    client.stop().then(sweep, sweep);
  };
  window.addEventListener('storage', (event) => {
    if (event.key === ACCOUNT_KEY || event.key === null) check();
  });
  window.addEventListener('pageshow', check);
  document.addEventListener('visibilitychange', check);
}

function begin(account: AccountId): void {
  const client = new ParleyClient({ api, store: new IndexedDbStore() });
  client.on('ended', () => void leave(client, 'Your session has ended. Log in again.'));
  // What listens to the page for this session goes with it: another one may begin in the same page.
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
  set({ state: 'in', client, account, ended });
}
