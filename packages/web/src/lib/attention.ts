import { useSyncExternalStore } from 'react';

/**
 * How present a person is: `present` looks at the page and has touched it lately, `idle` looks but has
 * not touched it lately, `elsewhere` has another tab or window in front.
 */
export type Attention = 'present' | 'idle' | 'elsewhere';

/** Without a key, a move or a scroll for this long nobody may be there, ms. */
export const IDLE_MS = 60_000;

/** What attention is judged by. */
export interface AttentionSigns {
  readonly isVisible: boolean;
  readonly hasFocus: boolean;
  /** Time since the last input, ms. */
  readonly sinceInput: number;
}

/** Returns the attention that the signs speak for. */
export function attentionOf({ isVisible, hasFocus, sinceInput }: AttentionSigns): Attention {
  if (!isVisible || !hasFocus) return 'elsewhere';
  return sinceInput < IDLE_MS ? 'present' : 'idle';
}

const INPUTS = ['keydown', 'pointerdown', 'pointermove', 'wheel', 'touchmove'] as const;
const listeners = new Set<() => void>();
let lastInput = 0;
let told: Attention = 'elsewhere';
let idleTimer: ReturnType<typeof setTimeout> | undefined;

/** Returns the attention of this moment. */
export function attention(): Attention {
  return attentionOf({
    isVisible: document.visibilityState === 'visible',
    hasFocus: document.hasFocus(),
    sinceInput: performance.now() - lastInput,
  });
}

function tell(): void {
  const now = attention();
  clearTimeout(idleTimer);
  if (now === 'present') {
    idleTimer = setTimeout(tell, IDLE_MS - (performance.now() - lastInput) + 1);
  }
  if (now === told) return;
  told = now;
  for (const listener of listeners) listener();
}

/** Something was touched, or the window was brought to the front. */
function onInput(): void {
  lastInput = performance.now();
  // The timer looks again by itself: moves come in hundreds.
  if (told !== 'present') tell();
}

function subscribe(listener: () => void): () => void {
  if (listeners.size === 0) listen();
  listeners.add(listener);
  return () => {
    listeners.delete(listener);
    if (listeners.size === 0) unlisten();
  };
}

function listen(): void {
  lastInput = performance.now();
  told = attention();
  for (const kind of INPUTS) {
    document.addEventListener(kind, onInput, { passive: true, capture: true });
  }
  window.addEventListener('focus', onInput);
  window.addEventListener('blur', tell);
  document.addEventListener('visibilitychange', tell);
  tell();
}

function unlisten(): void {
  clearTimeout(idleTimer);
  for (const kind of INPUTS) document.removeEventListener(kind, onInput, { capture: true });
  window.removeEventListener('focus', onInput);
  window.removeEventListener('blur', tell);
  document.removeEventListener('visibilitychange', tell);
}

/** Returns the person's attention; the component is drawn again when it changes. */
export function useAttention(): Attention {
  return useSyncExternalStore(subscribe, attention);
}
