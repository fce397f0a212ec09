import type { FieldError } from './field-error.ts';

/** The status and title of an error code. */
interface ErrorEntry {
  readonly status: number;
  readonly title: string;
}

/**
 * The code of every refusal, over HTTP (problem details, RFC 9457) and in `nack`.
 * A code never changes its meaning; its title may.
 */
export const ERRORS = {
  // The request could not be read or is invalid.
  invalid_json: { status: 400, title: 'The request is not valid JSON' },
  invalid: { status: 422, title: 'The request is invalid' },
  unknown_frame: { status: 400, title: 'Unknown frame' },
  too_large: { status: 413, title: 'The request is too large' },
  unsupported_media_type: { status: 415, title: 'Unsupported content type' },
  body_empty: { status: 422, title: 'A message can’t be empty' },
  body_too_long: { status: 422, title: 'The message is too long' },
  text_invalid: { status: 422, title: 'The text contains characters that can’t be stored' },
  // Authentication and permissions.
  unauthenticated: { status: 401, title: 'Log in to continue' },
  invalid_credentials: { status: 401, title: 'Incorrect username or password' },
  token_expired: { status: 401, title: 'The access token has expired' },
  session_ended: { status: 401, title: 'The session has ended' },
  incorrect_password: { status: 403, title: 'Incorrect password' },
  reauthentication_required: {
    status: 403,
    title: 'Confirm your password or log in again to continue',
  },
  incorrect_code: { status: 422, title: 'Incorrect code' },
  code_expired: { status: 410, title: 'This code has expired; request a new one' },
  ticket_expired: { status: 410, title: 'This attempt has expired; start again' },
  link_expired: { status: 410, title: 'This link has expired or was already used' },
  already_verified: { status: 409, title: 'This email address is already verified' },
  registration_closed: {
    status: 403,
    title: 'Registration is closed; ask an admin for an account',
  },
  invitation_required: { status: 403, title: 'You need an invitation to register' },
  invitation_expired: { status: 403, title: 'This invitation has expired or was already used' },
  origin_not_allowed: { status: 403, title: 'Requests from this origin are not allowed' },
  host_refused: {
    status: 421,
    title: 'This server doesn’t answer to that host name; check PUBLIC_URL',
  },
  forbidden: { status: 403, title: 'You don’t have permission to do that' },
  insufficient_scope: { status: 403, title: 'This API key lacks the required scope' },
  second_factor_required: { status: 409, title: 'This server requires two-factor authentication' },
  second_factor_exists: { status: 409, title: 'An authenticator app is already set up' },
  second_factor_missing: { status: 409, title: 'Two-factor authentication isn’t set up' },
  sso_failed: { status: 400, title: 'Single sign-on failed; try again' },
  sso_unavailable: {
    status: 503,
    title: 'Can’t reach the single sign-on provider; try again later',
  },
  sso_email_unverified: {
    status: 403,
    title: 'The single sign-on provider hasn’t verified your email address',
  },
  sso_account_linked: {
    status: 409,
    title: 'The account with this email address is linked to another identity at the provider',
  },
  passkey_rejected: { status: 422, title: 'The passkey was not accepted; try again' },
  too_many_entries: { status: 422, title: 'Too many entries; choose a shorter period' },
  account_suspended: { status: 403, title: 'This account is suspended' },
  last_owner: {
    status: 409,
    title: 'The server must have an owner; make someone else an owner first',
  },
  last_group_owner: {
    status: 409,
    title: 'A group must have an owner; make someone else the owner first',
  },
  // The subject of the request.
  not_found: { status: 404, title: 'Not found, or you don’t have access' },
  conversation_not_found: {
    status: 404,
    title: 'Conversation not found, or you’re not a member',
  },
  no_longer_member: {
    status: 410,
    title: 'The change was made, but the member has since left the conversation',
  },
  message_not_found: { status: 404, title: 'Message not found' },
  account_not_found: { status: 404, title: 'Account not found' },
  is_reply: { status: 409, title: 'This message is itself a reply; reply in its thread instead' },
  message_deleted: { status: 409, title: 'This message was deleted' },
  too_many_members: {
    status: 409,
    title: 'This conversation has too many members to show who has seen a message',
  },
  not_a_group: { status: 409, title: 'This is only possible in groups' },
  blocked: { status: 403, title: 'This user doesn’t accept direct messages from you' },
  too_many_blocks: { status: 409, title: 'You have reached the limit of blocked users' },
  banned: { status: 403, title: 'You are banned from this group' },
  account_banned: { status: 409, title: 'This user is banned from the group' },
  too_many_links: { status: 409, title: 'This group has reached the limit of invitation links' },
  conversation_archived: {
    status: 409,
    title: 'This group is archived; it can be read, but not changed',
  },
  slow_mode: { status: 429, title: 'Slow mode is on in this group; wait before you post again' },
  everyone_group: { status: 409, title: 'The default group is public and includes every member' },
  client_id_reused: {
    status: 422,
    title: 'This id was already used for a different command',
  },
  idempotency_key_required: {
    status: 400,
    title: 'An Idempotency-Key header with a UUID is required',
  },
  username_taken: { status: 409, title: 'This username is taken' },
  name_taken: { status: 409, title: 'A user or a user group with this name already exists' },
  user_group_not_found: { status: 404, title: 'User group not found' },
  user_group_changed: {
    status: 409,
    title: 'This user group was changed by someone else; reload it and try again',
  },
  too_many_user_groups: { status: 409, title: 'The server has reached the limit of user groups' },
  emoji_name_taken: { status: 409, title: 'A custom emoji with this name already exists' },
  emoji_name_reserved: { status: 409, title: 'A Unicode emoji has this name' },
  emoji_not_found: { status: 404, title: 'Custom emoji not found' },
  too_many_emoji: { status: 409, title: 'The server has reached the limit of custom emoji' },
  email_taken: { status: 409, title: 'An account with this email address already exists' },
  too_many_reactions: { status: 409, title: 'This message has reached the limit of reactions' },
  too_many_pins: {
    status: 409,
    title: 'This conversation has reached the limit of pinned messages',
  },
  too_many_saved: { status: 409, title: 'You have reached the limit of saved messages' },
  too_many_follows: { status: 409, title: 'You have reached the limit of followed threads' },
  too_many_overrides: {
    status: 409,
    title: 'You have notification settings for the maximum number of conversations and threads',
  },
  section_not_found: { status: 404, title: 'Sidebar section not found' },
  section_built_in: { status: 409, title: 'This section can’t be renamed or deleted' },
  too_many_sections: { status: 409, title: 'Your sidebar has the maximum number of sections' },
  too_many_placements: {
    status: 409,
    title: 'You have moved the maximum number of conversations in your sidebar',
  },
  not_direct: { status: 409, title: 'Only direct conversations can be closed' },
  too_many_closed: { status: 409, title: 'You have closed the maximum number of conversations' },
  too_many_devices: {
    status: 409,
    title: 'You have reached the limit of devices for notifications',
  },
  push_address_invalid: { status: 422, title: 'Notifications can’t be sent to this address' },
  too_many_drafts: { status: 409, title: 'You have reached the limit of drafts' },
  not_saved: { status: 404, title: 'This message is not saved' },
  not_editable: { status: 409, title: 'Forwarded messages and polls can’t be edited' },
  not_a_poll: { status: 409, title: 'This message is not a poll' },
  report_resolved: { status: 409, title: 'This report was already resolved differently' },
  word_rejected: {
    status: 422,
    title: 'This message contains a word that isn’t allowed on this server',
  },
  word_filter_changed: {
    status: 409,
    title: 'The word filter was changed by someone else; reload it and try again',
  },
  bulk_deletion_done: { status: 409, title: 'This deletion has already ended' },
  bulk_deletion_running: {
    status: 409,
    title: 'The messages of this account are already being deleted',
  },
  legal_hold_not_found: { status: 404, title: 'Legal hold not found' },
  legal_hold_released: { status: 409, title: 'This legal hold has been released' },
  too_many_legal_holds: {
    status: 409,
    title: 'The maximum number of legal holds is in force; release one first',
  },
  message_hidden: { status: 409, title: 'This message was hidden by a moderator' },
  not_hideable: { status: 409, title: 'Polls can’t be hidden; delete this one instead' },
  poll_closed: { status: 409, title: 'This poll is closed' },
  choice_invalid: { status: 422, title: 'This poll doesn’t have these choices' },
  window_passed: {
    status: 403,
    title: 'The time limit for editing or deleting this message has passed',
  },
  scheduled_not_found: {
    status: 404,
    title: 'This scheduled message was already sent or deleted',
  },
  too_many_scheduled: { status: 409, title: 'You have reached the limit of scheduled messages' },
  too_late: {
    status: 409,
    title: 'The message couldn’t be sent within 24 hours of its scheduled time',
  },
  time_too_far: { status: 422, title: 'Choose a time within a year' },
  time_passed: { status: 422, title: 'Choose a time in the future' },
  file_not_found: { status: 404, title: 'File not found, or its upload isn’t complete' },
  file_too_large: { status: 413, title: 'The file is larger than this server accepts' },
  image_unreadable: { status: 422, title: 'Choose an image in PNG, JPEG, GIF, WebP or AVIF' },
  file_range: { status: 416, title: 'The requested range is outside the file' },
  upload_not_found: { status: 404, title: 'Upload not found; start it again' },
  upload_conflict: { status: 409, title: 'The offset doesn’t match that of the upload' },
  upload_version: { status: 412, title: 'This server supports version 1.0.0 of the tus protocol' },
  too_many_uploads: { status: 409, title: 'You have too many unfinished uploads' },
  too_many_unattached_files: {
    status: 409,
    title: 'You have too many files that aren’t attached to a message',
  },
  account_quota_exceeded: {
    status: 409,
    title: 'Your account has reached its storage limit',
  },
  server_quota_exceeded: {
    status: 507,
    title: 'This server has reached its storage limit',
  },
  // The state of the server.
  rate_limited: { status: 429, title: 'Too many requests' },
  overloaded: { status: 503, title: 'The server is busy' },
  unavailable: {
    status: 503,
    title: 'The server can’t reach its database',
  },
  files_unavailable: {
    status: 503,
    title: 'The server can’t reach its file store',
  },
  disk_full: { status: 507, title: 'The server’s disk is full' },
  outcome_unknown: {
    status: 503,
    title: 'The outcome is unknown; retry with the same id',
  },
  shutting_down: { status: 503, title: 'The server is restarting' },
  method_not_allowed: { status: 405, title: 'Method not allowed' },
  internal: { status: 500, title: 'Something went wrong on the server' },
} as const satisfies Record<string, ErrorEntry>;

/** The stable name of a kind of refusal. */
export type RefusalCode = keyof typeof ERRORS;

/** A rejected command or request: a value with a code, the same over REST and the socket. */
export interface Refusal {
  readonly code: RefusalCode;
  /** Explains to a user what is wrong; by default the title of the code. */
  readonly message: string;
  /** Seconds to wait before a retry may succeed. */
  readonly retryAfter?: number;
  readonly errors?: readonly FieldError[];
}

/** Returns a refusal; its message is the title of the code by default. */
export function refusal(
  code: RefusalCode,
  message?: string,
  more?: { retryAfter?: number; errors?: readonly FieldError[] },
): Refusal {
  return { code, message: message ?? ERRORS[code].title, ...more };
}
