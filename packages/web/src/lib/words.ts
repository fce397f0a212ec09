import { ApiError } from '@parley/client';

/** What went wrong, for a person. */
export function wordsFor(error: unknown): string {
  if (error instanceof ApiError && error.code === 'network') {
    return 'The server cannot be reached. Check your connection and try again.';
  }
  return error instanceof Error ? error.message : 'Something went wrong.';
}

/** “Ann”, “Ann and Ben”, “Ann, Ben and 3 others”. */
export function nameList(names: readonly string[]): string {
  const [a, b, c] = names;
  if (!a) return '';
  if (!b) return a;
  if (!c) return `${a} and ${b}`;
  const others = names.length - 2;
  return `${a}, ${b} and ${others === 1 ? '1 other' : `${others} others`}`;
}
