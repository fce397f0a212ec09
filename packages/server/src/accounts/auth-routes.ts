import {
  AccessTokenAnswer,
  EmailAddress,
  LoginBody,
  LoginStep,
  RegisterBody,
  refusal,
  SessionAnswer,
  Username,
} from '@parley/protocol';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import {
  hasZodFastifySchemaValidationErrors,
  type ZodTypeProvider,
} from 'fastify-type-provider-zod';
import { z } from 'zod';
import { bearerOf, type Session } from '../http/authenticate.ts';
import { problems } from '../http/describe.ts';
import { RefusalError, refuse, storedOrRefuse } from '../http/errors.ts';
import { refuseForeign } from '../http/origin.ts';
import { fieldErrors } from '../http/validation.ts';
import type { AccountRoutes } from './accounts.ts';
import { addressKey } from './limits.ts';
import type { Proof } from './logins.ts';
import { emailKey, usernameKey } from './names.ts';
import { accountForLogin, whatIsTaken } from './queries.ts';
import { registerAccount } from './register.ts';
import { takenErrors, takenRefusal } from './taken.ts';

/** How a program asks for the session token in the answer. */
const SessionHeader = z.object({
  'parley-session': z
    .enum(['token'])
    .optional()
    .describe('`token`: the session token comes in the answer, and no cookie is set'),
});
/** How a session, and not an access token, authorises. */
const bySession = [{ sessionToken: [] }, { sessionCookie: [] }];

/** Registration, log-in, log-out and access tokens. */
export function authRoutes(instance: FastifyInstance, deps: AccountRoutes): void {
  const app = instance.withTypeProvider<ZodTypeProvider>();
  const { pool, append, sessions, logins, passwords, limits, cookie, publicUrl } = deps;

  /** Requests that set or use the cookie come from our own pages, or from programs. */
  const ownSite = async (request: FastifyRequest): Promise<void> => {
    refuseForeign(request, { publicUrl });
  };

  app.route({
    method: 'POST',
    url: '/auth/register',
    schema: {
      operationId: 'register',
      tags: ['Accounts'],
      summary: 'Make an account, and log in',
      description:
        'A browser gets its session as an HttpOnly cookie. A program sends the header ' +
        '`Parley-Session: token` and finds it in the answer. The first account of a server is its owner.',
      security: [],
      headers: SessionHeader,
      body: RegisterBody,
      response: { 201: SessionAnswer, 202: LoginStep, ...problems(400, 403, 409, 422, 429, 503) },
    },
    // What is wrong in itself and what is taken are told at once.
    attachValidation: true,
    onRequest: ownSite,
    handler: async (request, reply) => {
      await limits.take('register', addressKey(request.ip));
      if (request.validationError) await refuseAll(request);
      const { username, displayName, email, password, device } = request.body;
      const found = await whatIsTaken(pool, username, email);
      const taken = takenRefusal(takenErrors(found.username, found.email));
      if (taken) throw new RefusalError(taken);
      refuseOverload();
      const passwordHash = await passwords.hash(password);
      const { account, outcome } = await registerAccount(append, {
        username,
        displayName,
        email,
        passwordHash,
      });
      storedOrRefuse(outcome);
      // A new account begins with the version 0.
      const proof: Proof = { account, credentials: 0, passed: ['password'], device };
      return logins.finish(request, reply, proof, { status: 201 });
    },
  });

  app.route({
    method: 'POST',
    url: '/auth/login',
    schema: {
      operationId: 'login',
      tags: ['Accounts'],
      summary: 'Log in with a username or an e-mail address',
      description: 'As with registration, the session comes as a cookie or in the answer.',
      security: [],
      headers: SessionHeader,
      body: LoginBody,
      response: { 200: SessionAnswer, 202: LoginStep, ...problems(400, 401, 403, 422, 429, 503) },
    },
    onRequest: ownSite,
    handler: async (request, reply) => {
      const { login, password, device } = request.body;
      const address = addressKey(request.ip);
      const name = login.includes('@') ? emailKey(login) : usernameKey(login);
      const here = `${address} ${name}`;
      await limits.take('login', address);
      await limits.check('wrongPassword', here);
      await limits.check('wrongPasswordAnywhere', name);
      refuseOverload();
      const found = await accountForLogin(pool, login);
      if (!(await passwords.verify(found?.passwordHash ?? null, password)) || !found) {
        await Promise.all([
          limits.take('wrongPassword', here),
          limits.take('wrongPasswordAnywhere', name),
        ]);
        refuse('credentials_wrong');
      }
      await limits.clear('wrongPassword', here);
      const { id: account, credentials } = found;
      return logins.finish(request, reply, { account, credentials, passed: ['password'], device });
    },
  });

  app.route({
    method: 'POST',
    url: '/auth/token',
    schema: {
      operationId: 'renewAccessToken',
      tags: ['Accounts'],
      summary: 'A fresh access token for the session',
      security: bySession,
      response: { 200: AccessTokenAnswer, ...problems(401, 403, 429) },
    },
    onRequest: ownSite,
    handler: async (request, reply) => {
      const session = await currentSession(request);
      if (!session) {
        if (bearerOf(request) === undefined) cookie.clear(request, reply);
        refuse(tokenOf(request) === undefined ? 'unauthenticated' : 'session_ended');
      }
      await limits.take('token', session.id);
      return logins.accessToken(session.account, session.id);
    },
  });

  app.route({
    method: 'POST',
    url: '/auth/logout',
    schema: {
      operationId: 'logout',
      tags: ['Accounts'],
      summary: 'End the session; its sockets close at once',
      description: 'A session that has ended already is no mistake.',
      security: bySession,
      response: { 204: z.undefined().describe('The session is over'), ...problems(401, 403) },
    },
    onRequest: ownSite,
    handler: async (request, reply) => {
      if (tokenOf(request) === undefined) refuse('unauthenticated');
      const session = await currentSession(request);
      if (session) await sessions.end(session.id);
      if (bearerOf(request) === undefined) cookie.clear(request, reply);
      return reply.code(204).send();
    },
  });

  /** Refuses a registration with all that is wrong in it, and all that is taken. */
  async function refuseAll(request: FastifyRequest): Promise<never> {
    const error = request.validationError;
    const body: unknown = request.body;
    if (!hasZodFastifySchemaValidationErrors(error) || typeof body !== 'object' || body === null) {
      throw error;
    }
    const wrong = fieldErrors(error.validation, body);
    const valid = <T>(schema: z.ZodType<T>, name: string): T | null =>
      schema.safeParse((body as Record<string, unknown>)[name]).data ?? null;
    const found = await whatIsTaken(
      pool,
      valid(Username, 'username'),
      valid(EmailAddress, 'email'),
    );
    const errors = [...wrong, ...takenErrors(found.username, found.email)];
    throw new RefusalError(refusal('invalid', undefined, { errors }));
  }

  function refuseOverload(): void {
    const overload = passwords.overload;
    if (overload) throw new RefusalError(overload);
  }

  function tokenOf(request: FastifyRequest): string | undefined {
    return bearerOf(request) ?? cookie.read(request);
  }

  async function currentSession(request: FastifyRequest): Promise<Session | null> {
    const token = tokenOf(request);
    return token === undefined ? null : sessions.byToken(token);
  }
}
