import { WORKSPACE_STREAM } from '@parley/protocol';

/** A table that follows from the events, as the doctor compares it with them. */
export interface ProjectionTable {
  readonly name: string;
  /** The columns of its primary key. */
  readonly key: readonly string[];
  /** The other columns that follow from the events. */
  readonly columns: readonly string[];
  /** The columns that do not follow from the events, with the reason. */
  readonly excluded: Readonly<Record<string, string>>;
  /** SQL: the stream whose events make a row, from the columns of the row `alias`. */
  readonly stream: (alias: string) => string;
  /** Whether the events are enough to insert and delete whole rows. */
  readonly rows: boolean;
  /** The table that a row refers to; maps columns here to columns there. */
  readonly parent?: { readonly table: string; readonly columns: Readonly<Record<string, string>> };
}

/** What the tables of conversations have in common. */
const inConversation = {
  stream: (alias: string) => `${alias}.conversation_id`,
  rows: true,
};

/** What the tables of personal streams have in common. */
const inAccount = {
  stream: (alias: string) => `${alias}.account_id`,
  rows: true,
};

/** What the tables of the workspace stream have in common. */
const inWorkspace = {
  stream: () => `'${WORKSPACE_STREAM}'::uuid`,
  rows: true,
};

/** Rows that refer to their conversation. */
const ofConversation = {
  ...inConversation,
  parent: { table: 'conversations', columns: { conversation_id: 'id' } },
};

/** Rows that refer to a message. */
const ofMessage = {
  ...inConversation,
  parent: {
    table: 'messages',
    columns: { conversation_id: 'conversation_id', message_seq: 'seq' },
  },
};

/** Rows that refer to the root of a thread. */
const ofThread = {
  ...inConversation,
  parent: { table: 'messages', columns: { conversation_id: 'conversation_id', thread: 'seq' } },
};

/** Every table that follows from the events, parents first. */
export const PROJECTION_TABLES: readonly ProjectionTable[] = [
  {
    name: 'accounts',
    key: ['id'],
    columns: [
      'username',
      'username_key',
      'display_name',
      'is_active',
      'suspended_until',
      'title',
      'pronouns',
      'time_zone',
      'avatar',
      'access_ends_at',
    ],
    excluded: {
      email: 'private to the user: in no event',
      email_key: 'follows from email',
      verified_at: 'about the address, which is in no event',
      first_name: 'private to the user and admins: in no event',
      last_name: 'private to the user and admins: in no event',
      phone: 'private to the user and admins: in no event',
      suspension_reason: 'private to the user and admins: in no event',
      credentials_version: 'about the password, which is in no event',
      kind: 'user or service account: both have the same registration event',
      deleted_at: 'progress of the erasure of an account: in no event',
      search_key: 'computed by the database from the names',
      username_skeleton: 'follows from username, to compare names by their looks',
      display_name_skeleton: 'follows from display_name, to compare names by their looks',
      password_hash: 'a secret: in no event',
      role: 'that of the registration is in no event',
      locale: 'private to the user: in no event',
      is_tour_ended: 'whether the user has seen the tour, which is in no event',
      read_version: 'counts the moves of read cursors, which are in no event',
      created_at: 'accounts of earlier versions have the time of the transaction, not of the event',
    },
    stream: () => `'${WORKSPACE_STREAM}'::uuid`,
    // The events lack required columns: the address and the password.
    rows: false,
  },
  {
    name: 'conversations',
    key: ['id'],
    columns: [
      'kind',
      'visibility',
      'name',
      'direct_key',
      'is_everyone',
      'minimum_roles',
      'topic',
      'description',
      'archived_at',
      'slow_mode_seconds',
      'avatar',
      'link_previews',
      'member_count',
      'created_by',
      'created_at',
      'deleted_at',
    ],
    excluded: {},
    stream: (alias) => `${alias}.id`,
    rows: true,
  },
  {
    name: 'memberships',
    key: ['conversation_id', 'account_id', 'joined_seq'],
    columns: ['left_seq', 'role'],
    excluded: {
      read_seq: 'a read cursor is in no event; a membership period only starts with one',
      slow_posted_at: 'the time of a post in slow mode, which is in no event of its own',
      read_revision: 'counts the marks as unread, which are in no event',
    },
    ...ofConversation,
  },
  {
    name: 'messages',
    key: ['conversation_id', 'seq'],
    columns: [
      'author_id',
      'body',
      'posted_at',
      'edited_at',
      'deleted_at',
      'hidden_at',
      'changed_seq',
      'reply_to',
      'mentions',
      'thread',
      'also_in_conversation',
    ],
    excluded: {},
    ...ofConversation,
  },
  {
    name: 'mentions',
    key: ['account_id', 'conversation_id', 'message_seq'],
    columns: ['seq', 'thread'],
    excluded: {},
    ...ofMessage,
  },
  {
    name: 'threads',
    key: ['conversation_id', 'thread'],
    columns: ['replies', 'last_reply_seq', 'last_reply_at', 'authors'],
    excluded: {},
    ...ofThread,
  },
  {
    name: 'thread_participants',
    key: ['account_id', 'conversation_id', 'thread'],
    columns: ['seq'],
    excluded: {},
    ...ofThread,
  },
  {
    name: 'attachments',
    key: ['conversation_id', 'message_seq', 'position'],
    columns: ['file_id', 'file'],
    excluded: {},
    ...ofMessage,
  },
  {
    name: 'reactions',
    key: ['conversation_id', 'message_seq', 'emoji', 'account_id'],
    columns: ['seq', 'first_seq'],
    excluded: {},
    ...ofMessage,
  },
  {
    name: 'pins',
    key: ['conversation_id', 'message_seq'],
    columns: ['pinned_by', 'pinned_at', 'seq'],
    excluded: {},
    ...ofMessage,
  },
  {
    name: 'message_parts',
    key: ['conversation_id', 'message_seq'],
    columns: ['forwarded_from', 'poll', 'closed_at'],
    excluded: {},
    ...ofMessage,
  },
  {
    name: 'link_previews',
    key: ['conversation_id', 'message_seq', 'position'],
    columns: ['url', 'preview', 'file_id'],
    excluded: {},
    ...ofMessage,
  },
  {
    name: 'poll_votes',
    key: ['conversation_id', 'message_seq', 'account_id'],
    columns: ['choices', 'seq'],
    excluded: {},
    ...ofMessage,
  },
  {
    name: 'bans',
    key: ['conversation_id', 'account_id'],
    columns: ['banned_by', 'banned_at', 'seq'],
    excluded: {},
    ...ofConversation,
  },
  {
    name: 'blocks',
    key: ['account_id', 'blocked_id'],
    columns: ['blocked_at', 'seq'],
    excluded: {},
    ...inAccount,
    parent: { table: 'accounts', columns: { account_id: 'id' } },
  },
  {
    name: 'statuses',
    key: ['account_id'],
    columns: [
      'emoji',
      'text',
      'expires_at',
      'do_not_disturb_until',
      'shows_last_seen',
      'is_away',
      'seq',
    ],
    excluded: { changed_at: 'when the row was stored, by the clock of the database' },
    ...inAccount,
  },
  {
    name: 'notification_changes',
    key: ['account_id', 'seq'],
    columns: ['changed_at', 'conversation_id', 'thread', 'settings', 'is_current'],
    excluded: {},
    ...inAccount,
  },
  {
    name: 'notification_keywords',
    key: ['account_id', 'keyword'],
    columns: [],
    excluded: { anchor: 'folded by the tables of Unicode that the version of Node.js has' },
    ...inAccount,
  },
  {
    name: 'sidebars',
    key: ['account_id'],
    columns: ['sections', 'unread_only', 'seq'],
    excluded: {},
    ...inAccount,
  },
  {
    name: 'sidebar_placements',
    key: ['account_id', 'conversation_id'],
    columns: ['section', 'rank'],
    excluded: {},
    ...inAccount,
  },
  {
    name: 'sidebar_closed',
    key: ['account_id', 'conversation_id'],
    columns: ['closed_seq'],
    excluded: {},
    ...inAccount,
  },
  {
    name: 'group_links',
    key: ['id'],
    columns: [
      'conversation_id',
      'created_by',
      'created_at',
      'expires_at',
      'max_uses',
      'revoked_at',
    ],
    excluded: { token_hash: 'a secret: in no event; a link that is inserted again cannot be used' },
    ...ofConversation,
  },
  {
    name: 'group_link_uses',
    key: ['link_id', 'account_id'],
    columns: ['seq'],
    excluded: {},
    stream: (alias) =>
      `(select l.conversation_id from group_links l where l.id = ${alias}.link_id)`,
    rows: true,
    parent: { table: 'group_links', columns: { link_id: 'id' } },
  },
  {
    name: 'group_retention',
    key: ['conversation_id'],
    columns: ['days', 'seq'],
    excluded: {},
    ...ofConversation,
  },
  {
    name: 'server_settings',
    key: ['name'],
    columns: ['value', 'seq'],
    excluded: {},
    ...inWorkspace,
  },
  {
    name: 'user_groups',
    key: ['id'],
    columns: ['name', 'name_key', 'title', 'members', 'seq'],
    excluded: {
      name_skeleton: 'follows from name, to compare names by their looks',
      search_key: 'computed by the database from the names',
    },
    ...inWorkspace,
  },
  {
    name: 'emoji',
    key: ['id'],
    columns: ['names', 'image', 'created_by', 'created_at', 'deleted_at', 'seq'],
    excluded: {},
    ...inWorkspace,
  },
  {
    name: 'saved_messages',
    key: ['account_id', 'conversation_id', 'message_seq'],
    columns: ['saved_seq', 'saved_at', 'seq', 'remind_at', 'reminded_at'],
    excluded: {},
    ...inAccount,
  },
  {
    name: 'scheduled_messages',
    key: ['account_id', 'id'],
    columns: [
      'conversation_id',
      'body',
      'reply_to',
      'thread',
      'also_in_conversation',
      'send_at',
      'created_at',
      'seq',
      'failure',
      'failed_at',
    ],
    excluded: { due_at: 'when it is tried next: later than send_at while slow mode defers it' },
    ...inAccount,
  },
  {
    name: 'thread_follows',
    key: ['account_id', 'conversation_id', 'thread'],
    columns: ['is_following', 'since', 'seq'],
    excluded: {},
    ...inAccount,
  },
];
