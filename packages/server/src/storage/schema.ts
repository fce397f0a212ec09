import type { ColumnType, Generated } from 'kysely';

/**
 * The tables as TypeScript sees them, for Kysely. The truth is migrations/*.sql, where the comments
 * are; `schema.db.test.ts` compares the two.
 *
 * bigint comes as number (seqs stay far below 2^53), timestamptz as Date, uuid as string.
 */
export interface Schema {
  server_state: ServerStateTable;
  streams: StreamsTable;
  events: EventsTable;
  unchanged_commands: UnchangedCommandsTable;
  accounts: AccountsTable;
  sessions: SessionsTable;
  signing_keys: SigningKeysTable;
  conversations: ConversationsTable;
  memberships: MembershipsTable;
  messages: MessagesTable;
  reactions: ReactionsTable;
}

/** JSON text on the way in; parsed on the way out, unless the query selects it as text. */
type Json = ColumnType<unknown, string, string>;

export interface ServerStateTable {
  singleton: Generated<boolean>;
  epoch: Generated<string>;
  created_at: Generated<Date>;
}

export interface StreamsTable {
  id: string;
  kind: 'conversation' | 'personal' | 'workspace';
  last_seq: Generated<number>;
  last_at: Generated<Date>;
}

export interface EventsTable {
  stream_id: string;
  seq: number;
  type: string;
  actor_id: string;
  client_id: string | null;
  at: Date;
  data: Json;
}

export interface UnchangedCommandsTable {
  actor_id: string;
  client_id: string;
  stream_id: string;
  seq: number;
}

export interface AccountsTable {
  id: string;
  username: string;
  username_key: string;
  display_name: string;
  email: string;
  email_key: string;
  password_hash: string | null;
  role: Generated<'owner' | 'admin' | 'member'>;
  is_active: Generated<boolean>;
  read_version: Generated<number>;
  created_at: Date;
}

export interface SessionsTable {
  id: string;
  account_id: string;
  token_hash: Buffer;
  device: string;
  address: string;
  created_at: Date;
  last_used_at: Date;
  expires_at: Date;
}

export interface SigningKeysTable {
  kid: string;
  public_jwk: Json;
  private_pem: string;
  created_at: Date;
  retired_at: Date | null;
}

export interface ConversationsTable {
  id: string;
  kind: 'direct' | 'group';
  visibility: 'public' | 'private';
  name: string | null;
  direct_key: string | null;
  is_everyone: Generated<boolean>;
  member_count: Generated<number>;
  created_by: string;
  created_at: Date;
  deleted_at: Date | null;
}

export interface MembershipsTable {
  conversation_id: string;
  account_id: string;
  joined_seq: number;
  left_seq: number | null;
  role: Generated<'owner' | 'member'>;
  read_seq: Generated<number>;
}

export interface MessagesTable {
  conversation_id: string;
  seq: number;
  author_id: string;
  body: string;
  posted_at: Date;
  edited_at: Date | null;
  deleted_at: Date | null;
  changed_seq: number;
}

export interface ReactionsTable {
  conversation_id: string;
  message_seq: number;
  account_id: string;
  emoji: string;
  seq: number;
}
