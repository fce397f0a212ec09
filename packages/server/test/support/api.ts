import { rmSync } from 'node:fs';
import { join } from 'node:path';
import type { RegistrationMode, SessionAnswer } from '@parley/protocol';
import type { FastifyInstance, InjectOptions, LightMyRequestResponse } from 'fastify';
import { type Accounts, openAccounts } from '../../src/accounts/accounts.ts';
import { ApiKeys } from '../../src/accounts/api-keys/api-keys.ts';
import { emailStep } from '../../src/accounts/logins/email-step.ts';
import { AuditLog } from '../../src/audit/audit-log.ts';
import { bootstrapEveryone } from '../../src/conversations/everyone.ts';
import { Emails } from '../../src/email/emails.ts';
import { emailTransport } from '../../src/email/transport.ts';
import { Vault } from '../../src/encryption/vault.ts';
import { createHttpApp, type HttpDeps } from '../../src/http-server/app.ts';
import { type Clock, systemClock } from '../../src/runtime/clock.ts';
import type { Logger } from '../../src/runtime/log.ts';
import { ServerSettings } from '../../src/settings/server-settings.ts';
import type { Database } from '../../src/storage/database.ts';
import type { StoredEvent } from '../../src/stream/record.ts';
import { bearer, PASSWORD, WITH_SESSION_TOKEN } from './credentials.ts';
import { type TestDatabase, testLog } from './database.ts';
import { lendSigningKey, SECRET } from './signing-key.ts';
import { anAppend } from './stream-builders.ts';
import { makeTempDir } from './temp-dir.ts';

/** The HTTP API over a real database, called without a socket. */
export interface TestApi {
  readonly app: FastifyInstance;
  readonly accounts: Accounts;
  readonly emails: Emails;
  readonly dataDir: string;
  readonly database: Database;
  /** What was committed and published, in order. */
  readonly published: StoredEvent[];
  /** POSTs JSON (or text as it is) below /api/v1. */
  post(
    path: string,
    body?: object | string,
    headers?: Record<string, string>,
  ): Promise<LightMyRequestResponse>;
  /** GETs a path from the root with the access token. */
  get(path: string, accessToken?: string): Promise<LightMyRequestResponse>;
  /** Registers a user over the API; the password is {@link PASSWORD}. */
  register(username: string): Promise<SessionAnswer & { sessionToken: string }>;
  close(): Promise<void>;
}

/** A valid registration. */
export const registration = (username: string) => ({
  username,
  displayName: `${username} Example`,
  email: `${username}@example.org`,
  password: PASSWORD,
});

/** Builds the HTTP API; the caller closes it with `close`. */
export async function aTestApi(
  fresh: TestDatabase,
  settings: {
    publicUrl?: string;
    trustedProxies?: string[];
    rateLimits?: boolean;
    secret?: string;
    smtpUrl?: string;
    verifyEmail?: boolean;
    registration?: { mode: RegistrationMode; domains?: string[] };
    clock?: Clock;
    /** Of the audit log. */
    log?: Logger;
    webDir?: string;
    api?: HttpDeps['api'];
    health?: HttpDeps['health'];
  } = {},
): Promise<TestApi> {
  const dataDir = makeTempDir('api');
  const database = await fresh.open();
  const { pool } = database;
  const published: StoredEvent[] = [];
  const append = anAppend(pool, systemClock, (events) => published.push(...events));
  await bootstrapEveryone(append);
  const config = {
    dataDir,
    publicUrl: settings.publicUrl,
    rateLimits: settings.rateLimits ?? false,
    registration: settings.registration && { domains: [], ...settings.registration },
    verifyEmail: settings.verifyEmail,
    secondFactor: 'off' as const,
    oidcIssuer: undefined,
    linkPreviews: undefined,
    oidcName: 'Single sign-on',
  };
  const clock = settings.clock ?? systemClock;
  const secret = settings.secret ?? SECRET;
  if (settings.secret === undefined) await lendSigningKey(pool, secret);
  const vault = new Vault(secret);
  const emailConfig = {
    dataDir,
    smtpUrl: settings.smtpUrl,
    emailFrom: 'Parley <parley@example.org>',
  };
  const transport = emailTransport(emailConfig, testLog);
  const emails = new Emails({ pool, clock, log: testLog, vault, transport });
  const audit = new AuditLog({ pool, clock, log: settings.log ?? testLog });
  const accounts = await openAccounts({
    audit,
    settings: new ServerSettings({ pool, config, log: testLog }),
    pool,
    append,
    clock,
    keys: new ApiKeys(pool, clock),
    log: testLog,
    config,
    secret,
    vault,
    emails,
    issuer: () => settings.publicUrl ?? 'http://localhost:3000',
    loginSteps: (deps) => [emailStep(deps)],
  });
  const app = createHttpApp({
    log: testLog,
    publicUrl: settings.publicUrl,
    trustedProxies: settings.trustedProxies ?? [],
    webDir: settings.webDir ?? join(dataDir, 'no-web'),
    health: settings.health ?? (async () => ({ status: 'ok' })),
    api: [accounts.routes, ...(settings.api ?? [])],
    root: [accounts.rootRoutes],
  });
  await app.ready();

  const post: TestApi['post'] = (path, body, headers = {}) => {
    const options: InjectOptions = { method: 'POST', url: `/api/v1${path}`, headers };
    if (body !== undefined) {
      options.payload = typeof body === 'string' ? body : JSON.stringify(body);
      options.headers = { 'content-type': 'application/json', ...headers };
    }
    return app.inject(options);
  };

  return {
    app,
    accounts,
    emails,
    dataDir,
    database,
    published,
    post,
    get: (url, accessToken) =>
      app.inject({
        method: 'GET',
        url,
        headers: accessToken === undefined ? {} : bearer(accessToken),
      }),
    register: async (username) => {
      const answer = await post('/auth/register', registration(username), WITH_SESSION_TOKEN);
      if (answer.statusCode !== 201) throw new Error(answer.body);
      return answer.json();
    },
    close: async () => {
      await app.close();
      await emails.stop();
      await append.close();
      await database.close();
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}
