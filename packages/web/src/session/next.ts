const KEY = 'parley.next';

/** Whether the text is an address of this client: never one of another site. */
export function isOwnPath(text: string): boolean {
  if (!text.startsWith('/') || !URL.canParse(text, location.origin)) return false;
  return new URL(text, location.origin).origin === location.origin;
}

/** Where somebody wanted to go who has to log in first. It never stands in an address. */
export function rememberNext(path: string): void {
  if (isOwnPath(path)) sessionStorage.setItem(KEY, path);
}

/** Where they wanted to go, without forgetting it. */
export function peekNext(): string | null {
  const path = sessionStorage.getItem(KEY);
  return path !== null && isOwnPath(path) ? path : null;
}

/** Where they wanted to go; once. */
export function takeNext(): string | null {
  const path = peekNext();
  sessionStorage.removeItem(KEY);
  return path;
}

/** Forgets where somebody wanted to go: it was somebody else. */
export const forgetNext = (): void => sessionStorage.removeItem(KEY);
