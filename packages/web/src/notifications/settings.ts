import type { AccountId } from '@parley/protocol';
import { useSyncExternalStore } from 'react';
import { readKept, writeKept } from '../session/device.ts';
import { useAccountId } from '../session/use-client.ts';

/** How this browser notifies the account. */
export interface NotificationSettings {
  /** What the browser itself allows. */
  readonly permission: NotificationPermission | 'unsupported';
  /** Whether browser notifications are shown: allowed, and not switched off here. */
  readonly notify: boolean;
  readonly sound: boolean;
}

const NOTIFY = 'notifications';
const SOUND = 'sound';
const listeners = new Set<() => void>();

/** The settings of the account in this browser, as they are now. */
export function notificationSettings(account: AccountId): NotificationSettings {
  const permission = 'Notification' in window ? Notification.permission : 'unsupported';
  return {
    permission,
    notify: permission === 'granted' && readKept(account, NOTIFY) !== 'off',
    sound: readKept(account, SOUND) !== 'off',
  };
}

/** The settings of the account in this browser, for components; other tabs change them too. */
export function useNotificationSettings() {
  const account = useAccountId();
  // A text, so that it is the same as long as nothing in it changes.
  const text = useSyncExternalStore(subscribe, () => JSON.stringify(notificationSettings(account)));
  const set = (name: string, on: boolean) => {
    writeKept(account, name, on ? null : 'off');
    changed();
  };
  return {
    ...(JSON.parse(text) as NotificationSettings),
    setSound: (on: boolean) => set(SOUND, on),
    /** Asks the browser when it has not been asked yet: only ever called by a click. */
    setNotify: async (on: boolean) => {
      set(NOTIFY, on);
      if (!on || !('Notification' in window)) return;
      await Notification.requestPermission();
      changed();
    },
  };
}

function changed(): void {
  for (const listener of listeners) listener();
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  window.addEventListener('storage', listener);
  return () => {
    listeners.delete(listener);
    window.removeEventListener('storage', listener);
  };
}
