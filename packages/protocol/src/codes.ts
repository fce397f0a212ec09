import type { FieldError } from './errors.ts';

/** What an error code stands for. */
interface ErrorEntry {
  readonly status: number;
  readonly title: string;
  /** The same command with the same id may succeed later: clients keep it and send it again. */
  readonly retryable?: true;
}

/**
 * Every refusal has one of these codes, over HTTP (problem details, RFC 9457) and in `nack` alike.
 * A code never changes its meaning; the words may.
 */
export const ERRORS = {
  // What was sent could not be read.
  invalid_json: { status: 400, title: 'The request is not valid JSON' },
  invalid: { status: 422, title: 'The request has a mistake' },
  unknown_frame: { status: 400, title: 'There is no such frame' },
  too_large: { status: 413, title: 'The request is too large' },
  unsupported_media_type: { status: 415, title: 'The content type is not supported' },
  body_empty: { status: 422, title: 'A message cannot be empty' },
  body_too_long: { status: 422, title: 'The message is too long' },
  text_invalid: { status: 422, title: 'The text has characters that cannot be stored' },
  // Who asks.
  unauthenticated: { status: 401, title: 'Log in first' },
  invalid_credentials: { status: 401, title: 'The name or the password is wrong' },
  token_expired: { status: 401, title: 'The access token has expired' },
  session_ended: { status: 401, title: 'The session has ended' },
  incorrect_password: { status: 403, title: 'The password is wrong' },
  reauthentication_required: {
    status: 403,
    title: 'Confirm your password, or log in again: the last time was too long ago',
  },
  incorrect_code: { status: 422, title: 'The code is wrong' },
  code_expired: { status: 410, title: 'The code has run out; ask for a new one' },
  ticket_expired: { status: 410, title: 'That has taken too long; begin again' },
  link_expired: { status: 410, title: 'The link has run out, or was used already' },
  already_verified: { status: 409, title: 'The address is verified already' },
  registration_closed: { status: 403, title: 'Nobody can register here; ask an admin' },
  invitation_required: { status: 403, title: 'An invitation is needed to register here' },
  invitation_expired: { status: 403, title: 'The invitation has run out, or was used already' },
  origin_not_allowed: { status: 403, title: 'Requests from this origin are refused' },
  host_refused: {
    status: 421,
    title: 'This server is not known by that name; PUBLIC_URL sets it',
  },
  forbidden: { status: 403, title: 'You may not do that' },
  insufficient_scope: { status: 403, title: 'The key has not the scope for that' },
  second_factor_required: { status: 409, title: 'The server wants a second factor here' },
  second_factor_exists: { status: 409, title: 'There is an authenticator app already' },
  second_factor_missing: { status: 409, title: 'There is no second factor yet' },
  sso_failed: { status: 400, title: 'The log-in with the other provider did not work; try again' },
  sso_unavailable: { status: 503, title: 'The other provider cannot be reached; try again later' },
  sso_email_unverified: {
    status: 403,
    title: 'The other provider has not verified the e-mail address',
  },
  sso_account_linked: {
    status: 409,
    title: 'The account with this address belongs to somebody else at the provider',
  },
  passkey_rejected: { status: 422, title: 'The passkey was not accepted; try again' },
  last_owner: { status: 409, title: 'The server needs an owner: make somebody else one first' },
  // What it is about.
  not_found: { status: 404, title: 'There is no such thing here, or it is not yours to see' },
  conversation_not_found: {
    status: 404,
    title: 'There is no such conversation, or you are not a member',
  },
  no_longer_member: {
    status: 410,
    title: 'That was done; but whoever it concerns has left the conversation since',
  },
  message_not_found: { status: 404, title: 'There is no such message' },
  account_not_found: { status: 404, title: 'There is no such person' },
  message_deleted: { status: 409, title: 'The message has been deleted' },
  not_a_group: { status: 409, title: 'That works in groups only' },
  everyone_group: { status: 409, title: 'Everybody belongs to this group' },
  client_id_reused: {
    status: 422,
    title: 'This id has already been used for another command',
  },
  idempotency_key_required: { status: 400, title: 'An Idempotency-Key with a UUID is needed' },
  username_taken: { status: 409, title: 'This username is taken' },
  email_taken: { status: 409, title: 'There is an account with this e-mail address' },
  too_many_reactions: { status: 409, title: 'This message has all the reactions it can take' },
  // Not now.
  rate_limited: { status: 429, title: 'Too many requests; wait a little', retryable: true },
  overloaded: { status: 503, title: 'The server is busy; try again in a moment', retryable: true },
  unavailable: {
    status: 503,
    title: 'The server cannot reach its database; try again',
    retryable: true,
  },
  disk_full: { status: 507, title: 'The server’s disk is full', retryable: true },
  outcome_unknown: {
    status: 503,
    title: 'The outcome is unknown; send the same again with the same id',
    retryable: true,
  },
  shutting_down: { status: 503, title: 'The server is restarting', retryable: true },
  method_not_allowed: { status: 405, title: 'This method is not supported here' },
  internal: { status: 500, title: 'The server made a mistake' },
} as const satisfies Record<string, ErrorEntry>;

/** A stable name of one kind of refusal. */
export type RefusalCode = keyof typeof ERRORS;

/**
 * Returns whether the same command with the same id may succeed later. False for a code that this
 * version does not know.
 */
export function isRetryable(code: string): boolean {
  const entries: Readonly<Partial<Record<string, ErrorEntry>>> = ERRORS;
  return Object.hasOwn(entries, code) && entries[code]?.retryable === true;
}

/** A refusal that was expected: a value with a code, the same on every way in. */
export interface Refusal {
  readonly code: RefusalCode;
  /** What exactly is wrong, for a person; the code’s title where there is no more to say. */
  readonly message: string;
  /** Seconds to wait before the same command may work. */
  readonly retryAfter?: number;
  readonly errors?: readonly FieldError[];
}

/** Makes a refusal; without a message it carries the words of its code. */
export function refusal(
  code: RefusalCode,
  message?: string,
  more?: { retryAfter?: number; errors?: readonly FieldError[] },
): Refusal {
  return { code, message: message ?? ERRORS[code].title, ...more };
}

/** WebSocket close codes that Parley gives a meaning of its own (RFC 6455 §7.4.2: 4000–4999). */
export const CLOSE = {
  /**
   * RFC 6455: the server is restarting, or the outcome of a command is unknown. Reconnect after the time
   * in `goodbye` and send again what was not answered.
   */
  restart: 1012,
  /** RFC 6455: the frame was longer than `limits.frameBytes`. */
  frameTooLarge: 1009,
  /** No `hello` in time, or something else before it. */
  helloExpected: 4001,
  /** The token is not valid (any more): fetch another one and connect again. */
  unauthenticated: 4003,
  /** The session has ended: log in again. */
  sessionEnded: 4004,
  /** The reader took nothing for `limits.stalledMs`. */
  tooSlow: 4008,
  /** The client sent more frames than `limits.frames` and went on with it. */
  tooManyFrames: 4009,
  /** This account has too many sockets; the oldest was closed. */
  tooManyConnections: 4029,
} as const;
