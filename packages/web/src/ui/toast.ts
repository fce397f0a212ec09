import type { ReactNode } from 'react';
import type { ExternalToast, toast as sonner } from 'sonner';
import { Listeners } from '../lib/listeners.ts';

type Library = typeof sonner;
type Show = (title: ReactNode, options?: ExternalToast) => void;

/** What shows the toasts, once its code is loaded. */
let library: Library | null = null;
/** Calls that wait for it, in their order. */
let waiting: ((library: Library) => void)[] = [];
const listeners = new Listeners();

function call(run: (library: Library) => void): void {
  if (library) run(library);
  // Without a page that shows toasts they are dropped.
  else if (!listeners.isEmpty) setWaiting([...waiting, run]);
}

function setWaiting(next: typeof waiting): void {
  waiting = next;
  listeners.notify();
}

const show: Show = (title, options) => call((to) => void to(title, options));
const showAs =
  (kind: 'success' | 'warning' | 'error'): Show =>
  (title, options) =>
    call((to) => void to[kind](title, options));

/** Shows short messages above the page. The code of the library behind it is loaded with the first one. */
export const toast = Object.assign(show, {
  success: showAs('success'),
  warning: showAs('warning'),
  error: showAs('error'),
  /** Closes a toast, or all of them. */
  dismiss(id?: string): void {
    // Before the first toast there is nothing to close, and no reason to load the library.
    if (library || waiting.length > 0) call((to) => void to.dismiss(id));
  },
});

/** Whether toasts wait for the code that shows them. */
export const hasWaitingToasts = (): boolean => waiting.length > 0;

/** Calls back when toasts start or stop to wait. Returns a function that ends it. */
export function onWaitingToasts(listener: () => void): () => void {
  const unsubscribe = listeners.subscribe(listener);
  return () => {
    unsubscribe();
    if (listeners.isEmpty) waiting = [];
  };
}

/** Shows toasts with the library from now on, those that wait first. Returns a function that ends it. */
export function showToastsWith(loaded: Library): () => void {
  library = loaded;
  const calls = waiting;
  setWaiting([]);
  for (const run of calls) run(loaded);
  return () => {
    library = null;
  };
}
