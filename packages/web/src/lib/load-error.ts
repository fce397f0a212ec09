/** A part of the client’s code could not be loaded: it is of an earlier build, or offline. */
export class LoadError extends Error {
  override name = 'LoadError';
}

/**
 * Loads a part of the client’s code.
 * @throws LoadError when it is not there: what the browser says then differs and helps nobody
 */
export async function loadPart<T>(load: () => Promise<T>): Promise<T> {
  try {
    return await load();
  } catch (error) {
    throw new LoadError(
      'Parley was updated while this tab was open, or your connection dropped. Reload and try again.',
      { cause: error },
    );
  }
}
