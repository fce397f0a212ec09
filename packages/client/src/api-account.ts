import type {
  AddedPasskey,
  AddPasskeyBody,
  Me,
  MessagesFate,
  PasskeyOptions,
  RecoveryCodes,
  ResendAnswer,
  SecondFactors,
  SessionInfo,
  TotpSetup,
  UpdateMeBody,
} from '@parley/protocol';
import type { ParleyApi } from './api.ts';

/** So long everything of an account may take to come, ms. */
const EXPORT_MS = 15 * 60_000;

/** An account that has no password (it logs in elsewhere) proves itself by having just logged in. */
const proof = (password: string) => (password === '' ? {} : { password });

/** One’s own account. What could lock its owner out asks for the password; empty where there is none. */
export class AccountApi {
  readonly #api: ParleyApi;

  constructor(api: ParleyApi) {
    this.#api = api;
  }

  update(body: UpdateMeBody): Promise<Me> {
    return this.#api.request('PATCH', '/me', { body });
  }

  /** Every other session ends. */
  changePassword(current: string, next: string): Promise<void> {
    return this.#api.request('POST', '/me/password', { body: { current, next } });
  }

  // ---- the e-mail address -----------------------------------------------------------------------------

  /** Asks for a mail with a code. */
  sendVerification(): Promise<ResendAnswer> {
    return this.#api.request('POST', '/me/verification');
  }

  verify(code: string): Promise<void> {
    return this.#api.request('POST', '/me/verify', { body: { code } });
  }

  // ---- sessions -----------------------------------------------------------------------------------------

  async sessions(): Promise<SessionInfo[]> {
    return (await this.#api.request<{ items: SessionInfo[] }>('GET', '/me/sessions')).items;
  }

  /** Those of other devices ask for a recent log-in (`reauthentication_required`). */
  endSession(id: string): Promise<void> {
    return this.#api.request('DELETE', `/me/sessions/${id}`);
  }

  endOtherSessions(): Promise<void> {
    return this.#api.request('POST', '/me/sessions/end-others');
  }

  /**
   * Proves who holds the session, for what was refused with `reauthentication_required`; counts for
   * ten minutes.
   */
  reauthenticate(password: string): Promise<void> {
    return this.#api.request('POST', '/me/reauthenticate', { body: proof(password) });
  }

  // ---- second factors -----------------------------------------------------------------------------------

  secondFactors(): Promise<SecondFactors> {
    return this.#api.request('GET', '/me/second-factor');
  }

  /** A secret for an authenticator app; it counts once a code of it was confirmed. */
  setUpTotp(password: string): Promise<TotpSetup> {
    return this.#api.request('POST', '/me/totp', { body: proof(password) });
  }

  confirmTotp(code: string): Promise<RecoveryCodes> {
    return this.#api.request('POST', '/me/totp/confirm', { body: { code } });
  }

  removeTotp(password: string): Promise<void> {
    return this.#api.request('POST', '/me/totp/remove', { body: proof(password) });
  }

  /** New recovery codes; those of before are good for nothing then. */
  newRecoveryCodes(password: string): Promise<RecoveryCodes> {
    return this.#api.request('POST', '/me/recovery-codes', { body: proof(password) });
  }

  /** What the browser is to be asked to make a passkey. */
  passkeyOptions(password: string): Promise<PasskeyOptions> {
    return this.#api.request('POST', '/me/passkeys/options', { body: proof(password) });
  }

  /** With the first second factor of an account come its recovery codes, this once. */
  addPasskey(body: AddPasskeyBody): Promise<AddedPasskey> {
    return this.#api.request('POST', '/me/passkeys', { body });
  }

  removePasskey(id: string, password: string): Promise<void> {
    return this.#api.request('POST', `/me/passkeys/${id}/remove`, { body: proof(password) });
  }

  // ---- own data -------------------------------------------------------------------------------------------

  /** Everything that the server has of the account, as the text of a JSON file. */
  async export(password: string): Promise<string> {
    const body = proof(password);
    const options = { body, timeoutMs: EXPORT_MS };
    const data = await this.#api.request<object>('POST', '/me/export', options);
    return JSON.stringify(data, null, 2);
  }

  /** Deletes the account for good. */
  delete(password: string, messages: MessagesFate): Promise<void> {
    return this.#api.request('POST', '/me/delete', { body: { ...proof(password), messages } });
  }
}
