import { ApiError } from '@parley/client';

/** Returns the text that the user sees for an error. */
export function errorMessage(error: unknown): string {
  if (error instanceof ApiError && error.code === 'network') {
    return 'Can’t reach the server. Check your connection and try again.';
  }
  if (!(error instanceof Error)) return 'Something went wrong. Try again.';
  if (error instanceof ApiError && error.retryAfter !== undefined && error.retryAfter > 1) {
    return `${error.message}. Try again in ${duration(error.retryAfter)}.`;
  }
  return error.message;
}

/** Formats a duration: “40 seconds”, “3 minutes”, “2 hours”. */
export function duration(seconds: number): string {
  if (seconds < 90) return `${Math.ceil(seconds)} seconds`;
  const minutes = Math.ceil(seconds / 60);
  return minutes < 90 ? `${minutes} minutes` : `${Math.ceil(minutes / 60)} hours`;
}

/** Joins names: “Ann”, “Ann and Ben”, “Ann, Ben and 3 others”. */
export function nameList(names: readonly string[]): string {
  const [a, b, c] = names;
  if (!a) return '';
  if (!b) return a;
  if (!c) return `${a} and ${b}`;
  const others = names.length - 2;
  return `${a}, ${b} and ${others === 1 ? '1 other' : `${others} others`}`;
}
