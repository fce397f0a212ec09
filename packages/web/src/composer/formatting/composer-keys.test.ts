import { describe, expect, test } from 'vitest';
import { actionOf, type ComposerKey } from './composer-keys.ts';

const key = (change: Partial<ComposerKey> = {}): ComposerKey => ({
  key: 'Enter',
  shiftKey: false,
  ctrlKey: false,
  metaKey: false,
  altKey: false,
  isComposing: false,
  ...change,
});
const keyboard = { isTouch: false, isEmpty: false };
const touch = { isTouch: true, isEmpty: false };

describe('actionOf', () => {
  test('ignores the Enter that ends a composition, also in Safari', () => {
    expect(actionOf(key({ isComposing: true }), keyboard)).toBe(null);
    expect(actionOf(key({ keyCode: 229 }), keyboard)).toBe(null);
    expect(actionOf(key({ keyCode: 13 }), keyboard)).toBe('send');
  });

  test('with a keyboard, sends on Enter and ignores Shift+Enter', () => {
    expect(actionOf(key(), keyboard)).toBe('send');
    expect(actionOf(key({ shiftKey: true }), keyboard)).toBe(null);
  });

  test('ignores Enter on a touch screen', () => {
    expect(actionOf(key(), touch)).toBe(null);
  });

  test.each(['ctrlKey', 'metaKey'] as const)(
    'sends on %s and Enter on every device',
    (modifier) => {
      expect(actionOf(key({ [modifier]: true }), keyboard)).toBe('send');
      expect(actionOf(key({ [modifier]: true }), touch)).toBe('send');
    },
  );

  test('ignores keys while an input method is composing', () => {
    expect(actionOf(key({ isComposing: true }), keyboard)).toBe(null);
    expect(
      actionOf(key({ key: 'ArrowUp', isComposing: true }), { ...keyboard, isEmpty: true }),
    ).toBe(null);
  });

  test('edits the last message on ArrowUp in an empty field only', () => {
    expect(actionOf(key({ key: 'ArrowUp' }), { ...keyboard, isEmpty: true })).toBe('edit-last');
    expect(actionOf(key({ key: 'ArrowUp' }), keyboard)).toBe(null);
    expect(actionOf(key({ key: 'ArrowUp', altKey: true }), { ...keyboard, isEmpty: true })).toBe(
      null,
    );
    expect(actionOf(key({ key: 'a' }), { ...keyboard, isEmpty: true })).toBe(null);
  });
});

test('Enter inserts a line break in code, and if the user has chosen that only Ctrl+Enter sends', () => {
  for (const field of [
    { ...keyboard, isInCode: true },
    { ...keyboard, needsCtrl: true },
  ]) {
    expect(actionOf(key(), field)).toBe(null);
    expect(actionOf(key({ ctrlKey: true }), field)).toBe('send');
  }
});
