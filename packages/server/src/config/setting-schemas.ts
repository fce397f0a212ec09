import { isIP } from 'node:net';
import type { RegistrationMode } from '@parley/protocol';
import { z } from 'zod';

/** The schemas of settings with a special format. */

/** Returns the schema of a URL with a host and one of these schemes. */
export function url(schemes: readonly string[], description: string) {
  return z.string().refine((text) => {
    const parsed = URL.canParse(text) ? new URL(text) : undefined;
    if (parsed === undefined || !schemes.includes(parsed.protocol.slice(0, -1))) return false;
    // PostgreSQL takes the folder of a Unix socket as a parameter.
    return parsed.host !== '' || parsed.searchParams.has('host');
  }, description);
}

/** Returns whether a URL has no credentials, query or fragment; true if the text is not a URL. */
export function hasNoCredentials(text: string): boolean {
  if (!URL.canParse(text)) return true;
  const { username, password, search, hash } = new URL(text);
  return username + password + search + hash === '';
}

const hostFormat =
  'must be an IP address or a host name, such as 127.0.0.1, 0.0.0.0, :: or localhost';
/** The address to listen on. */
export const host = z
  .string()
  .regex(/^([A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?|[0-9A-Fa-f.]*:[0-9A-Fa-f:.]*)$/, hostFormat);

/** A port. */
export const port = z
  .string()
  .regex(/^\d{1,5}$/, 'must be an integer from 0 to 65535 (0 picks a free port)')
  .transform(Number)
  .refine((n) => n <= 65_535, 'must be an integer from 0 to 65535 (0 picks a free port)');

/** Returns the schema of a size in MiB. */
export const megabytes = (min: number) =>
  z
    .string()
    .regex(/^\d{1,9}$/, `must be a number of MiB, at least ${min}`)
    .transform(Number)
    .refine((n) => n >= min, `must be a number of MiB, at least ${min}`);

/** The origin of the server as users reach it. */
export const publicUrl = z
  .string()
  .refine((text) => {
    const parsed = URL.canParse(text) ? new URL(text) : undefined;
    return (
      parsed !== undefined &&
      (parsed.protocol === 'http:' || parsed.protocol === 'https:') &&
      parsed.pathname === '/' &&
      parsed.search === '' &&
      parsed.hash === '' &&
      parsed.username === ''
    );
  }, 'must be http:// or https:// and a host, without a path, such as https://chat.example.org')
  .transform((text) => new URL(text).origin);

/** The sender of emails: an address, with or without a name. */
export const emailFrom = z
  .string()
  .regex(
    /^([^<>\r\n]+ <[^\s<>@]+@[^\s<>@]+>|[^\s<>@]+@[^\s<>@]+)$/,
    'must be an email address, such as parley@example.org or Parley <parley@example.org>',
  );

/** A list of addresses and networks. */
export const trustedProxies = z
  .string()
  .transform((text) => text.split(/[\s,]+/).filter((part) => part !== ''))
  .refine(
    (parts) => parts.every(isNetwork),
    'must be a comma-separated list of addresses or networks, such as loopback, 10.0.0.5, 192.168.16.0/20',
  );

/** A list of numeric addresses and networks. */
export const networks = z
  .string()
  .transform((text) => text.split(/[\s,]+/).filter((part) => part !== ''))
  .refine(
    (parts) => parts.every((part) => isNetwork(part) && isIP(part.split('/')[0] ?? '') !== 0),
    'must be a comma-separated list of addresses or networks, such as 10.0.0.5, 192.168.16.0/20',
  );

/** A list of ports. */
export const ports = z
  .string()
  .transform((text) => text.split(/[\s,]+/).filter((part) => part !== ''))
  .refine(
    (parts) =>
      parts.length > 0 &&
      parts.every((part) => /^\d{1,5}$/.test(part) && +part >= 1 && +part <= 65_535),
    'must be a comma-separated list of ports, such as 80, 443',
  )
  .transform((parts) => parts.map(Number));

/** Returns whether a text is a named network, an IP address, or a network as address/length. */
function isNetwork(text: string): boolean {
  if (['loopback', 'linklocal', 'uniquelocal'].includes(text)) return true;
  const [address = '', length, ...more] = text.split('/');
  const version = isIP(address);
  if (version === 0 || more.length > 0) return false;
  return length === undefined || (/^\d+$/.test(length) && +length <= (version === 4 ? 32 : 128));
}

/** Who may register. */
export const registration = z
  .string()
  .regex(
    /^(open|invitation|closed|domain:\s*[^\s,:@]+(\s*,\s*[^\s,:@]+)*)$/i,
    'must be open, invitation, closed, or domain: and a list of domains, such as domain:example.org,example.com',
  )
  .transform((text): { mode: RegistrationMode; domains: readonly string[] } => {
    const [mode = '', list = ''] = text.toLowerCase().split(':');
    const domains = list.split(',').map((domain) => domain.trim());
    return { mode: mode as RegistrationMode, domains: mode === 'domain' ? domains : [] };
  });

/** A list of URLs at which vulnerabilities are reported; RFC 9116 requires https: for web pages. */
export const securityContacts = z
  .string()
  .transform((text) => text.split(/[\s,]+/).filter((part) => part !== ''))
  .refine(
    (parts) => parts.length > 0 && parts.every(isContact),
    'must be a comma-separated list of mailto: and https: URLs, such as mailto:security@example.org',
  );

function isContact(text: string): boolean {
  if (!/^[\x21-\x7e]+$/.test(text) || !URL.canParse(text)) return false;
  const { protocol, pathname } = new URL(text);
  if (protocol === 'mailto:') return /^[^@]+@[^@]+$/.test(pathname);
  return protocol === 'https:' && text.toLowerCase().startsWith('https://');
}

/** The name of a bucket, as Amazon S3 allows them. */
export const bucketName = z
  .string()
  .regex(
    /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/,
    'must have 3 to 63 lower-case letters, digits, dots and hyphens',
  );

/** The prefix of object keys. */
export const keyPrefix = z
  .string()
  .regex(
    /^[\w.-]{1,100}(\/[\w.-]{1,100}){0,5}$/,
    'must be a path of letters, digits, dots, hyphens and underscores, such as chat/files',
  );
