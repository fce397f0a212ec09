let wasPointer = false;

/** The keys that move the focus: after them, the user works with the keyboard. */
const MOVING = new Set([
  'Tab',
  'ArrowUp',
  'ArrowDown',
  'ArrowLeft',
  'ArrowRight',
  'Home',
  'End',
  'PageUp',
  'PageDown',
  'Enter',
  'Escape',
]);

// Captured, so that it is known to all handlers of the event.
globalThis.window?.addEventListener(
  'pointerdown',
  () => {
    wasPointer = true;
  },
  { capture: true },
);
globalThis.window?.addEventListener(
  'keydown',
  ({ key }) => {
    if (MOVING.has(key)) wasPointer = false;
  },
  { capture: true },
);

/**
 * Returns whether the user has clicked or tapped since the keyboard last moved the focus: what has the
 * focus then was not chosen with the keyboard.
 */
export const wasPointerUsedLast = (): boolean => wasPointer;
