import { IndexedDbStore, ParleyApi, ParleyClient } from '@parley/client';
import type { AccountId, Me } from '@parley/protocol';
import { useSyncExternalStore } from 'react';

/** Who is logged in in this browser. The session itself is a cookie that no script can read. */
export type Session =
  | { state: 'out'; notice?: string }
  | { state: 'in'; client: ParleyClient; account: AccountId; ended: AbortController };

const KEY = 'parley.account';
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

/** Goes on with the session of an earlier visit: what was kept is there at once, also offline. */
export function resumeSession(): void {
  const account = localStorage.getItem(KEY);
  if (account) begin(account as AccountId);
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

/** Logs out here; what was kept on this device is forgotten. */
export async function logout(): Promise<void> {
  if (session.state !== 'in') return;
  const { client, ended } = session;
  ended.abort();
  localStorage.removeItem(KEY);
  set({ state: 'out' });
  await client.logout();
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

/** The session is over: its client stops, and the pages outside say why. */
function leave(client: ParleyClient, notice: string): void {
  if (session.state !== 'in' || session.client !== client) return;
  session.ended.abort();
  localStorage.removeItem(KEY);
  set({ state: 'out', notice });
  void client.stop();
}
