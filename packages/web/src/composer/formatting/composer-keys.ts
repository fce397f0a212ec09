import { isOfInputMethod } from '../../lib/input-method.ts';

/** A key press in a message field. */
export interface ComposerKey {
  readonly key: string;
  /** The physical key, such as `Digit7`. */
  readonly code?: string;
  readonly shiftKey: boolean;
  readonly ctrlKey: boolean;
  readonly metaKey: boolean;
  readonly altKey: boolean;
  /** Whether an input method is composing a character; such keys are left to it. */
  readonly isComposing: boolean;
  /** 229 for a key that an input method handles. */
  readonly keyCode?: number;
}

/** The field in which a key is pressed. */
export interface ComposerField {
  readonly isTouch: boolean;
  readonly isEmpty: boolean;
  /** Whether the caret is in a block of code, where Enter inserts a line break. */
  readonly isInCode?: boolean;
  /** Whether the user has chosen that only Ctrl+Enter sends. */
  readonly needsCtrl?: boolean;
}

/**
 * Returns what a key does. With a keyboard Enter sends and Shift+Enter inserts a line break. On a
 * touch screen, whose keyboard has no Shift+Enter, Enter inserts a line break and the button sends.
 * Ctrl+Enter and ⌘+Enter always send.
 */
export function actionOf(event: ComposerKey, field: ComposerField): 'send' | 'edit-last' | null {
  if (isOfInputMethod(event)) return null;
  // Alt and the arrow keys open another conversation.
  if (event.key === 'ArrowUp' && !event.altKey && field.isEmpty) return 'edit-last';
  if (event.key !== 'Enter') return null;
  if (event.ctrlKey || event.metaKey) return 'send';
  if (event.shiftKey || field.isTouch || field.isInCode || field.needsCtrl) return null;
  return 'send';
}
