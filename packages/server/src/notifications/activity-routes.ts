import {
  type AccountId,
  ActivityPage,
  ActivityQuery,
  ActivityUnread,
  ReadActivityBody,
  Timestamp,
} from '@parley/protocol';
import type { FastifyInstance, onRequestAsyncHookHandler } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import type pg from 'pg';
import { z } from 'zod';
import { sessionOf } from '../http/authenticate.ts';
import { problems } from '../http/describe.ts';
import { pageCursor } from '../http/page.ts';
import type { ActivityChange } from './activity-items.ts';
import { activityOfAccount, unreadActivity } from './activity-queries.ts';
import { type ActivityRead, readActivity, readAllActivity } from './activity-reads.ts';

/** Where the activity is stored, and who is notified that it was read. */
export interface ActivityDeps {
  readonly pool: pg.Pool;
  readonly authenticate: onRequestAsyncHookHandler;
  /** Notifies the connected clients of the account. */
  readonly onActivity: (change: ActivityChange) => void;
}

const tags = ['Activity'];
const PositionText = z.tuple([Timestamp, z.string().max(200)]);

/** Registers the routes of the activity of an account. */
export function activityRoutes(instance: FastifyInstance, deps: ActivityDeps): void {
  listActivityRoutes(instance, deps);
  readActivityRoutes(instance, deps);
}

/** Registers the routes that list the activity, and count what is unread. */
function listActivityRoutes(
  instance: FastifyInstance,
  { pool, authenticate: onRequest }: ActivityDeps,
): void {
  const app = instance.withTypeProvider<ZodTypeProvider>();

  app.route({
    method: 'GET',
    url: '/me/activity',
    schema: {
      operationId: 'listActivity',
      tags,
      summary: 'List your activity',
      description:
        'Mentions, replies in threads that you follow, reactions to your messages, groups that you were added to, reminders, results of moderation, and new users, the latest first. Items that you can no longer see are left out. Items are kept for 90 days, at most `limits.activityItems`. The frame `activity` announces changes.',
      querystring: ActivityQuery,
      response: { 200: ActivityPage, ...problems(401, 422) },
    },
    onRequest,
    handler: async (request) => {
      const { after, limit, kinds, unread } = request.query;
      const position = pageCursor.read(after, PositionText);
      const { items, next } = await activityOfAccount(pool, sessionOf(request).account, {
        after: position && { at: position[0], id: position[1] },
        limit,
        kinds: kinds ?? null,
        isUnreadOnly: unread === 'true',
      });
      return { items, next: next && pageCursor.write([next.at, next.id]) };
    },
  });

  app.route({
    method: 'GET',
    url: '/me/activity/unread',
    schema: {
      operationId: 'countUnreadActivity',
      tags,
      summary: 'Count the unread items of your activity',
      description: 'Counted up to `limits.unreadMax`.',
      response: { 200: ActivityUnread, ...problems(401) },
    },
    onRequest,
    handler: (request) => unreadActivity(pool, sessionOf(request).account),
  });
}

/** Registers the routes that mark activity as read. */
function readActivityRoutes(instance: FastifyInstance, deps: ActivityDeps): void {
  const app = instance.withTypeProvider<ZodTypeProvider>();
  const { pool, authenticate: onRequest } = deps;

  app.route({
    method: 'POST',
    url: '/me/activity/read',
    schema: {
      operationId: 'readActivity',
      tags,
      summary: 'Mark items of your activity as read',
      description:
        'An item that has grown since it was listed stays unread. Reading the messages of mentions and replies also marks these as read.',
      body: ReadActivityBody,
      response: { 200: ActivityUnread, ...problems(401, 422) },
    },
    onRequest,
    handler: async (request) => {
      const { account } = sessionOf(request);
      return unreadAfter(deps, account, await readActivity(pool, account, request.body));
    },
  });

  app.route({
    method: 'POST',
    url: '/me/activity/read-all',
    schema: {
      operationId: 'readAllActivity',
      tags,
      summary: 'Mark all of your activity as read',
      response: { 200: ActivityUnread, ...problems(401) },
    },
    onRequest,
    handler: async (request) => {
      const { account } = sessionOf(request);
      return unreadAfter(deps, account, await readAllActivity(pool, account));
    },
  });
}

/** Notifies the other clients of the account if something was marked as read, and returns what is unread. */
function unreadAfter(
  { onActivity }: ActivityDeps,
  account: AccountId,
  { unread, readVersion, isChanged }: ActivityRead,
): ActivityUnread {
  if (isChanged) onActivity({ account, version: readVersion });
  return { unread, readVersion };
}
