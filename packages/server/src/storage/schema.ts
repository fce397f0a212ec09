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
  totps: TotpsTable;
  recovery_codes: RecoveryCodesTable;
  passkeys: PasskeysTable;
  identities: IdentitiesTable;
  api_keys: ApiKeysTable;
  erasures: ErasuresTable;
  one_time_secrets: OneTimeSecretsTable;
  invitations: InvitationsTable;
  emails: EmailsTable;
  attempts: AttemptsTable;
  audit_log: AuditLogTable;
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
  command_digest: Buffer | null;
}

export interface UnchangedCommandsTable {
  actor_id: string;
  client_id: string;
  stream_id: string;
  seq: number;
  command_digest: Buffer | null;
}

export interface AccountsTable {
  id: string;
  username: string;
  username_key: string;
  display_name: string;
  email: string | null;
  email_key: string | null;
  password_hash: string | null;
  role: Generated<'owner' | 'admin' | 'member'>;
  is_active: Generated<boolean>;
  read_version: Generated<number>;
  created_at: Date;
  kind: Generated<'user' | 'service'>;
  deleted_at: Date | null;
  search_key: string;
  first_name: string | null;
  last_name: string | null;
  phone: string | null;
  verified_at: Date | null;
  username_skeleton: string | null;
  display_name_skeleton: string | null;
  credentials_version: Generated<number>;
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
  second_factor_at: Date | null;
  previous_hash: Buffer | null;
  successor_box: Buffer | null;
  rotated_at: Date | null;
  family_key: Buffer;
  authenticated_at: Generated<Date>;
}

export interface TotpsTable {
  account_id: string;
  sealed: Buffer;
  created_at: Date;
  confirmed_at: Date | null;
  last_step: Generated<number>;
}

export interface RecoveryCodesTable {
  account_id: string;
  code_hash: Buffer;
  is_keyed: Generated<boolean>;
  created_at: Date;
  used_at: Date | null;
}

export interface PasskeysTable {
  id: string;
  account_id: string;
  credential_id: Buffer;
  public_key: Buffer;
  counter: number;
  transports: string;
  name: string;
  created_at: Date;
  last_used_at: Date | null;
}

export interface IdentitiesTable {
  issuer: string;
  subject: string;
  account_id: string;
  created_at: Date;
  last_used_at: Date;
}

export interface ApiKeysTable {
  id: string;
  account_id: string;
  key_hash: Buffer;
  hint: string;
  name: string;
  scopes: string;
  created_by: string | null;
  created_at: Date;
  expires_at: Date | null;
  last_used_at: Date | null;
}

export interface ErasuresTable {
  account_id: string;
  messages: 'keep' | 'delete';
  requested_at: Date;
  done_at: Date | null;
}

export interface OneTimeSecretsTable {
  id: string;
  purpose: string;
  token_hash: Buffer;
  account_id: string | null;
  subject: string | null;
  code_hash: Buffer | null;
  code_expires_at: Date | null;
  code_sent_at: Date | null;
  tries: Generated<number>;
  data: Json;
  created_at: Date;
  expires_at: Date;
  used_at: Date | null;
}

export interface InvitationsTable {
  id: string;
  token_hash: Buffer;
  email: string | null;
  email_key: string | null;
  max_uses: number;
  uses: Generated<number>;
  created_by: string | null;
  created_at: Date;
  expires_at: Date;
  revoked_at: Date | null;
}

export interface EmailsTable {
  id: string;
  purpose: string;
  account_id: string | null;
  recipient: string;
  subject: string;
  sealed: Buffer | null;
  created_at: Date;
  expires_at: Date;
  next_try_at: Date | null;
  tries: Generated<number>;
  sent_at: Date | null;
  failed_at: Date | null;
  last_error: string | null;
}

export interface AttemptsTable {
  key: string;
  points: Generated<number>;
  expire: number | null;
}

export interface AuditLogTable {
  id: string;
  at: Date;
  event: string;
  outcome: 'succeeded' | 'failed' | 'denied';
  account_id: string | null;
  actor_id: string | null;
  address: string | null;
  count: number;
  details: Json;
}

export interface SigningKeysTable {
  kid: string;
  public_jwk: Json;
  private_pem: string;
  created_at: Date;
  retired_at: Date | null;
  signs_from: Date;
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
