import { type AccountId, type Me, type Refusal, refusal, type SessionId } from '@parley/protocol';
import type { FastifyInstance, onRequestAsyncHookHandler } from 'fastify';
import type pg from 'pg';
import type { Clock } from '../clock.ts';
import type { Config } from '../config.ts';
import { authenticator, type Session } from '../http/authenticate.ts';
import { ApiKeys } from '../integrations/keys.ts';
import type { Append } from '../stream/append.ts';
import { authRoutes } from './auth-routes.ts';
import { SessionCookie } from './cookies.ts';
import { loadSigningKeys, type SigningKeys } from './keys.ts';
import { AttemptLimits } from './limits.ts';
import { Logins } from './logins.ts';
import { Passwords } from './passwords.ts';
import { peopleRoutes } from './people-routes.ts';
import { meOf } from './queries.ts';
import { ownRoutes } from './routes.ts';
import { loadSecret } from './secret.ts';
import { Sessions } from './sessions.ts';
import { Tickets } from './tickets.ts';
import { AccessTokens } from './tokens.ts';

/** What the routes of accounts work with. */
export interface AccountRoutes {
  readonly pool: pg.Pool;
  readonly append: Append;
  readonly sessions: Sessions;
  readonly tokens: AccessTokens;
  readonly tickets: Tickets;
  readonly logins: Logins;
  readonly passwords: Passwords;
  readonly limits: AttemptLimits;
  readonly cookie: SessionCookie;
  readonly authenticate: onRequestAsyncHookHandler;
  /** The setting PUBLIC_URL; undefined when the server is reached directly. */
  readonly publicUrl: string | undefined;
}

/** Who brings an access token or a key, and until when it is good (wall clock, ms). */
export interface Identity {
  readonly account: AccountId;
  /** Of the session, or of the key. */
  readonly session: SessionId;
  readonly expiresAt: number;
  /** What a key may be used for. */
  readonly scopes: Session['scopes'];
}

/** What the domain is made of. */
export interface AccountsContext {
  readonly pool: pg.Pool;
  readonly append: Append;
  readonly clock: Clock;
  /** Keys of programs. */
  readonly keys: ApiKeys;
  readonly config: Pick<Config, 'publicUrl' | 'rateLimits' | 'secret' | 'dataDir'>;
  /** The server’s address in its tokens, known once it listens. */
  readonly issuer: () => string;
}

/** The public face of the accounts domain. */
export class Accounts {
  /** Log-ins; `onEnded` tells of their ends, `alive` looks at many. */
  readonly sessions: Sessions;
  /** Lets a request in only with a good access token; for `onRequest` of routes. */
  readonly authenticate: onRequestAsyncHookHandler;
  readonly #keys: ApiKeys;
  readonly #tokens: AccessTokens;
  readonly #routes: AccountRoutes;

  constructor(context: AccountsContext, signingKeys: SigningKeys) {
    const { pool, append, clock, config, issuer } = context;
    this.sessions = new Sessions(pool, clock);
    this.#keys = context.keys;
    this.#tokens = new AccessTokens(signingKeys, issuer, clock);
    this.authenticate = authenticator((token) => this.#check(token));
    const tickets = new Tickets(pool, clock);
    const cookie = new SessionCookie(config.publicUrl);
    const { sessions } = this;
    this.#routes = {
      pool,
      append,
      sessions,
      tokens: this.#tokens,
      tickets,
      logins: new Logins({ pool, sessions, tokens: this.#tokens, tickets, cookie }),
      passwords: new Passwords(),
      limits: new AttemptLimits(config.rateLimits),
      cookie,
      authenticate: this.authenticate,
      publicUrl: config.publicUrl,
    };
  }

  /** Checks an access token or key, and that its session goes on; for the live socket. */
  async identify(token: string): Promise<{ identity: Identity } | { refusal: Refusal }> {
    const checked = await this.#check(token);
    if ('refusal' in checked) return checked;
    const { session, expiresAt } = checked;
    const { id, account, scopes } = session;
    return { identity: { account, session: id, expiresAt, scopes } };
  }

  /** Which sessions and keys go on. */
  async alive(ids: readonly SessionId[]): Promise<Set<SessionId>> {
    const [sessions, keys] = await Promise.all([this.sessions.alive(ids), this.#keys.alive(ids)]);
    return new Set([...sessions, ...keys]);
  }

  /** What the routes of other domains that manage accounts work with as well. */
  get parts(): AccountRoutes {
    return this.#routes;
  }

  /** The routes below /api/v1. */
  readonly routes = (app: FastifyInstance): void => {
    authRoutes(app, this.#routes);
    ownRoutes(app, this.#routes);
    peopleRoutes(app, this.#routes);
  };

  /** The routes at the root: the keys that our access tokens can be checked with (RFC 7517). */
  readonly rootRoutes = (app: FastifyInstance): void => {
    app.get('/.well-known/jwks.json', { schema: { hide: true } }, async (_request, reply) => {
      reply.header('cache-control', 'public, max-age=300').type('application/jwk-set+json');
      return JSON.stringify(this.#tokens.jwks);
    });
  };

  /** What an account sees of itself; null when there is none. */
  me(account: AccountId): Promise<Me | null> {
    return meOf(this.#routes.pool, account);
  }

  async #check(
    token: string,
  ): Promise<{ session: Session; expiresAt: number } | { refusal: Refusal }> {
    if (ApiKeys.looksLike(token)) {
      return (await this.#keys.check(token)) ?? { refusal: refusal('session_ended', KEY_ENDED) };
    }
    const verified = await this.#tokens.verify(token);
    if ('refusal' in verified) return verified;
    const { claims } = verified;
    const session = await this.sessions.byId(claims.session);
    if (session?.account !== claims.account) return { refusal: refusal('session_ended') };
    return { session, expiresAt: claims.expiresAt };
  }
}

const KEY_ENDED = 'There is no such key, or it has ended';

/**
 * Makes the domain ready; loads the signing keys, and makes them at the first start.
 * @throws when the keys were encrypted with another secret
 */
export async function openAccounts(context: AccountsContext): Promise<Accounts> {
  return new Accounts(context, await loadSigningKeys(context.pool, loadSecret(context.config)));
}
