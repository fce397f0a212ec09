import {
  type ConversationId,
  type FileId,
  type HoldableGroupsAnswer,
  type LegalHold,
  LIMITS,
} from '@parley/protocol';
import type pg from 'pg';
import { timestamp } from '../storage/sql.ts';
import { isMessageCovered } from './coverage/coverage.ts';

/** The highest number of versions of deleted messages that is counted. */
const COUNTED_MAX = 100_000;

/** SQL: the legal hold `h`, a row of `legal_holds`, as a `LegalHold`. */
const HOLD = `json_build_object(
  'id', h.id,
  'name', h.name,
  'reason', h.reason,
  'accounts', (
    select coalesce(json_agg(json_build_object(
      'id', t.account_id, 'username', coalesce(n.username, a.username)) order by t.account_id), '[]')
    from legal_hold_accounts t
    join accounts a on a.id = t.account_id
    left join held_names n on n.hold_id = t.hold_id and n.account_id = t.account_id
    where t.hold_id = h.id),
  'conversations', (
    select coalesce(json_agg(json_build_object('id', c.id, 'name', c.name) order by c.id), '[]')
    from legal_hold_conversations t join conversations c on c.id = t.conversation_id
    where t.hold_id = h.id),
  'since', ${timestamp('h.posted_since')},
  'until', ${timestamp('h.posted_until')},
  'createdBy', h.created_by,
  'createdAt', ${timestamp('h.created_at')},
  'releasedAt', ${timestamp('h.released_at')},
  'purgedAt', ${timestamp('h.purged_at')},
  'heldVersions', (
    select count(*) from (select from held_events k where k.hold_id = h.id limit ${COUNTED_MAX}) k)
) as item`;

/** Returns a legal hold; null if there is none with this id. */
export async function legalHold(
  on: Pick<pg.Pool, 'query'> | pg.PoolClient,
  id: string,
): Promise<LegalHold | null> {
  const { rows } = await on.query<{ item: LegalHold }>({
    name: 'legal-holds-one',
    text: `select ${HOLD} from legal_holds h where h.id = $1`,
    values: [id],
  });
  return rows[0]?.item ?? null;
}

/** A position in the list of legal holds. */
export interface LegalHoldsPlace {
  readonly at: string;
  readonly id: string;
}

/** Returns a page of the legal holds, the latest first, with released ones. */
export async function legalHolds(
  pool: pg.Pool,
  after: LegalHoldsPlace | null,
  limit: number,
): Promise<{ items: LegalHold[]; next: LegalHoldsPlace | null }> {
  const { rows } = await pool.query<{ item: LegalHold }>({
    name: 'legal-holds-page',
    // One extra row shows whether there are more.
    text: `select ${HOLD} from legal_holds h
           where $1::timestamptz is null
             or (date_trunc('milliseconds', h.created_at), h.id) < ($1::timestamptz, $2::uuid)
           order by date_trunc('milliseconds', h.created_at) desc, h.id desc limit $3`,
    values: [after?.at ?? null, after?.id ?? null, limit + 1],
  });
  const items = rows.slice(0, limit).map(({ item }) => item);
  const last = rows.length > limit ? items.at(-1) : undefined;
  return { items, next: last ? { at: last.createdAt, id: last.id } : null };
}

/** Returns groups whose names contain a text, by name, including private and deleted ones. */
export async function holdableGroups(pool: pg.Pool, search: string): Promise<HoldableGroupsAnswer> {
  const { rows } = await pool.query<{ id: ConversationId; name: string; isDeleted: boolean }>({
    name: 'legal-holds-groups',
    text: `select id, name, deleted_at is not null as "isDeleted" from conversations
           where kind = 'group' and position(lower($1) in lower(name)) > 0
           order by lower(name), id limit $2`,
    values: [search, LIMITS.legalHoldsPage],
  });
  return { items: rows };
}

/** A file that a legal hold covers. */
export interface HeldFile {
  readonly name: string;
  readonly digest: string;
  readonly bytes: number;
}

/**
 * Returns a file of a message, possibly deleted, that a legal hold in force covers; null if there
 * is none.
 */
export async function heldFile(
  pool: pg.Pool,
  hold: string,
  file: FileId,
): Promise<HeldFile | null> {
  const { rows } = await pool.query<HeldFile>({
    name: 'legal-holds-file',
    text: `select f.name, encode(f.digest, 'hex') as digest, f.bytes
           from files f join legal_holds h on h.id = $1 and h.released_at is null
           where f.id = $2 and f.state <> 'deleting' and (
             exists (select from held_files k where k.hold_id = h.id and k.file_id = f.id)
             or exists (
               select from attachments a
               join messages m on m.conversation_id = a.conversation_id and m.seq = a.message_seq
               where a.file_id = f.id and ${isMessageCovered('h', 'm')})
             or exists (
               select from hidden_messages g
               join messages m on m.conversation_id = g.conversation_id and m.seq = g.message_seq
               where g.file_ids @> array[f.id] and ${isMessageCovered('h', 'm')}))`,
    values: [hold, file],
  });
  return rows[0] ?? null;
}
