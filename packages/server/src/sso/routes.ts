import {
  type LoginStep,
  type RefusalCode,
  SsoStartAnswer,
  SsoStartBody,
  SsoStartQuery,
} from '@parley/protocol';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { addressKey } from '../accounts/attempts/attempt-limits.ts';
import { answerLogin } from '../accounts/logins/login-response.ts';
import type { AccountParts } from '../accounts/parts.ts';
import { hashOf } from '../accounts/tickets/tickets.ts';
import { problems } from '../http/describe.ts';
import { RefusalError, refuse } from '../http/errors.ts';
import { refuseForeign } from '../http/origin.ts';
import type { Logger } from '../log.ts';
import { preferredLocale } from '../texts/accept-language.ts';
import type { Vault } from '../vault.ts';
import type { Identities } from './identities.ts';
import { localPath } from './local-path.ts';
import type { Flow, Provider } from './provider.ts';

/** The id of the configured provider in URLs. */
const PROVIDER_ID = 'oidc';

/** The dependencies of the single sign-on routes. */
export interface SsoDeps {
  readonly accounts: AccountParts;
  readonly identities: Identities;
  /** Null when no provider is configured. */
  readonly provider: Provider | null;
  readonly vault: Vault;
  readonly log: Logger;
  /** The setting PUBLIC_URL; undefined when the server is reached directly. */
  readonly publicUrl: string | undefined;
  /** The server’s public address, known once it listens. */
  readonly server: () => string;
}

const PATH = '/api/v1/auth/sso';
const FLOW_MS = 10 * 60 * 1000;
const PURPOSE = 'sso';
const OfProvider = z.object({ provider: z.string().max(40) });
const tags = ['Accounts'];
const redirect = {
  302: z.undefined().describe('Redirects to the provider, or back to the web client'),
};

/** A log-in in progress at the provider, as it is stored (encrypted). */
interface PendingLogin extends Flow {
  readonly next: string;
  /** The value by which the page recognizes its result; null if it gave none. */
  readonly tab: string | null;
  /** The SHA-256 (hexadecimal) of the token of the invitation to register with; null without one. */
  readonly invitation: string | null;
}

/**
 * Registers the routes of single sign-on.
 *
 * 1. The provider’s answer is accepted once, and only from the browser that started the log-in: it
 *    holds the ticket in a cookie.
 * 2. The browser ends up on a path of this server, whatever `next` was.
 * 3. It ends like any log-in: with the remaining steps of the account (a second factor).
 * 4. The result carries the value that the page gave at the start (`tab`): a page ignores the
 *    result of a log-in that it did not start, so a link cannot log a user in to another account.
 */
export function ssoRoutes(instance: FastifyInstance, deps: SsoDeps): void {
  const app = instance.withTypeProvider<ZodTypeProvider>();
  const { identities, vault, log, server } = deps;
  const { limits, logins, tickets } = deps.accounts;

  const redirectUri = () => new URL(`${PATH}/${PROVIDER_ID}/callback`, server()).href;
  const providerOf = (request: FastifyRequest<{ Params: { provider: string } }>): Provider =>
    (request.params.provider === PROVIDER_ID ? deps.provider : null) ??
    refuse('not_found', 'Unknown provider');

  app.route({
    method: 'GET',
    url: '/auth/sso/:provider/start',
    schema: {
      operationId: 'startSso',
      tags,
      summary: 'Start a log-in with single sign-on',
      description:
        '`next` is the path of this server to end up on. `tab` is returned in the fragment of that ' +
        'URL, so that the page can recognize its result.',
      security: [],
      params: OfProvider,
      querystring: SsoStartQuery,
      response: { ...redirect, ...problems(404, 429) },
    },
    onRequest: (request) => limits.take('login', addressKey(request.ip)),
    handler: async (request, reply) => {
      const provider = providerOf(request);
      try {
        return reply.redirect(await begin(provider, reply, request.query));
      } catch (error) {
        if (error instanceof RefusalError) throw error;
        log.warn({ err: error }, 'identity provider unreachable');
        return failed(reply, 'sso_unavailable');
      }
    },
  });

  app.route({
    method: 'POST',
    url: '/auth/sso/:provider/start',
    schema: {
      operationId: 'prepareSso',
      tags,
      summary: 'Prepare a log-in with single sign-on, or a registration with an invitation',
      description:
        'Like the GET request, but returns the page of the provider, to which the browser goes next. The token of ' +
        'an invitation is in no URL, which logs would keep.',
      security: [],
      params: OfProvider,
      body: SsoStartBody,
      response: { 200: SsoStartAnswer, ...problems(403, 404, 422, 429, 503) },
    },
    onRequest: async (request) => {
      refuseForeign(request, { publicUrl: deps.publicUrl });
      await limits.take('login', addressKey(request.ip));
    },
    handler: async (request, reply) => {
      const provider = providerOf(request);
      try {
        return { url: await begin(provider, reply, request.body) };
      } catch (error) {
        if (error instanceof RefusalError) throw error;
        log.warn({ err: error }, 'identity provider unreachable');
        return refuse('sso_unavailable');
      }
    },
  });

  app.route({
    method: 'GET',
    url: '/auth/sso/:provider/callback',
    schema: {
      operationId: 'finishSso',
      tags,
      summary: 'Complete a log-in with single sign-on',
      description:
        'Redirects to the `next` path, or to /login with the remaining step or the error code in the ' +
        'fragment.',
      security: [],
      params: OfProvider,
      response: { ...redirect, ...problems(404) },
    },
    handler: async (request, reply) => {
      const provider = providerOf(request);
      const ticket = request.cookies[cookieName()];
      reply.clearCookie(cookieName(), attributes());
      const pending = ticket === undefined ? null : await redeem(ticket);
      if (!pending) return refused(request, reply, 'sso_failed');
      const user = await identify(provider, request, pending);
      if (!user) return refused(request, reply, 'sso_failed');
      const invitation =
        pending.invitation === null ? null : Buffer.from(pending.invitation, 'hex');
      const found = await identities.find(user, {
        address: request.ip,
        invitation,
        locale: preferredLocale(request.headers['accept-language']),
      });
      if ('refused' in found) return refused(request, reply, found.refused);
      try {
        const answer = await answerLogin(deps.accounts, request, reply, {
          ...found,
          passed: ['sso'],
        });
        reply.code(302);
        return reply.redirect('step' in answer ? stepPage(answer, pending.tab) : donePage(pending));
      } catch (error) {
        if (error instanceof RefusalError) return refused(request, reply, error.refusal.code);
        throw error;
      }
    },
  });

  /** Stores a log-in in progress, and returns the page of the provider where it continues. */
  async function begin(
    provider: Provider,
    reply: FastifyReply,
    { next, tab, invitation }: SsoStartBody,
  ): Promise<string> {
    const { url, flow } = await provider.begin(redirectUri());
    const pending: PendingLogin = {
      ...flow,
      next: localPath(next),
      tab: tab ?? null,
      invitation: invitation === undefined ? null : hashOf(invitation).toString('hex'),
    };
    const sealed = vault.seal(PURPOSE, JSON.stringify(pending)).toString('base64');
    const { ticket } = await tickets.issue({ purpose: PURPOSE, data: { sealed }, ttlMs: FLOW_MS });
    reply.setCookie(cookieName(), ticket, { ...attributes(), maxAge: FLOW_MS / 1000 });
    return url.href;
  }

  async function refused(request: FastifyRequest, reply: FastifyReply, code: RefusalCode) {
    await logins.failed(request.ip, `single sign-on: ${code}`, null);
    return failed(reply, code);
  }

  async function redeem(ticket: string): Promise<PendingLogin | null> {
    const found = await tickets.redeem<{ sealed: string }>(PURPOSE, ticket);
    if (!found) return null;
    return JSON.parse(
      vault.open(PURPOSE, Buffer.from(found.data.sealed, 'base64')),
    ) as PendingLogin;
  }

  /**
   * Returns the user that the provider identifies; null when the answer does not match the flow.
   */
  async function identify(provider: Provider, request: FastifyRequest, pending: PendingLogin) {
    const url = new URL(redirectUri());
    url.search = new URL(request.url, server()).search;
    try {
      return await provider.finish(url, pending);
    } catch (error) {
      const { message, cause } = error as Error;
      log.info({ reason: message, cause: String(cause) }, 'single sign-on failed');
      return null;
    }
  }

  const isSecure = () => server().startsWith('https:');
  // A __Host- cookie must have the path / (RFC 6265bis §4.1.3.2).
  const cookieName = () => (isSecure() ? '__Host-parley_sso' : 'parley_sso');
  /** Lax, as the redirect of the provider must carry the cookie, which has no other use. */
  const attributes = () =>
    ({
      path: isSecure() ? '/' : PATH,
      httpOnly: true,
      sameSite: 'lax',
      secure: isSecure(),
    }) as const;
}

/** Redirects to the log-in page with the error in the fragment, which is not sent to servers. */
function failed(reply: FastifyReply, code: RefusalCode) {
  return reply.redirect(`/login#error=${code}`);
}

/** Returns the destination with the result marker in its fragment. */
function donePage({ next, tab }: PendingLogin): string {
  if (tab === null) return next;
  const [path] = next.split('#');
  return `${path}#${new URLSearchParams({ tab })}`;
}

/** Returns the log-in page with the remaining step in its fragment. */
function stepPage(step: LoginStep, tab: string | null): string {
  const { methods, ...rest } = { methods: undefined, ...step };
  const fragment = new URLSearchParams({
    ...Object.fromEntries(Object.entries(rest).map(([k, v]) => [k, String(v)])),
    ...(methods && { methods: methods.join(',') }),
    ...(tab !== null && { tab }),
  });
  return `/login#${fragment}`;
}
