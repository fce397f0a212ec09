import { useSyncExternalStore } from 'react';
import { Listeners } from '../lib/listeners.ts';

/** `system` follows the operating system. */
export type Theme = 'system' | 'light' | 'dark';

const KEY = 'parley.theme';
/** Called after each change of the attributes below. */
const listeners = new Listeners();

function read(): Theme {
  const value = document.documentElement.dataset.theme;
  return value === 'light' || value === 'dark' ? value : 'system';
}

/** Sets the theme of this browser. */
export function setTheme(theme: Theme): void {
  if (theme === 'system') delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme;
  if (theme === 'system') localStorage.removeItem(KEY);
  else localStorage.setItem(KEY, theme);
  listeners.notify();
}

/** Returns the theme of this browser. */
export function useTheme(): Theme {
  return useSyncExternalStore(listeners.subscribe, read);
}

const CONTRAST_KEY = 'parley.contrast';

/** Sets whether this browser shows more contrast, even if the operating system doesn’t ask for it. */
export function setMoreContrast(more: boolean): void {
  if (more) {
    document.documentElement.dataset.contrast = 'more';
    localStorage.setItem(CONTRAST_KEY, 'more');
  } else {
    delete document.documentElement.dataset.contrast;
    localStorage.removeItem(CONTRAST_KEY);
  }
  listeners.notify();
}

/** Returns whether more contrast was chosen in this browser. */
export function useMoreContrast(): boolean {
  return useSyncExternalStore(
    listeners.subscribe,
    () => document.documentElement.dataset.contrast === 'more',
  );
}
