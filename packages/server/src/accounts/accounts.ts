import { type AccountId, type Me, type Refusal, refusal, type SessionId } from '@parley/protocol';
import type { FastifyInstance, onRequestAsyncHookHandler } from 'fastify';
import type pg from 'pg';
import type { AuditLog } from '../audit/audit-log.ts';
import type { Clock } from '../clock.ts';
import type { Config } from '../config.ts';
import type { Emails } from '../email/emails.ts';
import { authenticator, type Session } from '../http/authenticate.ts';
import type { Logger } from '../log.ts';
import type { Append } from '../stream/append.ts';
import type { Vault } from '../vault.ts';
import { ApiKeys } from './api-keys/api-keys.ts';
import { AttemptLimits, lockedOut } from './attempts/attempt-limits.ts';
import { Invitations } from './invitations/invitations.ts';
import { invitationRoutes } from './invitations/routes.ts';
import { DeviceCookie } from './logins/device-cookie.ts';
import { verifyRule } from './logins/email-step.ts';
import { Logins } from './logins/logins.ts';
import { authRoutes } from './logins/routes.ts';
import { PasswordChanges } from './passwords/password-changes.ts';
import { Passwords } from './passwords/passwords.ts';
import { passwordRoutes } from './passwords/routes.ts';
import { Registrations } from './registration/registrations.ts';
import { registerRoutes } from './registration/routes.ts';
import { AccessTokens } from './sessions/access-tokens.ts';
import { rolesRequired } from './sessions/second-factor-requirement.ts';
import { SessionCookie } from './sessions/session-cookie.ts';
import { Sessions } from './sessions/sessions.ts';
import { loadSigningKeys, type SigningKeys } from './sessions/signing-keys.ts';
import { Tickets } from './tickets/tickets.ts';
import { displayNameSkeleton, usernameSkeleton } from './users/names.ts';
import { ownRoutes } from './users/own-routes.ts';
import { meOf } from './users/queries.ts';
import { usersRoutes } from './users/routes.ts';
import { EmailCodes } from './verification/email-codes.ts';

/** What the account routes are constructed with. */
export interface AccountDeps {
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
  readonly invitations: Invitations;
  readonly emails: Emails;
  readonly vault: Vault;
  readonly config: AccountsDeps['config'];
  readonly audit: AuditLog;
  readonly cookie: SessionCookie;
  readonly devices: DeviceCookie;
  readonly authenticate: onRequestAsyncHookHandler;
  /** The setting PUBLIC_URL; undefined when the server is reached directly. */
  readonly publicUrl: string | undefined;
}

/**
 * The account behind an access token or API key, and when the credential expires (wall clock, ms).
 */
export interface Identity {
  readonly account: AccountId;
  /** The id of the session or API key. */
  readonly session: SessionId;
  readonly expiresAt: number;
  /** The scopes of an API key. */
  readonly scopes: Session['scopes'];
}

/** What {@link Accounts} is constructed with. */
export interface AccountsDeps {
  readonly pool: pg.Pool;
  readonly append: Append;
  readonly clock: Clock;
  /** API keys of service accounts. */
  readonly keys: ApiKeys;
  readonly log: Logger;
  readonly config: Pick<
    Config,
    | 'publicUrl'
    | 'rateLimits'
    | 'registration'
    | 'verifyEmail'
    | 'secondFactor'
    | 'oidcIssuer'
    | 'oidcName'
  >;
  /** The server’s secret: PARLEY_SECRET, or the one in the data folder. */
  readonly secret: string;
  readonly vault: Vault;
  readonly emails: Emails;
  readonly audit: AuditLog;
  /** The server’s address in its tokens, known once it listens. */
  readonly issuer: () => string;
}

/** Interval at which expired records are removed. */
const CLEAN_MS = 10 * 60_000;
/** Interval at which the signing keys are reloaded. */
const KEYS_MS = 60_000;

/** The public interface of the accounts domain. */
export class Accounts {
  /** Sessions; `onEnded` reports their ends, `alive` checks many at once. */
  readonly sessions: Sessions;
  /** Admits only requests with a valid access token or API key; for `onRequest` of routes. */
  readonly authenticate: onRequestAsyncHookHandler;
  readonly #keys: ApiKeys;
  readonly #context: AccountsDeps;
  readonly #tokens: AccessTokens;
  readonly #routes: AccountDeps;
  readonly #signingKeys: SigningKeys;
  #timer: NodeJS.Timeout | null = null;
  #keyTimer: NodeJS.Timeout | null = null;
  #cleaning: Promise<void> = Promise.resolve();

  constructor(context: AccountsDeps, signingKeys: SigningKeys) {
    const { pool, append, clock, config, issuer, emails, vault, audit } = context;
    this.#context = context;
    this.sessions = new Sessions(pool, clock, rolesRequired(config.secondFactor));
    this.sessions.onReuse((session, account) => {
      return audit.record({
        event: 'session_token_reused',
        outcome: 'denied',
        account,
        address: null,
        details: { session },
      });
    });
    this.#keys = context.keys;
    this.#signingKeys = signingKeys;
    this.#tokens = new AccessTokens(signingKeys, issuer, clock);
    this.authenticate = authenticator((token) => this.#check(token));
    const { sessions } = this;
    const tokens = this.#tokens;
    const tickets = new Tickets(pool, clock);
    const cookie = new SessionCookie(config.publicUrl);
    const devices = new DeviceCookie({ publicUrl: config.publicUrl, vault, clock });
    const limits = new AttemptLimits(pool, config.rateLimits);
    limits.onBlocked((limit, key, seconds) => audit.record(lockedOut(limit, key, seconds)));
    const passwords = new Passwords();
    const codes = new EmailCodes({ pool, clock, vault, emails, limits, server: issuer });
    const invitations = new Invitations({ pool, clock, emails, audit, server: issuer });
    const logins = new Logins({ pool, sessions, tokens, tickets, cookie, devices, audit });
    this.#routes = {
      pool,
      append,
      sessions,
      tokens,
      tickets,
      logins,
      passwords,
      passwordChanges: new PasswordChanges({
        pool,
        clock,
        tickets,
        sessions,
        passwords,
        limits,
        emails,
        audit,
        server: issuer,
      }),
      limits,
      registrations: new Registrations({
        pool,
        append,
        passwords,
        limits,
        codes,
        invitations,
        emails,
        audit,
        config,
        server: issuer,
      }),
      codes,
      invitations,
      emails,
      vault,
      config,
      audit,
      cookie,
      devices,
      authenticate: this.authenticate,
      publicUrl: config.publicUrl,
    };
    logins.addRule(verifyRule(this.#routes, () => this.#routes.registrations.verifies));
  }

  /** Starts the periodic work, until {@link stop}. */
  start(): void {
    const { log } = this.#context;
    this.#timer = setInterval(() => void this.#clean(), CLEAN_MS);
    this.#timer.unref();
    // Loads keys that another node or the command line has created.
    this.#keyTimer = setInterval(() => {
      this.loadKeys().catch((error) => log.warn({ err: error }, 'signing keys reload failed'));
    }, KEYS_MS);
    this.#keyTimer.unref();
    void this.#clean();
  }

  /** Reloads the signing keys after a process beside this server has changed them. */
  loadKeys(): Promise<void> {
    return this.#signingKeys.load();
  }

  /** Stops the periodic work and waits for what is in progress. */
  async stop(): Promise<void> {
    if (this.#timer) clearInterval(this.#timer);
    if (this.#keyTimer) clearInterval(this.#keyTimer);
    await this.#cleaning;
  }

  /**
   * Checks an access token or API key, and in the database that its session is still valid: for the
   * socket, which outlives a single request.
   */
  async identify(token: string): Promise<{ identity: Identity } | { refusal: Refusal }> {
    const checked = await this.#check(token, { fresh: true });
    if ('refusal' in checked) return checked;
    const { session, expiresAt } = checked;
    const { id, account, scopes } = session;
    return { identity: { account, session: id, expiresAt, scopes } };
  }

  /** Returns which sessions and API keys are still valid. */
  async alive(ids: readonly SessionId[]): Promise<Set<SessionId>> {
    const [sessions, keys] = await Promise.all([this.sessions.alive(ids), this.#keys.alive(ids)]);
    return new Set([...sessions, ...keys]);
  }

  /** What the routes of other domains that manage accounts are constructed with. */
  get parts(): AccountDeps {
    return this.#routes;
  }

  /** Registers the routes below /api/v1. */
  readonly routes = (app: FastifyInstance): void => {
    authRoutes(app, this.#routes);
    registerRoutes(app, this.#routes);
    passwordRoutes(app, this.#routes);
    invitationRoutes(app, this.#routes);
    ownRoutes(app, this.#routes);
    usersRoutes(app, this.#routes);
  };

  /** Registers the routes at the root: the keys that verify our access tokens (RFC 7517). */
  readonly rootRoutes = (app: FastifyInstance): void => {
    app.get('/.well-known/jwks.json', { schema: { hide: true } }, async (_request, reply) => {
      reply.header('cache-control', 'public, max-age=300').type('application/jwk-set+json');
      return JSON.stringify(this.#tokens.jwks);
    });
  };

  /** Returns what an account sees of itself; null when it does not exist. */
  me(account: AccountId): Promise<Me | null> {
    return meOf(this.#routes.pool, account);
  }

  /**
   * Removes expired tickets, attempts and old emails; rotates the signing key when
   * due.
   */
  #clean(): Promise<void> {
    const { tickets, limits, emails } = this.#routes;
    this.#cleaning = Promise.all([
      tickets.clean(),
      limits.clean(),
      emails.clean(),
      this.#signingKeys.tend(),
    ]).then(
      () => undefined,
      (error) => this.#context.log.warn({ err: error }, 'cleanup of expired records failed'),
    );
    return this.#cleaning;
  }

  async #check(
    token: string,
    how: { fresh?: boolean } = {},
  ): Promise<{ session: Session; expiresAt: number } | { refusal: Refusal }> {
    if (ApiKeys.looksLike(token)) {
      return (await this.#keys.check(token)) ?? { refusal: refusal('session_ended', KEY_ENDED) };
    }
    const verified = await this.#tokens.verify(token);
    if ('refusal' in verified) return verified;
    const { claims } = verified;
    const session = await this.sessions.byId(claims.session, how);
    if (session?.account !== claims.account) return { refusal: refusal('session_ended') };
    return { session, expiresAt: claims.expiresAt };
  }
}

const KEY_ENDED = 'The API key is unknown, expired or revoked';

/**
 * Opens the domain: loads the signing keys and creates them at the first start.
 * @throws when the keys were encrypted with another secret
 */
export async function openAccounts(context: AccountsDeps): Promise<Accounts> {
  const { pool, secret } = context;
  await backfillSkeletons(pool);
  return new Accounts(context, await loadSigningKeys(pool, secret, context.clock));
}

/** Computes the name skeletons of accounts that were created before skeletons were stored. */
async function backfillSkeletons(pool: pg.Pool): Promise<void> {
  const { rows } = await pool.query<{ id: string; username: string; display_name: string }>(
    `select id, username, display_name from accounts
     where (username_skeleton is null or display_name_skeleton is null) and deleted_at is null`,
  );
  if (rows.length === 0) return;
  await pool.query(
    `update accounts a set username_skeleton = k.username, display_name_skeleton = k.display_name
     from unnest($1::uuid[], $2::text[], $3::text[]) as k (id, username, display_name)
     where a.id = k.id`,
    [
      rows.map((row) => row.id),
      rows.map((row) => usernameSkeleton(row.username)),
      rows.map((row) => displayNameSkeleton(row.display_name)),
    ],
  );
}
