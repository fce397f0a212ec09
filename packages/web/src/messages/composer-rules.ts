import { codePoints, LIMITS } from '@parley/protocol';

/** Characters that may still be typed; negative when there are too many. */
export function charactersLeft(text: string): number {
  return LIMITS.bodyCharacters - codePoints(text);
}

/** Whether a text can be sent as a message. */
export function isSendable(text: string): boolean {
  return text.trim() !== '' && charactersLeft(text) >= 0;
}

/** A key that is pressed in the field of a message. */
export interface ComposerKey {
  readonly key: string;
  readonly shiftKey: boolean;
  readonly ctrlKey: boolean;
  readonly metaKey: boolean;
  /** An input method is composing a character: its keys belong to it. */
  readonly isComposing: boolean;
}

/**
 * Returns what a key does. With a keyboard Enter sends and Shift+Enter breaks the line. On a touch
 * screen, whose keyboard has no Shift+Enter, Enter breaks the line and the button sends. Ctrl+Enter and
 * ⌘+Enter send everywhere.
 */
export function actionOf(
  event: ComposerKey,
  field: { isTouch: boolean; isEmpty: boolean },
): 'send' | 'edit-last' | null {
  if (event.isComposing) return null;
  if (event.key === 'ArrowUp' && field.isEmpty) return 'edit-last';
  if (event.key !== 'Enter') return null;
  if (event.ctrlKey || event.metaKey) return 'send';
  return event.shiftKey || field.isTouch ? null : 'send';
}
