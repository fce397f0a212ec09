import {
  CreateUserGroupBody,
  UpdateUserGroupBody,
  UserGroup,
  UserGroupId,
  UserGroupsAnswer,
} from '@parley/protocol';
import type { FastifyInstance, FastifyRequest, onRequestAsyncHookHandler } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import type pg from 'pg';
import { z } from 'zod';
import type { AuditLog } from '../audit/audit-log.ts';
import { sessionOf } from '../http/authenticate.ts';
import { IdempotencyHeader, problems } from '../http/describe.ts';
import { refuse, storedOrRefuse } from '../http/errors.ts';
import { requesterOf } from '../http/requester.ts';
import type { Append } from '../stream/append.ts';
import {
  changeUserGroup,
  createUserGroup,
  deleteUserGroup,
  type UserGroupRequest,
} from './commands.ts';
import { userGroupOf, userGroupsOf } from './queries.ts';

interface UserGroupRoutesDeps {
  readonly pool: pg.Pool;
  readonly append: Append;
  readonly audit: AuditLog;
  readonly authenticate: onRequestAsyncHookHandler;
}

const headers = IdempotencyHeader;
const params = z.object({ id: UserGroupId });

/** Registers the routes of user groups. */
export function userGroupRoutes(instance: FastifyInstance, deps: UserGroupRoutesDeps): void {
  listUserGroupsRoute(instance, deps);
  createUserGroupRoute(instance, deps);
  changeUserGroupRoutes(instance, deps);
}

/** Registers the route that lists the user groups. */
function listUserGroupsRoute(
  instance: FastifyInstance,
  { pool, authenticate: onRequest }: UserGroupRoutesDeps,
): void {
  const app = instance.withTypeProvider<ZodTypeProvider>();

  app.route({
    method: 'GET',
    url: '/user-groups',
    schema: {
      operationId: 'listUserGroups',
      tags: ['People'],
      summary: 'List the user groups and their members',
      description:
        'Returns all user groups: at most `limits.userGroups`, of at most `limits.userGroupMembers` accounts each. ' +
        'Later changes are the events `user_group.changed` and `user_group.deleted` of the workspace stream after ' +
        '`asOf`; `user.deleted` removes an account. Write `@name` in a message to mention the members that are in the ' +
        'conversation. For guests the list is empty.',
      response: { 200: UserGroupsAnswer, ...problems(401, 403) },
    },
    onRequest,
    config: { isCompressed: true },
    handler: (request) => userGroupsOf(pool, sessionOf(request).account),
  });
}

/** Registers the route that lets admins create user groups. */
function createUserGroupRoute(
  instance: FastifyInstance,
  { pool, append, audit, authenticate: onRequest }: UserGroupRoutesDeps,
): void {
  const app = instance.withTypeProvider<ZodTypeProvider>();

  app.route({
    method: 'POST',
    url: '/admin/user-groups',
    schema: {
      operationId: 'createUserGroup',
      tags: ['Administration'],
      summary: 'Create a user group',
      description:
        'No user and no other user group may have the same name, or one that looks the same.',
      headers,
      body: CreateUserGroupBody,
      response: { 201: UserGroup, ...problems(401, 403, 404, 409, 422, 503) },
    },
    onRequest,
    handler: async (request, reply) => {
      const { userGroup, outcome } = await createUserGroup(
        append,
        userGroupRequestOf(audit, request),
        request.body,
      );
      storedOrRefuse(outcome);
      reply.code(201);
      return (await userGroupOf(pool, userGroup)) ?? refuse('user_group_not_found');
    },
  });
}

/** Registers the routes that let admins change and delete a user group. */
function changeUserGroupRoutes(
  instance: FastifyInstance,
  { pool, append, audit, authenticate: onRequest }: UserGroupRoutesDeps,
): void {
  const app = instance.withTypeProvider<ZodTypeProvider>();

  app.route({
    method: 'PATCH',
    url: '/admin/user-groups/:id',
    schema: {
      operationId: 'updateUserGroup',
      tags: ['Administration'],
      summary: 'Change the name, the title or the members of a user group',
      description: 'Messages that mention it show its new name.',
      headers,
      params,
      body: UpdateUserGroupBody,
      response: { 200: UserGroup, ...problems(401, 403, 404, 409, 422, 503) },
    },
    onRequest,
    handler: async (request) => {
      const { id } = request.params;
      storedOrRefuse(
        await changeUserGroup(append, userGroupRequestOf(audit, request), id, request.body),
      );
      return (await userGroupOf(pool, id)) ?? refuse('user_group_not_found');
    },
  });

  app.route({
    method: 'DELETE',
    url: '/admin/user-groups/:id',
    schema: {
      operationId: 'deleteUserGroup',
      tags: ['Administration'],
      summary: 'Delete a user group',
      headers,
      params,
      response: { 204: z.null(), ...problems(401, 403, 404, 422, 503) },
    },
    onRequest,
    handler: async (request, reply) => {
      storedOrRefuse(
        await deleteUserGroup(append, userGroupRequestOf(audit, request), request.params.id),
      );
      return reply.code(204).send(null);
    },
  });
}

/** Returns who requests a change of user groups, and where it is recorded. */
const userGroupRequestOf = (audit: AuditLog, request: FastifyRequest): UserGroupRequest => ({
  ...requesterOf(request),
  audit: { log: audit, address: request.ip },
});
