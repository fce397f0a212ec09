import { codePoints, isBlank, LIMITS } from '@parley/protocol';

/** Returns how many more characters fit; negative if the text is too long. */
export function charactersLeft(text: string): number {
  return LIMITS.bodyCharacters - codePoints(text);
}

/** Returns whether a text can be sent with a number of files; with files, it may be empty. */
export function isSendable(text: string, files = 0): boolean {
  return (!isBlank(text) || files > 0) && charactersLeft(text) >= 0;
}
