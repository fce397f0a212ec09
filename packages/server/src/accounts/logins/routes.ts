import { AccessTokenAnswer, LoginBody, LoginStep, SessionAnswer } from '@parley/protocol';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import type pg from 'pg';
import { z } from 'zod';
import type { AuditLog } from '../../audit/audit-log.ts';
import { bearerOf } from '../../http/authenticate.ts';
import { problems } from '../../http/describe.ts';
import { refuse } from '../../http/errors.ts';
import { refuseCrossSite } from '../../http/origin.ts';
import { type AttemptLimits, accountKey, addressKey, nameKey } from '../attempts/attempt-limits.ts';
import { type Passwords, refuseOverload } from '../passwords/passwords.ts';
import type { Proof } from '../sessions/proof.ts';
import type { SessionCookie } from '../sessions/session-cookie.ts';
import type { Sessions } from '../sessions/sessions.ts';
import { emailKey, usernameKey } from '../users/names.ts';
import { accountForLogin } from '../users/queries.ts';
import { answerLogin, type LoginResponseDeps, SessionHeader } from './login-response.ts';

interface LoginRoutesDeps extends LoginResponseDeps {
  readonly pool: pg.Pool;
  readonly sessions: Sessions;
  readonly passwords: Passwords;
  readonly limits: AttemptLimits;
  readonly audit: AuditLog;
  /** The setting PUBLIC_URL; undefined when the server is reached directly. */
  readonly publicUrl: string | undefined;
}

const NO_SESSION_TOKEN = 'This is not a session token: send the one (ps_…) of the login';

/** Registers the routes of login, logout and access tokens. */
export function loginRoutes(instance: FastifyInstance, deps: LoginRoutesDeps): void {
  loginRoute(instance, deps);
  renewAccessTokenRoute(instance, deps);
  logoutRoute(instance, deps);
}

/** Registers the route that logs in with a password. */
function loginRoute(instance: FastifyInstance, deps: LoginRoutesDeps): void {
  const app = instance.withTypeProvider<ZodTypeProvider>();

  app.route({
    method: 'POST',
    url: '/auth/login',
    schema: {
      operationId: 'login',
      tags: ['Accounts'],
      summary: 'Log in with a username or an email address',
      description:
        'As with registration, the session is a cookie or part of the response. 202 names the next ' +
        '`step`; send its `ticket` with what is required: `verify_email` to `/auth/verify`, ' +
        '`second_factor` to `/auth/second-factor`, `enrol_second_factor` to `/auth/enrol/totp`.',
      headers: SessionHeader,
      body: LoginBody,
      response: { 200: SessionAnswer, 202: LoginStep, ...problems(400, 401, 403, 422, 429, 503) },
    },
    onRequest: async (request) => refuseCrossSite(request, deps),
    handler: async (request, reply) => {
      const proof = await checkPassword(deps, request, request.body);
      return answerLogin(deps, request, reply, proof);
    },
  });
}

/** Registers the route that returns an access token for a session. */
function renewAccessTokenRoute(instance: FastifyInstance, deps: LoginRoutesDeps): void {
  const app = instance.withTypeProvider<ZodTypeProvider>();
  const { sessions, logins, limits, cookie } = deps;

  app.route({
    method: 'POST',
    url: '/auth/token',
    schema: {
      operationId: 'renewAccessToken',
      tags: ['Accounts'],
      summary: 'Get an access token for the session',
      description:
        'The session token is replaced too: the new one is set as a cookie, or returned to clients ' +
        'without cookies. A retry within 30 seconds, after a lost response or in another tab, ' +
        'returns the same one. A later reuse means that the token or its successor was stolen: ' +
        'the session ends.',
      response: { 200: AccessTokenAnswer, ...problems(401, 403, 429) },
    },
    onRequest: async (request) => refuseCrossSite(request, deps),
    handler: async (request, reply) => {
      const token = sessionTokenOf(cookie, request);
      if (token === undefined) refuse('unauthenticated');
      const session = await sessions.rotate(token, (id) => limits.take('token', id));
      if (!session) {
        if (bearerOf(request) === undefined) cookie.clear(request, reply);
        refuse('session_ended', token.startsWith('ps_') ? undefined : NO_SESSION_TOKEN);
      }
      const access = await logins.accessToken(session.account, session.id);
      if (bearerOf(request) !== undefined) return { ...access, sessionToken: session.token };
      cookie.set(request, reply, session.token, session.expiresAt);
      return access;
    },
  });
}

/** Registers the route that ends a session. */
function logoutRoute(instance: FastifyInstance, deps: LoginRoutesDeps): void {
  const app = instance.withTypeProvider<ZodTypeProvider>();
  const { sessions, cookie, audit } = deps;

  app.route({
    method: 'POST',
    url: '/auth/logout',
    schema: {
      operationId: 'logout',
      tags: ['Accounts'],
      summary: 'Log out; the sockets of the session close',
      description: 'Succeeds even if the session has already ended.',
      response: { 204: z.undefined().describe('The session has ended'), ...problems(401, 403) },
    },
    onRequest: async (request) => refuseCrossSite(request, deps),
    handler: async (request, reply) => {
      const token = sessionTokenOf(cookie, request);
      if (token === undefined) refuse('unauthenticated');
      // An access token or API key here is a mistake of the client, whose session would continue.
      if (bearerOf(request) !== undefined && !token.startsWith('ps_')) {
        refuse('unauthenticated', NO_SESSION_TOKEN);
      }
      const session = await sessions.byToken(token);
      if (session) {
        await sessions.end(session.id);
        const { account, id } = session;
        const details = { session: id };
        await audit.record({ event: 'logged_out', account, address: request.ip, details });
      }
      if (bearerOf(request) === undefined) cookie.clear(request, reply);
      return reply.code(204).send();
    },
  });
}

/**
 * Checks the password of a login, within the limits of failed attempts.
 *
 * @throws {RefusalError} invalid_credentials, rate_limited, overloaded
 */
async function checkPassword(
  { pool, logins, passwords, limits, devices }: LoginRoutesDeps,
  request: FastifyRequest,
  { login, password, device }: z.output<typeof LoginBody>,
): Promise<Proof> {
  const address = addressKey(request.ip);
  await limits.take('login', address);
  const loginAccount = await accountForLogin(pool, login);
  const name = login.includes('@') ? emailKey(login) : usernameKey(login);
  const who = loginAccount ? accountKey(loginAccount.id) : nameKey(name);
  // Failed attempts from elsewhere do not lock out a device that has logged in before.
  const deviceId = loginAccount && devices.known(request, loginAccount.id);
  const here = deviceId ? 'wrongPasswordDevice' : 'wrongPassword';
  const everywhere = deviceId ? 'wrongPasswordDevices' : 'wrongPasswordAnywhere';
  const from = `${who} ${deviceId ?? address}`;
  // Counted before the password is checked, and refunded when it was right, so that concurrent
  // attempts cannot exceed the limit.
  await limits.take(here, from);
  await limits.take(everywhere, who);
  refuseOverload(passwords);
  if (!(await passwords.verify(loginAccount?.passwordHash ?? null, password)) || !loginAccount) {
    await logins.failed(
      request.ip,
      loginAccount ? 'password' : 'unknown name',
      loginAccount?.id ?? null,
    );
    refuse('invalid_credentials');
  }
  await limits.clear(here, from);
  await limits.refund(everywhere, who);
  const { id: account, credentials } = loginAccount;
  return { account, credentials, passed: ['password'], device };
}

/** Returns the session token of a request: from its header, or else from its cookie. */
const sessionTokenOf = (cookie: SessionCookie, request: FastifyRequest): string | undefined =>
  bearerOf(request) ?? cookie.read(request);
