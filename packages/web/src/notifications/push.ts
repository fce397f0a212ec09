import type { ParleyClient } from '@parley/client';
import type { AccountId, NotificationDevice } from '@parley/protocol';
import { endSubscription } from '../lib/browser-notifications.ts';
import { deviceName } from '../lib/device-name.ts';
import { serviceWorkerRegistration } from '../lib/service-worker.ts';
import { isPushOn, PUSH, writeStored } from '../session/device.ts';

/** Pushes notifications to this browser, also while no page is open. */

/** Returns whether this browser can be notified: it needs https, and on an iPhone to be installed. */
export const canPush = (): boolean =>
  'serviceWorker' in navigator && 'PushManager' in window && 'Notification' in window;

/**
 * Starts notifying this browser. Asks for permission if needed, so it must be called from a user
 * gesture. Resolves to null if the user refuses.
 */
export async function startPush(
  client: ParleyClient,
  account: AccountId,
): Promise<NotificationDevice | null> {
  if ((await Notification.requestPermission()) !== 'granted') return null;
  const { publicKey } = await client.api.notifications.devices.list();
  // First: the subscriptions of browsers in which it is off are ended.
  writeStored(account, PUSH, 'on');
  try {
    return await subscribe(client, publicKey, true);
  } catch (error) {
    writeStored(account, PUSH, null);
    throw error;
  }
}

/** Stops notifying this browser. */
export async function stopPush(
  client: ParleyClient,
  account: AccountId,
  device: NotificationDevice,
): Promise<void> {
  writeStored(account, PUSH, null);
  await client.api.notifications.devices.remove(device.id);
  await endSubscription();
}

/** Resubscribes this browser if notifications are on and its subscription was lost. */
export async function renewPush(client: ParleyClient, account: AccountId): Promise<void> {
  if (!isPushOn(account) || !canPush() || Notification.permission !== 'granted') return;
  const { publicKey, items } = await client.api.notifications.devices.list();
  const current = items.find((device) => device.isCurrent);
  const subscription = await (await serviceWorkerRegistration())?.pushManager.getSubscription();
  if (current && subscription) return;
  await subscribe(client, publicKey, current?.showsContent ?? true);
}

async function subscribe(
  client: ParleyClient,
  publicKey: string,
  showsContent: boolean,
): Promise<NotificationDevice> {
  const registration = await serviceWorkerRegistration();
  if (!registration) throw new Error('There is no service worker');
  const { pushManager } = registration;
  const before = await pushManager.getSubscription();
  // From another server or an earlier key.
  if (before && keyOf(before) !== publicKey) await before.unsubscribe();
  const subscription = await pushManager.subscribe({
    userVisibleOnly: true,
    applicationServerKey: publicKey,
  });
  const { endpoint, keys } = subscription.toJSON();
  const { p256dh, auth } = keys ?? {};
  if (endpoint === undefined || p256dh === undefined || auth === undefined) {
    throw new Error('The browser did not return a subscription');
  }
  return client.api.notifications.devices.add({
    kind: 'web_push',
    endpoint,
    keys: { p256dh, auth },
    name: deviceName(navigator.userAgent),
    showsContent,
  });
}

/** Returns the key of a subscription in base64url. */
function keyOf({ options }: PushSubscription): string {
  const bytes = new Uint8Array(options.applicationServerKey ?? new ArrayBuffer(0));
  const text = btoa(String.fromCharCode(...bytes));
  return text.replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
}
