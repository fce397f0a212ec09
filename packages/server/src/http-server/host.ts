import { isIP } from 'node:net';

/**
 * Decides which host names a server without PUBLIC_URL answers to.
 *
 * A malicious site can point its own host name at this server (DNS rebinding). The browser then
 * treats both as the same origin. This is impossible with an IP address or `localhost`.
 *
 * With PUBLIC_URL any host name is accepted, because a proxy may use its own; there the origin is
 * compared with PUBLIC_URL.
 */

/** Paths for monitoring, which contain no secrets and accept any host name. */
const OPEN = /^\/(health|metrics)(\/|$)/;

/** Returns whether a request may use this host name; `settings.host` is the setting HOST. */
export function isAllowedHost(
  host: string | undefined,
  path: string,
  settings: { readonly publicUrl?: string | undefined; readonly host: string },
): boolean {
  // Without a Host header it is not a browser.
  if (settings.publicUrl !== undefined || host === undefined || OPEN.test(path)) return true;
  const name = nameOf(host);
  if (name === null) return false;
  if (name === 'localhost' || name.endsWith('.localhost')) return true;
  const listening = settings.host.toLowerCase();
  if (name === listening || isLoopback(name)) return true;
  // Listening on all interfaces: any IP address may be one of this machine, or of a port mapping.
  return (listening === '0.0.0.0' || listening === '::') && isIP(name) !== 0;
}

/** Returns the host of a Host header without its port, in lower case; null if it is malformed. */
function nameOf(host: string): string | null {
  const [, address, name] =
    /^(?:\[([0-9a-f:.]+)\]|([a-z0-9](?:[a-z0-9._-]*[a-z0-9])?))(?::\d{1,5})?$/i.exec(host) ?? [];
  return (address ?? name)?.toLowerCase() ?? null;
}

const isLoopback = (name: string): boolean =>
  name === '::1' || (isIP(name) === 4 && name.startsWith('127.'));
