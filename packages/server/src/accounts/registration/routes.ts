import {
  DisplayName,
  EmailAddress,
  Locale,
  LoginStep,
  Password,
  PersonalName,
  Phone,
  RegisterBody,
  SessionAnswer,
  Username,
} from '@parley/protocol';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import {
  hasZodFastifySchemaValidationErrors,
  type ZodTypeProvider,
} from 'fastify-type-provider-zod';
import { z } from 'zod';
import { problems } from '../../http/describe.ts';
import { refuseCrossSite } from '../../http/origin.ts';
import { fieldErrors } from '../../http/validation.ts';
import { preferredLocale } from '../../texts/accept-language.ts';
import { addressKey } from '../attempts/attempt-limits.ts';
import { answerLogin, SessionHeader } from '../logins/login-response.ts';
import { verifyStep } from '../verification/verify-step.ts';
import { type AuthOptionsDeps, authOptionsRoute } from './options-route.ts';
import type { RegistrationRequest } from './registrations.ts';
import { type VerificationDeps, verificationRoutes } from './verification-routes.ts';

type RegistrationRoutesDeps = AuthOptionsDeps & VerificationDeps;

/**
 * Registers the routes of registration and of the codes that verify addresses, in the order of the
 * API description.
 */
export function registrationRoutes(instance: FastifyInstance, deps: RegistrationRoutesDeps): void {
  authOptionsRoute(instance, deps);
  registerRoute(instance, deps);
  verificationRoutes(instance, deps);
}

/** Registers the route that registers an account and logs it in. */
function registerRoute(instance: FastifyInstance, deps: VerificationDeps): void {
  const app = instance.withTypeProvider<ZodTypeProvider>();
  const { registrations, limits } = deps;

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
      headers: SessionHeader,
      body: RegisterBody,
      response: { 201: SessionAnswer, 202: LoginStep, ...problems(400, 403, 409, 422, 429, 503) },
    },
    // Validation errors and taken names are reported together.
    attachValidation: true,
    onRequest: async (request) => refuseCrossSite(request, deps),
    handler: async (request, reply) => {
      await limits.take('register', addressKey(request.ip));
      const schemaErrors = schemaErrorsOf(request);
      const parts = schemaErrors.length > 0 ? validParts(request.body) : request.body;
      const requested = {
        ...parts,
        locale: parts.locale ?? preferredLocale(request.headers['accept-language']),
      };
      const result = await registrations.register(requested, schemaErrors, request.ip);
      if ('pendingStep' in result) {
        reply.code(202);
        return verifyStep(result.pendingStep);
      }
      const { account } = result;
      // New accounts start with version 0.
      const proof = {
        account,
        credentials: 0,
        passed: ['password' as const],
        device: requested.device,
      };
      return answerLogin(deps, request, reply, proof, { status: 201 });
    },
  });
}

/** Returns the schema errors of a body; refuses a body that is not an object. */
function schemaErrorsOf(request: FastifyRequest) {
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
function validParts(
  body: unknown,
): Omit<RegistrationRequest, 'locale'> & { locale?: string | undefined } {
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
