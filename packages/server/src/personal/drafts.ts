import {
  type AccountId,
  type ConversationId,
  type Draft,
  LIMITS,
  type Seq,
} from '@parley/protocol';
import type { Pool } from 'pg';
import { timestamp } from '../storage/sql.ts';

/** The place of a draft: a conversation, or one of its threads. */
export interface DraftPlace {
  readonly conversation: ConversationId;
  /** The root of the thread; null outside threads. */
  readonly thread: Seq | null;
}

/** A change of a draft. `version` is the read version of the account after the change. */
export interface DraftChange extends DraftPlace {
  readonly version: number;
  /** Null: it was deleted. */
  readonly draft: Draft | null;
}

/** Why a draft is not saved. */
export type DraftRefusal = 'conversation_not_found' | 'message_not_found' | 'too_many_drafts';

/** SQL: the draft `d` as a `Draft`; `thread` is its thread. */
const draftOf = (thread: string): string => `json_build_object(
  'conversation', d.conversation_id,
  'thread', ${thread},
  'body', d.body,
  'version', d.version,
  'updatedAt', ${timestamp('d.updated_at')})`;

/** SQL: deletes the drafts of conversations that the account $1 has left. */
const leftBehind = (table: string): string => `
  delete from ${table} o
  where o.account_id = $1 and o.conversation_id <> $2 and exists (select from counted)
    and not exists (select from memberships m
                    where m.account_id = $1 and m.conversation_id = o.conversation_id
                      and m.left_seq is null)`;

/**
 * SQL: the number of drafts of the account $1 that meet a condition, in its current conversations.
 */
const countOf = (table: string, condition: string): string => `
  (select count(*) from ${table} d
   join memberships m on m.account_id = d.account_id
     and m.conversation_id = d.conversation_id and m.left_seq is null
   where d.account_id = $1 and ${condition})`;

/**
 * SQL: saves the draft if `allowed`, and raises the read version. $3 is the text, $4 the thread.
 */
const saveSql = (isInThread: boolean): string => {
  const isOther = 'd.conversation_id <> $2';
  const [table, key, others, otherReplies, thread] = isInThread
    ? (['thread_drafts', ', thread', 'true', `(${isOther} or d.thread <> $4)`, 'd.thread'] as const)
    : (['drafts', '', isOther, 'true', 'null'] as const);
  // The account’s row is locked first, as everywhere: two saves wait for each other there.
  return `
    with allowed as materialized (
      select exists (select from memberships
                     where account_id = $1 and conversation_id = $2 and left_seq is null) as is_member,
        $4::int8 is null or exists (
          select from messages where conversation_id = $2 and seq = $4 and thread is null) as has_root,
        ${countOf('drafts', others)} + ${countOf('thread_drafts', otherReplies)}
          < ${LIMITS.drafts} as is_below_limit
    ), counted as (
      update accounts set read_version = read_version + 1
      where id = $1 and (select is_member and has_root and is_below_limit from allowed)
      returning read_version
    ), d as (
      insert into ${table} (account_id, conversation_id${key}, body, version, updated_at)
      select $1, $2${isInThread ? ', $4::int8' : ''}, $3, read_version, now() from counted
      on conflict (account_id, conversation_id${key}) do update
      set body = excluded.body, version = excluded.version, updated_at = excluded.updated_at
      returning *
    ), left_drafts as (${leftBehind('drafts')}),
    left_thread_drafts as (${leftBehind('thread_drafts')})
    select allowed.is_member, allowed.has_root, (select ${draftOf(thread)} from d) as draft
    from allowed`;
};

/**
 * Saves the draft of a conversation, or of a thread; the newest wins. It raises the read version of
 * the account in the same statement, so that clients notice a missed change. Drafts of
 * conversations that the account has left are deleted.
 */
export async function saveDraft(
  pool: Pool,
  account: AccountId,
  { conversation, thread }: DraftPlace,
  body: string,
): Promise<DraftChange | DraftRefusal> {
  const { rows } = await pool.query<{
    is_member: boolean;
    has_root: boolean;
    draft: Draft | null;
  }>({
    name: thread === null ? 'drafts-save' : 'drafts-save-reply',
    text: saveSql(thread !== null),
    values: [account, conversation, body, thread],
  });
  const [row] = rows;
  if (!row?.is_member) return 'conversation_not_found';
  if (!row.has_root) return 'message_not_found';
  const { draft } = row;
  return draft ? { version: draft.version, conversation, thread, draft } : 'too_many_drafts';
}

/** Deletes a draft; with `version` only that version. Returns null when nothing was deleted. */
export async function deleteDraft(
  pool: Pool,
  account: AccountId,
  { conversation, thread }: DraftPlace,
  version: number | null,
): Promise<DraftChange | null> {
  const [table, condition] =
    thread === null
      ? (['drafts', '$4::int8 is null'] as const)
      : (['thread_drafts', 'thread = $4::int8'] as const);
  const { rows } = await pool.query<{ version: number }>({
    name: `${table}-delete`,
    text: `
      with account as materialized (
        select id from accounts where id = $1 for no key update
      ), gone as (
        delete from ${table}
        where account_id = (select id from account) and conversation_id = $2 and ${condition}
          and ($3::int8 is null or version = $3)
        returning 1
      )
      update accounts set read_version = read_version + 1
      where id = $1 and exists (select from gone)
      returning read_version as version`,
    values: [account, conversation, version, thread],
  });
  const [row] = rows;
  return row ? { version: row.version, conversation, thread, draft: null } : null;
}

/** SQL: the drafts of the account `a` in a table, each with its version. */
const draftsIn = (table: string, thread: string): string => `
  select ${draftOf(thread)} as item, d.version
  from ${table} d
  join memberships m on m.account_id = d.account_id
    and m.conversation_id = d.conversation_id and m.left_seq is null
  where d.account_id = a.id`;

/** Returns the drafts of an account with its read version, as of one moment. */
export async function draftsOf(
  pool: Pool,
  account: AccountId,
): Promise<{ readVersion: number; items: Draft[] }> {
  const { rows } = await pool.query<{ read_version: number; items: Draft[] }>({
    name: 'drafts-of',
    text: `
      select a.read_version,
        (select coalesce(json_agg(o.item order by o.version desc), '[]')
         from (${draftsIn('drafts', 'null')}
               union all ${draftsIn('thread_drafts', 'd.thread')}) o) as items
      from accounts a where a.id = $1`,
    values: [account],
  });
  return { readVersion: rows[0]?.read_version ?? 0, items: rows[0]?.items ?? [] };
}
