import { useSyncExternalStore } from 'react';

/** Whether this browser may notify, and whether it sounds. */
export interface NotificationSettings {
  readonly permission: NotificationPermission | 'unsupported';
  readonly sound: boolean;
}

const KEY = 'parley.sound';
const listeners = new Set<() => void>();
let current = read();

function read(): NotificationSettings {
  return {
    permission: 'Notification' in window ? Notification.permission : 'unsupported',
    sound: localStorage.getItem(KEY) !== 'off',
  };
}

function changed(): void {
  current = read();
  for (const listener of listeners) listener();
}

/** The settings of this browser. */
export const notificationSettings = (): NotificationSettings => current;

/** Asks the browser; only ever called by a click. */
export async function askPermission(): Promise<void> {
  if (!('Notification' in window)) return;
  await Notification.requestPermission();
  changed();
}

/** The settings of this browser, for components. */
export function useNotificationSettings() {
  const settings = useSyncExternalStore((listener) => {
    listeners.add(listener);
    return () => listeners.delete(listener);
  }, notificationSettings);
  const setSound = (on: boolean) => {
    localStorage.setItem(KEY, on ? 'on' : 'off');
    changed();
  };
  return { ...settings, setSound };
}
