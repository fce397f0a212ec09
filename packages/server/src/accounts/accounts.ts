import { type AccountId, type Me, type Refusal, refusal, type SessionId } from '@parley/protocol';
import type { FastifyInstance, onRequestAsyncHookHandler } from 'fastify';
import { authenticator, type Session } from '../http/authenticate.ts';
import { BatchedRead } from '../storage/batched-read.ts';
import { addressChangeRoutes } from './address-changes/routes.ts';
import { ApiKeys } from './api-keys/api-keys.ts';
import { invitationRoutes } from './invitations/routes.ts';
import { reauthenticationRoutes } from './logins/reauthentication-routes.ts';
import { loginRoutes } from './logins/routes.ts';
import { type AccountParts, type AccountsDeps, buildParts } from './parts.ts';
import { passwordRoutes } from './passwords/routes.ts';
import { registrationRoutes } from './registration/routes.ts';
import { AccessTokens } from './sessions/access-tokens.ts';
import { sessionRoutes } from './sessions/routes.ts';
import { rolesRequired } from './sessions/second-factor-requirement.ts';
import { Sessions } from './sessions/sessions.ts';
import { loadSigningKeys, type SigningKeys } from './sessions/signing-keys.ts';
import { ownRoutes } from './users/own-routes.ts';
import { meOfEach } from './users/queries.ts';
import { usersRoutes } from './users/routes.ts';
import { backfillSkeletons } from './users/skeletons.ts';
import { verificationRoutes } from './verification/routes.ts';

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

/** Interval at which expired records are removed. */
const CLEAN_MS = 10 * 60_000;
/** The accounts that one query reads for their users, and the queries at a time. */
const OWN_READS = { keys: 64, reads: 2 };
/** Interval at which the signing keys are reloaded. */
const KEYS_MS = 60_000;

/** The public interface of the accounts domain. */
export class Accounts {
  /** Sessions; `onEnded` reports their ends, `alive` checks many at once. */
  readonly sessions: Sessions;
  /** Admits only requests with a valid access token or API key; for `onRequest` of routes. */
  readonly authenticate: onRequestAsyncHookHandler;
  /** The parts of the domain, for the domains built on it. */
  readonly parts: AccountParts;
  readonly #keys: ApiKeys;
  readonly #deps: AccountsDeps;
  readonly #tokens: AccessTokens;
  readonly #meReads: BatchedRead<AccountId, Me | null>;
  readonly #signingKeys: SigningKeys;
  #timer: NodeJS.Timeout | null = null;
  #keyTimer: NodeJS.Timeout | null = null;
  #cleaning: Promise<void> = Promise.resolve();

  constructor(deps: AccountsDeps, signingKeys: SigningKeys) {
    const { pool, clock, config, issuer, audit } = deps;
    this.#deps = deps;
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
    this.#keys = deps.keys;
    this.#signingKeys = signingKeys;
    this.#tokens = new AccessTokens(signingKeys, issuer, clock);
    this.#meReads = new BatchedRead((accounts) => meOfEach(pool, accounts), OWN_READS);
    this.authenticate = authenticator((token) => this.#check(token));
    this.parts = buildParts(deps, {
      sessions: this.sessions,
      tokens: this.#tokens,
      authenticate: this.authenticate,
    });
  }

  /** Starts the periodic work, until {@link stop}. */
  start(): void {
    const { log } = this.#deps;
    this.#timer = setInterval(() => void this.#clean(), CLEAN_MS);
    this.#timer.unref();
    // Loads keys that another node or the command line has created.
    this.#keyTimer = setInterval(() => {
      this.loadKeys().catch((error) => log.warn({ err: error }, 'signing keys reload failed'));
    }, KEYS_MS);
    this.#keyTimer.unref();
    void this.#clean();
  }

  /** Reloads the signing keys after another process has changed them. */
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

  /** Registers the routes below /api/v1. */
  readonly routes = (app: FastifyInstance): void => {
    loginRoutes(app, this.parts);
    registrationRoutes(app, this.parts);
    passwordRoutes(app, this.parts);
    invitationRoutes(app, this.parts);
    ownRoutes(app, this.parts);
    verificationRoutes(app, this.parts);
    addressChangeRoutes(app, this.parts);
    sessionRoutes(app, this.parts);
    reauthenticationRoutes(app, this.parts);
    usersRoutes(app, this.parts);
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
    return this.#meReads.get(account);
  }

  /**
   * Removes expired tickets, attempts and old emails; rotates the signing key when
   * due.
   */
  #clean(): Promise<void> {
    const { tickets, limits, emails } = this.parts;
    this.#cleaning = Promise.all([
      tickets.clean(),
      limits.clean(),
      emails.clean(),
      this.#signingKeys.maintain(),
    ]).then(
      () => undefined,
      (error) => this.#deps.log.warn({ err: error }, 'cleanup of expired records failed'),
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
export async function openAccounts(deps: AccountsDeps): Promise<Accounts> {
  const { pool, secret, clock } = deps;
  await backfillSkeletons(pool);
  return new Accounts(deps, await loadSigningKeys(pool, secret, clock));
}
