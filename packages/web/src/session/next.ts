import type { AccountId } from '@parley/protocol';

const KEY = 'parley.next';

/**
 * The page that an account had open when the server ended its session. Only in memory: nothing of the account may stay
 * on a device whose session was ended.
 */
let left: { readonly account: AccountId; readonly path: string } | null = null;

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

/**
 * Remembers the page that an account had open when the server ended its session. It is opened after the next login in
 * this page if that is of the same account.
 */
export function rememberLeft(account: AccountId, path: string): void {
  left = { account, path };
}

/** Returns and clears the page to open after the login of an account. */
export function takeNext(account: AccountId): string | null {
  const path = peekNext();
  const returnTo = left?.account === account ? left.path : null;
  forgetNext();
  return path ?? returnTo;
}

/** Clears the page to open, because another account may log in next. */
export function forgetNext(): void {
  sessionStorage.removeItem(KEY);
  left = null;
}
