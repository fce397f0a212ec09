import { readFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { resolve } from 'node:path';
import type { RegistrationMode } from '@parley/protocol';
import { z } from 'zod';
import { logLevels } from './log.ts';

/**
 * One setting: an environment variable, what it means, and how its text becomes a value.
 *
 * The schema receives the text, or undefined when the variable is not set or empty.
 */
type Setting<Key extends string, Schema extends z.ZodType> = {
  /** The name in {@link Config}. */
  key: Key;
  /** The default as it would be written in the environment; undefined when there is none. */
  default: string | undefined;
  /** A secret: its value appears in no message, no log and no example. */
  secret: boolean;
  /** The words of the documentation, one string a line. */
  description: readonly string[];
  /** An example for the documentation of a setting without a default. */
  example?: string;
  schema: Schema;
};

function setting<const Key extends string, Schema extends z.ZodType>(
  key: Key,
  options: {
    default?: string;
    secret?: boolean;
    description: readonly string[];
    example?: string;
    schema: Schema;
  },
): Setting<Key, Schema> {
  return { secret: false, default: undefined, ...options, key };
}

/** An address of one of these schemes; `path` says whether it may name more than a host. */
function url(schemes: readonly string[], description: string) {
  return z.string().refine((text) => {
    const parsed = URL.canParse(text) ? new URL(text) : undefined;
    return parsed !== undefined && schemes.includes(parsed.protocol.replace(/:$/, ''));
  }, description);
}

const hostWords =
  'must be an IP address or a host name, such as 127.0.0.1, 0.0.0.0, :: or localhost';
const host = z
  .string()
  .regex(/^([A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?|[0-9A-Fa-f.]*:[0-9A-Fa-f:.]*)$/, hostWords);

const port = z
  .string()
  .regex(/^\d{1,5}$/, 'must be a whole number from 0 to 65535 (0 takes a free port)')
  .transform(Number)
  .refine((n) => n <= 65_535, 'must be a whole number from 0 to 65535 (0 takes a free port)');

const publicUrl = z
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
  }, 'must be the address people open, http:// or https:// and a host, without a path, such as https://chat.example.org')
  .transform((text) => new URL(text).origin);

const emailFrom = z
  .string()
  .regex(
    /^([^<>\r\n]+ <[^\s<>@]+@[^\s<>@]+>|[^\s<>@]+@[^\s<>@]+)$/,
    'must be an address, such as parley@example.org or Parley <parley@example.org>',
  );

const trustedProxies = z
  .string()
  .transform((text) => text.split(/[\s,]+/).filter((part) => part !== ''))
  .refine(
    (parts) => parts.every(isNetwork),
    'must be addresses or networks with commas between, such as loopback, 10.0.0.5, 192.168.16.0/20',
  );

/** One of the names that stand for networks, an address, or a network as address/length. */
function isNetwork(text: string): boolean {
  if (['loopback', 'linklocal', 'uniquelocal'].includes(text)) return true;
  const [address = '', length, ...more] = text.split('/');
  const version = isIP(address);
  if (version === 0 || more.length > 0) return false;
  return length === undefined || (/^\d+$/.test(length) && +length <= (version === 4 ? 32 : 128));
}
const registration = z
  .string()
  .regex(
    /^(open|invitation|closed|domain:\s*[^\s,:@]+(\s*,\s*[^\s,:@]+)*)$/i,
    'must be open, invitation, closed, or domain: with domains, such as domain:example.org,example.com',
  )
  .transform((text): { mode: RegistrationMode; domains: readonly string[] } => {
    const [mode = '', list = ''] = text.toLowerCase().split(':');
    const domains = list.split(',').map((domain) => domain.trim());
    return { mode: mode as RegistrationMode, domains: mode === 'domain' ? domains : [] };
  });

/** Every setting of the server, by the name of its environment variable. */
export const settings = {
  HOST: setting('host', {
    default: '127.0.0.1',
    description: [
      'The address to listen on. The default is reachable from this machine only;',
      '0.0.0.0 (or ::) listens on all, which wants a proxy with TLS in front.',
    ],
    schema: host,
  }),
  PORT: setting('port', {
    default: '3000',
    description: [
      'The port to listen on, for pages, API and live connections alike. 0 takes a free one.',
    ],
    schema: port,
  }),
  PARLEY_DATA: setting('dataDir', {
    default: './data',
    description: [
      'The folder with everything that must be kept: the embedded database, keys, files.',
      'One server uses it at a time.',
    ],
    schema: z
      .string()
      .refine((text) => !text.includes('\0'), 'must be the path of a folder')
      .transform((text) => resolve(text)),
  }),
  PUBLIC_URL: setting('publicUrl', {
    description: [
      'The address people open in their browsers, as it is outside of any proxy. Browsers that',
      'come from another address are refused. Without it: http:// with HOST and PORT, and requests',
      'under other names than that one and localhost are refused.',
    ],
    example: 'https://chat.example.org',
    schema: publicUrl.optional(),
  }),
  TRUSTED_PROXIES: setting('trustedProxies', {
    description: [
      'The proxies whose X-Forwarded-For is believed, by address or network, with commas between:',
      'limits on log-ins count by the address that they name. "loopback" stands for this machine,',
      '"uniquelocal" for private networks. Without it: nobody is believed.',
    ],
    example: 'loopback, 10.0.0.5, 192.168.16.0/20',
    schema: trustedProxies.default([]),
  }),
  DATABASE_URL: setting('databaseUrl', {
    secret: true,
    description: [
      'An external PostgreSQL (15 or later) in place of the embedded one. It must keep what it',
      'has confirmed: with fsync, synchronous_commit or full_page_writes off, Parley does not start.',
    ],
    example: 'postgres://parley:password@db.example.org:5432/parley',
    schema: url(
      ['postgres', 'postgresql'],
      'must begin with postgres:// (or postgresql://) and name a server',
    ).optional(),
  }),
  REDIS_URL: setting('redisUrl', {
    secret: true,
    description: [
      'A Redis or Valkey that joins several nodes over one DATABASE_URL into one server. No message',
      'depends on it: while it is away, those of other nodes come up to two seconds late. The nodes',
      'need the same DATABASE_URL, PUBLIC_URL and PARLEY_SECRET, and a data folder each.',
    ],
    example: 'redis://redis.example.org:6379',
    schema: url(['redis', 'rediss'], 'must begin with redis:// or rediss://').optional(),
  }),
  SMTP_URL: setting('smtpUrl', {
    secret: true,
    description: [
      'The mail server that takes outgoing mail. Without it, mails are put as files into the folder',
      'outbox of PARLEY_DATA, and the log says where.',
    ],
    example: 'smtps://user:password@mail.example.org:465',
    schema: url(['smtp', 'smtps'], 'must begin with smtp:// or smtps://').optional(),
  }),
  EMAIL_FROM: setting('emailFrom', {
    default: 'Parley <parley@localhost>',
    description: ['The sender of the mails.'],
    schema: emailFrom,
  }),
  REGISTRATION: setting('registration', {
    default: 'open',
    description: [
      'Who may make an account: "open" anybody, "invitation" whoever was invited, "domain:" and',
      'domains (domain:example.org,example.com) whoever has an address there or was invited,',
      '"closed" nobody: admins make the accounts. The very first account can always be made.',
    ],
    schema: registration,
  }),
  VERIFY_EMAIL: setting('verifyEmail', {
    description: [
      '"on": whoever registers has to bring a code that is mailed to the address; "off": not.',
      'Without it: on when SMTP_URL is set, or when REGISTRATION asks for domains.',
    ],
    example: 'on',
    schema: z
      .enum(['on', 'off'], 'must be on or off')
      .transform((text) => text === 'on')
      .optional(),
  }),
  PARLEY_SECRET: setting('secret', {
    secret: true,
    description: [
      'The secret that the signing keys in the database are encrypted with, at least 32 characters.',
      'Without it, one is made at the first start and kept in the data folder. Several nodes over',
      'one database need the same.',
    ],
    example: 'the output of: openssl rand -base64 32',
    schema: z.string().min(32, 'must have at least 32 characters').optional(),
  }),
  SECOND_FACTOR: setting('secondFactor', {
    default: 'nobody',
    description: [
      'Who must have a second factor (an authenticator app or a passkey) to log in: nobody, admins',
      '(and owners), or everybody. Whoever has none yet sets it up at the next log-in.',
    ],
    schema: z.enum(['nobody', 'admins', 'everybody'], 'must be nobody, admins or everybody'),
  }),
  OIDC_ISSUER: setting('oidcIssuer', {
    description: [
      'Single sign-on: the address of an OpenID Connect provider, as it names itself. Register',
      'Parley there with the redirect address <PUBLIC_URL>/api/v1/auth/sso/oidc/callback. People',
      'are known by verified e-mail addresses.',
    ],
    example: 'https://login.example.org/realms/main',
    schema: z
      .string()
      .refine((text) => {
        const parsed = URL.canParse(text) ? new URL(text) : undefined;
        const here = ['localhost', '127.0.0.1', '[::1]'].includes(parsed?.hostname ?? '');
        return parsed?.protocol === 'https:' || (parsed?.protocol === 'http:' && here);
      }, 'must be an https:// address (http:// on this machine only)')
      .optional(),
  }),
  OIDC_CLIENT_ID: setting('oidcClientId', {
    description: ['What the provider calls this server.'],
    example: 'parley',
    schema: z
      .string()
      .regex(/^[\x21-\x7e]+$/, 'must be what the provider gave, without spaces')
      .optional(),
  }),
  OIDC_CLIENT_SECRET: setting('oidcClientSecret', {
    secret: true,
    description: ['The secret that the provider gave this server.'],
    example: 'what the provider shows once',
    schema: z
      .string()
      .regex(/^[\x20-\x7e]{8,}$/, 'must be what the provider gave, at least 8 characters')
      .optional(),
  }),
  OIDC_NAME: setting('oidcName', {
    default: 'Single sign-on',
    description: ['What the log-in page calls the provider.'],
    schema: z.string().max(40, 'must have at most 40 characters'),
  }),
  LOG_LEVEL: setting('logLevel', {
    default: 'info',
    description: [`How much is logged to standard error: ${logLevels.join(', ')}.`],
    schema: z.enum(logLevels, `must be one of ${logLevels.join(', ')}`),
  }),
  METRICS_TOKEN: setting('metricsToken', {
    secret: true,
    description: [
      'Opens /metrics, in the format of Prometheus, to those who have this token',
      '(Authorization: Bearer …). Without it there is no /metrics.',
    ],
    example: 'the output of: openssl rand -base64 32',
    schema: z
      .string()
      .regex(/^[\x21-\x7e]{16,}$/, 'must have at least 16 characters, none of them a blank')
      .optional(),
  }),
  OTEL_EXPORTER_OTLP_ENDPOINT: setting('tracesUrl', {
    description: [
      'A collector of OpenTelemetry (OTLP over HTTP) that gets traces of messages on their way.',
      'Without it there are none, and they cost nothing. OTEL_TRACES_SAMPLER and the other',
      'variables of OpenTelemetry say which share of them, and more.',
    ],
    example: 'http://localhost:4318',
    schema: url(['http', 'https'], 'must begin with http:// or https://').optional(),
  }),
  HSTS_SUBDOMAINS: setting('hstsSubdomains', {
    default: 'off',
    description: [
      '"on": browsers reach all subdomains of PUBLIC_URL by https only, for a year (includeSubDomains',
      'of Strict-Transport-Security). Only where every one of them has https.',
    ],
    schema: z.enum(['on', 'off'], 'must be on or off').transform((text) => text === 'on'),
  }),
  RATE_LIMITS: setting('rateLimits', {
    default: 'on',
    description: [
      '"off" lifts the limits on requests and commands: for load tests and imports only.',
    ],
    schema: z.enum(['on', 'off'], 'must be on or off').transform((text) => text === 'on'),
  }),
} as const;

type Settings = typeof settings;

/** The settings as the server uses them. `dataDir` is absolute, `publicUrl` an origin. */
export type Config = {
  readonly [Name in keyof Settings as Settings[Name]['key']]: z.output<Settings[Name]['schema']>;
};

/** A setting that is wrong, and why. The message holds no secret. */
export type ConfigProblem = { name: string; message: string };

/** What {@link loadConfig} found: the whole configuration, or every mistake in it. */
export type LoadedConfig =
  | { ok: true; config: Config }
  | { ok: false; problems: readonly ConfigProblem[] };

/**
 * Reads the settings from the environment. A variable that is set to nothing counts as not set,
 * as it is in files where `NAME=` stands for "the default". A secret may stand in a file instead,
 * whose path is in `NAME_FILE`.
 */
export function loadConfig(env: Readonly<Record<string, string | undefined>>): LoadedConfig {
  const values: Record<string, unknown> = {};
  const problems: ConfigProblem[] = [];
  for (const name of Object.keys(settings) as (keyof Settings)[]) {
    const { key, schema, default: fallback, secret } = settings[name];
    const given = secret ? secretText(name, env) : { text: env[name]?.trim() };
    if ('problem' in given) {
      problems.push(given.problem);
      continue;
    }
    const text = given.text || fallback;
    const parsed = schema.safeParse(text);
    if (parsed.success) {
      values[key] = parsed.data;
    } else {
      const why = parsed.error.issues[0]?.message ?? 'is not valid';
      problems.push({ name, message: secret ? why : `${why} (it is ${JSON.stringify(text)})` });
    }
  }
  if (problems.length > 0) return { ok: false, problems };
  return { ok: true, config: values as Config };
}

/** A secret from its variable, or from the file that `NAME_FILE` names. */
function secretText(
  name: string,
  env: Readonly<Record<string, string | undefined>>,
): { text: string | undefined } | { problem: ConfigProblem } {
  const text = env[name]?.trim();
  const path = env[`${name}_FILE`]?.trim();
  if (!path) return { text };
  const wrong = (message: string) => ({ problem: { name: `${name}_FILE`, message } });
  if (text) return wrong(`and ${name} are both set: keep one of them`);
  try {
    const content = readFileSync(path, 'utf8').trim();
    return content === '' ? wrong(`names an empty file: ${path}`) : { text: content };
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    return wrong(`names a file that cannot be read: ${path} (${code})`);
  }
}

/** The mistakes as text for a terminal, one a line. */
export function describeProblems(problems: readonly ConfigProblem[]): string {
  const lines = problems.map(({ name, message }) => `  ${name} ${message}`);
  return `Parley cannot start with these settings:\n${lines.join('\n')}\n`;
}

/** The text of `.env.example`: every setting with its words, commented out at its default. */
export function envExample(): string {
  const blocks = (Object.keys(settings) as (keyof Settings)[]).map((name) => {
    const {
      description,
      default: fallback,
      example,
      secret,
    }: Setting<string, z.ZodType> = settings[name];
    const lines = description.map((line) => `# ${line}`);
    if (secret) lines.push(`# Or ${name}_FILE: the path of a file that holds it.`);
    if (fallback !== undefined) lines.push(`#${name}=${fallback}`);
    else lines.push(`# Example: ${example ?? ''}`, `#${name}=`);
    return lines.join('\n');
  });
  return [
    '# The settings of Parley, each with its default. All are optional.\n' +
      '# Copy this file to .env and uncomment what you change; the environment wins over the file.\n' +
      '# Made from packages/server/src/config.ts by: node scripts/env-example.mjs',
    ...blocks,
    '',
  ]
    .join('\n\n')
    .replace(/\n\n$/, '\n');
}
