import {
  Conversation,
  type ConversationId,
  Me,
  ServerSettings as Schema,
  SetImageBody,
} from '@parley/protocol';
import type { FastifyInstance, onRequestAsyncHookHandler } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import type pg from 'pg';
import { meOf } from '../accounts/users/queries.ts';
import { updateOwn } from '../accounts/users/update.ts';
import { changeServerIcon } from '../admin/change-settings.ts';
import type { AuditLog } from '../audit/audit-log.ts';
import { conversationAfter } from '../conversations/conversation-after.ts';
import { changeGroupAvatar } from '../conversations/settings.ts';
import { conversationFor } from '../conversations/snapshot.ts';
import type { ImageMaker } from '../files/image-maker.ts';
import { sessionOf } from '../http/authenticate.ts';
import { problems } from '../http/describe.ts';
import { refuse, storedOrRefuse } from '../http/errors.ts';
import { requesterOf } from '../http/requester.ts';
import { commandRequest, headers, OfConversation } from '../messages/routes/requests.ts';
import type { ServerSettings } from '../settings/server-settings.ts';
import type { Append } from '../stream/append.ts';

interface AvatarRouteDeps {
  readonly pool: pg.Pool;
  readonly append: Append;
  readonly audit: AuditLog;
  readonly settings: ServerSettings;
  readonly images: ImageMaker;
  readonly authenticate: onRequestAsyncHookHandler;
}

const DESCRIPTION =
  'Upload an image in PNG, JPEG, GIF, WebP or AVIF of at most 5 MB first. The server crops its middle to a square, without metadata, in 256 and in 64 pixels; animations become still.';
const REFUSALS = [401, 403, 404, 413, 422, 429, 503] as const;

/** Registers the routes that set and remove avatars and the icon of the server. */
export function avatarRoutes(instance: FastifyInstance, deps: AvatarRouteDeps): void {
  ownRoutes(instance, deps);
  groupRoutes(instance, deps);
  iconRoutes(instance, deps);
}

function ownRoutes(instance: FastifyInstance, deps: AvatarRouteDeps): void {
  const app = instance.withTypeProvider<ZodTypeProvider>();
  const { pool, append, images, authenticate: onRequest } = deps;
  const shared = { url: '/me/avatar', onRequest };

  app.route({
    ...shared,
    method: 'PUT',
    schema: {
      operationId: 'setAvatar',
      tags: ['Accounts'],
      summary: 'Set your avatar',
      description: `${DESCRIPTION} Other clients receive the event \`user.updated\`.`,
      body: SetImageBody,
      response: { 200: Me, ...problems(...REFUSALS) },
    },
    handler: async (request) => {
      const { account } = sessionOf(request);
      const avatar = await images.make(account, request.body.file);
      await updateOwn(pool, append, account, { avatar });
      return (await meOf(pool, account)) ?? refuse('session_ended');
    },
  });

  app.route({
    ...shared,
    method: 'DELETE',
    schema: {
      operationId: 'removeAvatar',
      tags: ['Accounts'],
      summary: 'Remove your avatar',
      response: { 200: Me, ...problems(401, 403, 503) },
    },
    handler: async (request) => {
      const { account } = sessionOf(request);
      const me = (await meOf(pool, account)) ?? refuse('session_ended');
      if (me.avatar === null) return me;
      await updateOwn(pool, append, account, { avatar: null });
      return { ...me, avatar: null };
    },
  });
}

function groupRoutes(instance: FastifyInstance, deps: AvatarRouteDeps): void {
  const app = instance.withTypeProvider<ZodTypeProvider>();
  const { pool, append, images, authenticate: onRequest } = deps;
  const shared = { url: '/conversations/:id/avatar', onRequest };

  app.route({
    ...shared,
    method: 'PUT',
    schema: {
      operationId: 'setGroupAvatar',
      tags: ['Conversations'],
      summary: 'Set the avatar of a group',
      description: `${DESCRIPTION} Who may rename the group may also change its avatar.`,
      headers,
      params: OfConversation,
      body: SetImageBody,
      response: { 200: Conversation, ...problems(...REFUSALS, 409, 410) },
    },
    handler: async (request) => {
      const { id } = request.params;
      const { account } = sessionOf(request);
      const { file } = request.body;
      await checkMayChange(pool, account, id);
      const image = await images.make(account, file);
      storedOrRefuse(await changeGroupAvatar(append, commandRequest(request, id), { image, file }));
      return conversationAfter(pool, sessionOf(request), id);
    },
  });

  app.route({
    ...shared,
    method: 'DELETE',
    schema: {
      operationId: 'removeGroupAvatar',
      tags: ['Conversations'],
      summary: 'Remove the avatar of a group',
      headers,
      params: OfConversation,
      response: { 200: Conversation, ...problems(401, 403, 404, 409, 410, 422, 503) },
    },
    handler: async (request) => {
      const { id } = request.params;
      storedOrRefuse(await changeGroupAvatar(append, commandRequest(request, id), null));
      return conversationAfter(pool, sessionOf(request), id);
    },
  });
}

/**
 * Checks that an account may change a group before an image is decoded; the command decides.
 * @throws {RefusalError}
 */
async function checkMayChange(
  pool: pg.Pool,
  account: Parameters<typeof conversationFor>[1],
  id: ConversationId,
): Promise<void> {
  const group = await conversationFor(pool, account, id);
  if (!group) refuse('conversation_not_found');
  if (group.permissions.includes('rename')) return;
  if (group.kind === 'direct') refuse('not_a_group');
  refuse(group.archivedAt === null ? 'forbidden' : 'conversation_archived');
}

function iconRoutes(instance: FastifyInstance, deps: AvatarRouteDeps): void {
  const app = instance.withTypeProvider<ZodTypeProvider>();
  const { append, audit, settings, images, authenticate: onRequest } = deps;
  const shared = { url: '/admin/server-settings/icon', onRequest };

  app.route({
    ...shared,
    method: 'PUT',
    schema: {
      operationId: 'setServerIcon',
      tags: ['Administration'],
      summary: 'Set the icon of the server',
      description: `${DESCRIPTION} Everyone sees it, even before logging in.`,
      headers,
      body: SetImageBody,
      response: { 200: Schema, ...problems(...REFUSALS, 409) },
    },
    handler: async (request) => {
      const r = requesterOf(request);
      const { file } = request.body;
      const icon = { image: await images.make(r.actor, file), file };
      const auditing = { log: audit, address: request.ip };
      storedOrRefuse(await changeServerIcon(append, { ...r, audit: auditing }, icon));
      return settings.load();
    },
  });

  app.route({
    ...shared,
    method: 'DELETE',
    schema: {
      operationId: 'removeServerIcon',
      tags: ['Administration'],
      summary: 'Remove the icon of the server',
      headers,
      response: { 200: Schema, ...problems(401, 403, 409, 422, 503) },
    },
    handler: async (request) => {
      const auditing = { log: audit, address: request.ip };
      const r = { ...requesterOf(request), audit: auditing };
      storedOrRefuse(await changeServerIcon(append, r, null));
      return settings.load();
    },
  });
}
