import { loadRestOfTexts, t } from '../texts/index.ts';

/** Part of the client’s code could not be loaded: the build is outdated, or the browser offline. */
export class LoadError extends Error {
  override name = 'LoadError';
}

/**
 * Loads a part of the client’s code that is not needed at the start, and its texts.
 * @throws LoadError when one of them cannot be loaded
 */
export const loadPart = async <T>(load: () => Promise<T>): Promise<T> =>
  (await loadStartPart(() => Promise.all([load(), loadRestOfTexts()])))[0];

/**
 * Loads a part of the client’s code that a conversation starts with. Its texts are there (`split-texts.ts` of the build).
 * @throws LoadError when it cannot be loaded; the messages of browsers differ and do not help users
 */
export async function loadStartPart<T>(load: () => Promise<T>): Promise<T> {
  try {
    return await load();
  } catch (error) {
    throw new LoadError(t('errors.load'), { cause: error });
  }
}

/**
 * Returns whether code may be loaded before it is needed: a browser does not request a script again whose request has
 * failed, so that the code would be missing once there is a network. A service worker has all scripts.
 */
export const mayLoadAhead = (): boolean =>
  globalThis.navigator?.onLine !== false || navigator.serviceWorker?.controller != null;
