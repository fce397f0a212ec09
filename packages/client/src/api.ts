import {
  type AccessTokenAnswer,
  type AccountId,
  type ClientId,
  type CommandAnswer,
  type Conversation,
  type ConversationId,
  type ErrorCode,
  type Event,
  type FieldError,
  type HistoryPage,
  isRetryable,
  type LoginStep,
  type Me,
  type Member,
  type Message,
  type PinnedMessages,
  type Problem,
  type PublicGroup,
  type ReadCursor,
  type RegisterBody,
  type Seq,
  type SessionAnswer,
  type StreamId,
  type User,
  type Visibility,
} from '@parley/protocol';

/** A request that was refused, or that got no answer (`network`). */
export class ApiError extends Error {
  override name = 'ApiError';
  readonly code: ErrorCode | 'network';
  /** HTTP status; 0 when no answer arrived. */
  readonly status: number;
  /** Seconds to wait before a retry may succeed. */
  readonly retryAfter: number | undefined;
  /** What is wrong, by field. */
  readonly errors: readonly FieldError[];

  constructor(
    code: ErrorCode | 'network',
    message: string,
    more: {
      status?: number;
      retryAfter?: number | undefined;
      errors?: readonly FieldError[] | undefined;
      cause?: unknown;
    } = {},
  ) {
    super(message, { cause: more.cause });
    this.code = code;
    this.status = more.status ?? 0;
    this.retryAfter = more.retryAfter;
    this.errors = more.errors ?? [];
  }

  /** Returns whether the same request, with the same id, may succeed later. */
  get retryable(): boolean {
    return this.code === 'network' || isRetryable(this.code);
  }
}

/** Position of a page of history. */
export interface HistoryRequest {
  readonly before?: Seq;
  readonly after?: Seq;
  readonly around?: Seq;
  readonly limit?: number;
}

/** Section of a list to return. */
export interface ListRequest {
  readonly search?: string;
  readonly limit?: number;
  /** `next` of the previous page. */
  readonly after?: string;
}

/** A page of a list. */
export interface Page<T> {
  readonly items: T[];
  readonly next: string | null;
}

/** Body of a registration. */
export type Registration = RegisterBody;

/**
 * The name and password were correct, but the server requires another step, for instance a code.
 */
export class LoginStepRequired extends Error {
  override name = 'LoginStepRequired';
  readonly step: LoginStep;

  constructor(step: LoginStep) {
    super(`Another log-in step is required: ${step.step}`);
    this.step = step;
  }
}

/** Returns the account that has logged in. */
function entered(answer: SessionAnswer | LoginStep): Me {
  if ('step' in answer) throw new LoginStepRequired(answer);
  return answer.me;
}

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
 * The REST API, typed by the protocol. It keeps the session: in a browser as a cookie, in a program
 * as the session token from the log-in.
 */
export class ParleyApi {
  readonly url: string;
  /**
   * The session of a program; undefined in browsers. It changes with each renewal: a program that
   * stores it for its next start uses `onSessionToken`.
   */
  sessionToken: string | undefined;
  readonly #onSessionToken: (token: string | undefined) => void;
  readonly #fetch: typeof fetch;
  readonly #timeoutMs: number;
  readonly #keepsToken: boolean;
  #access: { token: string; expiresAt: number } | null = null;
  #renewing: Promise<string> | null = null;

  /**
   * `url` is the server’s address. In programs the session is kept as a token, not as a cookie. A
   * request without an answer fails after `timeoutMs`, 20 s by default: on a half-open connection
   * nothing else would end it.
   */
  constructor(options: {
    url: string;
    sessionToken?: string | undefined;
    /**
     * Called with each new session token of a program, before it is used; undefined after log-out.
     */
    onSessionToken?: (token: string | undefined) => void;
    fetch?: typeof fetch;
    timeoutMs?: number;
  }) {
    this.url = options.url;
    this.sessionToken = options.sessionToken;
    this.#onSessionToken = options.onSessionToken ?? (() => undefined);
    this.#timeoutMs = options.timeoutMs ?? TIMEOUT_MS;
    this.#fetch = options.fetch ?? ((input, init) => fetch(input, init));
    this.#keepsToken = typeof document === 'undefined';
  }

  // ---- the session ------------------------------------------------------------------------------

  /**
   * Creates an account and logs in.
   *
   * @throws {LoginStepRequired} when the server requires the address to be verified first
   */
  async register(registration: Registration): Promise<Me> {
    return entered(await this.enter('/auth/register', registration));
  }

  /**
   * Logs in with a username or an email address.
   *
   * @throws {LoginStepRequired} when another step is required; `AuthApi` has the requests for each
   * step
   */
  async login(login: string, password: string, device?: string): Promise<Me> {
    const body = { login, password, ...(device !== undefined && { device }) };
    return entered(await this.enter('/auth/login', body));
  }

  /**
   * Sends a request that can start a session, and keeps the session. Returns the whole response.
   */
  async enter<T extends SessionAnswer | LoginStep = SessionAnswer | LoginStep>(
    path: string,
    body: object,
  ): Promise<T> {
    const headers = this.#keepsToken ? { 'parley-session': 'token' } : {};
    const answer = await this.#request<T>('POST', path, { body, headers, auth: 'none' });
    if (!('step' in answer)) {
      this.#keep(answer);
    }
    return answer;
  }

  /** Ends the session; its sockets close. */
  async logout(): Promise<void> {
    await this.#request('POST', '/auth/logout', { auth: 'session' });
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
      const startedAt = performance.now();
      try {
        const options = { auth: 'session', timeoutMs } as const;
        return this.#keep(await this.#request<AccessTokenAnswer>('POST', '/auth/token', options));
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

  // ---- users ---------------------------------------------------------------------------------

  me(): Promise<Me> {
    return this.#request('GET', '/me');
  }

  users(request: ListRequest = {}): Promise<Page<User>> {
    return this.#request('GET', `/users${query(request)}`);
  }

  user(id: AccountId): Promise<User> {
    return this.#request('GET', `/users/${id}`);
  }

  // ---- conversations ------------------------------------------------------------------------------

  async conversations(): Promise<Conversation[]> {
    return (await this.#request<{ items: Conversation[] }>('GET', '/conversations')).items;
  }

  conversation(id: ConversationId): Promise<Conversation> {
    return this.#request('GET', `/conversations/${id}`);
  }

  createGroup(
    group: { name: string; visibility: Visibility; members?: readonly AccountId[] },
    id?: ClientId,
  ): Promise<Conversation> {
    return this.#request('POST', '/conversations', { body: group, id });
  }

  openDirect(account: AccountId, id?: ClientId): Promise<Conversation> {
    return this.#request('POST', '/conversations/direct', { body: { account }, id });
  }

  groups(request: ListRequest = {}): Promise<Page<PublicGroup>> {
    return this.#request('GET', `/groups${query(request)}`);
  }

  renameGroup(conversation: ConversationId, name: string, id?: ClientId): Promise<Conversation> {
    return this.#request('PATCH', `/conversations/${conversation}`, { body: { name }, id });
  }

  deleteGroup(conversation: ConversationId, id?: ClientId): Promise<void> {
    return this.#request('DELETE', `/conversations/${conversation}`, { id });
  }

  join(conversation: ConversationId, id?: ClientId): Promise<Conversation> {
    return this.#request('POST', `/conversations/${conversation}/join`, { id });
  }

  leave(conversation: ConversationId, id?: ClientId): Promise<void> {
    return this.#request('POST', `/conversations/${conversation}/leave`, { id });
  }

  members(conversation: ConversationId, request: ListRequest = {}): Promise<Page<Member>> {
    return this.#request('GET', `/conversations/${conversation}/members${query(request)}`);
  }

  addMember(conversation: ConversationId, account: AccountId, id?: ClientId): Promise<Member> {
    return this.#request('POST', `/conversations/${conversation}/members`, {
      body: { account },
      id,
    });
  }

  removeMember(conversation: ConversationId, account: AccountId, id?: ClientId): Promise<void> {
    return this.#request('DELETE', `/conversations/${conversation}/members/${account}`, { id });
  }

  // ---- messages -----------------------------------------------------------------------------------

  history(conversation: ConversationId, request: HistoryRequest = {}): Promise<HistoryPage> {
    return this.#request('GET', `/conversations/${conversation}/messages${query(request)}`);
  }

  message(conversation: ConversationId, seq: Seq): Promise<Message> {
    return this.#request('GET', `/conversations/${conversation}/messages/${seq}`);
  }

  post(conversation: ConversationId, body: string, id?: ClientId): Promise<Message> {
    return this.#request('POST', `/conversations/${conversation}/messages`, { body: { body }, id });
  }

  edit(conversation: ConversationId, message: Seq, body: string, id?: ClientId): Promise<Message> {
    return this.#request('PATCH', `/conversations/${conversation}/messages/${message}`, {
      body: { body },
      id,
    });
  }

  remove(conversation: ConversationId, message: Seq, id?: ClientId): Promise<CommandAnswer> {
    return this.#request('DELETE', `/conversations/${conversation}/messages/${message}`, { id });
  }

  react(
    conversation: ConversationId,
    message: Seq,
    emoji: string,
    id?: ClientId,
  ): Promise<CommandAnswer> {
    return this.#request('PUT', reaction(conversation, message, emoji), { id });
  }

  unreact(
    conversation: ConversationId,
    message: Seq,
    emoji: string,
    id?: ClientId,
  ): Promise<CommandAnswer> {
    return this.#request('DELETE', reaction(conversation, message, emoji), { id });
  }

  /** Returns all pinned messages, the last pin first. */
  pinnedMessages(conversation: ConversationId): Promise<PinnedMessages> {
    return this.#request('GET', `/conversations/${conversation}/pins`);
  }

  pin(conversation: ConversationId, message: Seq, id?: ClientId): Promise<CommandAnswer> {
    return this.#request('PUT', pinOf(conversation, message), { id });
  }

  unpin(conversation: ConversationId, message: Seq, id?: ClientId): Promise<CommandAnswer> {
    return this.#request('DELETE', pinOf(conversation, message), { id });
  }

  read(conversation: ConversationId, seq: Seq, unread = false): Promise<ReadCursor> {
    return this.#request('POST', `/conversations/${conversation}/read`, { body: { seq, unread } });
  }

  cursors(): Promise<{ readVersion: number; items: ReadCursor[] }> {
    return this.#request('GET', '/me/cursors');
  }

  events(
    stream: StreamId,
    request: { after: Seq; limit?: number },
  ): Promise<{ items: Event[]; lastSeq: Seq }> {
    return this.#request('GET', `/streams/${stream}/events${query(request)}`);
  }

  // ---- requests --------------------------------------------------------------------------------

  /** Sends a request to the API, for the classes that cover its other parts. */
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

const reaction = (conversation: ConversationId, message: Seq, emoji: string): string =>
  `/conversations/${conversation}/messages/${message}/reactions/${encodeURIComponent(emoji)}`;

const pinOf = (conversation: ConversationId, message: Seq): string =>
  `/conversations/${conversation}/messages/${message}/pin`;

/** Returns the values that are set, as a query string. */
export function query(values: object): string {
  const params = new URLSearchParams();
  for (const [key, value] of Object.entries(values)) {
    if (value !== undefined) params.set(key, String(value));
  }
  const text = params.toString();
  return text ? `?${text}` : '';
}

/** Returns the body. The connection may be lost, or the request time out, while it is read. */
async function textOf(response: Response): Promise<string> {
  try {
    return await response.text();
  } catch (error) {
    throw new ApiError('network', 'The connection was lost during the response', { cause: error });
  }
}

async function errorOf(response: Response): Promise<ApiError> {
  const { status } = response;
  const after = Number(response.headers.get('retry-after') ?? Number.NaN);
  const retryAfter = Number.isFinite(after) ? after : undefined;
  const text = await textOf(response);
  try {
    const problem = JSON.parse(text) as Problem;
    if (typeof problem.code === 'string') {
      return new ApiError(problem.code, problem.detail ?? problem.title, {
        status,
        retryAfter: problem.retryAfter ?? retryAfter,
        errors: problem.errors,
      });
    }
  } catch (error) {
    // An intermediary has answered, for instance with a proxy’s error page.
    return new ApiError('network', `The server answered ${status}`, {
      status,
      retryAfter,
      cause: error,
    });
  }
  return new ApiError('network', `The server answered ${status}`, { status, retryAfter });
}
