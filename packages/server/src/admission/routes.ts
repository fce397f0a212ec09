import {
  type AccountId,
  BansPage,
  Conversation,
  type ConversationId,
  CreatedGroupLink,
  CreateGroupLinkBody,
  conversationOfStream,
  GroupLinkBody,
  GroupLinksAnswer,
  LinkedGroup,
  LinkId,
  ListQuery,
  Seq,
} from '@parley/protocol';
import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { conversationAfter } from '../conversations/conversation-after.ts';
import { type MemberDeps, OfMember } from '../conversations/member-routes.ts';
import { authorize, type ConversationAction, conversationType } from '../conversations/policy.ts';
import { conversationFor } from '../conversations/snapshot.ts';
import type { Vault } from '../encryption/vault.ts';
import { sessionOf } from '../http/authenticate.ts';
import { problems } from '../http/describe.ts';
import { refuse, storedOrRefuse } from '../http/errors.ts';
import { pageCursor } from '../http/page.ts';
import { requesterOf } from '../http/requester.ts';
import { commandRequest, headers, OfConversation } from '../messages/routes/requests.ts';
import { minimumRolesOf } from '../permissions/minimum-roles.ts';
import type { Clock } from '../runtime/clock.ts';
import { banAccount, unbanAccount } from './bans.ts';
import { createGroupLink, joinByLink, revokeGroupLink } from './links.ts';
import { bansOf, groupOfLink, isBannedFromLink, linkOfEvent, linksOf } from './queries.ts';

interface AdmissionDeps extends MemberDeps {
  readonly vault: Vault;
  readonly clock: Clock;
  /** The server’s public address. */
  readonly server: () => string;
}

const OfLink = OfConversation.extend({ link: LinkId });

/** Registers the routes of bans and group links. */
export function admissionRoutes(instance: FastifyInstance, deps: AdmissionDeps): void {
  banRoutes(instance, deps);
  linkRoutes(instance, deps);
  linkHolderRoutes(instance, deps);
}

function banRoutes(instance: FastifyInstance, deps: AdmissionDeps): void {
  const app = instance.withTypeProvider<ZodTypeProvider>();
  const { pool, append, authenticate: onRequest } = deps;

  app.route({
    method: 'GET',
    url: '/conversations/:id/bans',
    schema: {
      operationId: 'listBans',
      tags: ['Members'],
      summary: 'List the banned accounts, the latest ban first (admins)',
      params: OfConversation,
      querystring: ListQuery,
      response: { 200: BansPage, ...problems(401, 403, 404, 409, 422) },
    },
    onRequest,
    handler: async (request) => {
      const { id } = request.params;
      await permit(deps, sessionOf(request).account, id, 'ban');
      const { after, ...part } = request.query;
      const page = await bansOf(pool, id, { ...part, after: pageCursor.read(after, Seq) });
      return { items: page.items, next: page.next && pageCursor.write(page.next) };
    },
  });

  for (const [method, operation, run, summary, description] of [
    [
      'PUT',
      'banAccount',
      banAccount,
      'Ban an account from a group, and remove it if it is a member (admins)',
      'A banned account cannot join, use a link, or be added by members who may not lift the ban. Only owners may ban owners and admins.',
    ],
    ['DELETE', 'unbanAccount', unbanAccount, 'Lift a ban (admins)', 'The account may join again.'],
  ] as const) {
    app.route({
      method,
      url: '/conversations/:id/bans/:account',
      schema: {
        operationId: operation,
        tags: ['Members'],
        summary,
        description,
        headers,
        params: OfMember,
        response: { 204: z.null(), ...problems(401, 403, 404, 409, 422) },
      },
      onRequest,
      handler: async (request, reply) => {
        const { id, account } = request.params;
        storedOrRefuse(await run(append, commandRequest(request, id), account));
        return reply.code(204).send(null);
      },
    });
  }
}

function linkRoutes(instance: FastifyInstance, deps: AdmissionDeps): void {
  const app = instance.withTypeProvider<ZodTypeProvider>();
  const { pool, append, authenticate: onRequest, clock } = deps;

  app.route({
    method: 'GET',
    url: '/conversations/:id/links',
    schema: {
      operationId: 'listGroupLinks',
      tags: ['Members'],
      summary: 'List the group links',
      description:
        'Returns the links that can still be used. Requires the permission to add people.',
      params: OfConversation,
      response: { 200: GroupLinksAnswer, ...problems(401, 403, 404, 409) },
    },
    onRequest,
    handler: async (request) => {
      const { id } = request.params;
      await permit(deps, sessionOf(request).account, id, 'add_member');
      return { items: await linksOf(pool, id, new Date(clock.now()).toISOString()) };
    },
  });

  app.route({
    method: 'POST',
    url: '/conversations/:id/links',
    schema: {
      operationId: 'createGroupLink',
      tags: ['Members'],
      summary: 'Create a group link',
      description:
        'Requires the permission to add people. The link works until it expires, is used up or is revoked, and only while its creator has that permission. An account that joins with it again counts once.',
      headers,
      params: OfConversation,
      body: CreateGroupLinkBody,
      response: { 201: CreatedGroupLink, ...problems(401, 403, 404, 409, 422, 503) },
    },
    onRequest,
    handler: async (request, reply) => {
      const { id } = request.params;
      const created = await createGroupLink(deps, commandRequest(request, id), request.body);
      const { seq } = storedOrRefuse(created.outcome);
      const link = (await linkOfEvent(pool, id, seq)) ?? refuse('not_found');
      reply.code(201);
      return { link, url: `${deps.server()}/join#${created.token}` };
    },
  });

  app.route({
    method: 'DELETE',
    url: '/conversations/:id/links/:link',
    schema: {
      operationId: 'revokeGroupLink',
      tags: ['Members'],
      summary: 'Revoke a group link',
      description:
        'Allowed for its creator and for admins. Those who joined with it remain members.',
      headers,
      params: OfLink,
      response: { 204: z.null(), ...problems(401, 403, 404, 409, 422, 503) },
    },
    onRequest,
    handler: async (request, reply) => {
      const { id, link } = request.params;
      storedOrRefuse(await revokeGroupLink(append, commandRequest(request, id), link));
      return reply.code(204).send(null);
    },
  });
}

/** The routes for holders of a link. Its secret is never in a path, because paths are logged. */
function linkHolderRoutes(instance: FastifyInstance, deps: AdmissionDeps): void {
  const app = instance.withTypeProvider<ZodTypeProvider>();
  const { pool, authenticate: onRequest, clock } = deps;

  app.route({
    method: 'POST',
    url: '/group-links/show',
    schema: {
      operationId: 'showLinkedGroup',
      tags: ['Members'],
      summary: 'Preview the group of a link',
      body: GroupLinkBody,
      response: { 200: LinkedGroup, ...problems(401, 403, 410, 422) },
    },
    onRequest,
    handler: async (request) => {
      const { account } = sessionOf(request);
      const { token } = request.body;
      const group = await groupOfLink(pool, account, token, new Date(clock.now()).toISOString());
      if (group) return group;
      return refuse((await isBannedFromLink(pool, account, token)) ? 'banned' : 'link_expired');
    },
  });

  app.route({
    method: 'POST',
    url: '/group-links/join',
    schema: {
      operationId: 'joinByLink',
      tags: ['Members'],
      summary: 'Join a group with a link',
      headers,
      body: GroupLinkBody,
      response: { 200: Conversation, ...problems(401, 403, 409, 410, 422, 503) },
    },
    onRequest,
    handler: async (request) => {
      const by = requesterOf(request);
      const outcome = await joinByLink(deps, by, request.body.token);
      if (!outcome) refuse('link_expired');
      const { stream } = storedOrRefuse(outcome);
      return conversationAfter(pool, sessionOf(request), conversationOfStream(stream));
    },
  });
}

/** Refuses actions that the policy does not permit; reads of an archived group are permitted. */
async function permit(
  { pool }: AdmissionDeps,
  account: AccountId,
  id: ConversationId,
  action: ConversationAction,
): Promise<void> {
  const conversation =
    (await conversationFor(pool, account, id)) ?? refuse('conversation_not_found');
  const minimumRoles = conversation.minimumRoles ?? minimumRolesOf(conversation.visibility, {});
  const type = conversationType(conversation);
  const verdict = authorize(conversation.actingRole, type, action, minimumRoles);
  if (verdict !== 'yes') refuse(verdict);
}
