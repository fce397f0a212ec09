import { z } from 'zod';
import { count, Timestamp } from './bounds.ts';
import { isStorable } from './characters.ts';
import { LIMITS } from './limits.ts';
import { Me } from './resources.ts';
import { DisplayName, EmailAddress, Password, Username } from './rest.ts';
import { line } from './text.ts';

/** Bodies and answers of registration, log-in, verification, passwords, sessions, invitations. */

/** First or last name. */
export const PersonalName = line(LIMITS.displayNameMax, 'A name');
/** A telephone number as people write it; kept in the form `+49301234567`. */
export const Phone = z
  .string()
  .max(40, 'A telephone number has at most 40 characters')
  .transform((t) => t.replace(/[\s().\-/\u00a0]/g, '').replace(/^00/, '+'))
  .pipe(z.string().regex(/^\+?\d{3,15}$/, 'That is not a telephone number'));
/** What was handed out once and is brought back once: tickets, tokens of links. */
const Secret = z.string().min(1).max(200);
const Device = z.string().max(200);
const Current = z
  .string()
  .min(1)
  .max(LIMITS.passwordBytesMax)
  .refine(isStorable, { message: 'The password has characters that cannot be stored' });

export const RegistrationMode = z.enum(['open', 'invitation', 'domain', 'closed']);
export type RegistrationMode = z.infer<typeof RegistrationMode>;

/** How one gets in here: what the pages of registration and log-in show. */
export const AuthOptions = z
  .object({
    registration: RegistrationMode,
    /** Whose addresses may register, where `registration` is `domain`. */
    domains: z.array(z.string()),
    /** A new address has to be verified by a code before one is let in. */
    verification: z.boolean(),
    /** Where mails go: out, or into the folder `outbox` of the server. */
    email: z.enum(['smtp', 'outbox']),
    sso: z.array(z.object({ id: z.string(), name: z.string() })),
    passwordMin: count(),
  })
  .meta({ id: 'AuthOptions' });
export type AuthOptions = z.infer<typeof AuthOptions>;

export const RegisterBody = z.object({
  username: Username,
  displayName: DisplayName,
  firstName: PersonalName.optional(),
  lastName: PersonalName.optional(),
  phone: Phone.optional(),
  email: EmailAddress,
  password: Password,
  /** What the link of an invitation has after its `#`. */
  invitation: Secret.optional(),
  device: Device.optional(),
});
export type RegisterBody = z.input<typeof RegisterBody>;

export const LoginBody = z.object({
  /** Username or e-mail address. */
  login: z.string().min(1).max(254),
  password: z.string().min(1).max(LIMITS.passwordBytesMax),
  device: Device.optional(),
});

/** How a program receives its session: browsers get the same token as an HttpOnly cookie. */
export const SessionAnswer = z.object({
  me: Me,
  /** Opaque session token. Only in the answer when the request has `Parley-Session: token`. */
  sessionToken: z.string().optional(),
  /** Access token (JWT, RS256) for the API and the socket. */
  accessToken: z.string(),
  accessTokenExpiresAt: Timestamp,
  /** The same as a duration in seconds (RFC 6749 §5.1), for devices whose clock is wrong. */
  accessTokenExpiresIn: count(),
});
export type SessionAnswer = z.infer<typeof SessionAnswer>;

/** A fresh access token, and for programs the session token that takes the place of the one sent. */
export const AccessTokenAnswer = SessionAnswer.omit({ me: true });
export type AccessTokenAnswer = z.infer<typeof AccessTokenAnswer>;

/** The address has to be verified first: a code is on its way to it. */
export const VerifyStep = z.object({
  step: z.literal('verify_email'),
  ticket: z.string(),
  expiresAt: Timestamp,
  /** Seconds until another code may be asked for. */
  resendAfter: count(),
});
export type VerifyStep = z.infer<typeof VerifyStep>;

export const SecondFactorMethod = z.enum(['totp', 'passkey', 'recovery']);
export type SecondFactorMethod = z.infer<typeof SecondFactorMethod>;

/** The password was right; a second factor is asked for. */
export const SecondFactorStep = z.object({
  step: z.literal('second_factor'),
  ticket: z.string(),
  methods: z.array(SecondFactorMethod),
  expiresAt: Timestamp,
});
export type SecondFactorStep = z.infer<typeof SecondFactorStep>;

/** The password was right; the server wants a second factor, and the account has none yet. */
export const EnrolSecondFactorStep = z.object({
  step: z.literal('enrol_second_factor'),
  ticket: z.string(),
  expiresAt: Timestamp,
});
export type EnrolSecondFactorStep = z.infer<typeof EnrolSecondFactorStep>;

/** What is still wanted before a session begins (status 202). */
export const LoginStep = z
  .discriminatedUnion('step', [VerifyStep, SecondFactorStep, EnrolSecondFactorStep])
  .meta({ id: 'LoginStep' });
export type LoginStep = z.infer<typeof LoginStep>;

/** The six digits of a mail; spaces between them do not matter. */
export const EmailCode = z
  .string()
  .max(20)
  .transform((t) => t.replace(/\s/g, ''))
  .pipe(z.string().regex(/^\d{6}$/, 'The code has six digits'));

export const VerifyBody = z.object({ ticket: Secret, code: EmailCode, device: Device.optional() });
export const ResendBody = z.object({ ticket: Secret });
/** Seconds until another code may be asked for. */
export const ResendAnswer = z.object({ resendAfter: count() });
export type ResendAnswer = z.infer<typeof ResendAnswer>;
export const VerifyMeBody = z.object({ code: EmailCode });

export const ForgotBody = z.object({ email: EmailAddress });
export const ResetAuthorizeBody = z.object({ token: Secret });
/** The link is good, until then. */
export const ResetAuthorizeAnswer = z.object({ expiresAt: Timestamp });
export const ResetBody = z.object({ token: Secret, password: Password });

/** What is not named stays as it is; null takes it away. */
export const UpdateMeBody = z.object({
  displayName: DisplayName.optional(),
  firstName: PersonalName.nullable().optional(),
  lastName: PersonalName.nullable().optional(),
  phone: Phone.nullable().optional(),
});
export type UpdateMeBody = z.input<typeof UpdateMeBody>;
export const ChangePasswordBody = z.object({ current: Current, next: Password });

/** A log-in that goes on. */
export const SessionInfo = z
  .object({
    id: z.uuid(),
    device: z.string(),
    address: z.string(),
    createdAt: Timestamp,
    lastUsedAt: Timestamp,
    /** It is the one that asks. */
    current: z.boolean(),
  })
  .meta({ id: 'SessionInfo' });
export type SessionInfo = z.infer<typeof SessionInfo>;
export const SessionsAnswer = z.object({ items: z.array(SessionInfo) });

export const CreateInvitationBody = z.object({
  /** For this address only, which also gets the link by mail. */
  email: EmailAddress.optional(),
  maxUses: count(1, 1_000).default(1),
  expiresAt: Timestamp.optional(),
});
export type CreateInvitationBody = z.input<typeof CreateInvitationBody>;
export const Invitation = z
  .object({
    id: z.uuid(),
    email: z.string().nullable(),
    maxUses: count(),
    uses: count(),
    createdAt: Timestamp,
    expiresAt: Timestamp,
    revokedAt: Timestamp.nullable(),
  })
  .meta({ id: 'Invitation' });
export type Invitation = z.infer<typeof Invitation>;
/** The link is shown here and never again. */
export const CreatedInvitation = Invitation.extend({ link: z.string() });
export type CreatedInvitation = z.infer<typeof CreatedInvitation>;
export const InvitationsAnswer = z.object({ items: z.array(Invitation) });
