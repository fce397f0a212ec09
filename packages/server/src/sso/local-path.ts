/** An address that no path of ours can have. */
const HERE = 'http://here.invalid';

/**
 * Where the browser may be sent after a log-in: a path of this server, or `/` for anything else.
 * What a browser would read as another host (`//host`, `/\host`, a scheme, control characters) is
 * something else.
 */
export function localPath(next: string | undefined): string {
  if (next === undefined || !/^\/(?![/\\])/.test(next) || /[\p{Cc}\\]/u.test(next)) return '/';
  if (!URL.canParse(next, HERE)) return '/';
  const url = new URL(next, HERE);
  // Dots are gone now: `/..//host` has become `//host`.
  if (url.origin !== HERE || url.pathname.startsWith('//')) return '/';
  return `${url.pathname}${url.search}${url.hash}`;
}
