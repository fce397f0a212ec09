/** What browsers report for a key that an input method handles. */
const INPUT_METHOD_KEY = 229;

/**
 * Returns whether a key belongs to an input method. Safari ends the composition before it reports the Enter that
 * confirms it, which then only has the key code.
 */
export const isOfInputMethod = ({
  isComposing,
  keyCode,
}: {
  readonly isComposing: boolean;
  readonly keyCode?: number;
}): boolean => isComposing || keyCode === INPUT_METHOD_KEY;

/**
 * Keeps the keys of input methods from all handlers of the page, so that no field acts on the Enter or Escape of a
 * composition. The browser and the input method get them as before.
 */
export function ignoreInputMethodKeys(target: EventTarget): void {
  const ignore = (event: Event) => {
    if (isOfInputMethod(event as KeyboardEvent)) event.stopImmediatePropagation();
  };
  target.addEventListener('keydown', ignore, true);
}
