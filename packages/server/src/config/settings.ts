import { resolve } from 'node:path';
import { z } from 'zod';
import { logLevels } from '../runtime/log.ts';
import {
  bucketName,
  emailFrom,
  hasNoCredentials,
  host,
  keyPrefix,
  megabytes,
  networks,
  port,
  ports,
  publicUrl,
  registration,
  securityContacts,
  trustedProxies,
  url,
} from './setting-schemas.ts';

/**
 * A setting: an environment variable, its documentation, and the schema that parses it.
 *
 * The schema receives the text, or undefined if the variable is not set or empty.
 */
export type Setting<Key extends string, Schema extends z.ZodType> = {
  /** The name in {@link Config}. */
  key: Key;
  /** The default as it would be written in the environment; undefined if there is none. */
  default: string | undefined;
  /** Whether the value is a secret, which appears in no message, log or example. */
  secret: boolean;
  /** The documentation, one string per line. */
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

/** All settings of the server, by environment variable. */
export const settings = {
  HOST: setting('host', {
    default: '127.0.0.1',
    description: [
      'The address to listen on. The default is reachable only from this machine; 0.0.0.0 (or ::)',
      'listens on all interfaces and needs a reverse proxy with TLS in front of it.',
    ],
    schema: host,
  }),
  PORT: setting('port', {
    default: '3000',
    description: [
      'The port to listen on, for the web client, the API and WebSockets. 0 picks a free port.',
    ],
    schema: port,
  }),
  PARLEY_DATA: setting('dataDir', {
    default: './data',
    description: [
      'The data folder, with everything that must be kept: the embedded database, keys, files.',
      'Only one server can use it at a time.',
    ],
    schema: z
      .string()
      .refine((text) => !text.includes('\0'), 'must be the path of a folder')
      .transform((text) => resolve(text)),
  }),
  PUBLIC_URL: setting('publicUrl', {
    description: [
      'The public URL of the server, as users open it. Browser requests from any other origin are',
      'rejected. Without it: http:// with HOST and PORT, and requests with a host name other than',
      'HOST and localhost are rejected.',
    ],
    example: 'https://chat.example.org',
    schema: publicUrl.optional(),
  }),
  TRUSTED_PROXIES: setting('trustedProxies', {
    description: [
      'The reverse proxies whose X-Forwarded-For is trusted, as a comma-separated list of addresses',
      'and networks. Rate limits use the client address from it. "loopback" means this machine,',
      '"uniquelocal" private networks. Without it, X-Forwarded-For is ignored.',
    ],
    example: 'loopback, 10.0.0.5, 192.168.16.0/20',
    schema: trustedProxies.default([]),
  }),
  DATABASE_URL: setting('databaseUrl', {
    secret: true,
    description: [
      'An external PostgreSQL (15 or later) instead of the embedded one. Parley does not start if its',
      'fsync, synchronous_commit or full_page_writes is off, because it could lose messages.',
    ],
    example: 'postgres://parley:password@db.example.org:5432/parley',
    schema: url(
      ['postgres', 'postgresql'],
      'must start with postgres:// (or postgresql://) and contain a host',
    ).optional(),
  }),
  REDIS_URL: setting('redisUrl', {
    secret: true,
    description: [
      'A Redis or Valkey that connects several nodes with the same DATABASE_URL. No message is lost',
      'without it: while it is down, messages from other nodes arrive up to two seconds late. All nodes',
      'need the same DATABASE_URL, PUBLIC_URL and PARLEY_SECRET, and each its own data folder.',
    ],
    example: 'redis://redis.example.org:6379',
    schema: url(
      ['redis', 'rediss'],
      'must start with redis:// or rediss:// and contain a host',
    ).optional(),
  }),
  SMTP_URL: setting('smtpUrl', {
    secret: true,
    description: [
      'The SMTP server for outgoing email. Without it, emails are written as files to the folder',
      'outbox in PARLEY_DATA, and their paths are logged.',
    ],
    example: 'smtps://user:password@smtp.example.org:465',
    schema: url(
      ['smtp', 'smtps'],
      'must start with smtp:// or smtps:// and contain a host',
    ).optional(),
  }),
  EMAIL_FROM: setting('emailFrom', {
    default: 'Parley <parley@localhost>',
    description: ['The sender address of emails.'],
    schema: emailFrom,
  }),
  REGISTRATION: setting('registration', {
    description: [
      'Who can register. "open": everyone; "invitation": people with an invitation;',
      '"domain:example.org,example.com": people with an email address there, or an invitation; "closed":',
      'no one, admins create the accounts. The first account can always register and becomes the owner.',
      'Without it, admins choose it on the page Server settings; at first it is open.',
    ],
    example: 'invitation',
    schema: registration.optional(),
  }),
  VERIFY_EMAIL: setting('verifyEmail', {
    description: [
      '"on": new users must enter a code that is sent to their email address; "off": they need no code.',
      'Without it: on if SMTP_URL is set, or if registration is limited to domains.',
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
      'The secret that encrypts signing keys, authenticator secrets, emails and addresses of notification',
      'devices in the database, and signs links and codes. At least 32 characters. Without it, one is generated',
      'at the first start and stored in the data folder. All nodes of one database need the same secret.',
    ],
    example: 'the output of: openssl rand -base64 32',
    schema: z.string().min(32, 'must have at least 32 characters').optional(),
  }),
  SECOND_FACTOR: setting('secondFactor', {
    default: 'off',
    description: [
      'Who needs a second factor (an authenticator app or a passkey) to log in: off (no one), admins',
      '(and owners), or everyone. Users without one set it up the next time they log in.',
    ],
    schema: z.enum(['off', 'admins', 'everyone'], 'must be off, admins or everyone'),
  }),
  OIDC_ISSUER: setting('oidcIssuer', {
    description: [
      'Single sign-on: the issuer URL of an OpenID Connect provider. Register Parley there with the',
      'redirect URI <PUBLIC_URL>/api/v1/auth/sso/oidc/callback. Users are matched by their verified',
      'email addresses.',
    ],
    example: 'https://login.example.org/realms/main',
    schema: z
      .string()
      .refine((text) => {
        const parsed = URL.canParse(text) ? new URL(text) : undefined;
        const here = ['localhost', '127.0.0.1', '[::1]'].includes(parsed?.hostname ?? '');
        return parsed?.protocol === 'https:' || (parsed?.protocol === 'http:' && here);
      }, 'must be an https:// URL (http:// only on this machine)')
      .optional(),
  }),
  OIDC_CLIENT_ID: setting('oidcClientId', {
    description: ['The client ID of this server at the provider.'],
    example: 'parley',
    schema: z
      .string()
      .regex(/^[\x21-\x7e]+$/, 'must be the client ID from the provider, without spaces')
      .optional(),
  }),
  OIDC_CLIENT_SECRET: setting('oidcClientSecret', {
    secret: true,
    description: ['The client secret of this server at the provider.'],
    example: 'the client secret from the provider',
    schema: z
      .string()
      .regex(
        /^[\x20-\x7e]{8,}$/,
        'must be the client secret from the provider, at least 8 characters',
      )
      .optional(),
  }),
  OIDC_NAME: setting('oidcName', {
    default: 'Single sign-on',
    description: ['The name of the provider on the login page.'],
    schema: z.string().max(40, 'must have at most 40 characters'),
  }),
  FILE_MAX_MB: setting('fileMaxMb', {
    default: '100',
    description: ['The maximum size of a file, in MiB.'],
    schema: megabytes(1),
  }),
  ACCOUNT_FILES_MB: setting('accountFilesMb', {
    default: '10000',
    description: [
      'The maximum size of all files of an account together, in MiB, including unfinished uploads.',
      '0: no limit.',
    ],
    schema: megabytes(0),
  }),
  SERVER_FILES_MB: setting('serverFilesMb', {
    default: '0',
    description: [
      'The maximum size of all files on the server together, in MiB. 0: no limit except the disk, of',
      'which 256 MiB are always left free.',
    ],
    schema: megabytes(0),
  }),
  FILES_S3_ENDPOINT: setting('filesS3Endpoint', {
    description: [
      'The URL of an S3 server (Amazon S3, MinIO, Ceph, Garage, R2 …) that keeps the files instead of the',
      'folder files in PARLEY_DATA. FILES_S3_BUCKET and the access key must be set as well.',
    ],
    example: 'https://s3.eu-central-1.amazonaws.com',
    schema: url(['http', 'https'], 'must start with http:// or https:// and contain a host')
      // It is shown in errors and logs.
      .refine(hasNoCredentials, 'must contain no user name, password, query or fragment')
      .optional(),
  }),
  FILES_S3_BUCKET: setting('filesS3Bucket', {
    description: [
      'The bucket. It must exist, and versioning must be off, because it would keep deleted files.',
    ],
    example: 'parley-files',
    schema: bucketName.optional(),
  }),
  FILES_S3_REGION: setting('filesS3Region', {
    default: 'us-east-1',
    description: ['The region of the bucket, which is part of signatures.'],
    schema: z.string().regex(/^[A-Za-z0-9-]{1,40}$/, 'must be the name of a region'),
  }),
  FILES_S3_ACCESS_KEY_ID: setting('filesS3AccessKeyId', {
    description: [
      'The id of an access key that may list the bucket, and read, write and delete objects in it.',
    ],
    example: 'GK31c2f218a2e44f485b94239e',
    schema: z
      .string()
      .regex(/^[\x21-\x7e]{1,200}$/, 'must be the id of an access key, without spaces')
      .optional(),
  }),
  FILES_S3_SECRET_ACCESS_KEY: setting('filesS3SecretAccessKey', {
    secret: true,
    description: ['The secret of the access key.'],
    example: 'the secret of the access key',
    schema: z
      .string()
      .regex(
        /^[\x21-\x7e]{6,500}$/,
        'must be the secret of an access key: at least 6 characters, no spaces',
      )
      .optional(),
  }),
  FILES_S3_PREFIX: setting('filesS3Prefix', {
    description: [
      'The prefix of the keys of all objects; a slash is added. Each server needs its own prefix or bucket.',
    ],
    example: 'chat',
    schema: keyPrefix.optional(),
  }),
  FILES_S3_PATH_STYLE: setting('filesS3PathStyle', {
    default: 'on',
    description: [
      '"on": the bucket is in the path of URLs (https://s3.example.org/bucket/…); "off": in the host name',
      '(https://bucket.s3.example.org/…).',
    ],
    schema: z.enum(['on', 'off'], 'must be on or off').transform((text) => text === 'on'),
  }),
  LOG_LEVEL: setting('logLevel', {
    default: 'info',
    description: [`The level of the log, on standard error: ${logLevels.join(', ')}.`],
    schema: z.enum(logLevels, `must be one of ${logLevels.join(', ')}`),
  }),
  METRICS_TOKEN: setting('metricsToken', {
    secret: true,
    description: [
      'The token for /metrics, in the Prometheus format (Authorization: Bearer …). Without it, /metrics',
      'does not exist.',
    ],
    example: 'the output of: openssl rand -base64 32',
    schema: z
      .string()
      .regex(/^[\x21-\x7e]{16,}$/, 'must have at least 16 characters and no spaces')
      .optional(),
  }),
  OTEL_EXPORTER_OTLP_ENDPOINT: setting('tracesUrl', {
    description: [
      'An OpenTelemetry collector (OTLP over HTTP) to which traces of messages are sent. Without it,',
      'tracing is off. OTEL_TRACES_SAMPLER and the other standard variables of OpenTelemetry apply.',
    ],
    example: 'http://localhost:4318',
    schema: url(['http', 'https'], 'must start with http:// or https://').optional(),
  }),
  HSTS_SUBDOMAINS: setting('hstsSubdomains', {
    default: 'off',
    description: [
      '"on": Strict-Transport-Security includes all subdomains of PUBLIC_URL (includeSubDomains), for a',
      'year. Use it only if every subdomain has HTTPS.',
    ],
    schema: z.enum(['on', 'off'], 'must be on or off').transform((text) => text === 'on'),
  }),
  SECURITY_CONTACT: setting('securityContacts', {
    description: [
      'Where to report vulnerabilities of this server, as a comma-separated list of mailto: and https:',
      'URLs, the preferred one first. Published at /.well-known/security.txt (RFC 9116), which does not',
      'exist without it.',
    ],
    example: 'mailto:security@example.org, https://example.org/security',
    schema: securityContacts.default([]),
  }),
  LINK_PREVIEWS: setting('linkPreviews', {
    description: [
      '"off": the server never fetches pages that messages link to; "on": it does. Without it, admins choose',
      'it on the page Server settings; at first it is on.',
    ],
    example: 'off',
    schema: z
      .enum(['on', 'off'], 'must be on or off')
      .transform((text) => text === 'on')
      .optional(),
  }),
  LINK_PREVIEW_PORTS: setting('linkPreviewPorts', {
    default: '80, 443',
    description: ['The ports from which link previews are fetched, as a comma-separated list.'],
    schema: ports,
  }),
  LINK_PREVIEW_NETWORKS: setting('linkPreviewNetworks', {
    description: [
      'Private addresses and networks from which link previews are fetched as well, as a comma-separated',
      'list, such as those of an intranet. Every member can make the server send GET requests there, and',
      'see the titles and descriptions of the pages. Without it, only public addresses are used.',
    ],
    example: '10.1.2.0/24',
    schema: networks.default([]),
  }),
  PUSH_NETWORKS: setting('pushNetworks', {
    description: [
      'Private addresses and networks of push servers, such as your own ntfy server, as a comma-separated list.',
      'Notifications are also sent there, without TLS if the URL starts with http://. Every member can make the',
      'server send POST requests there. Without it, only public addresses with https are used.',
    ],
    example: '10.1.2.0/24',
    schema: networks.default([]),
  }),
  RATE_LIMITS: setting('rateLimits', {
    default: 'on',
    description: [
      '"off" disables the limits on requests and commands. Only for load tests and imports.',
    ],
    schema: z.enum(['on', 'off'], 'must be on or off').transform((text) => text === 'on'),
  }),
} as const;

/** The type of {@link settings}. */
export type Settings = typeof settings;
