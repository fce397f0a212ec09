const KEY = 'parley.next';

/** Returns whether the text is a path of this client, not an address of another site. */
function isOwnPath(text: string): boolean {
  if (!text.startsWith('/') || !URL.canParse(text, location.origin)) return false;
  return new URL(text, location.origin).origin === location.origin;
}

/**
 * Stores the page to open after the login. It is not kept in the URL, where others could set it.
 */
export function rememberNext(path: string): void {
  if (isOwnPath(path)) sessionStorage.setItem(KEY, path);
}

/** Returns the page to open after the login, and keeps it. */
export function peekNext(): string | null {
  const path = sessionStorage.getItem(KEY);
  return path !== null && isOwnPath(path) ? path : null;
}

/** Returns and clears the page to open after the login. */
export function takeNext(): string | null {
  const path = peekNext();
  sessionStorage.removeItem(KEY);
  return path;
}

/** Clears the page to open, because another account may log in next. */
export const forgetNext = (): void => sessionStorage.removeItem(KEY);
