import type {
  AccountId,
  AddedPasskey,
  AddPasskeyBody,
  BlockedUser,
  ClientId,
  Me,
  MessagesFate,
  OwnStatus,
  PasskeyOptions,
  RecoveryCodes,
  ResendAnswer,
  SecondFactors,
  SessionInfo,
  TotpSetup,
  UpdateMeBody,
  UpdateStatusBody,
} from '@parley/protocol';
import type { ParleyApi } from './api.ts';
import type { ReadOptions } from './rest-session.ts';

/** Timeout for the export of an account’s data, ms. */
const EXPORT_MS = 15 * 60_000;

/** Returns the proof of identity in a body. An account without a password must have logged in recently instead. */
const proof = (password: string) => (password === '' ? {} : { password });

/**
 * The user’s own account over REST. Changes that could lock its owner out require the password: an
 * empty one if the account has none.
 */
export class AccountApi {
  readonly #api: ParleyApi;

  constructor(api: ParleyApi) {
    this.#api = api;
  }

  update(body: UpdateMeBody): Promise<Me> {
    return this.#api.request('PATCH', '/me', { body });
  }

  /** Ends every other session. */
  changePassword(current: string, next: string): Promise<void> {
    return this.#api.request('POST', '/me/password', { body: { current, next } });
  }

  // ---- status --------------------------------------------------------------------------------------

  status(options: ReadOptions = {}): Promise<OwnStatus> {
    return this.#api.request('GET', '/me/status', options);
  }

  /** Changes the status, even if the page closes meanwhile; absent fields are unchanged. */
  updateStatus(body: UpdateStatusBody, id?: ClientId): Promise<OwnStatus> {
    return this.#api.request('PATCH', '/me/status', { body, id, keepalive: true });
  }

  // ---- blocked users ------------------------------------------------------------------------------

  async blocks(options: ReadOptions = {}): Promise<BlockedUser[]> {
    return (await this.#api.request<{ items: BlockedUser[] }>('GET', '/me/blocks', options)).items;
  }

  /** Blocks a user. */
  block(account: AccountId, id?: ClientId): Promise<void> {
    return this.#api.request('PUT', `/me/blocks/${account}`, { id });
  }

  unblock(account: AccountId, id?: ClientId): Promise<void> {
    return this.#api.request('DELETE', `/me/blocks/${account}`, { id });
  }

  // ---- email address -----------------------------------------------------------------------------

  /** Requests an email with a code. */
  sendVerification(): Promise<ResendAnswer> {
    return this.#api.request('POST', '/me/verification');
  }

  verify(code: string): Promise<void> {
    return this.#api.request('POST', '/me/verify', { body: { code } });
  }

  /** Sends a code to a new address. Requires a recent login (`reauthentication_required`). */
  requestEmailChange(email: string): Promise<ResendAnswer> {
    return this.#api.request('POST', '/me/email', { body: { email } });
  }

  /** Changes the address to the one that the code was sent to. */
  confirmEmailChange(code: string): Promise<void> {
    return this.#api.request('POST', '/me/email/confirm', { body: { code } });
  }

  // ---- sessions -----------------------------------------------------------------------------------------

  async sessions(options: ReadOptions = {}): Promise<SessionInfo[]> {
    return (await this.#api.request<{ items: SessionInfo[] }>('GET', '/me/sessions', options))
      .items;
  }

  /** Ending sessions of other devices requires a recent login (`reauthentication_required`). */
  endSession(id: string): Promise<void> {
    return this.#api.request('DELETE', `/me/sessions/${id}`);
  }

  endOtherSessions(): Promise<void> {
    return this.#api.request('POST', '/me/sessions/end-others');
  }

  /**
   * Confirms the password after a request was refused with `reauthentication_required`; valid for
   * ten minutes.
   */
  reauthenticate(password: string): Promise<void> {
    return this.#api.request('POST', '/me/reauthenticate', { body: proof(password) });
  }

  // ---- second factors -----------------------------------------------------------------------------------

  secondFactors(options: ReadOptions = {}): Promise<SecondFactors> {
    return this.#api.request('GET', '/me/second-factor', options);
  }

  /** Returns a secret for an authenticator app; it takes effect once a code of it is confirmed. */
  setUpTotp(password: string): Promise<TotpSetup> {
    return this.#api.request('POST', '/me/totp', { body: proof(password) });
  }

  confirmTotp(code: string): Promise<RecoveryCodes> {
    return this.#api.request('POST', '/me/totp/confirm', { body: { code } });
  }

  removeTotp(password: string): Promise<void> {
    return this.#api.request('POST', '/me/totp/remove', { body: proof(password) });
  }

  /** Creates new recovery codes; the previous ones become invalid. */
  newRecoveryCodes(password: string): Promise<RecoveryCodes> {
    return this.#api.request('POST', '/me/recovery-codes', { body: proof(password) });
  }

  /** Returns the options for creating a passkey in the browser. */
  passkeyOptions(password: string): Promise<PasskeyOptions> {
    return this.#api.request('POST', '/me/passkeys/options', { body: proof(password) });
  }

  /** Adds a passkey. Recovery codes are only in the response for an account’s first second factor. */
  addPasskey(body: AddPasskeyBody): Promise<AddedPasskey> {
    return this.#api.request('POST', '/me/passkeys', { body });
  }

  removePasskey(id: string, password: string): Promise<void> {
    return this.#api.request('POST', `/me/passkeys/${id}/remove`, { body: proof(password) });
  }

  // ---- own data -------------------------------------------------------------------------------------------

  /** Returns everything that the server has about the account, as the text of a JSON file. */
  async export(password: string): Promise<string> {
    const body = proof(password);
    const options = { body, timeoutMs: EXPORT_MS };
    const data = await this.#api.request<object>('POST', '/me/export', options);
    return JSON.stringify(data, null, 2);
  }

  /** Deletes the account permanently. */
  delete(password: string, messages: MessagesFate): Promise<void> {
    return this.#api.request('POST', '/me/delete', { body: { ...proof(password), messages } });
  }
}
