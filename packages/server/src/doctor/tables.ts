import { WORKSPACE_STREAM } from '@parley/protocol';

/** A table that follows from the events, as the doctor compares it with them. */
export interface ProjectionTable {
  readonly name: string;
  /** The columns of its primary key. */
  readonly key: readonly string[];
  /** The other columns that follow from the events. */
  readonly columns: readonly string[];
  /** The columns that do not, and why. */
  readonly beside: Readonly<Record<string, string>>;
  /** SQL: the stream whose events make a row, from the columns of the row `alias`. */
  readonly stream: (alias: string) => string;
  /** Whether a whole row can be made from the events, or be taken away. */
  readonly rows: boolean;
  /** The table and the columns there that a row, by its columns here, cannot be without. */
  readonly parent?: { readonly table: string; readonly columns: Readonly<Record<string, string>> };
}

const inConversation = (alias: string) => `${alias}.conversation_id`;

/** Every table that follows from the events; those that others refer to come first. */
export const PROJECTION_TABLES: readonly ProjectionTable[] = [
  {
    name: 'accounts',
    key: ['id'],
    columns: ['username', 'username_key', 'display_name', 'is_active'],
    beside: {
      email: 'for its owner alone: it stands in no event',
      email_key: 'follows from email',
      verified_at: 'about the address, which stands in no event',
      first_name: 'for its owner and admins: it stands in no event',
      last_name: 'for its owner and admins: it stands in no event',
      phone: 'for its owner and admins: it stands in no event',
      credentials_version: 'about the password, which stands in no event',
      kind: 'whether a person or a program: the event of its registration is the same',
      deleted_at: 'how far the erasure of an account has come is state beside the events',
      search_key: 'computed by the database from the names',
      username_skeleton: 'follows from username, for comparing with new ones',
      display_name_skeleton: 'follows from display_name, for comparing with others',
      password_hash: 'a secret: it stands in no event',
      role: 'what it may do on this server is a setting of it',
      read_version: 'counts the moves of read cursors, which are state beside the events',
      created_at:
        'the time of the transaction; its event may be dated later, after a clock that jumped',
    },
    stream: () => `'${WORKSPACE_STREAM}'::uuid`,
    // The events do not know the address and the password that a row cannot be without.
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
      'member_count',
      'created_by',
      'created_at',
      'deleted_at',
    ],
    beside: {},
    stream: (alias) => `${alias}.id`,
    rows: true,
  },
  {
    name: 'memberships',
    key: ['conversation_id', 'account_id', 'joined_seq'],
    columns: ['left_seq', 'role'],
    beside: { read_seq: 'a read cursor is state beside the events; a stay only begins with one' },
    stream: inConversation,
    rows: true,
    parent: { table: 'conversations', columns: { conversation_id: 'id' } },
  },
  {
    name: 'messages',
    key: ['conversation_id', 'seq'],
    columns: ['author_id', 'body', 'posted_at', 'edited_at', 'deleted_at', 'changed_seq'],
    beside: {},
    stream: inConversation,
    rows: true,
    parent: { table: 'conversations', columns: { conversation_id: 'id' } },
  },
  {
    name: 'reactions',
    key: ['conversation_id', 'message_seq', 'emoji', 'account_id'],
    columns: ['seq'],
    beside: {},
    stream: inConversation,
    rows: true,
    parent: {
      table: 'messages',
      columns: { conversation_id: 'conversation_id', message_seq: 'seq' },
    },
  },
];

/** The log itself, column by column: what the doctor looks at, row by row. */
export const LOG_TABLES: Readonly<Record<string, readonly string[]>> = {
  streams: ['id', 'kind', 'last_seq', 'last_at'],
  events: ['stream_id', 'seq', 'type', 'actor_id', 'client_id', 'at', 'data', 'command_digest'],
  unchanged_commands: ['actor_id', 'client_id', 'stream_id', 'seq', 'command_digest'],
};

/** Tables that are state beside the events altogether, and why. */
export const STATE_TABLES: Readonly<Record<string, string>> = {
  schema_migrations: 'which migrations were applied',
  server_state: 'the epoch of this database',
  sessions: 'log-ins: what a client knows of its own, and nobody else',
  signing_keys: 'keys of this server',
  one_time_secrets: 'codes and links that are not used yet',
  invitations: 'invitations of admins, which no client follows',
  emails: 'mail on its way out',
  attempts: 'counters of rate limits',
  audit_log: 'what happened to accounts, which no client follows',
  totps: 'second factors: secrets',
  recovery_codes: 'second factors: secrets',
  passkeys: 'second factors: public keys of an account',
  identities: 'names of accounts at other providers',
  api_keys: 'keys of programs, as hashes',
  erasures: 'work on accounts that are being deleted',
};
