import { count, Timestamp } from '../base/bounds.ts';
import { LIMITS } from '../base/limits.ts';
import { line } from '../base/text.ts';
import { z } from '../base/z.ts';
import { MessagesFate } from './admin.ts';

/** Bodies and responses for second factors, passkeys, single sign-on and the user’s own data. */

const Secret = z.string().min(1).max(200);
const Device = z.string().max(200);
/** Omitted by an account without a password (single sign-on), which needs a recent login instead. */
const CurrentPassword = z.string().min(1).max(LIMITS.passwordBytesMax).optional();

/** The six-digit code of an authenticator app; spaces are ignored. */
export const TotpCode = z
  .string()
  .max(20)
  .transform((t) => t.replace(/\s/g, ''))
  .pipe(z.string().regex(/^\d{6}$/, 'Enter the six digits of the code'));
/** A recovery code; case, spaces and hyphens are ignored. */
export const RecoveryCode = z.string().min(1).max(60);

/**
 * The result of `navigator.credentials` in a browser, as JSON (WebAuthn Level 3 §5.1). The verifier
 * checks its parts.
 */
export const PasskeyResponse = z
  .looseObject({
    id: z.string().max(2_000),
    rawId: z.string().max(2_000),
    type: z.literal('public-key'),
    response: z.looseObject({ clientDataJSON: z.string().max(8_000) }),
    clientExtensionResults: z.looseObject({}).default({}),
  })
  .meta({ id: 'PasskeyResponse' });
export type PasskeyResponse = z.infer<typeof PasskeyResponse>;
/** The options for `navigator.credentials`, as JSON (WebAuthn Level 3 §5.4, §5.5). */
export const PasskeyOptions = z.looseObject({ challenge: z.string() });
export type PasskeyOptions = z.infer<typeof PasskeyOptions>;

/** Exactly one of `totp`, `recoveryCode` and `passkey`. */
export const SecondFactorBody = z
  .object({
    ticket: Secret,
    totp: TotpCode.optional(),
    recoveryCode: RecoveryCode.optional(),
    passkey: PasskeyResponse.optional(),
  })
  .refine((b) => [b.totp, b.recoveryCode, b.passkey].filter((v) => v !== undefined).length === 1, {
    message: 'Use exactly one of totp, recoveryCode and passkey',
  })
  .meta({ examples: [{ ticket: '…', totp: '123456' }] });
export type SecondFactorBody = z.input<typeof SecondFactorBody>;
/** Continues the login with this ticket. */
export const TicketBody = z.object({ ticket: Secret });
/** Continues the login with this ticket and a code of the new authenticator app. */
export const TicketCodeBody = z.object({ ticket: Secret, code: TotpCode });

/** The options for a login with only a passkey. */
export const PasskeyLoginOptions = z.object({ challengeId: z.string(), options: PasskeyOptions });
/** The answer of a passkey to the {@link PasskeyLoginOptions} with this id. */
export const PasskeyLoginBody = z.object({
  challengeId: Secret,
  response: PasskeyResponse,
  device: Device.optional(),
});
export type PasskeyLoginBody = z.input<typeof PasskeyLoginBody>;

/** A passkey of the caller. */
export const Passkey = z
  .object({
    id: z.uuid(),
    name: z.string(),
    createdAt: Timestamp,
    lastUsedAt: Timestamp.nullable(),
  })
  .meta({ id: 'Passkey' });
export type Passkey = z.infer<typeof Passkey>;
/** A new passkey. With the first factor of an account, its recovery codes are returned once. */
export const AddedPasskey = Passkey.extend({ recoveryCodes: z.array(z.string()).optional() });
export type AddedPasskey = z.infer<typeof AddedPasskey>;
/** The second factors of the account. */
export const SecondFactors = z
  .object({
    totp: z.boolean(),
    passkeys: z.array(Passkey),
    recoveryCodesLeft: count(),
    /** Whether the server requires a second factor of this account. */
    required: z.boolean(),
  })
  .meta({ id: 'SecondFactors' });
export type SecondFactors = z.infer<typeof SecondFactors>;

/** Confirms the change with the password. */
export const PasswordBody = z.object({ password: CurrentPassword });
/** The secret to type in, and the same as an `otpauth:` URI for a QR code. */
export const TotpSetup = z.object({ secret: z.string(), uri: z.string() });
export type TotpSetup = z.infer<typeof TotpSetup>;
/** Shows with a first code that the authenticator app has the secret. */
export const TotpConfirmBody = z.object({ code: TotpCode });
/** The recovery codes, which are returned only here. */
export const RecoveryCodes = z.object({ recoveryCodes: z.array(z.string()) });
export type RecoveryCodes = z.infer<typeof RecoveryCodes>;
/** The name that users give a passkey. */
export const PasskeyName = line(80, 'Passkey name');
/** A new passkey: what the browser created with the options of the server. */
export const AddPasskeyBody = z.object({ name: PasskeyName, response: PasskeyResponse });
export type AddPasskeyBody = z.input<typeof AddPasskeyBody>;

/**
 * `next`: the path on this server to which the browser returns after the login. `tab`: a random
 * value of the page that starts the login; it is returned with the result after the `#` of the URL,
 * so that the page accepts no result that it did not request.
 */
export const SsoStartQuery = z.object({
  next: z.string().max(2_000).optional(),
  tab: z
    .string()
    .regex(/^[\w-]{22,64}$/, 'tab must be 22 to 64 letters, digits, - and _')
    .optional(),
});
/** The same in a request with a body, with the token of the invitation to register with. */
export const SsoStartBody = SsoStartQuery.extend({ invitation: z.string().max(100).optional() });
export type SsoStartBody = z.infer<typeof SsoStartBody>;
/** The page of the provider where the login continues. */
export const SsoStartAnswer = z.object({ url: z.string() }).meta({
  id: 'SsoStartAnswer',
  examples: [{ url: 'https://id.example.org/authorize?client_id=parley' }],
});
export type SsoStartAnswer = z.infer<typeof SsoStartAnswer>;

/** Requests all data that the server has about the caller. */
export const ExportBody = z.object({ password: CurrentPassword });
/** Deletes the account of the caller. */
export const DeleteMeBody = z.object({ password: CurrentPassword, messages: MessagesFate });
export type DeleteMeBody = z.infer<typeof DeleteMeBody>;
