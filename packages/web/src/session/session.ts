import { ApiError, IndexedDbStore, ParleyApi, ParleyClient } from '@parley/client';
import type { AccountId, Me } from '@parley/protocol';
import { useSyncExternalStore } from 'react';

/** Who is logged in in this browser. The session itself is a cookie that no script can read. */
export type Session =
  | { state: 'out'; notice?: string }
  | { state: 'in'; client: ParleyClient; account: AccountId; ended: AbortController };

const KEY = 'parley.account';
const ELSEWHERE = 'parley.elsewhere';
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
  const account = localStorage.getItem(KEY);
  if (account) begin(account as AccountId);
  else if (sessionStorage.getItem(ELSEWHERE) !== null) {
    sessionStorage.removeItem(ELSEWHERE);
    try {
      enter(await api.me());
    } catch (error) {
      // Not let in: the page says why, from what the provider’s answer has put into the address.
      if (!(error instanceof ApiError)) throw error;
    }
  }
}

/** The page is about to be left for another provider’s log-in. */
export function leavesForProvider(): void {
  sessionStorage.setItem(ELSEWHERE, '1');
}

/** Somebody has just registered or logged in. */
export function enter(me: Me): void {
  localStorage.setItem(KEY, me.id);
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
  await client.forget();
  const notice = await told;
  if (notice !== undefined) notify(notice);
}

/** The account is gone, and with it the session. */
export async function accountDeleted(): Promise<void> {
  if (session.state !== 'in') return;
  const { client } = session;
  over('Your account is deleted.');
  await client.forget();
}

/** Nobody is logged in here any more. */
function over(notice?: string): void {
  if (session.state !== 'in') return;
  session.ended.abort();
  localStorage.removeItem(KEY);
  set({ state: 'out', ...(notice !== undefined && { notice }) });
}

function begin(account: AccountId): void {
  const client = new ParleyClient({ api, store: new IndexedDbStore() });
  client.on('ended', () => leave(client, 'Your session has ended. Log in again.'));
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

/** The session has ended: its client stops, and the pages outside say why. */
function leave(client: ParleyClient, notice: string): void {
  if (session.state !== 'in' || session.client !== client) return;
  over(notice);
  void client.stop();
}
