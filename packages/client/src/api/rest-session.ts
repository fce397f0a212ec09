import type {
  AccessTokenAnswer,
  AccountId,
  ClientId,
  LoginStep,
  SessionAnswer,
} from '@parley/protocol';
import { TaskQueue } from '../lib/task-queue.ts';
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

/** Options of a request that reads. */
export interface ReadOptions {
  /** Ends the request when it is aborted, for instance because the answer is no longer needed. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Sends requests to the REST API and keeps the session: in a browser as a cookie, in a program as the
 * session token from the login. A service account has an API key instead of a session.
 */
export class RestSession {
  readonly url: string;
  /**
   * The session of a program; undefined in browsers. It changes with each renewal: a program that
   * stores it for its next start uses `onSessionToken`.
   */
  sessionToken: string | undefined;
  readonly #onSessionToken: (token: string | undefined) => void;
  readonly #apiKey: string | undefined;
  readonly #fetch: typeof fetch;
  readonly #exclusively: <T>(run: () => Promise<T>) => Promise<T>;
  readonly #timeoutMs: number;
  readonly #keepsToken: boolean;
  #access: { token: string; expiresAt: number } | null = null;
  /** The account that requests are meant for; null: any account that is logged in. */
  #account: AccountId | null = null;
  /** Requests whose answers replace the session, one at a time. */
  readonly #replacing = new TaskQueue();
  #renewing: Promise<string> | null = null;

  /**
   * `url` is the server’s address. In programs the session is kept as a token, not as a cookie. A
   * request without an answer fails after `timeoutMs`, 20 s by default: on a half-open connection
   * nothing else would end it.
   *
   * With `apiKey`, the requests are those of a service account: do not log in.
   *
   * Requests whose answers replace the session are sent one at a time. `exclusively` wraps each of
   * them, for tabs that share a cookie: the last answer to arrive decides which session it
   * contains, and could undo a login in another tab.
   */
  constructor(options: {
    url: string;
    /** The API key of a service account (`pk_…`). */
    apiKey?: string | undefined;
    sessionToken?: string | undefined;
    /**
     * Called with each new session token of a program, before it is used; undefined after logout.
     */
    onSessionToken?: (token: string | undefined) => void;
    fetch?: typeof fetch;
    exclusively?: <T>(run: () => Promise<T>) => Promise<T>;
    timeoutMs?: number;
  }) {
    this.url = options.url;
    this.#apiKey = options.apiKey;
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
    return this.#replace(async () => {
      const answer = await this.#request<T>('POST', path, { body, headers, auth: 'none' });
      if (!('step' in answer)) {
        this.#account = answer.me.id;
        this.#keep(answer);
      }
      return answer;
    });
  }

  /** Ends the session; its sockets close. */
  async logout(): Promise<void> {
    await this.#replace(async () => {
      await this.#request('POST', '/auth/logout', { auth: 'session' });
      this.sessionToken = undefined;
      this.#onSessionToken(undefined);
      this.#access = null;
      this.#account = null;
    });
  }

  /**
   * Requests are meant for this account. If another one logs in with the same cookie, in another tab,
   * they fail with the status 401 instead of being sent as that account.
   */
  actAs(account: AccountId): void {
    if (this.#account === account) return;
    this.#account = account;
    this.#access = null;
  }

  #replace<T>(run: () => Promise<T>): Promise<T> {
    return this.#replacing.run(() => this.#exclusively(run));
  }

  /** Returns a valid access token, renewed if the current one is about to expire, or the API key. */
  async accessToken(): Promise<string> {
    if (this.#apiKey !== undefined) return this.#apiKey;
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
   * one, and with an API key.
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
        return await this.#replace(async () => {
          startedAt = performance.now();
          return this.#keep(await this.#request<AccessTokenAnswer>('POST', '/auth/token', options));
        });
      } catch (error) {
        // A request that failed at once was never sent; only later failures may mean a lost answer.
        const lost = performance.now() - startedAt > RENEW_LOST_MS;
        const unanswered = error instanceof ApiError && error.code === 'network';
        if (!lost || !unanswered || attempt >= RENEW_ATTEMPTS) throw error;
      }
    }
  }

  #keep(answer: AccessTokenAnswer): string {
    const { account, accessToken: token, accessTokenExpiresIn, sessionToken } = answer;
    if (this.#account !== null && this.#account !== account) {
      throw new ApiError('session_ended', 'Another account has logged in', { status: 401 });
    }
    if (sessionToken !== undefined) {
      this.sessionToken = sessionToken;
      this.#onSessionToken(sessionToken);
    }
    // Measured only with this device’s clock: a comparison with the server’s clock could cause
    // endless or late renewals.
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
      /** `none`: without authentication. */
      readonly auth?: 'access' | 'none';
      /** Timeout for slow responses, ms. */
      readonly timeoutMs?: number;
      /** `text`: returns the response as it is, for files that are not JSON. */
      readonly as?: 'json' | 'text';
      /** Ends the request when it is aborted. */
      readonly signal?: AbortSignal | undefined;
      /** Sends the request even if the page closes meanwhile. For bodies of a few kilobytes: browsers limit them. */
      readonly keepalive?: boolean;
    } = {},
  ): Promise<T> {
    return this.#request(method, path, options);
  }

  /**
   * Sends a request with a body that is not JSON, and returns the response, whatever its status. A token
   * that the server does not accept is replaced once.
   */
  async requestBytes(
    method: string,
    path: string,
    options: {
      readonly headers: Readonly<Record<string, string>>;
      readonly body?: Blob;
      readonly timeoutMs: number;
      readonly signal?: AbortSignal | undefined;
    },
  ): Promise<Response> {
    const { headers, body, timeoutMs, signal } = options;
    const send = async () =>
      this.#send(path, {
        method,
        headers: { ...headers, authorization: `Bearer ${await this.accessToken()}` },
        ...(body && { body }),
        signal: endOf(timeoutMs, signal),
      });
    const response = await send();
    if (response.status !== 401 || this.#apiKey !== undefined) return response;
    this.dropAccessToken();
    return await send();
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
      as?: 'json' | 'text';
      signal?: AbortSignal | undefined;
      keepalive?: boolean;
    } = {},
  ): Promise<T> {
    const { body, id, auth = 'access', timeoutMs = this.#timeoutMs } = options;
    const headers: Record<string, string> = { ...options.headers };
    if (body !== undefined) headers['content-type'] = 'application/json';
    if (id !== undefined) headers['idempotency-key'] = id;
    if (auth === 'session' && this.sessionToken !== undefined) {
      headers.authorization = `Bearer ${this.sessionToken}`;
    }
    const account = this.#account;
    const send = async () => {
      if (auth === 'access') {
        headers.authorization = `Bearer ${await this.accessToken()}`;
        // Another login in this page, while the request waited for a token.
        if (account !== null && this.#account !== account) {
          throw new ApiError('session_ended', 'Another account has logged in', { status: 401 });
        }
      }
      return this.#send(path, {
        method,
        headers,
        ...(body !== undefined && { body: JSON.stringify(body) }),
        signal: endOf(timeoutMs, options.signal),
        // A page that closes meanwhile must still receive the cookie that replaces the old one.
        ...((auth === 'session' || options.keepalive) && { keepalive: true }),
      });
    };
    let response = await send();
    if (response.status === 401 && auth === 'access' && this.#apiKey === undefined) {
      // The token may have expired in flight, or the clocks differ: one retry with a new token.
      this.dropAccessToken();
      response = await send();
    }
    if (!response.ok) throw await errorOf(response);
    if (response.status === 204) return undefined as T;
    const text = await textOf(response);
    return (options.as === 'text' ? text : JSON.parse(text)) as T;
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

/** Returns a signal that ends a request after a time, or when `signal` does. */
function endOf(timeoutMs: number, signal: AbortSignal | undefined): AbortSignal {
  const timeout = AbortSignal.timeout(timeoutMs);
  return signal === undefined ? timeout : AbortSignal.any([timeout, signal]);
}
