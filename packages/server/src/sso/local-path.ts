/** An origin that no path of this server can have. */
const HERE = 'http://here.invalid';

/**
 * Returns where to redirect the browser after a login: a path of this server, or `/` for anything
 * else. That includes what a browser would parse as another host (`//host`, `/\host`, a scheme,
 * control characters).
 */
export function localPath(next: string | undefined): string {
  if (next === undefined || !/^\/(?![/\\])/.test(next) || /[\p{Cc}\\]/u.test(next)) return '/';
  if (!URL.canParse(next, HERE)) return '/';
  const url = new URL(next, HERE);
  // Dot segments are resolved by now: `/..//host` has become `//host`.
  if (url.origin !== HERE || url.pathname.startsWith('//')) return '/';
  return `${url.pathname}${url.search}${url.hash}`;
}
