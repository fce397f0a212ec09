import { type AccountId, NotificationHealth, TestEmailAnswer } from '@parley/protocol';
import type { FastifyInstance, onRequestAsyncHookHandler } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import type pg from 'pg';
import type { AuditLog } from '../audit/audit-log.ts';
import type { Emails } from '../email/emails.ts';
import { testEmail } from '../email/templates.ts';
import { sessionOf } from '../http/authenticate.ts';
import { problems } from '../http/describe.ts';
import { refuse } from '../http/errors.ts';
import { withTransaction } from '../storage/database.ts';
import { textsFor } from '../texts/texts.ts';
import { notificationHealth } from './health.ts';

/** Test emails of an account in a period, in minutes. */
const TESTS_MAX = 5;
const TESTS_MINUTES = 10;
/** A test email is not sent after this, ms. */
const TTL_MS = 600_000;

interface NotificationHealthDeps {
  readonly pool: pg.Pool;
  readonly emails: Emails;
  readonly audit: AuditLog;
  readonly authenticate: onRequestAsyncHookHandler;
  /** Returns the URL of the server. */
  readonly server: () => string;
}

const tags = ['Administration'];

/** Registers the routes that let admins monitor and test the delivery of notifications. */
export function notificationHealthRoutes(
  instance: FastifyInstance,
  { pool, emails, audit, authenticate: onRequest, server }: NotificationHealthDeps,
): void {
  const app = instance.withTypeProvider<ZodTypeProvider>();

  app.route({
    method: 'GET',
    url: '/admin/notifications',
    schema: {
      operationId: 'getNotificationHealth',
      tags,
      summary: 'Get the delivery state of notifications',
      description:
        'The queues of all nodes, and the numbers of sent and failed deliveries in the last 24 hours (of each kind, the newest 10,000).',
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
      description: `At most ${TESTS_MAX} in ${TESTS_MINUTES} minutes. The list of emails shows its delivery status.`,
      response: { 202: TestEmailAnswer, ...problems(401, 403, 404, 429) },
    },
    onRequest,
    handler: async (request, reply) => {
      const { account } = sessionOf(request);
      const note = audit.note({ event: 'test_email_sent', account, address: request.ip });
      const recipient = await withTransaction(pool, async (client) => {
        const to = await recipientOfTest(client, account);
        const email = { purpose: 'test', account, recipient: to.email, ttlMs: TTL_MS };
        const text = testEmail(textsFor(to.locale), server());
        await emails.put({ ...email, ...text }, client);
        await note.store(client);
        return to.email;
      });
      note.log();
      emails.wake();
      return reply.status(202).send({ recipient });
    },
  });
}

/**
 * Returns the address of an account that may get a test email now; its row is locked, so that each
 * is counted.
 */
async function recipientOfTest(
  client: pg.ClientBase,
  account: AccountId,
): Promise<{ email: string; locale: string | null }> {
  const { rows } = await client.query<{ email: string | null; locale: string | null }>({
    name: 'test-email-recipient',
    text: 'select email, locale from accounts where id = $1 for no key update',
    values: [account],
  });
  const { email, locale = null } = rows[0] ?? {};
  if (!email) return refuse('account_not_found');
  const { rowCount: tests } = await client.query({
    name: 'test-email-count',
    text: `select from emails
           where account_id = $1 and purpose = 'test'
             and created_at > now() - make_interval(mins => $2)
           limit ${TESTS_MAX}`,
    values: [account, TESTS_MINUTES],
  });
  if (tests === TESTS_MAX) {
    return refuse('rate_limited', undefined, { retryAfter: TESTS_MINUTES * 60 });
  }
  return { email, locale };
}
