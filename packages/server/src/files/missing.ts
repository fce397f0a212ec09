/** Returns whether the error means that a file or folder is not there. */
export const isMissing = (error: unknown): boolean =>
  (error as NodeJS.ErrnoException | null)?.code === 'ENOENT';

/**
 * Returns null if the error means that a file or folder is not there: for `catch` of a promise.
 * @throws the error otherwise
 */
export function nullIfMissing(error: unknown): null {
  if (isMissing(error)) return null;
  throw error;
}
