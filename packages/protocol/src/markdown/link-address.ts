import { isBlank } from '../base/characters.ts';

/** White space, angle brackets and bidirectional controls, which URLs cannot contain. */
const NOT_IN_ADDRESS = /[\s<>\u061C\u200E\u200F\u202A-\u202E\u2066-\u2069]/;

/** Returns the URL of a link; null if it may not be opened, for instance `javascript:`. */
export function addressOf(url: string): string | null {
  const bare = url.startsWith('<') && url.endsWith('>') ? url.slice(1, -1) : url;
  const address = bare.replace(/\\([!-/:-@[-`{-~])/g, '$1');
  return ADDRESS.test(address) && !NOT_IN_ADDRESS.test(address) ? address : null;
}

/** A web address, or an email address alone: parameters could fill in a message. */
const ADDRESS = /^(?:https?:\/\/.|mailto:[^?&@]+@[^?&@]+$)/i;

/** Returns the URL of an address that may be typed without a scheme. */
export function withScheme(address: string): string {
  if (/^https?:\/\//i.test(address)) return address;
  return address.includes('@') ? `mailto:${address}` : `https://${address}`;
}

/** File extensions that look like top-level domains. */
const FILE =
  /^(?:c|cc|cpp|css|go|h|html?|java|js|json|jsx|md|mjs|pdf|php|png|rb|ts|tsx|txt|xml|ya?ml)$/;

/**
 * Returns the words of a text that look like hosts: labels separated by dots, the last one of
 * letters.
 */
function hostsIn(text: string): string[] {
  const isUrl = /:\/\/|www\./i.test(text);
  const words = text
    .normalize('NFKC')
    .toLowerCase()
    .split(/[^\p{L}\p{N}.-]+/u);
  return words
    .map((word) => word.split('.').filter((label) => label !== ''))
    .filter((labels) => {
      const last = labels.at(-1) ?? '';
      return labels.length > 1 && /^\p{L}{2,}$/u.test(last) && (isUrl || !FILE.test(last));
    })
    .map((labels) => labels.join('.').replace(/^www\./, ''));
}

/**
 * Returns whether the text of a link is invisible, or looks like a URL of a different site than its
 * target.
 */
export function readsAsOther(label: string, href: string): boolean {
  if (isBlank(label) || /[\u061C\u200E\u200F\u202A-\u202E\u2066-\u2069]/.test(label)) return true;
  const host = (URL.canParse(href) ? new URL(href).hostname : href).replace(/^www\./, '');
  const named = hostsIn(label);
  return named.length > 0 && named[0] !== host;
}
