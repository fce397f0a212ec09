import type pg from 'pg';
import type { DatabaseModel } from '../src/database/model.ts';

/** Values of both databases in one form: times as ms, bytes as hex, no order of keys. */
export function canonical(value: unknown): unknown {
  if (value instanceof Date) return value.getTime();
  if (Buffer.isBuffer(value)) return value.toString('hex');
  if (Array.isArray(value)) return value.map(canonical);
  if (value instanceof Map) return [...value].map(canonical).sort(byText);
  if (value === null || typeof value !== 'object') return value ?? null;
  // The row that holds an id has the time of the database.
  const isHeld = 'seq' in value && Number(value.seq) > Number.MAX_SAFE_INTEGER;
  const entries = Object.entries(value).map(([key, inner]) => {
    const isOfDatabase = key === 'now' || (isHeld && key === 'at');
    return [key, isOfDatabase ? 'now' : canonical(inner)] as const;
  });
  return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** Compares by what is shown. */
export const byText = (a: unknown, b: unknown): number =>
  JSON.stringify(a) < JSON.stringify(b) ? -1 : 1;

/** Removes digests that depend on random ids of conversations. */
export function withoutDigests(value: unknown): unknown {
  return JSON.parse(
    JSON.stringify(value, (key, inner: unknown) =>
      key === 'command_digest' ? inner !== null : inner,
    ),
  );
}

/** Replaces ids that differ from run to run by the order in which they appear. */
export function withoutRandomIds(value: unknown): unknown {
  const seen = new Map<string, string>();
  const text = JSON.stringify(value).replace(
    /[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}/g,
    (id) => {
      if (id.startsWith('00000000')) return id;
      const name = seen.get(id) ?? `id-${seen.size + 1}`;
      seen.set(id, name);
      return name;
    },
  );
  return JSON.parse(text);
}

/** The columns of each table that the model has. Times are compared as ms. */
const COLUMNS = {
  streams: 'id, kind, last_seq, last_at',
  events: 'stream_id, seq, type, actor_id, client_id, at, data::text as data, command_digest',
  unchanged_commands: 'actor_id, client_id, stream_id, seq, command_digest',
  accounts: 'id, username, display_name, role, is_active, read_version, created_at',
  conversations:
    'id, kind, visibility, name, direct_key, is_everyone, minimum_roles, topic, description, archived_at, slow_mode_seconds, link_previews, avatar, member_count, created_by, created_at, deleted_at',
  memberships:
    'conversation_id, account_id, joined_seq, left_seq, role, read_seq, read_revision, slow_posted_at',
  messages:
    'conversation_id, seq, author_id, body, posted_at, edited_at, deleted_at, hidden_at, changed_seq, reply_to, mentions, thread, also_in_conversation',
  hidden_messages: 'conversation_id, message_seq, events, file_ids, hidden_by, removed_previews',
  legal_holds: 'id, name, reason, created_by, created_at, released_at, released_by, purged_at',
  legal_hold_conversations: 'conversation_id, hold_id',
  held_events: 'stream_id, hold_id, seq, data',
  mentions: 'conversation_id, message_seq, account_id, seq, thread',
  reactions: 'conversation_id, message_seq, account_id, emoji, seq, first_seq',
  pins: 'conversation_id, message_seq, pinned_by, pinned_at, seq',
  threads: 'conversation_id, thread, replies, last_reply_seq, last_reply_at, authors',
  thread_participants: 'account_id, conversation_id, thread, seq',
  thread_follows: 'account_id, conversation_id, thread, is_following, since, seq',
  thread_cursors: 'account_id, conversation_id, thread, read_seq',
  message_parts: 'conversation_id, message_seq, forwarded_from, poll, closed_at',
  poll_votes: 'conversation_id, message_seq, account_id, choices, seq',
  user_groups: 'id, name, name_key, name_skeleton, title, members, seq',
  group_retention: 'conversation_id, days, seq',
  retention_progress: 'conversation_id, up_to',
} as const;

/** The contents of all tables, in no order. */
export type Contents = Record<string, unknown[]>;

/** Returns the contents of the tables of PostgreSQL; only of these streams and accounts, if given. */
export async function contentsOf(
  pool: Pick<pg.Pool, 'query'>,
  only: readonly string[] | null = null,
): Promise<Contents> {
  const tables = Object.entries(COLUMNS).map(async ([table, columns]) => {
    const [first] = columns.split(',') as [string];
    const { rows } = await pool.query(
      `select ${columns} from ${table} where $1::uuid[] is null or ${first} = any($1)`,
      [only],
    );
    return [table, rows.map(canonical).sort(byText)] as const;
  });
  return Object.fromEntries(await Promise.all(tables));
}

/** Returns the contents of the tables of the model; only of these streams and accounts, if given. */
export function contentsOfModel(
  model: DatabaseModel,
  only: readonly string[] | null = null,
): Contents {
  const tables = Object.entries(model.tables.contents());
  return Object.fromEntries(
    tables.map(([table, all]) => {
      const rows: readonly object[] = all;
      const wanted = rows.filter(
        (row) => only === null || only.includes(Object.values(row)[0] as string),
      );
      return [table, wanted.map(canonical).sort(byText)];
    }),
  );
}

/** Puts lists that no statement orders in an order: those of conversations and of read cursors. */
export function ordered(value: unknown): unknown {
  if (value === null || typeof value !== 'object') return value;
  if (Array.isArray(value)) {
    const inner = value.map(ordered);
    return inner.every(isKeyed) ? inner.sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1)) : inner;
  }
  const rows = rowsIn(value);
  if (rows !== null) return rows.sort(byText);
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, ordered(inner)]));
}

/** Returns the rows of columns (storage/json-columns.ts) of conversations; null for other values. */
function rowsIn(value: object): object[] | null {
  const entries: [string, unknown][] = Object.entries(value);
  if (!('id' in value) || !entries.every(([, list]) => Array.isArray(list))) return null;
  const columns = entries as [string, unknown[]][];
  return columns[0]?.[1].map((_, i) =>
    Object.fromEntries(columns.map(([name, list]) => [name, list[i]])),
  ) as object[];
}

/** Whether a value is a conversation, or the cursor of one: those come in any order. */
const isKeyed = (value: unknown): value is Record<string, string> =>
  value !== null && typeof value === 'object' && ('readSeq' in value || 'lastSeq' in value);
const keyOf = ({ id, conversation, thread }: Record<string, string>): string =>
  id ?? `${conversation} ${String(thread ?? '').padStart(20)}`;

/** Inserts all rows of the model into PostgreSQL, so that both start from the same. */
export async function copyToPostgres(
  model: DatabaseModel,
  pool: Pick<pg.Pool, 'query'>,
): Promise<void> {
  for (const [table, rows] of Object.entries(model.tables.contents())) {
    if (rows.length === 0) continue;
    const columns = COLUMNS[table as keyof typeof COLUMNS].replace('data::text as data', 'data');
    const all = rows.map((row: object) => insertable(table, row));
    const names = table === 'accounts' ? `${columns}, username_key, email, email_key` : columns;
    await pool.query(
      `insert into ${table} (${names})
       select ${names} from json_populate_recordset(null::${table}, $1) on conflict do nothing`,
      [JSON.stringify(all)],
    );
  }
}

/** Returns a row of the model with the columns that the model does not have, and times as text. */
function insertable(table: string, row: object): object {
  const entries = Object.entries(row).map(([name, value]: [string, unknown]) => {
    if (/(^|_)at$/.test(name) && typeof value === 'number') return [name, new Date(value)];
    return [name, name === 'data' ? JSON.parse(String(value)) : value];
  });
  const columns = Object.fromEntries(entries);
  if (table !== 'accounts') return columns;
  const { username } = columns;
  return { ...columns, username_key: username, email: username, email_key: username };
}
