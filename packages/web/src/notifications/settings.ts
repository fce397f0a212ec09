import type { AccountId } from '@parley/protocol';
import { useSyncExternalStore } from 'react';
import { Listeners } from '../lib/listeners.ts';
import { readStored, writeStored } from '../session/device.ts';
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
const listeners = new Listeners();

/** Returns whether notifications play a sound in this browser. */
export const isSoundOn = (account: AccountId): boolean => readStored(account, SOUND) !== 'off';

/** Returns whether notifications of the browser are turned on, and permitted. */
export const isNotifyOn = (account: AccountId): boolean =>
  readStored(account, NOTIFY) !== 'off' && permission() === 'granted';

/** Queries the browser process, which is too slow for each message. */
const permission = () => ('Notification' in window ? Notification.permission : 'unsupported');

/** Subscribes a component to the settings of its account; changes in other tabs are included. */
export function useNotificationSettings() {
  const account = useAccountId();
  // A string, because useSyncExternalStore compares snapshots by identity.
  const text = useSyncExternalStore(subscribe, () => settingsText(account));
  const set = (name: string, on: boolean) => {
    writeStored(account, name, on ? null : 'off');
    notifyListeners();
  };
  return {
    ...(JSON.parse(text) as NotificationSettings),
    setSound: (on: boolean) => set(SOUND, on),
    /** Asks the browser for permission if needed, so it must be called from a user gesture. */
    setNotify: async (on: boolean) => {
      set(NOTIFY, on);
      if (!on || !('Notification' in window)) return;
      await Notification.requestPermission();
      notifyListeners();
    },
  };
}

/** The settings as they were last read, as text. */
let lastRead: { readonly account: AccountId; readonly text: string } | null = null;

/** Returns the settings as text; reads them only when they may have changed. */
function settingsText(account: AccountId): string {
  if (lastRead?.account !== account) {
    const settings: NotificationSettings = {
      permission: permission(),
      notify: isNotifyOn(account),
      sound: isSoundOn(account),
    };
    lastRead = { account, text: JSON.stringify(settings) };
  }
  return lastRead.text;
}

function notifyListeners(): void {
  lastRead = null;
  listeners.notify();
}

/** Storage: changed in another tab. Focus: the user returns from the settings of the browser. */
const CHANGES = ['storage', 'focus'] as const;

function subscribe(listener: () => void): () => void {
  if (listeners.isEmpty) {
    lastRead = null;
    for (const type of CHANGES) window.addEventListener(type, notifyListeners);
  }
  const unsubscribe = listeners.subscribe(listener);
  return () => {
    unsubscribe();
    if (!listeners.isEmpty) return;
    for (const type of CHANGES) window.removeEventListener(type, notifyListeners);
  };
}
