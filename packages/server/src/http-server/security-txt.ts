import type { FastifyInstance } from 'fastify';

const PATH = '/.well-known/security.txt';
const DAY_MS = 24 * 60 * 60 * 1000;
/** How long the file is valid. RFC 9116 recommends less than a year. */
const VALID_DAYS = 364;

/** Returns the text of the file at a time, in ms since the epoch. */
export function securityTxt(
  contacts: readonly string[],
  publicUrl: string | undefined,
  now: number,
): string {
  // A whole day, so that requests of one day receive the same file.
  const expires = (Math.floor(now / DAY_MS) + VALID_DAYS) * DAY_MS;
  const lines = contacts.map((contact) => `Contact: ${contact}`);
  lines.push(`Expires: ${new Date(expires).toISOString()}`, 'Preferred-Languages: en');
  // RFC 9116 permits only https here.
  if (publicUrl?.startsWith('https:')) lines.push(`Canonical: ${publicUrl}${PATH}`);
  return `${lines.join('\n')}\n`;
}

/** Serves `/.well-known/security.txt` (RFC 9116) if there are contacts; otherwise it does not exist. */
export function securityTxtRoutes(
  app: FastifyInstance,
  contacts: readonly string[],
  publicUrl: string | undefined,
): void {
  if (contacts.length === 0) return;
  app.get(PATH, { schema: { hide: true } }, (_request, reply) => {
    reply.header('cache-control', 'public, max-age=3600').type('text/plain; charset=utf-8');
    return reply.send(securityTxt(contacts, publicUrl, Date.now()));
  });
}
