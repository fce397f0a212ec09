import {
  CreateSectionBody,
  MoveConversationsBody,
  SectionId,
  Sidebar,
  UpdateSectionBody,
  UpdateSidebarBody,
} from '@parley/protocol';
import type { FastifyInstance, FastifyRequest, onRequestAsyncHookHandler } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import type pg from 'pg';
import { z } from 'zod';
import { sessionOf } from '../http/authenticate.ts';
import { IdempotencyHeader, problems } from '../http/describe.ts';
import { storedOrRefuse } from '../http/errors.ts';
import { type Requester, requesterOf } from '../http/requester.ts';
import type { Append, Outcome } from '../stream/append.ts';
import {
  changeSection,
  createSection,
  deleteSection,
  moveConversations,
  setUnreadOnly,
} from './commands.ts';
import { sidebarOf } from './queries.ts';

interface SidebarDeps {
  readonly pool: pg.Pool;
  readonly append: Append;
  readonly authenticate: onRequestAsyncHookHandler;
}

const tags = ['Sidebar'];
const OfSection = z.object({ section: SectionId });
const EVENTS =
  'All your devices get the events `sidebar.changed` and `sidebar.moved` of your personal stream.';

/** Registers the routes of the user’s own sidebar. */
export function sidebarRoutes(instance: FastifyInstance, deps: SidebarDeps): void {
  ownSidebarRoutes(instance, deps);
  sectionRoutes(instance, deps);
  moveConversationsRoute(instance, deps);
}

/** Registers the routes that return the sidebar, and change what it shows. */
function ownSidebarRoutes(
  instance: FastifyInstance,
  { pool, append, authenticate: onRequest }: SidebarDeps,
): void {
  const app = instance.withTypeProvider<ZodTypeProvider>();

  app.route({
    method: 'GET',
    url: '/me/sidebar',
    schema: {
      operationId: 'getSidebar',
      tags,
      summary: 'Get your sidebar',
      description:
        'Returns the sections in their order, and the conversations that you have moved. All others are in the section of their kind, after those that you have moved there.',
      response: { 200: Sidebar, ...problems(401) },
    },
    onRequest,
    handler: (request) => sidebarOf(pool, sessionOf(request).account),
  });

  app.route({
    method: 'PATCH',
    url: '/me/sidebar',
    schema: {
      operationId: 'updateSidebar',
      tags,
      summary: 'Change what your sidebar shows',
      description: `Absent fields stay as they are. ${EVENTS}`,
      headers: IdempotencyHeader,
      body: UpdateSidebarBody,
      response: { 200: Sidebar, ...problems(401, 422, 503) },
    },
    onRequest,
    handler: async (request) => {
      const { unreadOnly } = request.body;
      if (unreadOnly === undefined) return sidebarOf(pool, sessionOf(request).account);
      return await sidebarAfter(pool, request, (requester) =>
        setUnreadOnly(append, requester, unreadOnly),
      );
    },
  });
}

/** Registers the routes that create, change and delete sections. */
function sectionRoutes(
  instance: FastifyInstance,
  { pool, append, authenticate: onRequest }: SidebarDeps,
): void {
  const app = instance.withTypeProvider<ZodTypeProvider>();

  app.route({
    method: 'POST',
    url: '/me/sidebar/sections',
    schema: {
      operationId: 'createSidebarSection',
      tags,
      summary: 'Create a section in your sidebar',
      description: `It becomes the first section below the favorites. Its id is the idempotency key. ${EVENTS}`,
      headers: IdempotencyHeader,
      body: CreateSectionBody,
      response: { 201: Sidebar, ...problems(401, 409, 422, 503) },
    },
    onRequest,
    handler: async (request, reply) => {
      const sidebar = await sidebarAfter(pool, request, (requester) =>
        createSection(append, requester, request.body.name),
      );
      reply.code(201);
      return sidebar;
    },
  });

  app.route({
    method: 'PATCH',
    url: '/me/sidebar/sections/:section',
    schema: {
      operationId: 'updateSidebarSection',
      tags,
      summary: 'Change a section of your sidebar',
      description: `Absent fields stay as they are. ${EVENTS}`,
      headers: IdempotencyHeader,
      params: OfSection,
      body: UpdateSectionBody,
      response: { 200: Sidebar, ...problems(401, 404, 409, 422, 503) },
    },
    onRequest,
    handler: (request) =>
      sidebarAfter(pool, request, (requester) =>
        changeSection(append, requester, request.params.section, request.body),
      ),
  });

  app.route({
    method: 'DELETE',
    url: '/me/sidebar/sections/:section',
    schema: {
      operationId: 'deleteSidebarSection',
      tags,
      summary: 'Delete a section of your sidebar',
      description: `Its conversations return to the sections of their kinds. ${EVENTS}`,
      headers: IdempotencyHeader,
      params: OfSection,
      response: { 200: Sidebar, ...problems(401, 404, 409, 422, 503) },
    },
    onRequest,
    handler: (request) =>
      sidebarAfter(pool, request, (requester) =>
        deleteSection(append, requester, request.params.section),
      ),
  });
}

/** Registers the route that moves conversations into a section. */
function moveConversationsRoute(
  instance: FastifyInstance,
  { pool, append, authenticate: onRequest }: SidebarDeps,
): void {
  const app = instance.withTypeProvider<ZodTypeProvider>();

  app.route({
    method: 'POST',
    url: '/me/sidebar/moves',
    schema: {
      operationId: 'moveInSidebar',
      tags,
      summary: 'Move conversations in your sidebar',
      description: `Puts them into a section, one after the other. ${EVENTS}`,
      headers: IdempotencyHeader,
      body: MoveConversationsBody,
      response: { 200: Sidebar, ...problems(401, 404, 409, 422, 503) },
    },
    onRequest,
    handler: (request) =>
      sidebarAfter(pool, request, (requester) =>
        moveConversations(append, requester, request.body),
      ),
  });
}

/** Executes a command, and returns the sidebar after it. */
async function sidebarAfter(
  pool: pg.Pool,
  request: FastifyRequest,
  execute: (requester: Requester) => Promise<Outcome>,
): Promise<Sidebar> {
  const requester = requesterOf(request);
  storedOrRefuse(await execute(requester));
  return await sidebarOf(pool, requester.actor);
}
