import { withNotificationLock } from './notification-lock.ts';
import { serviceWorkerRegistration } from './service-worker.ts';

/** The content of a browser notification. */
export interface NotificationContent {
  readonly title: string;
  readonly body: string;
  readonly conversation: string;
  /** The message, to close the notification when it is deleted. */
  readonly seq: number;
  /** The thread, if it is shown only there. */
  readonly thread: number | null;
  /** The account that was notified: browsers keep notifications after the session ends. */
  readonly account: string;
}

/** Notifications that this page showed without a service worker, by conversation. */
const shownByPage = new Map<string, Notification>();
/**
 * Shows a browser notification. Chromium on Android allows that only to service workers and throws
 * in pages; other browsers may lack service workers. Resolves to false if neither works.
 */
export async function notify(content: NotificationContent, open: () => void): Promise<boolean> {
  const { title, body, conversation, seq, thread, account } = content;
  const data = { conversation, seq, thread, account };
  const options = { body, tag: conversation, icon: '/icon.svg', data };
  const registration = await serviceWorkerRegistration();
  try {
    if (registration) {
      await withNotificationLock(() => registration.showNotification(title, options));
      return true;
    }
    const notification = new Notification(title, options);
    shownByPage.set(conversation, notification);
    notification.onclick = () => {
      window.focus();
      open();
      notification.close();
    };
    return true;
  } catch (error) {
    console.warn('Notification not shown:', error);
    return false;
  }
}

/** Closes the notification of a conversation, or all notifications. */
export async function closeNotifications(conversation?: string): Promise<void> {
  for (const [key, shown] of shownByPage) {
    if (conversation !== undefined && key !== conversation) continue;
    shown.close();
    shownByPage.delete(key);
  }
  await closeDisplayed(({ tag }) => conversation === undefined || tag === conversation);
}

/** Closes the notifications of all accounts except the one that is logged in when they are listed. */
export async function closeNotificationsOfOthers(loggedIn: () => string | null): Promise<void> {
  await closeDisplayed(({ data }) => contentOf(data).account !== loggedIn());
}

/** Closes the notifications shown by the service worker that the condition selects. */
async function closeDisplayed(isSelected: (shown: Notification) => boolean): Promise<void> {
  const registration = await navigator.serviceWorker?.getRegistration();
  if (!registration) return;
  await withNotificationLock(async () => {
    const displayed = await registration.getNotifications();
    for (const notification of displayed.filter(isSelected)) notification.close();
  });
}

const contentOf = (data: unknown): Partial<NotificationContent> => data ?? {};

/** Where a notification that was clicked leads. */
export interface NotificationTarget {
  readonly conversation: string;
  /** Null in notifications of an earlier version. */
  readonly seq: number | null;
  readonly thread: number | null;
}

/**
 * Answers the service worker, which asks whether this page shows the new messages of an account and
 * then suppresses their push notifications. Returns a function that stops answering.
 */
export function answerWorker(showsMessagesOf: (account: string) => boolean): () => void {
  if (!('serviceWorker' in navigator)) return () => undefined;
  const listener = ({ data, ports }: MessageEvent) => {
    const account = (data as { showsMessagesOf?: unknown } | null)?.showsMessagesOf;
    if (typeof account === 'string') ports[0]?.postMessage(showsMessagesOf(account));
  };
  navigator.serviceWorker.addEventListener('message', listener);
  return () => navigator.serviceWorker.removeEventListener('message', listener);
}

/** Unsubscribes this browser from push messages: the push server drops undelivered ones. */
export async function endSubscription(): Promise<void> {
  const registration = await navigator.serviceWorker?.getRegistration();
  const subscription = await registration?.pushManager?.getSubscription();
  await subscription?.unsubscribe();
}

/** Calls `open` when a notification is clicked. Returns a function that stops listening. */
export function onNotificationOpened(open: (target: NotificationTarget) => void): () => void {
  if (!('serviceWorker' in navigator)) return () => undefined;
  const listener = (event: MessageEvent) => {
    const data = event.data as Partial<Record<'open' | 'seq' | 'thread', unknown>> | null;
    if (typeof data?.open !== 'string') return;
    const number = (value: unknown) => (typeof value === 'number' ? value : null);
    open({ conversation: data.open, seq: number(data.seq), thread: number(data.thread) });
  };
  navigator.serviceWorker.addEventListener('message', listener);
  return () => navigator.serviceWorker.removeEventListener('message', listener);
}
