import type { AccessTokenAnswer, ClientId, LoginStep, SessionAnswer } from '@parley/protocol';
import { ApiError, errorOf, textOf } from './api-error.ts';

/** Timeout of a request, ms. */
const TIMEOUT_MS = 20_000;
/**
 * The session token changes with each renewal, and its successor can be requested for 30 s. A
 * renewal without an answer therefore times out early and is retried at once.
 */
const RENEW_TIMEOUT_MS = 8_000;
const RENEW_ATTEMPTS = 3;
const RENEW_LOST_MS = 1_000;
/** An access token is renewed this long before it expires, ms. */
const RENEW_BEFORE_MS = 60_000;

/**
 * Sends requests to the REST API and keeps the session: in a browser as a cookie, in a program as the
 * session token from the log-in.
 */
export class RestSession {
  readonly url: string;
  /**
   * The session of a program; undefined in browsers. It changes with each renewal: a program that
   * stores it for its next start uses `onSessionToken`.
   */
  sessionToken: string | undefined;
  readonly #onSessionToken: (token: string | undefined) => void;
  readonly #fetch: typeof fetch;
  readonly #exclusively: <T>(run: () => Promise<T>) => Promise<T>;
  readonly #timeoutMs: number;
  readonly #keepsToken: boolean;
  #access: { token: string; expiresAt: number } | null = null;
  #renewing: Promise<string> | null = null;

  /**
   * `url` is the server’s address. In programs the session is kept as a token, not as a cookie. A
   * request without an answer fails after `timeoutMs`, 20 s by default: on a half-open connection
   * nothing else would end it.
   *
   * `exclusively` wraps each request whose answer replaces the session. Tabs that share a cookie must
   * send one such request at a time: the answer that arrives last decides whose session the cookie
   * holds, and could undo a log-in in another tab.
   */
  constructor(options: {
    url: string;
    sessionToken?: string | undefined;
    /**
     * Called with each new session token of a program, before it is used; undefined after log-out.
     */
    onSessionToken?: (token: string | undefined) => void;
    fetch?: typeof fetch;
    exclusively?: <T>(run: () => Promise<T>) => Promise<T>;
    timeoutMs?: number;
  }) {
    this.url = options.url;
    this.sessionToken = options.sessionToken;
    this.#onSessionToken = options.onSessionToken ?? (() => undefined);
    this.#timeoutMs = options.timeoutMs ?? TIMEOUT_MS;
    this.#exclusively = options.exclusively ?? ((run) => run());
    this.#fetch = options.fetch ?? ((input, init) => fetch(input, init));
    this.#keepsToken = typeof document === 'undefined';
  }

  /**
   * Sends a request that can start a session, and keeps the session. Returns the whole response.
   */
  async enter<T extends SessionAnswer | LoginStep = SessionAnswer | LoginStep>(
    path: string,
    body: object,
  ): Promise<T> {
    const headers = this.#keepsToken ? { 'parley-session': 'token' } : {};
    const answer = await this.#exclusively(() =>
      this.#request<T>('POST', path, { body, headers, auth: 'none' }),
    );
    if (!('step' in answer)) {
      this.#keep(answer);
    }
    return answer;
  }

  /** Ends the session; its sockets close. */
  async logout(): Promise<void> {
    await this.#exclusively(() => this.#request('POST', '/auth/logout', { auth: 'session' }));
    this.sessionToken = undefined;
    this.#onSessionToken(undefined);
    this.#access = null;
  }

  /** Returns a valid access token, renewed if the current one is about to expire. */
  async accessToken(): Promise<string> {
    if (this.#access && this.#access.expiresAt - Date.now() > RENEW_BEFORE_MS) {
      return this.#access.token;
    }
    // Concurrent callers share one renewal.
    this.#renewing ??= this.#renew().finally(() => {
      this.#renewing = null;
    });
    return this.#renewing;
  }

  /** Drops the access token: the server did not accept it. */
  dropAccessToken(): void {
    this.#access = null;
  }

  /**
   * When the current access token expires by this device’s clock, ms since the epoch; null without
   * one.
   */
  get accessTokenExpiresAt(): number | null {
    return this.#access?.expiresAt ?? null;
  }

  async #renew(): Promise<string> {
    const timeoutMs = Math.min(this.#timeoutMs, RENEW_TIMEOUT_MS);
    for (let attempt = 1; ; attempt++) {
      let startedAt = performance.now();
      try {
        const options = { auth: 'session', timeoutMs } as const;
        return this.#keep(
          await this.#exclusively(() => {
            startedAt = performance.now();
            return this.#request<AccessTokenAnswer>('POST', '/auth/token', options);
          }),
        );
      } catch (error) {
        // A request that failed at once was never sent; only later is an answer possibly lost.
        const lost = performance.now() - startedAt > RENEW_LOST_MS;
        const unanswered = error instanceof ApiError && error.code === 'network';
        if (!lost || !unanswered || attempt >= RENEW_ATTEMPTS) throw error;
      }
    }
  }

  #keep(answer: AccessTokenAnswer): string {
    const { accessToken: token, accessTokenExpiresIn, sessionToken } = answer;
    if (sessionToken !== undefined) {
      this.sessionToken = sessionToken;
      this.#onSessionToken(sessionToken);
    }
    // Measured with this device’s clock only: compared with the server’s, a wrong clock would cause
    // endless renewals, or late ones.
    this.#access = { token, expiresAt: Date.now() + accessTokenExpiresIn * 1000 };
    return token;
  }

  // ---- requests --------------------------------------------------------------------------------

  /** Sends a request to the API. */
  request<T>(
    method: string,
    path: string,
    options: {
      readonly body?: object;
      readonly id?: ClientId | undefined;
      /** `none`: without being logged in. */
      readonly auth?: 'access' | 'none';
      /** Timeout for slow responses, ms. */
      readonly timeoutMs?: number;
    } = {},
  ): Promise<T> {
    return this.#request(method, path, options);
  }

  async #request<T>(
    method: string,
    path: string,
    options: {
      body?: object;
      id?: ClientId | undefined;
      headers?: Record<string, string>;
      auth?: 'access' | 'session' | 'none';
      timeoutMs?: number;
    } = {},
  ): Promise<T> {
    const { body, id, auth = 'access', timeoutMs = this.#timeoutMs } = options;
    const headers: Record<string, string> = { ...options.headers };
    if (body !== undefined) headers['content-type'] = 'application/json';
    if (id !== undefined) headers['idempotency-key'] = id;
    if (auth === 'session' && this.sessionToken !== undefined) {
      headers.authorization = `Bearer ${this.sessionToken}`;
    }
    const send = async () => {
      if (auth === 'access') headers.authorization = `Bearer ${await this.accessToken()}`;
      return this.#send(path, {
        method,
        headers,
        ...(body !== undefined && { body: JSON.stringify(body) }),
        signal: AbortSignal.timeout(timeoutMs),
        // A page that closes meanwhile must still receive the cookie that replaces the old one.
        ...(auth === 'session' && { keepalive: true }),
      });
    };
    let response = await send();
    if (response.status === 401 && auth === 'access') {
      // The token may have expired in flight, or the clocks differ: one retry with a new token.
      this.dropAccessToken();
      response = await send();
    }
    if (!response.ok) throw await errorOf(response);
    if (response.status === 204) return undefined as T;
    return JSON.parse(await textOf(response)) as T;
  }

  async #send(path: string, init: RequestInit): Promise<Response> {
    try {
      return await this.#fetch(new URL(`/api/v1${path}`, this.url), {
        ...init,
        credentials: 'same-origin',
      });
    } catch (error) {
      throw new ApiError('network', 'The server could not be reached', { cause: error });
    }
  }
}
