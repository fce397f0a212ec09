import { EmailsAnswer, SettingsAnswer } from '@parley/protocol';
import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import type { AccountParts } from '../accounts/parts.ts';
import type { Config } from '../config/config.ts';
import { sessionOf } from '../http/authenticate.ts';
import { problems } from '../http/describe.ts';
import { latestEmails } from './emails.ts';
import { describeSettings } from './settings.ts';

/** Where the environment and the emails of the server are read from. */
export interface ServerRoutesDeps {
  readonly accounts: AccountParts;
  readonly config: Config;
}

const tags = ['Administration'];

/** Registers the routes that let admins read the environment and the emails of the server. */
export function serverRoutes(
  instance: FastifyInstance,
  { accounts, config }: ServerRoutesDeps,
): void {
  const app = instance.withTypeProvider<ZodTypeProvider>();
  const { pool, authenticate: onRequest } = accounts;

  app.route({
    method: 'GET',
    url: '/admin/environment',
    schema: {
      operationId: 'listEnvironment',
      tags,
      summary: 'List the environment variables of the server',
      description: 'For secrets, only whether they are set.',
      response: { 200: SettingsAnswer, ...problems(401, 403) },
    },
    onRequest,
    handler: async () => ({ items: describeSettings(config) }),
  });

  app.route({
    method: 'GET',
    url: '/admin/emails',
    schema: {
      operationId: 'listEmail',
      tags,
      summary: 'List the latest emails and their delivery status',
      description:
        'Without SMTP_URL, emails are written to the outbox and their text is included, so that an admin can ' +
        'pass them on. Only owners see the text of emails to owners and other admins.',
      response: { 200: EmailsAnswer, ...problems(401, 403) },
    },
    onRequest,
    handler: async (request) => ({
      items: await latestEmails({ pool, dataDir: config.dataDir }, sessionOf(request)),
    }),
  });
}
