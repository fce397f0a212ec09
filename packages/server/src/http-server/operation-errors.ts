import type { RefusalCode } from '@parley/protocol';

/** What decides which codes an operation may answer with. */
export interface OperationTraits {
  readonly id: string;
  readonly tags: readonly string[];
  /** Whether it authenticates with an access token or an API key. */
  readonly isAuthenticated: boolean;
  /** Whether an API key may call it. */
  readonly takesApiKeys: boolean;
  /** Whether it is not a GET: its body is parsed, even if it needs none. */
  readonly isWrite: boolean;
  /** Whether it has a JSON body. */
  readonly hasBody: boolean;
  /** Whether it has a path, a query or headers that can be invalid. */
  readonly hasPath: boolean;
  readonly hasQuery: boolean;
  readonly hasIdempotencyKey: boolean;
}

/** The operations of a code: by a trait, or the ids of operations and the names of tags. */
type Where = ((operation: OperationTraits) => boolean) | readonly string[];

/** Every operation: documented once, under `default`. */
const every = () => true;
/** Only over the socket, or in an event. */
const never: readonly string[] = [];

const TEXTS = [
  'postMessage',
  'postWebhook',
  'editMessage',
  'createPoll',
  'scheduleMessage',
  'changeScheduled',
];
const POSTS = [
  'postMessage',
  'postWebhook',
  'createPoll',
  'forwardMessage',
  'scheduleMessage',
  'sendScheduled',
];
const IN_CONVERSATION = [
  ...['Conversations', 'Members', 'Messages', 'Polls', 'Threads', 'Read cursors', 'Retention'],
  ...[
    'Saved messages',
    'Scheduled messages',
    'moveInSidebar',
    'closeConversation',
    'createLegalHold',
    'createInvitation',
  ],
  ...['changeConversationNotifications', 'changeThreadNotifications', 'saveDraft'],
  ...['whyNotified', 'listEvents', 'createAccount', 'updateAccount'],
];
const ON_MESSAGE = [
  ...['Messages', 'Polls', 'Threads', 'Saved messages', 'Scheduled messages', 'listSeenBy'],
  ...['reportMessage', 'changeThreadNotifications', 'saveDraft', 'whyNotified'],
];
const OF_GROUP = ['updateGroup', 'archiveGroup', 'restoreGroup', 'changeMinimumRoles', 'joinGroup'];
const ON_ACCOUNT = [
  ...[
    'listUsers',
    'getUser',
    'getUserProfile',
    'Members',
    'createGroup',
    'openDirect',
    'blockUser',
  ],
  ...['Administration', 'Service accounts', 'reportMessage', 'resolveReport', 'getStatus'],
];
const CONFIRMED = [
  ...['setUpTotp', 'removeTotp', 'renewRecoveryCodes', 'newPasskeyOptions', 'removePasskey'],
  ...['exportMe', 'deleteMe'],
];
const NAMED = ['register', 'verifyEmail', 'updateMe', 'createAccount', 'updateAccount'];
const CODES = ['verifyEmail', 'verifyMe', 'confirmEmailChange', 'resendCode'];
const IMAGES = ['setAvatar', 'setGroupAvatar', 'setServerIcon', 'addEmoji'];
const UPLOADS = ['createUpload', 'uploadFile'];

/** The operations that may answer with a code, if they declare its status at all. */
const WHERE: Readonly<Record<RefusalCode, Where>> = {
  invalid_json: (operation) => operation.isWrite,
  invalid: (operation) => operation.hasBody || operation.hasQuery || UPLOADS.includes(operation.id),
  unknown_frame: never,
  too_large: (operation) => operation.hasBody || operation.id === 'uploadFile',
  unsupported_media_type: (operation) => operation.hasBody || operation.id === 'uploadFile',
  body_empty: [...TEXTS, 'saveDraft'],
  body_too_long: [...TEXTS, 'saveDraft'],
  text_invalid: (operation) => operation.hasBody || operation.hasQuery,

  unauthenticated: (operation) =>
    operation.isAuthenticated || ['renewAccessToken', 'logout'].includes(operation.id),
  invalid_credentials: ['login', 'loginWithPasskey'],
  token_expired: (operation) => operation.isAuthenticated,
  session_ended: (operation) =>
    operation.isAuthenticated ||
    ['renewAccessToken', 'login', 'loginWithPasskey', 'secondFactor'].includes(operation.id),
  incorrect_password: [...CONFIRMED, 'changePassword', 'reauthenticate'],
  reauthentication_required: [
    ...[...CONFIRMED, 'confirmTotp', 'addPasskey', 'endMySession', 'endMyOtherSessions'],
    'requestEmailChange',
    ...['endAccountSessions', 'exportLegalHold', 'getHeldFile', 'releaseLegalHold'],
  ],
  incorrect_code: [...CODES, 'secondFactor', 'confirmEnrolTotp', 'confirmTotp'],
  code_expired: CODES,
  ticket_expired: [
    ...[...CODES, 'secondFactor', 'secondFactorPasskeyOptions', 'enrolTotp', 'confirmEnrolTotp'],
  ],
  link_expired: [
    ...['authorizeReset', 'resetPassword', 'showLinkedGroup', 'joinByLink'],
    ...['getFileContent', 'getFilePreview', 'getImage'],
  ],
  already_verified: ['sendMyCode', 'verifyMe', 'verifyEmail'],
  registration_closed: ['register', 'verifyEmail', 'prepareSso'],
  invitation_required: ['register', 'verifyEmail', 'prepareSso'],
  invitation_expired: ['register', 'verifyEmail', 'prepareSso'],
  origin_not_allowed: every,
  host_refused: every,
  forbidden: (operation) => operation.isAuthenticated,
  insufficient_scope: (operation) => operation.takesApiKeys,
  second_factor_required: ['removeTotp', 'removePasskey'],
  second_factor_exists: ['setUpTotp'],
  second_factor_missing: ['renewRecoveryCodes'],
  sso_failed: never,
  sso_unavailable: ['prepareSso'],
  sso_email_unverified: never,
  sso_account_linked: never,
  passkey_rejected: ['addPasskey', 'loginWithPasskey', 'secondFactor'],
  too_many_entries: ['exportAuditLog'],
  account_suspended: [
    'login',
    'loginWithPasskey',
    'secondFactor',
    'verifyEmail',
    'confirmEnrolTotp',
  ],
  last_owner: ['Administration', 'deleteMe'],
  last_group_owner: ['leaveGroup', 'changeMemberRole', 'updateAccount', 'deleteMe'],

  not_found: (operation) => operation.hasPath || operation.id === 'prepareSso',
  conversation_not_found: IN_CONVERSATION,
  no_longer_member: [...OF_GROUP, ...POSTS, 'Conversations', 'Members', 'editMessage', 'Retention'],
  message_not_found: ON_MESSAGE,
  account_not_found: ON_ACCOUNT,
  is_reply: [
    'Threads',
    'postMessage',
    'scheduleMessage',
    'sendScheduled',
    'changeThreadNotifications',
  ],
  message_deleted: [...ON_MESSAGE, 'resolveReport'],
  too_many_members: ['listSeenBy'],
  not_a_group: ['Conversations', 'Members', 'Retention', 'listGroupReports'],
  blocked: ['openDirect', 'Messages', 'Polls', 'Scheduled messages'],
  too_many_blocks: ['blockUser'],
  banned: ['joinGroup', 'joinByLink', 'showLinkedGroup'],
  account_banned: ['addMember'],
  too_many_links: ['createGroupLink'],
  conversation_archived: [
    ...['Conversations', 'Members', 'Messages', 'Polls', 'Scheduled messages', 'Retention'],
    'resolveReport',
  ],
  slow_mode: POSTS,
  everyone_group: ['Conversations', 'Members'],
  client_id_reused: (operation) => operation.hasIdempotencyKey,
  idempotency_key_required: (operation) => operation.hasIdempotencyKey,
  username_taken: [...NAMED, 'createServiceAccount'],
  name_taken: ['createUserGroup', 'updateUserGroup'],
  user_group_not_found: ['updateUserGroup', 'deleteUserGroup'],
  user_group_changed: ['updateUserGroup'],
  too_many_user_groups: ['createUserGroup'],
  emoji_name_taken: ['addEmoji', 'updateEmoji'],
  emoji_name_reserved: ['addEmoji', 'updateEmoji'],
  emoji_not_found: ['updateEmoji', 'deleteEmoji', 'addReaction', 'removeReaction'],
  too_many_emoji: ['addEmoji'],
  email_taken: [...NAMED, 'requestEmailChange', 'confirmEmailChange'],
  too_many_reactions: ['addReaction'],
  too_many_pins: ['pinMessage'],
  too_many_saved: ['saveMessage'],
  too_many_follows: ['followThread', 'unfollowThread'],
  too_many_overrides: ['changeConversationNotifications', 'changeThreadNotifications'],
  section_not_found: ['Sidebar'],
  section_built_in: ['updateSidebarSection', 'deleteSidebarSection'],
  too_many_sections: ['createSidebarSection'],
  too_many_placements: ['moveInSidebar'],
  not_direct: ['closeConversation'],
  too_many_closed: ['closeConversation'],
  too_many_devices: ['addNotificationDevice'],
  push_address_invalid: ['addNotificationDevice'],
  too_many_drafts: ['saveDraft'],
  not_saved: ['unsaveMessage'],
  not_editable: ['editMessage'],
  not_a_poll: ['vote', 'closePoll', 'listPollVoters'],
  report_resolved: ['resolveReport'],
  word_rejected: [...TEXTS, 'forwardMessage', 'sendScheduled'],
  word_filter_changed: ['changeWordFilter'],
  bulk_deletion_done: ['cancelBulkDeletion'],
  bulk_deletion_running: ['deleteAccountMessages'],
  legal_hold_not_found: ['getLegalHold', 'releaseLegalHold', 'exportLegalHold', 'getHeldFile'],
  legal_hold_released: ['exportLegalHold', 'getHeldFile'],
  too_many_legal_holds: ['createLegalHold'],
  message_hidden: ['Messages', 'reportMessage', 'resolveReport'],
  not_hideable: ['hideMessage', 'resolveReport'],
  poll_closed: ['vote', 'closePoll'],
  choice_invalid: ['vote', 'listPollVoters'],
  window_passed: ['editMessage', 'deleteMessage'],
  scheduled_not_found: ['changeScheduled', 'deleteScheduled', 'sendScheduled'],
  too_many_scheduled: ['scheduleMessage'],
  too_late: never,
  time_too_far: ['Scheduled messages', 'Saved messages'],
  time_passed: [
    ...['Scheduled messages', 'Saved messages', 'createPoll', 'createGroupLink', 'updateStatus'],
    ...['suspendAccount', 'resolveReport', 'createInvitation', 'createAccount', 'updateAccount'],
    ...['changeConversationNotifications', 'changeThreadNotifications'],
  ],
  file_not_found: [...IMAGES, 'Files', 'getServerIcon', 'postMessage', 'getHeldFile'],
  file_too_large: [...IMAGES, 'createUpload'],
  image_unreadable: IMAGES,
  file_range: ['getFileContent', 'getFilePreview'],
  upload_not_found: ['uploadFile', 'cancelUpload'],
  upload_conflict: ['uploadFile'],
  upload_version: UPLOADS,
  too_many_uploads: ['createUpload'],
  too_many_unattached_files: UPLOADS,
  account_quota_exceeded: UPLOADS,
  server_quota_exceeded: UPLOADS,

  rate_limited: every,
  overloaded: every,
  unavailable: every,
  files_unavailable: [...IMAGES, 'Files', 'getHeldFile'],
  disk_full: every,
  outcome_unknown: every,
  shutting_down: every,
  method_not_allowed: never,
  internal: every,
};

/** Codes whose statuses operations need not declare, because they follow from what an operation has. */
const UNDECLARED: ReadonlySet<RefusalCode> = new Set([
  ...(['invalid_json', 'invalid', 'too_large', 'unsupported_media_type', 'text_invalid'] as const),
  ...(['not_found', 'forbidden', 'insufficient_scope', 'idempotency_key_required'] as const),
  'client_id_reused',
  'second_factor_required',
]);

/**
 * Returns the codes that an operation may answer with. Those of `everywhere` have a status that it does not declare.
 */
export function codesOf(
  operation: OperationTraits,
  statusOf: (code: RefusalCode) => number,
  declared: ReadonlySet<number>,
): { readonly own: readonly RefusalCode[]; readonly everywhere: readonly RefusalCode[] } {
  const own: RefusalCode[] = [];
  const everywhere: RefusalCode[] = [];
  for (const [name, where] of Object.entries(WHERE)) {
    const code = name as RefusalCode;
    const isDeclared = declared.has(statusOf(code));
    if (where === every && !isDeclared) everywhere.push(code);
    else if (matches(operation, where) && (isDeclared || UNDECLARED.has(code))) own.push(code);
  }
  return { own, everywhere };
}

function matches(operation: OperationTraits, where: Where): boolean {
  if (typeof where === 'function') return where(operation);
  return where.includes(operation.id) || operation.tags.some((tag) => where.includes(tag));
}
