import { t } from '../texts/index.ts';

/** Part of the client’s code could not be loaded: the build is outdated, or the browser offline. */
export class LoadError extends Error {
  override name = 'LoadError';
}

/**
 * Loads a part of the client’s code.
 * @throws LoadError when it cannot be loaded; the messages of browsers differ and do not help users
 */
export async function loadPart<T>(load: () => Promise<T>): Promise<T> {
  try {
    return await load();
  } catch (error) {
    throw new LoadError(t('errors.load'), { cause: error });
  }
}
