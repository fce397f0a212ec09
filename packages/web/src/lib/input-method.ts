/** The key value that browsers report for keys handled by an input method. */
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
 * Hides keys of input methods from all handlers of the page, so that no field reacts to the Enter
 * or Escape of a composition. The browser and the input method still get them.
 */
export function ignoreInputMethodKeys(target: EventTarget): void {
  const ignore = (event: Event) => {
    if (isOfInputMethod(event as KeyboardEvent)) event.stopImmediatePropagation();
  };
  target.addEventListener('keydown', ignore, true);
}
