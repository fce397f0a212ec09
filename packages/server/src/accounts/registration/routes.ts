import {
  AuthOptions,
  DisplayName,
  EmailAddress,
  LIMITS,
  Locale,
  LoginStep,
  Password,
  PersonalName,
  Phone,
  RegisterBody,
  ResendAnswer,
  ResendBody,
  SessionAnswer,
  Username,
  VerifyBody,
} from '@parley/protocol';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import {
  hasZodFastifySchemaValidationErrors,
  type ZodTypeProvider,
} from 'fastify-type-provider-zod';
import type pg from 'pg';
import { z } from 'zod';
import type { AuditLog } from '../../audit/audit-log.ts';
import type { Config } from '../../config.ts';
import type { Emails } from '../../email/emails.ts';
import { problems } from '../../http/describe.ts';
import { RefusalError, refuse } from '../../http/errors.ts';
import { refuseForeign } from '../../http/origin.ts';
import { fieldErrors } from '../../http/validation.ts';
import type { ServerSettings } from '../../settings/server-settings.ts';
import { preferredLocale } from '../../texts/accept-language.ts';
import { type AttemptLimits, addressKey } from '../attempts/attempt-limits.ts';
import { answerLogin, type LoginResponseDeps, SessionHeader } from '../logins/login-response.ts';
import type { Factor } from '../sessions/proof.ts';
import { whatIsTaken } from '../users/queries.ts';
import type { EmailCodes } from '../verification/email-codes.ts';
import { verifyStep } from '../verification/verify-step.ts';
import type { Registrations, Waits, Wanted } from './registrations.ts';

/** The dependencies of the routes of registration. */
export interface RegistrationRoutesDeps extends LoginResponseDeps {
  readonly pool: pg.Pool;
  readonly registrations: Registrations;
  readonly codes: EmailCodes;
  readonly limits: AttemptLimits;
  readonly emails: Emails;
  readonly audit: AuditLog;
  readonly config: Pick<Config, 'oidcIssuer' | 'oidcName'>;
  readonly settings: ServerSettings;
  /** The setting PUBLIC_URL; undefined when the server is reached directly. */
  readonly publicUrl: string | undefined;
}

/** Stored with an account’s code while a log-in waits for it. */
const LoginData = z.object({
  credentials: z.number().int(),
  passed: z.array(z.string()),
  device: z.string().optional(),
});

/** Registers the routes of registration and of the codes that verify addresses. */
export function registrationRoutes(instance: FastifyInstance, deps: RegistrationRoutesDeps): void {
  const app = instance.withTypeProvider<ZodTypeProvider>();
  const { pool, registrations, codes, limits, logins, emails, config, audit, publicUrl } = deps;
  const { settings } = deps;

  const ownSite = async (request: FastifyRequest): Promise<void> => {
    refuseForeign(request, { publicUrl });
  };
  const isKnown = async (email: string) => (await whatIsTaken(pool, null, email)).email;

  app.route({
    method: 'GET',
    url: '/auth/options',
    schema: {
      operationId: 'authOptions',
      tags: ['Accounts'],
      summary: 'Get the log-in and registration options',
      security: [],
      response: { 200: AuthOptions, ...problems(503) },
    },
    handler: async () => {
      const { name, icon, registration } = await settings.load();
      const { first } = await whatIsTaken(pool, null, null);
      return {
        name,
        icon,
        // The first account can be created in any mode, so clients have to offer it.
        registration: first ? 'open' : registration.mode,
        domains: registration.domains,
        verification: registrations.verifies,
        email: emails.kind,
        sso: config.oidcIssuer === undefined ? [] : [{ id: 'oidc', name: config.oidcName }],
        passwordMin: LIMITS.passwordMin,
      };
    },
  });

  app.route({
    method: 'POST',
    url: '/auth/register',
    schema: {
      operationId: 'register',
      tags: ['Accounts'],
      summary: 'Register an account and log in',
      description:
        'A browser gets its session as an HttpOnly cookie. Other clients send the header ' +
        '`Parley-Session: token` and get it in the response. The first account of a server is its ' +
        'owner. If addresses are verified, the response is 202 with a ticket, whether the address ' +
        'has an account or not; the account is created when its code is sent to `/auth/verify`.',
      security: [],
      headers: SessionHeader,
      body: RegisterBody,
      response: { 201: SessionAnswer, 202: LoginStep, ...problems(400, 403, 409, 422, 429, 503) },
    },
    // Validation errors and taken names are reported together.
    attachValidation: true,
    onRequest: ownSite,
    handler: async (request, reply) => {
      await limits.take('register', addressKey(request.ip));
      const wrong = wrongIn(request);
      const parts = wrong.length > 0 ? validParts(request.body) : request.body;
      const wanted = {
        ...parts,
        locale: parts.locale ?? preferredLocale(request.headers['accept-language']),
      };
      const made = await registrations.register(wanted, wrong, request.ip);
      if ('waiting' in made) {
        reply.code(202);
        return verifyStep(made.waiting);
      }
      const { account } = made;
      // New accounts start with version 0.
      const proof = {
        account,
        credentials: 0,
        passed: ['password' as const],
        device: wanted.device,
      };
      return answerLogin(deps, request, reply, proof, { status: 201 });
    },
  });

  app.route({
    method: 'POST',
    url: '/auth/verify',
    schema: {
      operationId: 'verifyEmail',
      tags: ['Accounts'],
      summary: 'Verify an email code and continue the registration or log-in',
      description: 'A code is valid for ten minutes, five attempts and one use.',
      security: [],
      headers: SessionHeader,
      body: VerifyBody,
      response: { 200: SessionAnswer, 202: LoginStep, ...problems(400, 403, 409, 410, 422, 429) },
    },
    onRequest: ownSite,
    handler: async (request, reply) => {
      const { ticket, code, device } = request.body;
      const opened = await codes
        .check({ ticket }, code, addressKey(request.ip))
        .catch(async (error: unknown) => {
          if (error instanceof RefusalError && error.refusal.code === 'incorrect_code') {
            await logins.failed(request.ip, 'email code', null);
          }
          throw error;
        });
      if (opened.account === null) {
        const waits = opened.data as Waits;
        const account = await registrations.confirm(waits, opened.email, opened.id, request.ip);
        const passed: Factor[] = ['password', 'email'];
        const named = device ?? waits.device;
        return answerLogin(deps, request, reply, {
          account,
          credentials: 0,
          passed,
          device: named,
        });
      }
      const { account } = opened;
      const login = LoginData.safeParse(opened.data);
      if (!login.success) refuse('ticket_expired');
      if (!(await codes.verify(opened.id, account))) refuse('ticket_expired');
      await audit.record({ event: 'email_verified', account, address: request.ip });
      const { credentials } = login.data;
      const passed = [...login.data.passed, 'email'] as Factor[];
      const named = device ?? login.data.device;
      return answerLogin(deps, request, reply, { account, credentials, passed, device: named });
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
      security: [],
      body: ResendBody,
      response: { 202: ResendAnswer, ...problems(400, 403, 410, 422, 429) },
    },
    onRequest: ownSite,
    handler: async (request, reply) => {
      const address = addressKey(request.ip);
      await limits.take('codeFrom', address);
      const resendAfter = await codes.resend({ ticket: request.body.ticket }, address, isKnown);
      return reply.code(202).send({ resendAfter });
    },
  });
}

/** Returns the schema errors of a body; refuses a body that is not an object. */
function wrongIn(request: FastifyRequest) {
  const error = request.validationError;
  if (!error) return [];
  const body: unknown = request.body;
  if (
    !hasZodFastifySchemaValidationErrors(error) ||
    error.validationContext !== 'body' ||
    typeof body !== 'object' ||
    body === null
  ) {
    throw error;
  }
  return fieldErrors(error.validation, body);
}

/** Returns the valid fields of a body. */
function validParts(body: unknown): Omit<Wanted, 'locale'> & { locale?: string | undefined } {
  const fields = body as Record<string, unknown>;
  const valid = <T>(schema: z.ZodType<T>, name: string): T | null =>
    schema.safeParse(fields[name]).data ?? null;
  return {
    username: valid(Username, 'username'),
    displayName: valid(DisplayName, 'displayName'),
    firstName: valid(PersonalName, 'firstName') ?? undefined,
    lastName: valid(PersonalName, 'lastName') ?? undefined,
    phone: valid(Phone, 'phone') ?? undefined,
    email: valid(EmailAddress, 'email'),
    password: valid(Password, 'password'),
    invitation: valid(z.string().max(200), 'invitation') ?? undefined,
    locale: valid(Locale, 'locale') ?? undefined,
  };
}
