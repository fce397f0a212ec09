import { isIP } from 'node:net';

/**
 * Under which names a server without PUBLIC_URL may be asked for.
 *
 * A page of another site can make a browser ask this server under the name of that site, by having
 * the name lead here (DNS rebinding): the origins are then the same, and the browser keeps nothing
 * apart. It cannot do so with an address in place of a name, nor with `localhost`.
 *
 * With PUBLIC_URL any name is taken, as a proxy may ask under its own: there the origin is compared
 * with PUBLIC_URL.
 */

/** Paths that programs ask for under names of their own, and that tell no secrets to pages. */
const OPEN = /^\/(health|metrics)(\/|$)/;

/** Whether a request may name this host; `settings.host` is where the server listens (HOST). */
export function isAllowedHost(
  host: string | undefined,
  path: string,
  settings: { readonly publicUrl?: string | undefined; readonly host: string },
): boolean {
  // Without one it is no browser: they have sent it since HTTP/1.1.
  if (settings.publicUrl !== undefined || host === undefined || OPEN.test(path)) return true;
  const name = nameOf(host);
  if (name === null) return false;
  if (name === 'localhost' || name.endsWith('.localhost')) return true;
  const listening = settings.host.toLowerCase();
  if (name === listening || isLoopback(name)) return true;
  // Listening on all addresses: any of them may be this machine's, seen through a port mapping too.
  return (listening === '0.0.0.0' || listening === '::') && isIP(name) !== 0;
}

/** The name of a Host header without its port, in lower case; null when it is malformed. */
function nameOf(host: string): string | null {
  const [, address, name] =
    /^(?:\[([0-9a-f:.]+)\]|([a-z0-9](?:[a-z0-9._-]*[a-z0-9])?))(?::\d{1,5})?$/i.exec(host) ?? [];
  return (address ?? name)?.toLowerCase() ?? null;
}

const isLoopback = (name: string): boolean =>
  name === '::1' || (isIP(name) === 4 && name.startsWith('127.'));
