import type { LoginStep, RefusalCode } from '@parley/protocol';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { answerLogin } from '../accounts/logins/login-response.ts';
import { problems } from '../http/describe.ts';
import { RefusalError } from '../http/errors.ts';
import { preferredLocale } from '../texts/accept-language.ts';
import { type PendingLogin, takePendingLogin } from './pending-login.ts';
import type { Provider, ProviderUser } from './provider.ts';
import {
  OfProvider,
  redirect,
  redirectToError,
  redirectUri,
  requestedProvider,
  type SsoDeps,
  tags,
} from './requests.ts';

/** Registers the route to which the provider returns the browser, and which completes the login. */
export function callbackRoute(instance: FastifyInstance, deps: SsoDeps): void {
  const app = instance.withTypeProvider<ZodTypeProvider>();

  app.route({
    method: 'GET',
    url: '/auth/sso/:provider/callback',
    schema: {
      operationId: 'finishSso',
      tags,
      summary: 'Complete a login with single sign-on',
      description:
        'Redirects to the `next` path, or to /login with the remaining step or the error code in the ' +
        'fragment.',
      params: OfProvider,
      response: { ...redirect, ...problems(404) },
    },
    handler: (request, reply) =>
      finish(deps, requestedProvider(deps, request.params.provider), request, reply),
  });
}

/** Completes a login: finds the account that the provider has identified, and redirects. */
async function finish(
  deps: SsoDeps,
  provider: Provider,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const pending = await takePendingLogin(deps, request, reply);
  if (!pending) return refuseLogin(deps, request, reply, 'sso_failed');
  const user = await identify(deps, provider, request, pending);
  if (!user) return refuseLogin(deps, request, reply, 'sso_failed');
  const invitation = pending.invitation === null ? null : Buffer.from(pending.invitation, 'hex');
  const identity = await deps.identities.find(user, {
    address: request.ip,
    invitation,
    locale: preferredLocale(request.headers['accept-language']),
  });
  if ('refused' in identity) return refuseLogin(deps, request, reply, identity.refused);
  try {
    const answer = await answerLogin(deps.accounts, request, reply, {
      ...identity,
      passed: ['sso'],
    });
    reply.code(302);
    return reply.redirect('step' in answer ? stepPage(answer, pending.tab) : donePage(pending));
  } catch (error) {
    if (error instanceof RefusalError) return refuseLogin(deps, request, reply, error.refusal.code);
    throw error;
  }
}

/** Returns the user that the provider identifies; null when the answer does not match the flow. */
async function identify(
  deps: SsoDeps,
  provider: Provider,
  request: FastifyRequest,
  pending: PendingLogin,
): Promise<ProviderUser | null> {
  const url = new URL(redirectUri(deps));
  url.search = new URL(request.url, deps.server()).search;
  try {
    return await provider.finish(url, pending);
  } catch (error) {
    const { message, cause } = error as Error;
    deps.log.info({ reason: message, cause: String(cause) }, 'single sign-on failed');
    return null;
  }
}

/** Records the refused login, and redirects to the login page with the error. */
async function refuseLogin(
  { accounts }: SsoDeps,
  request: FastifyRequest,
  reply: FastifyReply,
  code: RefusalCode,
): Promise<FastifyReply> {
  await accounts.logins.failed(request.ip, `single sign-on: ${code}`, null);
  return redirectToError(reply, code);
}

/** Returns the destination with the result marker in its fragment. */
function donePage({ next, tab }: PendingLogin): string {
  if (tab === null) return next;
  const [path] = next.split('#');
  return `${path}#${new URLSearchParams({ tab })}`;
}

/** Returns the login page with the remaining step in its fragment. */
function stepPage(step: LoginStep, tab: string | null): string {
  const { methods, ...rest } = { methods: undefined, ...step };
  const fragment = new URLSearchParams({
    ...Object.fromEntries(Object.entries(rest).map(([k, v]) => [k, String(v)])),
    ...(methods && { methods: methods.join(',') }),
    ...(tab !== null && { tab }),
  });
  return `/login#${fragment}`;
}
