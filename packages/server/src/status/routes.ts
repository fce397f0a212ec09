import { AccountId, OwnStatus, UpdateStatusBody, UserProfile } from '@parley/protocol';
import type { FastifyInstance, onRequestAsyncHookHandler } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import type pg from 'pg';
import { z } from 'zod';
import { findableBy } from '../accounts/users/known-accounts.ts';
import { userOf } from '../accounts/users/users.ts';
import { sessionOf } from '../http/authenticate.ts';
import { IdempotencyHeader, problems } from '../http/describe.ts';
import { refuse, storedOrRefuse } from '../http/errors.ts';
import { requesterOf } from '../http/requester.ts';
import type { Clock } from '../runtime/clock.ts';
import type { Append } from '../stream/append.ts';
import { updateStatus, withoutExpired } from './commands.ts';
import { lastSeenOf } from './last-seen.ts';
import { profileOf, publicStatus, statusOf } from './queries.ts';

interface StatusRoutesDeps {
  readonly pool: pg.Pool;
  readonly append: Append;
  readonly clock: Clock;
  readonly authenticate: onRequestAsyncHookHandler;
}

/** Registers the routes of the user’s own status and of the profiles of others. */
export function statusRoutes(instance: FastifyInstance, deps: StatusRoutesDeps): void {
  ownStatusRoutes(instance, deps);
  userProfileRoute(instance, deps);
}

/** Registers the routes that return and change the user’s own status. */
function ownStatusRoutes(instance: FastifyInstance, deps: StatusRoutesDeps): void {
  const app = instance.withTypeProvider<ZodTypeProvider>();
  const { pool, append, clock, authenticate: onRequest } = deps;
  const own = async (account: AccountId) =>
    withoutExpired(await statusOf(pool, account), clock.now());

  app.route({
    method: 'GET',
    url: '/me/status',
    schema: {
      operationId: 'getStatus',
      tags: ['Accounts'],
      summary: 'Get your status',
      response: { 200: OwnStatus, ...problems(401) },
    },
    onRequest,
    handler: (request) => own(sessionOf(request).account),
  });

  app.route({
    method: 'PATCH',
    url: '/me/status',
    schema: {
      operationId: 'updateStatus',
      tags: ['Accounts'],
      summary: 'Change your status',
      description:
        'Absent fields are unchanged. Emoji and text are removed at `expiresAt`, do not disturb ends at `doNotDisturbUntil`. `isAway` has no end: until you change it, your presence is `idle` while you are active. Others receive it with your presence; your devices receive the event `status.changed` on your personal stream.',
      headers: IdempotencyHeader,
      body: UpdateStatusBody,
      response: { 200: OwnStatus, ...problems(401, 422, 503) },
    },
    onRequest,
    handler: async (request) => {
      const r = requesterOf(request);
      storedOrRefuse(await updateStatus(append, r, request.body));
      return own(r.actor);
    },
  });
}

/** Registers the route that returns the profile of a user, with the status and when the user was last seen. */
function userProfileRoute(
  instance: FastifyInstance,
  { pool, clock, authenticate: onRequest }: StatusRoutesDeps,
): void {
  const app = instance.withTypeProvider<ZodTypeProvider>();

  app.route({
    method: 'GET',
    url: '/users/:id/profile',
    schema: {
      operationId: 'getUserProfile',
      tags: ['People'],
      summary: 'Get the profile of a user',
      description:
        'For users with whom a guest no longer shares a conversation, the guest gets only the names.',
      params: z.object({ id: AccountId }),
      response: { 200: UserProfile, ...problems(401, 404) },
    },
    onRequest,
    handler: async (request) => {
      const { id } = request.params;
      const viewer = sessionOf(request).account;
      const [user, findable, profile, status, lastSeen] = await Promise.all([
        userOf(pool, viewer, id),
        findableBy(pool, viewer, [id]),
        profileOf(pool, id),
        statusOf(pool, id),
        lastSeenOf(pool, id),
      ]);
      if (!user || !profile) refuse('account_not_found');
      // A guest may know the name from the history of a conversation, but no longer sees the
      // profile.
      if (findable.length === 0) return { ...user, ...NO_PROFILE };
      return {
        ...user,
        ...profile,
        status: publicStatus(withoutExpired(status, clock.now())),
        lastSeenAt: lastSeen?.toISOString() ?? null,
      };
    },
  });
}

/** The profile for those who may only know the names of a user. */
const NO_PROFILE = { title: null, pronouns: null, timeZone: null, status: null, lastSeenAt: null };
