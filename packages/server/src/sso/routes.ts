import { type LoginStep, type RefusalCode, SsoStartQuery } from '@parley/protocol';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import type { AccountDeps } from '../accounts/accounts.ts';
import { addressKey } from '../accounts/limits.ts';
import { problems } from '../http/describe.ts';
import { RefusalError, refuse } from '../http/errors.ts';
import type { Logger } from '../log.ts';
import type { Vault } from '../vault.ts';
import type { Identities } from './identities.ts';
import { localPath } from './local-path.ts';
import type { Flow, Provider } from './provider.ts';

/** The one provider of the settings, as it stands in addresses. */
export const PROVIDER_ID = 'oidc';

/** What the routes of single sign-on work with. */
export interface SsoDeps {
  readonly accounts: AccountDeps;
  readonly identities: Identities;
  /** Null where no provider is set up. */
  readonly provider: Provider | null;
  readonly vault: Vault;
  readonly log: Logger;
  /** The server’s public address, known once it listens. */
  readonly server: () => string;
}

const PATH = '/api/v1/auth/sso';
const FLOW_MS = 10 * 60 * 1000;
const PURPOSE = 'sso';
const OfProvider = z.object({ provider: z.string().max(40) });
const tags = ['Accounts'];
const redirect = { 302: z.undefined().describe('On to the provider, or back to the pages') };

/** A log-in that is at the provider’s, as it is stored (encrypted). */
interface Away extends Flow {
  readonly next: string;
  /** What the page that began knows its result by; null: it has named nothing. */
  readonly tab: string | null;
}

/**
 * Log-in with another provider.
 *
 * 1. The answer counts once, and only in the browser that began: it holds the ticket in a cookie.
 * 2. The browser ends up on a path of this server, whatever it was told to ask for.
 * 3. It ends like any log-in: with what the account wants besides (a second factor).
 * 4. The result carries the value that the page named at the start (`tab`): a page takes no step of
 *    a log-in that it has not begun, so a link cannot log anybody in as somebody else.
 */
export function ssoRoutes(instance: FastifyInstance, deps: SsoDeps): void {
  const app = instance.withTypeProvider<ZodTypeProvider>();
  const { identities, vault, log, server } = deps;
  const { limits, logins, tickets } = deps.accounts;

  const redirectUri = () => new URL(`${PATH}/${PROVIDER_ID}/callback`, server()).href;
  const providerOf = (request: FastifyRequest<{ Params: { provider: string } }>): Provider =>
    (request.params.provider === PROVIDER_ID ? deps.provider : null) ??
    refuse('not_found', 'There is no such provider');

  app.route({
    method: 'GET',
    url: '/auth/sso/:provider/start',
    schema: {
      operationId: 'startSso',
      tags,
      summary: 'Log in with another provider: sends the browser there',
      description:
        '`next` is the path of this server to end up on. `tab` comes back behind the `#` of that ' +
        'address, so that the page knows the result for its own.',
      security: [],
      params: OfProvider,
      querystring: SsoStartQuery,
      response: { ...redirect, ...problems(404, 429) },
    },
    onRequest: (request) => limits.take('login', addressKey(request.ip)),
    handler: async (request, reply) => {
      const provider = providerOf(request);
      try {
        const { url, flow } = await provider.begin(redirectUri());
        const { next, tab = null } = request.query;
        const away: Away = { ...flow, next: localPath(next), tab };
        const sealed = vault.seal(PURPOSE, JSON.stringify(away)).toString('base64');
        const { ticket } = await tickets.issue({
          purpose: PURPOSE,
          data: { sealed },
          ttlMs: FLOW_MS,
        });
        reply.setCookie(cookieName(), ticket, { ...attributes(), maxAge: FLOW_MS / 1000 });
        return reply.redirect(url.href);
      } catch (error) {
        if (error instanceof RefusalError) throw error;
        log.warn({ err: error }, 'the provider of single sign-on cannot be reached');
        return failed(reply, 'sso_unavailable');
      }
    },
  });

  app.route({
    method: 'GET',
    url: '/auth/sso/:provider/callback',
    schema: {
      operationId: 'finishSso',
      tags,
      summary: 'Where the provider sends the browser back to',
      description:
        'Ends at the path that was asked for at the start, or at /login, whose fragment tells the ' +
        'step that is left or the code of what went wrong.',
      security: [],
      params: OfProvider,
      response: { ...redirect, ...problems(404) },
    },
    handler: async (request, reply) => {
      const provider = providerOf(request);
      const ticket = request.cookies[cookieName()];
      reply.clearCookie(cookieName(), attributes());
      const away = ticket === undefined ? null : await redeem(ticket);
      if (!away) return refused(request, reply, 'sso_failed');
      const vouched = await come(provider, request, away);
      if (!vouched) return refused(request, reply, 'sso_failed');
      const found = await identities.find(vouched, request.ip);
      if ('refused' in found) return refused(request, reply, found.refused);
      try {
        const answer = await logins.finish(request, reply, { ...found, passed: ['sso'] });
        reply.code(302);
        return reply.redirect('step' in answer ? stepPage(answer, away.tab) : donePage(away));
      } catch (error) {
        if (error instanceof RefusalError) return refused(request, reply, error.refusal.code);
        throw error;
      }
    },
  });

  async function refused(request: FastifyRequest, reply: FastifyReply, code: RefusalCode) {
    await logins.failed(request, `single sign-on: ${code}`, null);
    return failed(reply, code);
  }

  async function redeem(ticket: string): Promise<Away | null> {
    const found = await tickets.redeem<{ sealed: string }>(PURPOSE, ticket);
    if (!found) return null;
    return JSON.parse(vault.open(PURPOSE, Buffer.from(found.data.sealed, 'base64'))) as Away;
  }

  /** Who the provider says has come; null when its answer is none to this flow. */
  async function come(provider: Provider, request: FastifyRequest, away: Away) {
    const url = new URL(redirectUri());
    url.search = new URL(request.url, server()).search;
    try {
      return await provider.finish(url, away);
    } catch (error) {
      const { message, cause } = error as Error;
      log.info({ reason: message, cause: String(cause) }, 'a single sign-on failed');
      return null;
    }
  }

  const isSecure = () => server().startsWith('https:');
  // A cookie of the name __Host- has the path / (RFC 6265bis §4.1.3.2).
  const cookieName = () => (isSecure() ? '__Host-parley_sso' : 'parley_sso');
  /** Lax: the provider’s redirect must bring the cookie. It is good for nothing but coming back. */
  const attributes = () =>
    ({
      path: isSecure() ? '/' : PATH,
      httpOnly: true,
      sameSite: 'lax',
      secure: isSecure(),
    }) as const;
}

/** The page of log-in, told what went wrong in its fragment, which no server sees. */
function failed(reply: FastifyReply, code: RefusalCode) {
  return reply.redirect(`/login#error=${code}`);
}

/** Where the log-in was to lead, told that this is its result. */
function donePage({ next, tab }: Away): string {
  if (tab === null) return next;
  const [path] = next.split('#');
  return `${path}#${new URLSearchParams({ tab })}`;
}

/** The page of log-in, told which step is left. */
function stepPage(step: LoginStep, tab: string | null): string {
  const { methods, ...rest } = { methods: undefined, ...step };
  const fragment = new URLSearchParams({
    ...Object.fromEntries(Object.entries(rest).map(([k, v]) => [k, String(v)])),
    ...(methods && { methods: methods.join(',') }),
    ...(tab !== null && { tab }),
  });
  return `/login#${fragment}`;
}
