import { describe, expect, test } from 'vitest';
import { FORMAT_KEYS } from '../composer/formatting/format-keys.ts';
import { isPressed, keyLabels, type PressedKey, SHORTCUTS, type Shortcut } from './shortcuts.ts';

const press = (key: string, modifiers: Partial<PressedKey> = {}): PressedKey => ({
  key,
  ctrlKey: false,
  metaKey: false,
  altKey: false,
  shiftKey: false,
  isComposing: false,
  ...modifiers,
});

describe('shortcuts', () => {
  const { anywhere, messages } = SHORTCUTS;

  test.each<[Shortcut, PressedKey, boolean]>([
    [anywhere.switcher, press('k', { ctrlKey: true }), true],
    [anywhere.switcher, press('K', { metaKey: true }), true],
    [anywhere.switcher, press('k'), false],
    [anywhere.switcher, press('k', { ctrlKey: true, altKey: true }), false],
    [anywhere.sheet, press('?', { shiftKey: true }), true],
    [anywhere.sheet, press('?'), true],
    [anywhere.sheet, press('/', { ctrlKey: true, shiftKey: true }), true],
    [anywhere.sheet, press('?', { altKey: true }), false],
    [anywhere.next, press('ArrowDown', { altKey: true }), true],
    [anywhere.next, press('ArrowDown', { altKey: true, shiftKey: true }), false],
    [anywhere.nextUnread, press('ArrowDown', { altKey: true, shiftKey: true }), true],
    [anywhere.unreadOnly, press('A', { ctrlKey: true, shiftKey: true }), true],
    [anywhere.unreadOnly, press('a', { ctrlKey: true }), false],
    [anywhere.settings, press(',', { metaKey: true }), true],
    [anywhere.settings, press(','), false],
    [messages.react, press('+', { shiftKey: true }), true],
    [messages.reply, press('r'), true],
    [messages.reply, press('r', { ctrlKey: true }), false],
    [messages.reply, press('r', { isComposing: true }), false],
  ])('%o by %o: %s', (shortcut, event, expected) => {
    expect(isPressed(shortcut, event)).toBe(expected);
  });

  test('shortcuts have the names of the keys of the device', () => {
    expect(keyLabels('Mod+Shift+X', false)).toEqual(['Ctrl', 'Shift', 'X']);
    expect(keyLabels('Mod+Shift+X', true)).toEqual(['⌘', '⇧', 'X']);
    expect(keyLabels('Alt+ArrowUp', false)).toEqual(['Alt', '↑']);
    expect(keyLabels('+', false)).toEqual(['+']);
  });

  test('the shortcuts of the composer are those of its formats', () => {
    const listed: string[] = Object.values(SHORTCUTS.composer).flatMap(({ keys }) => keys);
    for (const { key, isShifted } of FORMAT_KEYS) {
      expect(listed).toContain(`Mod+${isShifted ? 'Shift+' : ''}${key}`);
    }
  });

  test('the shortcuts of one group differ', () => {
    for (const group of Object.values(SHORTCUTS)) {
      const keys = Object.values(group).flatMap((shortcut: Shortcut) => shortcut.keys);
      expect(new Set(keys).size).toBe(keys.length);
    }
  });
});
