import { LIMITS } from '@parley/protocol';
import { describe, expect, test } from 'vitest';
import { actionOf, type ComposerKey, charactersLeft, isSendable } from './composer-rules.ts';

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

describe('message text', () => {
  test('a text can be sent if it is neither blank nor too long', () => {
    expect(isSendable('a')).toBe(true);
    expect(isSendable('')).toBe(false);
    expect(isSendable(' \n\t')).toBe(false);
    expect(isSendable('\u200b')).toBe(false);
    expect(isSendable('a'.repeat(LIMITS.bodyCharacters))).toBe(true);
    expect(isSendable('a'.repeat(LIMITS.bodyCharacters + 1))).toBe(false);
  });

  test('a text is counted in code points', () => {
    expect(charactersLeft('👍')).toBe(LIMITS.bodyCharacters - 1);
    expect(isSendable('👍'.repeat(LIMITS.bodyCharacters))).toBe(true);
    expect(charactersLeft('a'.repeat(LIMITS.bodyCharacters + 2))).toBe(-2);
  });
});

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
