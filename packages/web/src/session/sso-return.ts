const KEY = 'parley.sso';
const PARAMETER = 'tab';

/** The value of the log-in that this tab has begun, once it has come back from the provider. */
let begun: string | null = null;

/**
 * Makes the value that binds a log-in at another provider to this tab, and keeps it here. The
 * server hands it back with the result, so that no link of somebody else's can bring a result.
 */
export function beginSso(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(24));
  const value = btoa(String.fromCharCode(...bytes))
    .replaceAll('+', '-')
    .replaceAll('/', '_');
  sessionStorage.setItem(KEY, value);
  return value;
}

/**
 * What the address of this page, from behind its `#`, says of a log-in at another provider: nothing,
 * the result of a log-in that this tab has not begun, a step that is missing, or that it is done.
 */
export type SsoReturn = 'none' | 'foreign' | 'step' | 'done';

/** Reads it when the page is loaded. The value of this tab counts for this one time. */
export function takeSsoReturn(hash: string): SsoReturn {
  begun = sessionStorage.getItem(KEY);
  sessionStorage.removeItem(KEY);
  return ssoReturn(hash);
}

/** Reads it later on the same page. */
export function ssoReturn(hash: string): SsoReturn {
  const values = new URLSearchParams(hash);
  const tab = values.get(PARAMETER);
  if (tab === null && !values.has('step')) return 'none';
  if (begun === null || tab !== begun) return 'foreign';
  return values.has('step') ? 'step' : 'done';
}
