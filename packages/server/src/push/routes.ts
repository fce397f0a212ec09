import {
  type AccountId,
  AddNotificationDeviceBody,
  NotificationDevice,
  NotificationDeviceId,
  NotificationDevicesAnswer,
  TestDeviceAnswer,
  UpdateNotificationDeviceBody,
} from '@parley/protocol';
import type { FastifyInstance, onRequestAsyncHookHandler } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { sessionOf } from '../http/authenticate.ts';
import { problems } from '../http/describe.ts';
import { refuse } from '../http/errors.ts';
import { failureOf } from '../notifications/failure.ts';
import type { PushDevices } from './devices.ts';
import type { Push } from './push.ts';

interface PushRoutesDeps {
  readonly devices: PushDevices;
  readonly push: Push;
  readonly authenticate: onRequestAsyncHookHandler;
}

const tags = ['Notifications'];
const OfDevice = z.object({ id: NotificationDeviceId });
const DONE = z.undefined().describe('Done');

/** Registers the routes of the user’s own notification devices. */
export function pushRoutes(instance: FastifyInstance, deps: PushRoutesDeps): void {
  listDevicesRoute(instance, deps);
  changeDevicesRoutes(instance, deps);
  testDeviceRoute(instance, deps);
}

/** Registers the route that lists the devices. */
function listDevicesRoute(
  instance: FastifyInstance,
  { devices, push, authenticate: onRequest }: PushRoutesDeps,
): void {
  const app = instance.withTypeProvider<ZodTypeProvider>();

  app.route({
    method: 'GET',
    url: '/me/notifications/devices',
    schema: {
      operationId: 'listNotificationDevices',
      tags,
      summary: 'List your notification devices',
      response: { 200: NotificationDevicesAnswer, ...problems(401) },
    },
    onRequest,
    handler: async (request) => {
      const { account, id } = sessionOf(request);
      return { publicKey: push.publicKey, items: await devices.list(account, id) };
    },
  });
}

/** Registers the routes that add, change and remove a device. */
function changeDevicesRoutes(
  instance: FastifyInstance,
  { devices, authenticate: onRequest }: PushRoutesDeps,
): void {
  const app = instance.withTypeProvider<ZodTypeProvider>();

  app.route({
    method: 'POST',
    url: '/me/notifications/devices',
    schema: {
      operationId: 'addNotificationDevice',
      tags,
      summary: 'Add a notification device',
      description:
        'A browser replaces the previous one of this session, and is removed when the session ends. An ntfy topic remains until it is removed, or until all sessions of the account end. A device that already exists is updated.',
      body: AddNotificationDeviceBody,
      response: { 201: NotificationDevice, ...problems(401, 409, 422) },
    },
    onRequest,
    handler: async (request, reply) => {
      const { account, id } = sessionOf(request);
      return reply.code(201).send(await devices.add(account, id, request.body));
    },
  });

  app.route({
    method: 'PATCH',
    url: '/me/notifications/devices/:id',
    schema: {
      operationId: 'updateNotificationDevice',
      tags,
      summary: 'Change a notification device',
      description: 'Absent fields stay as they are.',
      params: OfDevice,
      body: UpdateNotificationDeviceBody,
      response: { 200: NotificationDevice, ...problems(401, 404, 422) },
    },
    onRequest,
    handler: async (request) => {
      const { account, id } = sessionOf(request);
      const device = await devices.update(account, id, request.params.id, request.body);
      return device ?? refuse('not_found');
    },
  });

  app.route({
    method: 'DELETE',
    url: '/me/notifications/devices/:id',
    schema: {
      operationId: 'removeNotificationDevice',
      tags,
      summary: 'Remove a notification device',
      params: OfDevice,
      response: { 204: DONE, ...problems(401, 404) },
    },
    onRequest,
    handler: async (request, reply) => {
      const { account } = sessionOf(request);
      if (!(await devices.remove(account, request.params.id))) refuse('not_found');
      return reply.code(204).send();
    },
  });
}

/** Registers the route that sends a test notification to a device. */
function testDeviceRoute(instance: FastifyInstance, deps: PushRoutesDeps): void {
  const app = instance.withTypeProvider<ZodTypeProvider>();
  const { authenticate: onRequest } = deps;

  app.route({
    method: 'POST',
    url: '/me/notifications/devices/:id/test',
    schema: {
      operationId: 'testNotificationDevice',
      tags,
      summary: 'Send a test notification to a device',
      description:
        'At most once in ten seconds. `failure` says why it was not sent; null: it was sent.',
      params: OfDevice,
      response: {
        200: TestDeviceAnswer,
        ...problems(401, 404, 429),
      },
    },
    onRequest,
    handler: async (request) => {
      const { account } = sessionOf(request);
      const result = await testDevice(deps, account, request.params.id);
      if (result === 'too_soon') refuse('rate_limited', undefined, { retryAfter: 10 });
      return result ?? refuse('not_found');
    },
  });
}

/** Sends a test notification. Null: the account has no such device. */
async function testDevice(
  { devices, push }: PushRoutesDeps,
  account: AccountId,
  id: NotificationDeviceId,
): Promise<TestDeviceAnswer | 'too_soon' | null> {
  const device = (await devices.active([id])).get(id);
  if (device?.account !== account) return null;
  if (!(await devices.mayTest(id))) return 'too_soon';
  const result = await push.test(device);
  const error = result.kind === 'sent' ? null : result.error;
  if (result.kind === 'gone') await devices.removeGone([id]);
  else await devices.attempted([{ id, error }]);
  return { failure: error === null ? null : failureOf(error) };
}
