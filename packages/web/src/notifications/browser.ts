/** A message that the person does not see. */
export interface Note {
  readonly title: string;
  readonly body: string;
  readonly conversation: string;
  /** The message, for when it is deleted. */
  readonly seq: number;
  /** Whose notification it is: browsers keep them beyond the session. */
  readonly account: string;
}

interface TrustedPolicies {
  createPolicy(
    name: string,
    rules: { createScriptURL(url: string): string },
  ): { createScriptURL(url: string): string };
}

/** What pages without a worker have shown, by conversation. */
const shownByPage = new Map<string, Notification>();
let worker: Promise<ServiceWorkerRegistration | null> | null = null;

/** The service worker; null where browsers have none (over plain http, in some private modes). */
function registered(): Promise<ServiceWorkerRegistration | null> {
  worker ??= register();
  return worker;
}

async function register(): Promise<ServiceWorkerRegistration | null> {
  if (!('serviceWorker' in navigator)) return null;
  try {
    await navigator.serviceWorker.register(workerUrl());
    return await navigator.serviceWorker.ready;
  } catch (error) {
    console.warn('Notifications go without a service worker:', error);
    return null;
  }
}

/** The policy of the pages wants addresses of scripts to be vouched for. */
function workerUrl(): string {
  const { trustedTypes } = window as { trustedTypes?: TrustedPolicies };
  const url = '/worker.js';
  if (!trustedTypes) return url;
  return trustedTypes
    .createPolicy('parley-worker', { createScriptURL: () => url })
    .createScriptURL(url);
}

/**
 * Shows a notification of the browser. Chromium on Android lets only service workers do that, and
 * throws at pages; other browsers may be without workers. Resolves with false where neither works.
 */
export async function notify(note: Note, open: () => void): Promise<boolean> {
  const { title, body, conversation, seq, account } = note;
  const data = { conversation, seq, account };
  const options = { body, tag: conversation, icon: '/icon.svg', data };
  const registration = await registered();
  try {
    if (registration) {
      await registration.showNotification(title, options);
      return true;
    }
    const shown = new Notification(title, options);
    shownByPage.set(conversation, shown);
    shown.onclick = () => {
      window.focus();
      open();
      shown.close();
    };
    return true;
  } catch (error) {
    console.warn('The browser refuses notifications:', error);
    return false;
  }
}

/** Takes back the notification of a conversation, or of all. */
export async function closeNotifications(conversation?: string): Promise<void> {
  for (const [key, shown] of shownByPage) {
    if (conversation !== undefined && key !== conversation) continue;
    shown.close();
    shownByPage.delete(key);
  }
  const registration = await navigator.serviceWorker?.getRegistration();
  const filter = conversation === undefined ? {} : { tag: conversation };
  for (const shown of (await registration?.getNotifications(filter)) ?? []) shown.close();
}

/** A touched notification asks the page for its conversation. Returns how to stop listening. */
export function onNotificationOpened(open: (conversation: string) => void): () => void {
  if (!('serviceWorker' in navigator)) return () => undefined;
  const listener = (event: MessageEvent) => {
    const asked = (event.data as { open?: unknown } | null)?.open;
    if (typeof asked === 'string') open(asked);
  };
  navigator.serviceWorker.addEventListener('message', listener);
  return () => navigator.serviceWorker.removeEventListener('message', listener);
}
