import { z } from 'zod';
import { count, Timestamp } from './bounds.ts';
import { LIMITS } from './limits.ts';
import { MessagesFate } from './rest-admin.ts';
import { line } from './text.ts';

/** Bodies and answers of second factors, passkeys, single sign-on and one’s own data. */

const Secret = z.string().min(1).max(200);
const Device = z.string().max(200);
/** An account that has none (it logs in with another provider) confirms by having just logged in. */
const CurrentPassword = z.string().min(1).max(LIMITS.passwordBytesMax).optional();

/** The six digits of an authenticator app; spaces between them do not matter. */
export const TotpCode = z
  .string()
  .max(20)
  .transform((t) => t.replace(/\s/g, ''))
  .pipe(z.string().regex(/^\d{6}$/, 'The code has six digits'));
/** A recovery code as it was shown; case, spaces and hyphens do not matter. */
export const RecoveryCode = z.string().min(1).max(60);

/**
 * What a browser’s `navigator.credentials` answers with, as JSON (WebAuthn Level 3 §5.1). Its parts
 * are checked by what verifies them.
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
/** What is handed to `navigator.credentials`, as JSON (WebAuthn Level 3 §5.4, §5.5). */
export const PasskeyOptions = z.looseObject({ challenge: z.string() });
export type PasskeyOptions = z.infer<typeof PasskeyOptions>;

/** One of `totp`, `recoveryCode`, `passkey`. */
export const SecondFactorBody = z
  .object({
    ticket: Secret,
    totp: TotpCode.optional(),
    recoveryCode: RecoveryCode.optional(),
    passkey: PasskeyResponse.optional(),
  })
  .refine((b) => [b.totp, b.recoveryCode, b.passkey].filter((v) => v !== undefined).length === 1, {
    message: 'One of totp, recoveryCode and passkey',
  });
export type SecondFactorBody = z.input<typeof SecondFactorBody>;
export const TicketBody = z.object({ ticket: Secret });
export const TicketCodeBody = z.object({ ticket: Secret, code: TotpCode });

/** To log in with a passkey alone. */
export const PasskeyLoginOptions = z.object({ challengeId: z.string(), options: PasskeyOptions });
export const PasskeyLoginBody = z.object({
  challengeId: Secret,
  response: PasskeyResponse,
  device: Device.optional(),
});
export type PasskeyLoginBody = z.input<typeof PasskeyLoginBody>;

export const Passkey = z
  .object({
    id: z.uuid(),
    name: z.string(),
    createdAt: Timestamp,
    lastUsedAt: Timestamp.nullable(),
  })
  .meta({ id: 'Passkey' });
export type Passkey = z.infer<typeof Passkey>;
/** With the first factor of an account come its recovery codes, this once. */
export const AddedPasskey = Passkey.extend({ recoveryCodes: z.array(z.string()).optional() });
export type AddedPasskey = z.infer<typeof AddedPasskey>;
/** The second factors of the account that asks. */
export const SecondFactors = z
  .object({
    totp: z.boolean(),
    passkeys: z.array(Passkey),
    recoveryCodesLeft: count(),
    /** The server wants one of this account. */
    required: z.boolean(),
  })
  .meta({ id: 'SecondFactors' });
export type SecondFactors = z.infer<typeof SecondFactors>;

export const PasswordBody = z.object({ password: CurrentPassword });
/** The secret to type in, and the same as an `otpauth:` address for a QR code. */
export const TotpSetup = z.object({ secret: z.string(), uri: z.string() });
export type TotpSetup = z.infer<typeof TotpSetup>;
export const TotpConfirmBody = z.object({ code: TotpCode });
/** Shown here and never again. */
export const RecoveryCodes = z.object({ recoveryCodes: z.array(z.string()) });
export type RecoveryCodes = z.infer<typeof RecoveryCodes>;
export const PasskeyName = line(80, 'A passkey’s name');
export const AddPasskeyBody = z.object({ name: PasskeyName, response: PasskeyResponse });
export type AddPasskeyBody = z.input<typeof AddPasskeyBody>;

/**
 * `next`: where the browser goes once it is logged in, a path of this server. `tab`: a random value
 * of the page that begins, which comes back with the result behind the `#` of the address, so that
 * the page takes no result that it has not asked for.
 */
export const SsoStartQuery = z.object({
  next: z.string().max(2_000).optional(),
  tab: z
    .string()
    .regex(/^[\w-]{22,64}$/, 'tab must be 22 to 64 letters, digits, - and _')
    .optional(),
});

export const ExportBody = z.object({ password: CurrentPassword });
export const DeleteMeBody = z.object({ password: CurrentPassword, messages: MessagesFate });
export type DeleteMeBody = z.infer<typeof DeleteMeBody>;
