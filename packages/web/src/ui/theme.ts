import { useSyncExternalStore } from 'react';

/** `system` follows the operating system. */
export type Theme = 'system' | 'light' | 'dark';

const KEY = 'parley.theme';
const listeners = new Set<() => void>();

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

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
  for (const listener of listeners) listener();
}

/** Returns the theme of this browser. */
export function useTheme(): Theme {
  return useSyncExternalStore(subscribe, read);
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
  for (const listener of listeners) listener();
}

/** Returns whether more contrast was chosen in this browser. */
export function useMoreContrast(): boolean {
  return useSyncExternalStore(
    subscribe,
    () => document.documentElement.dataset.contrast === 'more',
  );
}
