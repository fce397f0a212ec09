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
  SsoStartAnswer,
  SsoStartBody,
  TotpSetup,
} from '@parley/protocol';
import type { ParleyApi } from './api.ts';

/** The user is logged in, or another step is required. */
export type LoginOutcome = { readonly me: Me } | LoginStep;

/** The steps of a login, and the requests for users who are not logged in. */
export class AuthApi {
  readonly #api: ParleyApi;

  constructor(api: ParleyApi) {
    this.#api = api;
  }

  /** Returns the login methods of this server. */
  options(): Promise<AuthOptions> {
    return this.#api.request('GET', '/auth/options', { auth: 'none' });
  }

  /** Starts a login with single sign-on; the browser continues it at the returned URL. */
  startSso(provider: string, body: SsoStartBody): Promise<SsoStartAnswer> {
    const path = `/auth/sso/${encodeURIComponent(provider)}/start`;
    return this.#api.request('POST', path, { body, auth: 'none' });
  }

  register(body: RegisterBody): Promise<LoginOutcome> {
    return this.#api.enter('/auth/register', body);
  }

  login(login: string, password: string): Promise<LoginOutcome> {
    return this.#api.enter('/auth/login', { login, password });
  }

  // ---- the step `verify_email` --------------------------------------------------------------------

  /** Submits the code from the email. */
  verify(ticket: string, code: string): Promise<LoginOutcome> {
    return this.#api.enter('/auth/verify', { ticket, code });
  }

  /** Requests another code. */
  resend(ticket: string): Promise<ResendAnswer> {
    return this.#api.request('POST', '/auth/verify/resend', { body: { ticket }, auth: 'none' });
  }

  // ---- a forgotten password -------------------------------------------------------------------------

  /**
   * Requests the email with the link. The response does not reveal whether the address is known.
   */
  forgot(email: string): Promise<void> {
    return this.#api.request('POST', '/auth/forgot', { body: { email }, auth: 'none' });
  }

  /** Returns whether the link from the email is still valid. */
  authorizeReset(token: string): Promise<{ expiresAt: string }> {
    return this.#api.request('POST', '/auth/reset/authorize', { body: { token }, auth: 'none' });
  }

  reset(token: string, password: string): Promise<void> {
    return this.#api.request('POST', '/auth/reset', { body: { token, password }, auth: 'none' });
  }

  // ---- the step `second_factor` ---------------------------------------------------------------------

  secondFactor(body: SecondFactorBody): Promise<LoginOutcome> {
    return this.#api.enter('/auth/second-factor', body);
  }

  /** Returns the options for using a passkey as the second factor in the browser. */
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

  // ---- login with a passkey -----------------------------------------------------------------------

  passkeyOptions(): Promise<{ challengeId: string; options: PasskeyOptions }> {
    return this.#api.request('POST', '/auth/passkey/options', { body: {}, auth: 'none' });
  }

  passkey(body: PasskeyLoginBody): Promise<LoginOutcome> {
    return this.#api.enter('/auth/passkey', body);
  }
}
