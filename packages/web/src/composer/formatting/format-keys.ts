import type { ComposerKey } from './composer-keys.ts';
import type { Format } from './formats.ts';

/** The shortcut of a format, with Ctrl or ⌘: as it is matched, and as it is shown. */
export interface FormatKey {
  readonly format: Format;
  /** The character, or the physical key, because Shift and a digit type different characters in each layout. */
  readonly key: string;
  readonly isShifted: boolean;
}

/** The shortcuts of all formats: those of Slack where it has one. */
export const FORMAT_KEYS: readonly FormatKey[] = [
  { format: 'bold', key: 'B', isShifted: false },
  { format: 'italic', key: 'I', isShifted: false },
  { format: 'strikethrough', key: 'X', isShifted: true },
  { format: 'code', key: 'E', isShifted: false },
  { format: 'link', key: 'K', isShifted: false },
  { format: 'link', key: 'U', isShifted: true },
  { format: 'numbered-list', key: '7', isShifted: true },
  { format: 'bulleted-list', key: '8', isShifted: true },
  { format: 'quote', key: '9', isShifted: true },
  { format: 'code-block', key: 'C', isShifted: true },
];

/**
 * Returns the format that a key press sets, or null. Ctrl+K without a selection opens the quick switcher, as
 * everywhere else.
 */
export function formatOfKey(event: ComposerKey, hasSelection: boolean): Format | null {
  if (event.isComposing || event.altKey || event.ctrlKey === event.metaKey) return null;
  const digit = /^Digit(\d)$/.exec(event.code ?? '')?.[1];
  const pressed = (event.shiftKey && digit) || event.key.toUpperCase();
  const shortcut = FORMAT_KEYS.find(
    ({ key, isShifted }) => key === pressed && isShifted === event.shiftKey,
  );
  if (!shortcut || (pressed === 'K' && !hasSelection)) return null;
  return shortcut.format;
}

/** Returns the shortcut of a format as it is shown to users, such as “Ctrl+Shift+X” or “⌘⇧X”. */
export function keysText(format: Format, isMac: boolean): string {
  const shortcut = FORMAT_KEYS.find((one) => one.format === format);
  if (!shortcut) return '';
  const { key, isShifted } = shortcut;
  return isMac ? `⌘${isShifted ? '⇧' : ''}${key}` : `Ctrl+${isShifted ? 'Shift+' : ''}${key}`;
}
