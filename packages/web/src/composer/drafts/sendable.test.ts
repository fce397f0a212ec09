import { LIMITS } from '@parley/protocol';
import { describe, expect, test } from 'vitest';
import { charactersLeft, isSendable } from './sendable.ts';

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
