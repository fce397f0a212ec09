import { NotificationHealth, TestEmailAnswer } from '@parley/protocol';
import type { FastifyInstance, onRequestAsyncHookHandler } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import type pg from 'pg';
import type { Emails } from '../email/emails.ts';
import { testEmail } from '../email/templates.ts';
import { sessionOf } from '../http/authenticate.ts';
import { problems } from '../http/describe.ts';
import { refuse } from '../http/errors.ts';
import { notificationHealth } from './health.ts';

/** Test emails of an account in a period, in minutes. */
const TESTS_MAX = 5;
const TESTS_MINUTES = 10;
/** A test email is not sent after this, ms. */
const TTL_MS = 600_000;

/** What {@link notificationHealthRoutes} is given. */
export interface NotificationHealthDeps {
  readonly pool: pg.Pool;
  readonly emails: Emails;
  readonly authenticate: onRequestAsyncHookHandler;
  /** Returns the URL of the server. */
  readonly server: () => string;
}

const tags = ['Administration'];

/** Registers what admins see of the delivery of notifications, and its test. */
export function notificationHealthRoutes(
  instance: FastifyInstance,
  { pool, emails, authenticate: onRequest, server }: NotificationHealthDeps,
): void {
  const app = instance.withTypeProvider<ZodTypeProvider>();

  app.route({
    method: 'GET',
    url: '/admin/notifications',
    schema: {
      operationId: 'getNotificationHealth',
      tags,
      summary: 'Get how notifications are delivered',
      description: 'The queues of all nodes, and what was sent and failed in the last 24 hours.',
      security: [{ accessToken: [] }, { apiKey: [] }],
      response: { 200: NotificationHealth, ...problems(401, 403) },
    },
    onRequest,
    handler: () => notificationHealth(pool),
  });

  app.route({
    method: 'POST',
    url: '/admin/notifications/test-email',
    schema: {
      operationId: 'sendTestEmail',
      tags,
      summary: 'Send a test email to yourself',
      description: `At most ${TESTS_MAX} in ${TESTS_MINUTES} minutes. What becomes of it is in the list of emails.`,
      security: [{ accessToken: [] }],
      response: { 202: TestEmailAnswer, ...problems(401, 403, 404, 429) },
    },
    onRequest,
    handler: async (request, reply) => {
      const { account } = sessionOf(request);
      const { rows } = await pool.query<{ email: string | null; tests: number }>({
        name: 'test-email-recipient',
        text: `select a.email, (
                 select count(*)::int from emails m
                 where m.account_id = a.id and m.purpose = 'test'
                   and m.created_at > now() - interval '${TESTS_MINUTES} minutes') as tests
               from accounts a where a.id = $1`,
        values: [account],
      });
      const [row] = rows;
      if (!row?.email) return refuse('account_not_found');
      if (row.tests >= TESTS_MAX) {
        refuse('rate_limited', undefined, { retryAfter: TESTS_MINUTES * 60 });
      }
      const email = { purpose: 'test', account, recipient: row.email, ttlMs: TTL_MS };
      await emails.put({ ...email, ...testEmail(server()) }, pool);
      emails.wake();
      return reply.status(202).send({ recipient: row.email });
    },
  });
}
