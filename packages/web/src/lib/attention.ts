import { useSyncExternalStore } from 'react';
import { Listeners } from './listeners.ts';

/**
 * How present the user is: `present` with recent input on the visible page, `idle` without recent
 * input, `elsewhere` with another tab or window in front.
 */
export type Attention = 'present' | 'idle' | 'elsewhere';

/** Without input for this long the user may be away, ms. */
export const IDLE_MS = 60_000;

/** What the attention is computed from. */
export interface AttentionSigns {
  readonly isVisible: boolean;
  readonly hasFocus: boolean;
  /** Time since the last input, ms. */
  readonly sinceInput: number;
}

/** Returns the attention indicated by the signals. */
export function attentionOf({ isVisible, hasFocus, sinceInput }: AttentionSigns): Attention {
  if (!isVisible || !hasFocus) return 'elsewhere';
  return sinceInput < IDLE_MS ? 'present' : 'idle';
}

const INPUTS = ['keydown', 'pointerdown', 'pointermove', 'wheel', 'touchmove'] as const;
const listeners = new Listeners();
let lastInput = 0;
let lastReported: Attention = 'elsewhere';
let idleTimer: ReturnType<typeof setTimeout> | undefined;

/** Returns the current attention. */
export function attention(): Attention {
  return attentionOf({
    isVisible: document.visibilityState === 'visible',
    hasFocus: document.hasFocus(),
    sinceInput: performance.now() - lastInput,
  });
}

function report(): void {
  const now = attention();
  clearTimeout(idleTimer);
  if (now === 'present') {
    idleTimer = setTimeout(report, IDLE_MS - (performance.now() - lastInput) + 1);
  }
  if (now === lastReported) return;
  lastReported = now;
  listeners.notify();
}

/** Handles input, and the window coming to the front. */
function onInput(): void {
  lastInput = performance.now();
  // While present, the timer reports: pointer moves are too frequent.
  if (lastReported !== 'present') report();
}

function subscribe(listener: () => void): () => void {
  if (listeners.isEmpty) listen();
  const unsubscribe = listeners.subscribe(listener);
  return () => {
    unsubscribe();
    if (listeners.isEmpty) unlisten();
  };
}

function listen(): void {
  lastInput = performance.now();
  lastReported = attention();
  for (const kind of INPUTS) {
    document.addEventListener(kind, onInput, { passive: true, capture: true });
  }
  window.addEventListener('focus', onInput);
  window.addEventListener('blur', report);
  document.addEventListener('visibilitychange', report);
  report();
}

function unlisten(): void {
  clearTimeout(idleTimer);
  for (const kind of INPUTS) document.removeEventListener(kind, onInput, { capture: true });
  window.removeEventListener('focus', onInput);
  window.removeEventListener('blur', report);
  document.removeEventListener('visibilitychange', report);
}

/** Returns the user’s attention; the component is rendered again when it changes. */
export function useAttention(): Attention {
  return useSyncExternalStore(subscribe, attention);
}
