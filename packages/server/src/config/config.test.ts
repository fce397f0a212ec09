import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { describeProblems, envExample, loadConfig } from './config.ts';
import { settings } from './settings.ts';

function problemsOf(env: Record<string, string>): Record<string, string> {
  const loaded = loadConfig(env);
  return loaded.ok ? {} : Object.fromEntries(loaded.problems.map((p) => [p.name, p.message]));
}

describe('loadConfig', () => {
  test('needs no settings: each has a default or is optional', () => {
    expect(loadConfig({})).toEqual({
      ok: true,
      config: {
        host: '127.0.0.1',
        port: 3000,
        dataDir: resolve('data'),
        publicUrl: undefined,
        trustedProxies: [],
        databaseUrl: undefined,
        redisUrl: undefined,
        smtpUrl: undefined,
        emailFrom: 'Parley <parley@localhost>',
        registration: undefined,
        verifyEmail: undefined,
        secret: undefined,
        secondFactor: 'off',
        oidcIssuer: undefined,
        oidcClientId: undefined,
        oidcClientSecret: undefined,
        oidcName: 'Single sign-on',
        hstsSubdomains: false,
        securityContacts: [],
        fileMaxMb: 100,
        accountFilesMb: 10_000,
        serverFilesMb: 0,
        filesS3Endpoint: undefined,
        filesS3Bucket: undefined,
        filesS3Region: 'us-east-1',
        filesS3AccessKeyId: undefined,
        filesS3SecretAccessKey: undefined,
        filesS3Prefix: undefined,
        filesS3PathStyle: true,
        linkPreviews: undefined,
        linkPreviewPorts: [80, 443],
        linkPreviewNetworks: [],
        pushNetworks: [],
        logLevel: 'info',
        rateLimits: true,
      },
    });
  });

  test('treats an empty variable as not set', () => {
    expect(loadConfig({ PORT: '', PUBLIC_URL: ' ', LOG_LEVEL: '' })).toEqual(loadConfig({}));
  });

  test('reads all settings', () => {
    const loaded = loadConfig({
      HOST: '::',
      PORT: '0',
      PARLEY_DATA: '/srv/parley',
      PUBLIC_URL: 'https://Chat.example.org/',
      TRUSTED_PROXIES: 'loopback, 10.0.0.5,fd00::/8  192.168.16.0/20',
      DATABASE_URL: 'postgres://parley:secret@db/parley',
      REDIS_URL: 'rediss://cache:6380',
      SMTP_URL: 'smtps://smtp.example.org',
      EMAIL_FROM: 'chat@example.org',
      REGISTRATION: 'Domain: example.org, Other.example',
      VERIFY_EMAIL: 'off',
      PARLEY_SECRET: 'x'.repeat(32),
      SECOND_FACTOR: 'admins',
      OIDC_ISSUER: 'https://login.example.org/realms/main',
      OIDC_CLIENT_ID: 'parley',
      OIDC_CLIENT_SECRET: 'a secret of theirs',
      OIDC_NAME: 'Example',
      HSTS_SUBDOMAINS: 'on',
      SECURITY_CONTACT: 'mailto:security@example.org, https://example.org/security',
      FILE_MAX_MB: '20',
      ACCOUNT_FILES_MB: '0',
      SERVER_FILES_MB: '500',
      FILES_S3_ENDPOINT: 'https://s3.example.org',
      FILES_S3_BUCKET: 'parley-files',
      FILES_S3_REGION: 'eu-central-1',
      FILES_S3_ACCESS_KEY_ID: 'AKIA',
      FILES_S3_SECRET_ACCESS_KEY: 'a/secret+of=theirs',
      FILES_S3_PREFIX: 'chat/files',
      FILES_S3_PATH_STYLE: 'off',
      LINK_PREVIEWS: 'off',
      LINK_PREVIEW_PORTS: '443, 8443',
      LINK_PREVIEW_NETWORKS: '10.1.2.0/24 fd00::/8',
      PUSH_NETWORKS: '10.1.3.0/24',
      LOG_LEVEL: 'warn',
      RATE_LIMITS: 'off',
    });
    expect(loaded).toEqual({
      ok: true,
      config: {
        host: '::',
        port: 0,
        dataDir: '/srv/parley',
        publicUrl: 'https://chat.example.org',
        trustedProxies: ['loopback', '10.0.0.5', 'fd00::/8', '192.168.16.0/20'],
        databaseUrl: 'postgres://parley:secret@db/parley',
        redisUrl: 'rediss://cache:6380',
        smtpUrl: 'smtps://smtp.example.org',
        emailFrom: 'chat@example.org',
        registration: { mode: 'domain', domains: ['example.org', 'other.example'] },
        verifyEmail: false,
        secret: 'x'.repeat(32),
        secondFactor: 'admins',
        oidcIssuer: 'https://login.example.org/realms/main',
        oidcClientId: 'parley',
        oidcClientSecret: 'a secret of theirs',
        oidcName: 'Example',
        hstsSubdomains: true,
        securityContacts: ['mailto:security@example.org', 'https://example.org/security'],
        fileMaxMb: 20,
        accountFilesMb: 0,
        serverFilesMb: 500,
        filesS3Endpoint: 'https://s3.example.org',
        filesS3Bucket: 'parley-files',
        filesS3Region: 'eu-central-1',
        filesS3AccessKeyId: 'AKIA',
        filesS3SecretAccessKey: 'a/secret+of=theirs',
        filesS3Prefix: 'chat/files',
        filesS3PathStyle: false,
        linkPreviews: false,
        linkPreviewPorts: [443, 8443],
        linkPreviewNetworks: ['10.1.2.0/24', 'fd00::/8'],
        pushNetworks: ['10.1.3.0/24'],
        logLevel: 'warn',
        rateLimits: false,
      },
    });
  });

  test('reports all problems at once', () => {
    const problems = problemsOf({
      HOST: 'my host',
      PORT: '70000',
      PUBLIC_URL: 'https://example.org/chat',
      TRUSTED_PROXIES: 'the proxy',
      DATABASE_URL: 'mysql://db/parley',
      REDIS_URL: 'localhost:6379',
      SMTP_URL: 'smtp.example.org',
      EMAIL_FROM: 'parley',
      REGISTRATION: 'domain:',
      VERIFY_EMAIL: 'maybe',
      PARLEY_SECRET: 'short',
      SECOND_FACTOR: 'all',
      OIDC_ISSUER: 'login.example.org',
      OIDC_CLIENT_ID: 'my client',
      OIDC_CLIENT_SECRET: 'sécret',
      OIDC_NAME: 'x'.repeat(41),
      HSTS_SUBDOMAINS: 'perhaps',
      SECURITY_CONTACT: 'security@example.org',
      FILE_MAX_MB: '0',
      ACCOUNT_FILES_MB: '-1',
      SERVER_FILES_MB: 'much',
      FILES_S3_ENDPOINT: 's3.example.org',
      FILES_S3_BUCKET: 'My Files',
      FILES_S3_REGION: 'eu central',
      FILES_S3_ACCESS_KEY_ID: 'with a blank',
      FILES_S3_SECRET_ACCESS_KEY: 'with a blank',
      FILES_S3_PREFIX: '/chat/',
      FILES_S3_PATH_STYLE: 'perhaps',
      LINK_PREVIEWS: 'perhaps',
      LINK_PREVIEW_PORTS: '65536',
      LINK_PREVIEW_NETWORKS: 'the intranet',
      PUSH_NETWORKS: 'the intranet',
      LOG_LEVEL: 'loud',
      METRICS_TOKEN: 'with a blank in it',
      OTEL_EXPORTER_OTLP_ENDPOINT: 'collector:4318',
      RATE_LIMITS: 'no',
    });
    expect(Object.keys(problems).sort()).toEqual(
      Object.keys(settings)
        .filter((name) => name !== 'PARLEY_DATA')
        .sort(),
    );
  });

  test.each(['3000x', '-1', '1e3', ' 0x50', '65536', '3.5'])('rejects the port %j', (port) => {
    expect(problemsOf({ PORT: port })).toHaveProperty('PORT');
  });

  test.each(['10.0.0.0/33', 'fd00::/129', '10.0.0.1/8/8', '*', '10.0.0.300', 'proxy.example.org'])(
    'rejects the proxy %j',
    (proxy) => {
      expect(problemsOf({ TRUSTED_PROXIES: proxy })).toHaveProperty('TRUSTED_PROXIES');
    },
  );

  test.each([
    'http://example.org/security',
    'mailto:security',
    'mailto:a@b@c',
    'tel:+1-201-555-0123',
    'mailto:security@example.org, none',
    'https:example.org',
    ',',
    'mailto:sécurité@example.org',
  ])('rejects the security contact %j', (contact) => {
    expect(problemsOf({ SECURITY_CONTACT: contact })).toHaveProperty('SECURITY_CONTACT');
  });

  test('rejects the address of a server without its host', () => {
    const urls = { SMTP_URL: 'smtp://', REDIS_URL: 'redis://', DATABASE_URL: 'postgres:///parley' };
    expect(Object.keys(problemsOf(urls)).sort()).toEqual(Object.keys(urls).sort());
    const DATABASE_URL = 'postgres:///parley?host=/run/postgresql';
    expect(loadConfig({ DATABASE_URL }).ok).toBe(true);
  });

  test('never puts a secret in a message', () => {
    const env = {
      DATABASE_URL: 'mysql://parley:hunter2@db/parley',
      SMTP_URL: 'ftp://user:hunter2@smtp',
      REDIS_URL: 'http://:hunter2@cache',
      PARLEY_SECRET: 'hunter2',
      FILES_S3_ENDPOINT: 'https://user:hunter2@s3.example.org',
    };
    const loaded = loadConfig(env);
    expect(loaded.ok).toBe(false);
    if (!loaded.ok) {
      expect(loaded.problems).toHaveLength(5);
      expect(describeProblems(loaded.problems)).not.toContain('hunter2');
    }
  });
});

describe('a secret in a file', () => {
  let dir: string;
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'parley-config-'));
  });
  afterEach(() => rmSync(dir, { recursive: true }));
  const aFile = (content: string) => {
    const path = join(dir, 'secret');
    writeFileSync(path, content);
    return path;
  };
  const secrets = Object.entries(settings).filter(([, { secret }]) => secret);

  test('is read without the trailing newline', () => {
    const loaded = loadConfig({ PARLEY_SECRET_FILE: aFile(`${'x'.repeat(40)}\n`) });
    expect(loaded.ok && loaded.config.secret).toBe('x'.repeat(40));
  });

  test.each(secrets.map(([name]) => name))('works for %s', (name) => {
    expect(problemsOf({ [`${name}_FILE`]: aFile('!') })).toHaveProperty(name);
  });

  test('all problems are reported at once, without the contents of the files', () => {
    const empty = aFile(' \n');
    const problems = problemsOf({
      DATABASE_URL_FILE: join(dir, 'none'),
      REDIS_URL: 'redis://cache',
      REDIS_URL_FILE: empty,
      PARLEY_SECRET_FILE: empty,
    });
    expect(problems).toEqual({
      DATABASE_URL_FILE: `is a file that cannot be read: ${join(dir, 'none')} (ENOENT)`,
      REDIS_URL_FILE: 'and REDIS_URL are both set: remove one of them',
      PARLEY_SECRET_FILE: `is an empty file: ${empty}`,
    });
    const wrong = loadConfig({ PARLEY_SECRET_FILE: aFile('hunter2') });
    expect(JSON.stringify(wrong)).not.toContain('hunter2');
  });

  test('applies only to secrets', () => {
    expect(loadConfig({ PORT_FILE: aFile('1') })).toEqual(loadConfig({}));
  });
});

describe('.env.example', () => {
  const file = readFileSync(new URL('../../../../.env.example', import.meta.url), 'utf8');

  test('matches settings.ts (if not: npm run build && node scripts/env-example.mjs)', () => {
    expect(file).toBe(envExample());
  });

  test('names every setting', () => {
    for (const name of Object.keys(settings)) expect(file).toMatch(new RegExp(`^#${name}=`, 'm'));
  });
});
