import {
  type AccountId,
  LoginStep,
  ResendAnswer,
  ResendBody,
  SessionAnswer,
  VerifyBody,
} from '@parley/protocol';
import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import type pg from 'pg';
import { z } from 'zod';
import type { AuditLog } from '../../audit/audit-log.ts';
import { problems } from '../../http/describe.ts';
import { RefusalError, refuse } from '../../http/errors.ts';
import { refuseCrossSite } from '../../http/origin.ts';
import { type AttemptLimits, addressKey } from '../attempts/attempt-limits.ts';
import { answerLogin, type LoginResponseDeps, SessionHeader } from '../logins/login-response.ts';
import type { Factor, Proof } from '../sessions/proof.ts';
import { findConflicts } from '../users/queries.ts';
import type { EmailCodes, VerifiedCode } from '../verification/email-codes.ts';
import type { PendingRegistration, Registrations } from './registrations.ts';

/** What registration and the check of a code share: both can create an account, and complete a login. */
export interface VerificationDeps extends LoginResponseDeps {
  readonly pool: pg.Pool;
  readonly registrations: Registrations;
  readonly codes: EmailCodes;
  readonly limits: AttemptLimits;
  readonly audit: AuditLog;
  /** The setting PUBLIC_URL; undefined when the server is reached directly. */
  readonly publicUrl: string | undefined;
}

/** Stored with an account’s code while a login waits for it. */
const LoginData = z.object({
  credentials: z.number().int(),
  passed: z.array(z.string()),
  device: z.string().optional(),
});

/** Registers the routes that check the codes sent to addresses, and send another code. */
export function verificationRoutes(instance: FastifyInstance, deps: VerificationDeps): void {
  const app = instance.withTypeProvider<ZodTypeProvider>();
  const { pool, codes, limits } = deps;
  const isKnown = async (email: string) => (await findConflicts(pool, null, email)).email;

  app.route({
    method: 'POST',
    url: '/auth/verify',
    schema: {
      operationId: 'verifyEmail',
      tags: ['Accounts'],
      summary: 'Verify an email code and continue the registration or login',
      description: 'A code is valid for ten minutes, five attempts and one use.',
      headers: SessionHeader,
      body: VerifyBody,
      response: { 200: SessionAnswer, 202: LoginStep, ...problems(400, 403, 409, 410, 422, 429) },
    },
    onRequest: async (request) => refuseCrossSite(request, deps),
    handler: async (request, reply) => {
      const { ticket, code, device } = request.body;
      const opened = await checkCode(deps, { ticket, code }, request.ip);
      const proof =
        opened.account === null
          ? await confirmRegistration(deps, opened, request.ip)
          : await confirmAddress(deps, opened.account, opened, request.ip);
      return answerLogin(deps, request, reply, { ...proof, device: device ?? proof.device });
    },
  });

  app.route({
    method: 'POST',
    url: '/auth/verify/resend',
    schema: {
      operationId: 'resendCode',
      tags: ['Accounts'],
      summary: 'Send another code',
      description:
        'At most once a minute. Previous codes stop working; their failed attempts still count.',
      body: ResendBody,
      response: { 202: ResendAnswer, ...problems(400, 403, 410, 422, 429) },
    },
    onRequest: async (request) => refuseCrossSite(request, deps),
    handler: async (request, reply) => {
      const address = addressKey(request.ip);
      await limits.take('codeFrom', address);
      const resendAfter = await codes.resend({ ticket: request.body.ticket }, address, isKnown);
      return reply.code(202).send({ resendAfter });
    },
  });
}

/**
 * Checks a code that was sent to an address; a wrong one is recorded as a failed login.
 *
 * @throws {RefusalError} see {@link EmailCodes.check}
 */
async function checkCode(
  { codes, logins }: VerificationDeps,
  { ticket, code }: { ticket: string; code: string },
  address: string,
): Promise<VerifiedCode<unknown>> {
  try {
    return await codes.check({ ticket }, code, addressKey(address));
  } catch (error) {
    if (error instanceof RefusalError && error.refusal.code === 'incorrect_code') {
      await logins.failed(address, 'email code', null);
    }
    throw error;
  }
}

/** Creates the account of a registration that has waited for its code. */
async function confirmRegistration(
  { registrations }: VerificationDeps,
  verified: VerifiedCode<unknown>,
  address: string,
): Promise<Proof> {
  const pending = verified.data as PendingRegistration;
  const account = await registrations.confirm({ ...verified, data: pending }, address);
  return { account, credentials: 0, passed: ['password', 'email'], device: pending.device };
}

/** Marks the address of an account as verified, and returns the login that has waited for its code. */
async function confirmAddress(
  { codes, audit }: VerificationDeps,
  account: AccountId,
  { id, data }: VerifiedCode<unknown>,
  address: string,
): Promise<Proof> {
  const login = LoginData.safeParse(data);
  if (!login.success) refuse('ticket_expired');
  if (!(await codes.verify(id, account))) refuse('ticket_expired');
  await audit.record({ event: 'email_verified', account, address });
  const { credentials, passed, device } = login.data;
  return { account, credentials, passed: [...passed, 'email'] as Factor[], device };
}
