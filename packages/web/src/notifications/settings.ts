import type { AccountId } from '@parley/protocol';
import { useSyncExternalStore } from 'react';
import { readKept, writeKept } from '../session/device.ts';
import { useAccountId } from '../session/use-client.ts';

/** The notification settings of an account in this browser. */
export interface NotificationSettings {
  /** The permission that the browser grants. */
  readonly permission: NotificationPermission | 'unsupported';
  /** Whether browser notifications are shown: permitted, and not turned off in Parley. */
  readonly notify: boolean;
  readonly sound: boolean;
}

const NOTIFY = 'notifications';
const SOUND = 'sound';
const listeners = new Set<() => void>();

/** Returns the current settings of the account in this browser. */
export function notificationSettings(account: AccountId): NotificationSettings {
  const permission = 'Notification' in window ? Notification.permission : 'unsupported';
  return {
    permission,
    notify: permission === 'granted' && readKept(account, NOTIFY) !== 'off',
    sound: readKept(account, SOUND) !== 'off',
  };
}

/** Subscribes a component to the settings of its account; changes in other tabs are included. */
export function useNotificationSettings() {
  const account = useAccountId();
  // A string, because useSyncExternalStore compares snapshots by identity.
  const text = useSyncExternalStore(subscribe, () => JSON.stringify(notificationSettings(account)));
  const set = (name: string, on: boolean) => {
    writeKept(account, name, on ? null : 'off');
    changed();
  };
  return {
    ...(JSON.parse(text) as NotificationSettings),
    setSound: (on: boolean) => set(SOUND, on),
    /** Asks the browser for permission if needed, so it must be called from a user gesture. */
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
