import type {
  AuthOptions,
  LoginStep,
  Me,
  PasskeyLoginBody,
  PasskeyOptions,
  RecoveryCodes,
  RegisterBody,
  ResendAnswer,
  SecondFactorBody,
  SessionAnswer,
  TotpSetup,
} from '@parley/protocol';
import type { ParleyApi } from './api.ts';

/** Somebody is in, or is asked for one more step. */
export type Entered = { readonly me: Me } | LoginStep;

/** The ways into a session, step by step, and what somebody can do who has none. */
export class AuthApi {
  readonly #api: ParleyApi;

  constructor(api: ParleyApi) {
    this.#api = api;
  }

  /** How one gets in here. */
  options(): Promise<AuthOptions> {
    return this.#api.request('GET', '/auth/options', { auth: 'none' });
  }

  register(body: RegisterBody): Promise<Entered> {
    return this.#api.enter('/auth/register', body);
  }

  login(login: string, password: string): Promise<Entered> {
    return this.#api.enter('/auth/login', { login, password });
  }

  // ---- the step `verify_email` --------------------------------------------------------------------

  /** Brings the code of the mail. */
  verify(ticket: string, code: string): Promise<Entered> {
    return this.#api.enter('/auth/verify', { ticket, code });
  }

  /** Asks for another code. */
  resend(ticket: string): Promise<ResendAnswer> {
    return this.#api.request('POST', '/auth/verify/resend', { body: { ticket }, auth: 'none' });
  }

  // ---- a forgotten password -------------------------------------------------------------------------

  /** Asks for the mail with the link. The answer does not tell whether the address is known. */
  forgot(email: string): Promise<void> {
    return this.#api.request('POST', '/auth/forgot', { body: { email }, auth: 'none' });
  }

  /** Whether the link of the mail is still good. */
  authorizeReset(token: string): Promise<{ expiresAt: string }> {
    return this.#api.request('POST', '/auth/reset/authorize', { body: { token }, auth: 'none' });
  }

  reset(token: string, password: string): Promise<void> {
    return this.#api.request('POST', '/auth/reset', { body: { token, password }, auth: 'none' });
  }

  // ---- the step `second_factor` ---------------------------------------------------------------------

  secondFactor(body: SecondFactorBody): Promise<Entered> {
    return this.#api.enter('/auth/second-factor', body);
  }

  /** What the browser is to be asked for a passkey as the second factor. */
  secondFactorPasskeyOptions(ticket: string): Promise<PasskeyOptions> {
    const path = '/auth/second-factor/passkey-options';
    return this.#api.request('POST', path, { body: { ticket }, auth: 'none' });
  }

  // ---- the step `enrol_second_factor` -----------------------------------------------------------------

  enrolTotp(ticket: string): Promise<TotpSetup> {
    return this.#api.request('POST', '/auth/enrol/totp', { body: { ticket }, auth: 'none' });
  }

  confirmEnrolTotp(ticket: string, code: string): Promise<SessionAnswer & RecoveryCodes> {
    return this.#api.enter('/auth/enrol/totp/confirm', { ticket, code });
  }

  // ---- a passkey alone ----------------------------------------------------------------------------------

  passkeyOptions(): Promise<{ challengeId: string; options: PasskeyOptions }> {
    return this.#api.request('POST', '/auth/passkey/options', { body: {}, auth: 'none' });
  }

  passkey(body: PasskeyLoginBody): Promise<Entered> {
    return this.#api.enter('/auth/passkey', body);
  }
}
