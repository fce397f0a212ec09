import type { onRequestAsyncHookHandler } from 'fastify';
import type pg from 'pg';
import type { AuditLog } from '../audit/audit-log.ts';
import type { Config } from '../config/config.ts';
import type { Emails } from '../email/emails.ts';
import type { Vault } from '../encryption/vault.ts';
import type { Clock } from '../runtime/clock.ts';
import type { Logger } from '../runtime/log.ts';
import type { ServerSettings } from '../settings/server-settings.ts';
import type { Append } from '../stream/append.ts';
import { AddressChanges } from './address-changes/address-changes.ts';
import type { ApiKeys } from './api-keys/api-keys.ts';
import { AttemptLimits, lockedOut } from './attempts/attempt-limits.ts';
import { Invitations } from './invitations/invitations.ts';
import { DeviceCookie } from './logins/device-cookie.ts';
import type { EmailStepDeps } from './logins/email-step.ts';
import type { LoginStepRule } from './logins/login-steps.ts';
import { Logins } from './logins/logins.ts';
import { PasswordChanges } from './passwords/password-changes.ts';
import { Passwords } from './passwords/passwords.ts';
import { Registrations } from './registration/registrations.ts';
import type { AccessTokens } from './sessions/access-tokens.ts';
import { SessionCookie } from './sessions/session-cookie.ts';
import type { Sessions } from './sessions/sessions.ts';
import { Tickets } from './tickets/tickets.ts';
import { EmailCodes } from './verification/email-codes.ts';

/** What the accounts domain takes from other layers; {@link AccountParts} is what it provides. */
export interface AccountsDeps {
  readonly pool: pg.Pool;
  readonly append: Append;
  readonly clock: Clock;
  /** API keys of service accounts. */
  readonly keys: ApiKeys;
  readonly log: Logger;
  readonly config: Pick<
    Config,
    'publicUrl' | 'rateLimits' | 'verifyEmail' | 'secondFactor' | 'oidcIssuer' | 'oidcName'
  >;
  /** The server’s secret: PARLEY_SECRET, or the one in the data folder. */
  readonly secret: string;
  readonly vault: Vault;
  readonly emails: Emails;
  readonly audit: AuditLog;
  readonly settings: ServerSettings;
  /** The server’s public address, in its tokens and in the links of its emails. */
  readonly issuer: () => string;
  /** Returns every step that a login may require, in the order in which they are required. */
  readonly loginSteps: (deps: EmailStepDeps) => readonly LoginStepRule[];
}

/** The parts of the accounts domain, for its routes and for the domains built on it. */
export interface AccountParts {
  readonly pool: pg.Pool;
  readonly append: Append;
  readonly sessions: Sessions;
  readonly tokens: AccessTokens;
  readonly tickets: Tickets;
  readonly logins: Logins;
  readonly passwords: Passwords;
  readonly passwordChanges: PasswordChanges;
  readonly limits: AttemptLimits;
  readonly registrations: Registrations;
  readonly codes: EmailCodes;
  readonly addressChanges: AddressChanges;
  readonly invitations: Invitations;
  readonly emails: Emails;
  readonly vault: Vault;
  readonly config: AccountsDeps['config'];
  readonly audit: AuditLog;
  readonly settings: ServerSettings;
  readonly cookie: SessionCookie;
  readonly devices: DeviceCookie;
  readonly authenticate: onRequestAsyncHookHandler;
  /** The setting PUBLIC_URL; undefined when the server is reached directly. */
  readonly publicUrl: string | undefined;
}

/** Builds the parts of the domain from its sessions and tokens. */
export function buildParts(
  deps: AccountsDeps,
  core: Pick<AccountParts, 'sessions' | 'tokens' | 'authenticate'>,
): AccountParts {
  const { pool, append, clock, config, emails, vault, audit, settings, issuer: server } = deps;
  const { publicUrl } = config;
  const { sessions } = core;
  const tickets = new Tickets(pool, clock);
  const limits = new AttemptLimits(pool, config.rateLimits);
  limits.onBlocked((limit, key, seconds) => audit.record(lockedOut(limit, key, seconds)));
  const passwords = new Passwords();
  const codes = new EmailCodes({ pool, clock, vault, emails, limits, server });
  const invitations = new Invitations({ pool, clock, emails, audit, server });
  const shared = { pool, clock, passwords, limits, emails, audit, server };
  const registrations = new Registrations({
    ...shared,
    append,
    codes,
    invitations,
    config,
    settings,
  });
  const steps = deps.loginSteps({ pool, codes, emails, verifies: () => registrations.verifies });
  return {
    ...core,
    pool,
    append,
    tickets,
    logins: new Logins({ pool, sessions, tokens: core.tokens, tickets, audit, steps }),
    passwords,
    passwordChanges: new PasswordChanges({ ...shared, tickets, sessions, settings }),
    limits,
    registrations,
    codes,
    addressChanges: new AddressChanges({
      ...{ pool, append, codes, limits, registrations, emails, audit, server },
    }),
    invitations,
    emails,
    vault,
    config,
    audit,
    settings,
    cookie: new SessionCookie(publicUrl),
    devices: new DeviceCookie({ publicUrl, vault, clock }),
    publicUrl,
  };
}
