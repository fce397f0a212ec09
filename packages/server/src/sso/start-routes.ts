import { SsoStartAnswer, SsoStartBody, SsoStartQuery } from '@parley/protocol';
import type { FastifyInstance, FastifyReply } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { addressKey } from '../accounts/attempts/attempt-limits.ts';
import { problems } from '../http/describe.ts';
import { RefusalError, refuse } from '../http/errors.ts';
import { refuseCrossSite } from '../http/origin.ts';
import { storePendingLogin } from './pending-login.ts';
import type { Provider } from './provider.ts';
import {
  OfProvider,
  redirect,
  redirectToError,
  redirectUri,
  requestedProvider,
  type SsoDeps,
  tags,
} from './requests.ts';

/** Registers the route that starts a login by a redirect to the provider. */
export function startRoute(instance: FastifyInstance, deps: SsoDeps): void {
  const app = instance.withTypeProvider<ZodTypeProvider>();
  const { log } = deps;
  const { limits } = deps.accounts;

  app.route({
    method: 'GET',
    url: '/auth/sso/:provider/start',
    schema: {
      operationId: 'startSso',
      tags,
      summary: 'Start a login with single sign-on',
      description:
        '`next` is the path on this server to open afterwards. `tab` is returned in the fragment of that ' +
        'URL, so that the page can recognize its result.',
      params: OfProvider,
      querystring: SsoStartQuery,
      response: { ...redirect, ...problems(404, 429) },
    },
    onRequest: (request) => limits.take('login', addressKey(request.ip)),
    handler: async (request, reply) => {
      const provider = requestedProvider(deps, request.params.provider);
      try {
        return reply.redirect(await begin(deps, provider, reply, request.query));
      } catch (error) {
        if (error instanceof RefusalError) throw error;
        log.warn({ err: error }, 'identity provider unreachable');
        return redirectToError(reply, 'sso_unavailable');
      }
    },
  });
}

/** Registers the route that starts a login and returns the page of the provider. */
export function prepareRoute(instance: FastifyInstance, deps: SsoDeps): void {
  const app = instance.withTypeProvider<ZodTypeProvider>();
  const { log, publicUrl } = deps;
  const { limits } = deps.accounts;

  app.route({
    method: 'POST',
    url: '/auth/sso/:provider/start',
    schema: {
      operationId: 'prepareSso',
      tags,
      summary: 'Prepare a login with single sign-on, or a registration with an invitation',
      description:
        'Like the GET request, but returns the page of the provider, to which the browser goes next. The token of ' +
        'an invitation is in no URL, which logs would keep.',
      params: OfProvider,
      body: SsoStartBody,
      response: { 200: SsoStartAnswer, ...problems(403, 404, 422, 429, 503) },
    },
    onRequest: async (request) => {
      refuseCrossSite(request, { publicUrl });
      await limits.take('login', addressKey(request.ip));
    },
    handler: async (request, reply) => {
      const provider = requestedProvider(deps, request.params.provider);
      try {
        return { url: await begin(deps, provider, reply, request.body) };
      } catch (error) {
        if (error instanceof RefusalError) throw error;
        log.warn({ err: error }, 'identity provider unreachable');
        return refuse('sso_unavailable');
      }
    },
  });
}

/** Stores a login in progress, and returns the page of the provider where it continues. */
async function begin(
  deps: SsoDeps,
  provider: Provider,
  reply: FastifyReply,
  start: SsoStartBody,
): Promise<string> {
  const { url, flow } = await provider.begin(redirectUri(deps));
  await storePendingLogin(deps, reply, flow, start);
  return url.href;
}
