import { count, Timestamp } from '../base/bounds.ts';
import { isStorable } from '../base/characters.ts';
import { GuestAccess } from '../base/guests.ts';
import { AccountId, ImageId } from '../base/ids.ts';
import { LIMITS } from '../base/limits.ts';
import { Locale } from '../base/locale.ts';
import { line } from '../base/text.ts';
import { TimeZone } from '../base/time-zone.ts';
import { z } from '../base/z.ts';
import { Me } from '../events/resources.ts';
import { RegistrationMode } from '../settings/server-settings.ts';
import { DisplayName, EmailAddress, Password, Username } from './rest.ts';

/** Bodies and responses for registration, login, verification, passwords, sessions, invitations. */

/** A first or last name. */
export const PersonalName = line(LIMITS.displayNameMax, 'Name');
/** A phone number in any usual notation; stored as `+49301234567`. */
export const Phone = z
  .string()
  .max(40, 'A phone number can have at most 40 characters')
  .transform((t) => t.replace(/[\s().\-/\u00a0]/g, '').replace(/^00/, '+'))
  .pipe(z.string().regex(/^\+?\d{3,15}$/, 'Enter a valid phone number'));
/** A one-time secret: a ticket, or the token of a link. */
const Secret = z.string().min(1).max(200);
const Device = z.string().max(200);
const Current = z
  .string()
  .min(1)
  .max(LIMITS.passwordBytesMax)
  .refine(isStorable, { message: 'The password contains characters that can’t be stored' });

/** The ways to register and log in, for the pages that offer them. */
export const AuthOptions = z
  .object({
    /** The name of the server. */
    name: z.string(),
    /** The icon of the server, which `GET /server/icon` sends; null: that of Parley. */
    icon: ImageId.nullable(),
    registration: RegistrationMode,
    /** The domains whose email addresses may register, if `registration` is `domain`. */
    domains: z.array(z.string()),
    /** A new email address must be verified with a code before the first login. */
    verification: z.boolean(),
    /** How emails are sent: to an SMTP server, or to the `outbox` folder of the server. */
    email: z.enum(['smtp', 'outbox']),
    sso: z.array(z.object({ id: z.string(), name: z.string() })),
    passwordMin: count(),
  })
  .meta({ id: 'AuthOptions' });
export type AuthOptions = z.infer<typeof AuthOptions>;

/** A registration. */
export const RegisterBody = z.object({
  username: Username,
  displayName: DisplayName,
  firstName: PersonalName.optional(),
  lastName: PersonalName.optional(),
  phone: Phone.optional(),
  email: EmailAddress,
  password: Password,
  /** The part of an invitation link after `#`. */
  invitation: Secret.optional(),
  device: Device.optional(),
  /** The language of emails and notifications; by default that of Accept-Language. */
  locale: Locale.optional(),
});
export type RegisterBody = z.input<typeof RegisterBody>;

/** A login with a password. */
export const LoginBody = z.object({
  /** Username or email address. */
  login: z.string().min(1).max(254),
  password: z.string().min(1).max(LIMITS.passwordBytesMax),
  device: Device.optional(),
});

/** A new session. Browsers get the session token as an HttpOnly cookie instead. */
export const SessionAnswer = z.object({
  me: Me,
  /** The account that the tokens belong to. */
  account: AccountId,
  /** Opaque session token. Only present if the request has the header `Parley-Session: token`. */
  sessionToken: z.string().optional(),
  /** Access token (JWT, RS256) for the API and the socket. */
  accessToken: z.string(),
  accessTokenExpiresAt: Timestamp,
  /** The same as a duration in seconds (RFC 6749 §5.1), for devices with a wrong clock. */
  accessTokenExpiresIn: count(),
});
export type SessionAnswer = z.infer<typeof SessionAnswer>;

/** A new access token and, except for browsers, the session token that replaces the one sent. */
export const AccessTokenAnswer = SessionAnswer.omit({ me: true });
export type AccessTokenAnswer = z.infer<typeof AccessTokenAnswer>;

/** The email address must be verified: a code was sent to it. */
export const VerifyStep = z.object({
  step: z.literal('verify_email'),
  ticket: z.string(),
  expiresAt: Timestamp,
  /** Seconds until another code may be requested. */
  resendAfter: count(),
});
export type VerifyStep = z.infer<typeof VerifyStep>;

/** How a second factor can be given at a login. */
export const SecondFactorMethod = z.enum(['totp', 'passkey', 'recovery']);
export type SecondFactorMethod = z.infer<typeof SecondFactorMethod>;

/** The password was correct; a second factor is required. */
export const SecondFactorStep = z.object({
  step: z.literal('second_factor'),
  ticket: z.string(),
  methods: z.array(SecondFactorMethod),
  expiresAt: Timestamp,
});
export type SecondFactorStep = z.infer<typeof SecondFactorStep>;

/** The password was correct; the server requires a second factor, and the account has none. */
export const EnrolSecondFactorStep = z.object({
  step: z.literal('enrol_second_factor'),
  ticket: z.string(),
  expiresAt: Timestamp,
});
export type EnrolSecondFactorStep = z.infer<typeof EnrolSecondFactorStep>;

/** The next step before a session is started (status 202). */
export const LoginStep = z
  .discriminatedUnion('step', [VerifyStep, SecondFactorStep, EnrolSecondFactorStep])
  .meta({ id: 'LoginStep' });
export type LoginStep = z.infer<typeof LoginStep>;

/** The six-digit code of an email; spaces are ignored. */
export const EmailCode = z
  .string()
  .max(20)
  .transform((t) => t.replace(/\s/g, ''))
  .pipe(z.string().regex(/^\d{6}$/, 'Enter the six digits of the code'));

/**
 * Confirms the email address of a registration or login; `ticket` is that of its {@link
 * VerifyStep}.
 */
export const VerifyBody = z.object({ ticket: Secret, code: EmailCode, device: Device.optional() });
/** Requests another code by email for the login with this ticket. */
export const ResendBody = z.object({ ticket: Secret });
/** Seconds until another code may be requested. */
export const ResendAnswer = z.object({ resendAfter: count() });
export type ResendAnswer = z.infer<typeof ResendAnswer>;
/** Confirms the email address of the caller, or the one that it changes to. */
export const VerifyMeBody = z.object({ code: EmailCode });
/** Requests a code for the address that the caller wants to change to. */
export const ChangeEmailBody = z.object({ email: EmailAddress });

/**
 * Requests a link to set a new password. The answer does not reveal whether an account has the
 * address.
 */
export const ForgotBody = z.object({ email: EmailAddress });
/** Checks the token of a link to set a new password. */
export const ResetAuthorizeBody = z.object({ token: Secret });
/** The link is valid, until `expiresAt`. */
export const ResetAuthorizeAnswer = z.object({ expiresAt: Timestamp });
/** Sets a new password with the token of such a link, once. */
export const ResetBody = z.object({ token: Secret, password: Password });

/** Missing fields are unchanged; null removes a value. */
export const UpdateMeBody = z.object({
  displayName: DisplayName.optional(),
  firstName: PersonalName.nullable().optional(),
  lastName: PersonalName.nullable().optional(),
  phone: Phone.nullable().optional(),
  /** Shown to everyone in the profile. */
  title: line(LIMITS.profileTitleMax, 'Job title').nullable().optional(),
  pronouns: line(LIMITS.pronounsMax, 'Pronouns').nullable().optional(),
  timeZone: TimeZone.nullable().optional(),
  /** Whether the tour of the web client is over; false shows it again. */
  isTourEnded: z.boolean().optional(),
  /** The language of emails and notifications. */
  locale: Locale.optional(),
});
export type UpdateMeBody = z.input<typeof UpdateMeBody>;
/** Changes the password of the caller from `current` to `next`. */
export const ChangePasswordBody = z.object({ current: Current, next: Password });

/** An active session. */
export const SessionInfo = z
  .object({
    id: z.uuid(),
    device: z.string(),
    address: z.string(),
    createdAt: Timestamp,
    lastUsedAt: Timestamp,
    /** Whether it is the session of this request. */
    current: z.boolean(),
  })
  .meta({ id: 'SessionInfo' });
export type SessionInfo = z.infer<typeof SessionInfo>;
/** The active sessions of the caller. */
export const SessionsAnswer = z.object({ items: z.array(SessionInfo) });

/** A new invitation. */
export const CreateInvitationBody = z.object({
  /** The only email address that may use the invitation; the link is sent to it. */
  email: EmailAddress.optional(),
  maxUses: count(1, 1_000).default(1),
  expiresAt: Timestamp.optional(),
  /** Users who register with the invitation become guests. Left out: members. */
  guest: GuestAccess.optional(),
});
export type CreateInvitationBody = z.input<typeof CreateInvitationBody>;
/** An invitation, without its secret. */
export const Invitation = z
  .object({
    id: z.uuid(),
    email: z.string().nullable(),
    maxUses: count(),
    uses: count(),
    createdAt: Timestamp,
    expiresAt: Timestamp,
    revokedAt: Timestamp.nullable(),
    /** Null: it is for members. */
    guest: GuestAccess.nullable(),
  })
  .meta({ id: 'Invitation' });
export type Invitation = z.infer<typeof Invitation>;
/** An invitation with its link, which is returned only here. */
export const CreatedInvitation = Invitation.extend({ link: z.string() });
export type CreatedInvitation = z.infer<typeof CreatedInvitation>;
/** All invitations. */
export const InvitationsAnswer = z.object({ items: z.array(Invitation) });
