const KEY = 'parley.sso';
const PARAMETER = 'tab';

/** The value of the login that this tab started, once it is back from the provider. */
let startedValue: string | null = null;

/**
 * Creates and stores the value that binds a single sign-on login to this tab. The server returns it
 * with the result, so that a link from someone else cannot inject one.
 */
export function startSso(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(24));
  const value = btoa(String.fromCharCode(...bytes))
    .replaceAll('+', '-')
    .replaceAll('/', '_');
  sessionStorage.setItem(KEY, value);
  return value;
}

/**
 * What the fragment of the address says about a single sign-on login: nothing, the result of a
 * login that this tab did not start, a further step, or that it is complete.
 */
export type SsoReturn = 'none' | 'foreign' | 'step' | 'done';

/** Reads the result when the page is loaded. The value of this tab is valid for one page load. */
export function takeSsoReturn(hash: string): SsoReturn {
  startedValue = sessionStorage.getItem(KEY);
  sessionStorage.removeItem(KEY);
  return ssoReturn(hash);
}

/** Reads the result again on the same page. */
export function ssoReturn(hash: string): SsoReturn {
  const values = new URLSearchParams(hash);
  const tab = values.get(PARAMETER);
  if (tab === null && !values.has('step')) return 'none';
  if (startedValue === null || tab !== startedValue) return 'foreign';
  return values.has('step') ? 'step' : 'done';
}
