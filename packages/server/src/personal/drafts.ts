import { type AccountId, type ConversationId, type Draft, LIMITS } from '@parley/protocol';
import type { Pool } from 'pg';
import { timestamp } from '../storage/sql.ts';

/** A change of a draft. Its `version` is the read version of the account after it. */
export interface DraftChange {
  readonly version: number;
  readonly conversation: ConversationId;
  /** Null: it was deleted. */
  readonly draft: Draft | null;
}

/** SQL: the draft `d` as a `Draft`. */
const DRAFT = `json_build_object(
  'conversation', d.conversation_id,
  'body', d.body,
  'version', d.version,
  'updatedAt', ${timestamp('d.updated_at')})`;

/**
 * Saves the draft of a conversation; the newest wins. It raises the read version of the account in the
 * same statement, so that clients notice a change that they missed. Drafts of conversations that the
 * account has left are deleted.
 */
export async function saveDraft(
  pool: Pool,
  account: AccountId,
  conversation: ConversationId,
  body: string,
): Promise<DraftChange | 'conversation_not_found' | 'too_many_drafts'> {
  const { rows } = await pool.query<{ is_member: boolean; draft: Draft | null }>({
    name: 'drafts-save',
    // The account’s row is locked first, as everywhere: two saves wait for each other there.
    text: `
      with allowed as materialized (
        select exists (select from memberships
                       where account_id = $1 and conversation_id = $2 and left_seq is null) as is_member,
          (select count(*) from drafts d
           join memberships m on m.account_id = d.account_id
             and m.conversation_id = d.conversation_id and m.left_seq is null
           where d.account_id = $1 and d.conversation_id <> $2) < ${LIMITS.drafts} as is_below_limit
      ), counted as (
        update accounts set read_version = read_version + 1
        where id = $1 and (select is_member and is_below_limit from allowed)
        returning read_version
      ), d as (
        insert into drafts (account_id, conversation_id, body, version, updated_at)
        select $1, $2, $3, read_version, now() from counted
        on conflict (account_id, conversation_id) do update
        set body = excluded.body, version = excluded.version, updated_at = excluded.updated_at
        returning *
      ), left_behind as (
        delete from drafts o
        where o.account_id = $1 and o.conversation_id <> $2 and exists (select from counted)
          and not exists (select from memberships m
                          where m.account_id = $1 and m.conversation_id = o.conversation_id
                            and m.left_seq is null)
      )
      select allowed.is_member, (select ${DRAFT} from d) as draft from allowed`,
    values: [account, conversation, body],
  });
  const [row] = rows;
  if (!row?.is_member) return 'conversation_not_found';
  const { draft } = row;
  return draft ? { version: draft.version, conversation, draft } : 'too_many_drafts';
}

/** Deletes a draft; with `version` only that version. Returns null when nothing was deleted. */
export async function deleteDraft(
  pool: Pool,
  account: AccountId,
  conversation: ConversationId,
  version: number | null,
): Promise<DraftChange | null> {
  const { rows } = await pool.query<{ version: number }>({
    name: 'drafts-delete',
    text: `
      with account as materialized (
        select id from accounts where id = $1 for no key update
      ), gone as (
        delete from drafts
        where account_id = (select id from account) and conversation_id = $2
          and ($3::int8 is null or version = $3)
        returning 1
      )
      update accounts set read_version = read_version + 1
      where id = $1 and exists (select from gone)
      returning read_version as version`,
    values: [account, conversation, version],
  });
  const [row] = rows;
  return row ? { version: row.version, conversation, draft: null } : null;
}

/** Returns the drafts of an account with its read version, as of one moment. */
export async function draftsOf(
  pool: Pool,
  account: AccountId,
): Promise<{ readVersion: number; items: Draft[] }> {
  const { rows } = await pool.query<{ read_version: number; items: Draft[] }>({
    name: 'drafts-of',
    text: `
      select a.read_version,
        (select coalesce(json_agg(${DRAFT} order by d.version desc), '[]')
         from drafts d
         join memberships m on m.account_id = d.account_id
           and m.conversation_id = d.conversation_id and m.left_seq is null
         where d.account_id = a.id) as items
      from accounts a where a.id = $1`,
    values: [account],
  });
  return { readVersion: rows[0]?.read_version ?? 0, items: rows[0]?.items ?? [] };
}
