import { LIMITS } from '@parley/protocol';
import { describe, expect, test } from 'vitest';
import { actionOf, type ComposerKey, charactersLeft, isSendable } from './composer-rules.ts';

const key = (change: Partial<ComposerKey> = {}): ComposerKey => ({
  key: 'Enter',
  shiftKey: false,
  ctrlKey: false,
  metaKey: false,
  isComposing: false,
  ...change,
});
const keyboard = { isTouch: false, isEmpty: false };
const touch = { isTouch: true, isEmpty: false };

describe('a message', () => {
  test('can be sent when it has text and not too many characters', () => {
    expect(isSendable('a')).toBe(true);
    expect(isSendable('')).toBe(false);
    expect(isSendable(' \n\t')).toBe(false);
    expect(isSendable('a'.repeat(LIMITS.bodyCharacters))).toBe(true);
    expect(isSendable('a'.repeat(LIMITS.bodyCharacters + 1))).toBe(false);
  });

  test('is counted in code points', () => {
    expect(charactersLeft('👍')).toBe(LIMITS.bodyCharacters - 1);
    expect(isSendable('👍'.repeat(LIMITS.bodyCharacters))).toBe(true);
    expect(charactersLeft('a'.repeat(LIMITS.bodyCharacters + 2))).toBe(-2);
  });
});

describe('keys', () => {
  test('with a keyboard Enter sends and Shift+Enter breaks the line', () => {
    expect(actionOf(key(), keyboard)).toBe('send');
    expect(actionOf(key({ shiftKey: true }), keyboard)).toBe(null);
  });

  test('on a touch screen Enter breaks the line', () => {
    expect(actionOf(key(), touch)).toBe(null);
  });

  test.each(['ctrlKey', 'metaKey'] as const)('%s and Enter send everywhere', (modifier) => {
    expect(actionOf(key({ [modifier]: true }), keyboard)).toBe('send');
    expect(actionOf(key({ [modifier]: true }), touch)).toBe('send');
  });

  test('belong to the input method while it composes a character', () => {
    expect(actionOf(key({ isComposing: true }), keyboard)).toBe(null);
    expect(
      actionOf(key({ key: 'ArrowUp', isComposing: true }), { ...keyboard, isEmpty: true }),
    ).toBe(null);
  });

  test('an arrow up edits the last message when nothing is typed', () => {
    expect(actionOf(key({ key: 'ArrowUp' }), { ...keyboard, isEmpty: true })).toBe('edit-last');
    expect(actionOf(key({ key: 'ArrowUp' }), keyboard)).toBe(null);
    expect(actionOf(key({ key: 'a' }), { ...keyboard, isEmpty: true })).toBe(null);
  });
});
