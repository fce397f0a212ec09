import type { PlainKey } from '../texts/keys.ts';

/** One shortcut: its keys, of which any works, and what it does. */
export interface Shortcut {
  /** Such as `Mod+K` or `Alt+Shift+ArrowDown`. Mod is ⌘ on Apple devices, otherwise Ctrl. */
  readonly keys: readonly string[];
  readonly text: PlainKey;
}

/** All shortcuts of the web client, in the groups in which they are listed. */
export const SHORTCUTS = {
  anywhere: {
    switcher: { keys: ['Mod+K'], text: 'shortcuts.switcher' },
    search: { keys: ['Mod+F', '/'], text: 'shortcuts.search' },
    previous: { keys: ['Alt+ArrowUp'], text: 'shortcuts.previous' },
    next: { keys: ['Alt+ArrowDown'], text: 'shortcuts.next' },
    previousUnread: { keys: ['Alt+Shift+ArrowUp'], text: 'shortcuts.previousUnread' },
    nextUnread: { keys: ['Alt+Shift+ArrowDown'], text: 'shortcuts.nextUnread' },
    markRead: { keys: ['Escape'], text: 'shortcuts.markRead' },
    markAllRead: { keys: ['Shift+Escape'], text: 'shortcuts.markAllRead' },
    unreadOnly: { keys: ['Mod+Shift+A'], text: 'shortcuts.unreadOnly' },
    activity: { keys: ['Mod+Shift+M'], text: 'activity.title' },
    saved: { keys: ['Mod+Shift+S'], text: 'saved.title' },
    direct: { keys: ['Mod+Shift+K'], text: 'newDirect.title' },
    browse: { keys: ['Mod+Shift+L'], text: 'sidebar.browseGroups' },
    settings: { keys: ['Mod+,'], text: 'switcher.settings' },
    sheet: { keys: ['Mod+/', '?'], text: 'shortcuts.sheet' },
  },
  messages: {
    newer: { keys: ['ArrowDown'], text: 'shortcuts.newer' },
    older: { keys: ['ArrowUp'], text: 'shortcuts.older' },
    actions: { keys: ['Enter'], text: 'shortcuts.actions' },
    react: { keys: ['+'], text: 'shortcuts.react' },
    reply: { keys: ['R'], text: 'shortcuts.reply' },
    thread: { keys: ['T'], text: 'shortcuts.thread' },
    forward: { keys: ['F'], text: 'forward.action' },
    unread: { keys: ['U'], text: 'message.markUnread' },
    save: { keys: ['A'], text: 'message.save' },
    edit: { keys: ['E'], text: 'shortcuts.edit' },
    pin: { keys: ['P'], text: 'shortcuts.pin' },
    delete: { keys: ['Delete'], text: 'shortcuts.delete' },
    date: { keys: ['J'], text: 'jumpToDate.title' },
    composer: { keys: ['Escape'], text: 'shortcuts.composer' },
  },
  composer: {
    send: { keys: ['Enter'], text: 'shortcuts.send' },
    newLine: { keys: ['Shift+Enter'], text: 'shortcuts.newLine' },
    editLast: { keys: ['ArrowUp'], text: 'shortcuts.editLast' },
    bold: { keys: ['Mod+B'], text: 'format.bold' },
    italic: { keys: ['Mod+I'], text: 'format.italic' },
    strikethrough: { keys: ['Mod+Shift+X'], text: 'format.strikethrough' },
    code: { keys: ['Mod+E'], text: 'format.code' },
    codeBlock: { keys: ['Mod+Shift+C'], text: 'format.codeBlock' },
    link: { keys: ['Mod+Shift+U', 'Mod+K'], text: 'format.link' },
    numberedList: { keys: ['Mod+Shift+7'], text: 'format.numberedList' },
    bulletedList: { keys: ['Mod+Shift+8'], text: 'format.bulletedList' },
    quote: { keys: ['Mod+Shift+9'], text: 'format.quote' },
  },
} as const satisfies Readonly<Record<string, Readonly<Record<string, Shortcut>>>>;

/** The headings of the groups. */
export const SHORTCUT_GROUPS: Readonly<Record<keyof typeof SHORTCUTS, PlainKey>> = {
  anywhere: 'shortcuts.anywhere',
  messages: 'shortcuts.onMessage',
  composer: 'shortcuts.inComposer',
};

/** The part of a keyboard event that decides whether it is a shortcut. */
export type PressedKey = Pick<
  KeyboardEvent,
  'key' | 'ctrlKey' | 'metaKey' | 'altKey' | 'shiftKey' | 'isComposing'
>;

/** Returns whether the keys of a shortcut were pressed. */
export function isPressed({ keys }: Shortcut, event: PressedKey): boolean {
  if (event.isComposing) return false;
  return keys.some((keyNames) => {
    const { key, mod, alt, shift } = partsOf(keyNames);
    if ((event.ctrlKey || event.metaKey) !== mod || event.altKey !== alt) return false;
    // Whether characters such as “?” and “+” need Shift depends on the keyboard.
    const isSymbol = key.length === 1 && !/[A-Z]/.test(key);
    if (!isSymbol && event.shiftKey !== shift) return false;
    return event.key.toLowerCase() === key.toLowerCase();
  });
}

/** The parts of the name of a combination of keys. */
function partsOf(keyNames: string) {
  // The last part is the key, which may be “+” itself.
  const at = keyNames.length > 1 ? keyNames.lastIndexOf('+', keyNames.length - 2) : -1;
  const modifiers = keyNames.slice(0, Math.max(0, at)).split('+');
  return {
    key: keyNames.slice(at + 1),
    mod: modifiers.includes('Mod'),
    alt: modifiers.includes('Alt'),
    shift: modifiers.includes('Shift'),
  };
}

const APPLE_NAMES: Readonly<Record<string, string>> = { Mod: '⌘', Alt: '⌥', Shift: '⇧' };
const NAMES: Readonly<Record<string, string>> = {
  Mod: 'Ctrl',
  ArrowUp: '↑',
  ArrowDown: '↓',
  Escape: 'Esc',
};

/** Returns the keys of a combination as they are printed on the keyboard. */
export function keyLabels(keyNames: string, isApple: boolean): string[] {
  const { key, mod, alt, shift } = partsOf(keyNames);
  const names = [mod && 'Mod', alt && 'Alt', shift && 'Shift', key].filter(
    (name) => name !== false,
  );
  return names.map((name) => (isApple ? APPLE_NAMES[name] : undefined) ?? NAMES[name] ?? name);
}
