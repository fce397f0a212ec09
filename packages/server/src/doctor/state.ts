import type { StreamId } from '@parley/protocol';
import type pg from 'pg';
import { type FindingKind, type FindingList, PLACES_MAX } from './findings.ts';

/** A query that returns a row for each place of a finding. */
interface Check {
  readonly kind: FindingKind;
  readonly table: string;
  readonly repairable?: boolean;
  /** SQL; `key` is a JSON object, `detail` text or null. */
  readonly text: string;
}

/**
 * Returns the checks of the log and of the state as a whole. Table names are those of the real
 * tables, except in `pg_temp`, which has the shadows.
 */
const checks = (schema: string): Check[] => [
  {
    kind: 'stream_without_owner',
    table: 'streams',
    text: `select json_build_object('stream', s.id) as key, s.kind as detail
           from streams s
           where s.kind = 'personal'
               and not exists (select from ${schema}.accounts a where a.id = s.id)
             or s.kind = 'conversation'
               and not exists (select from ${schema}.conversations c where c.id = s.id)
               and not exists (select from pg_temp.conversations c where c.id = s.id)`,
  },
  {
    kind: 'owner_without_stream',
    table: 'accounts',
    text: `select json_build_object('id', a.id) as key, null as detail
           from ${schema}.accounts a
           where not exists (select from streams s where s.id = a.id and s.kind = 'personal')`,
  },
  {
    // A foreign key prevents this, unless an operator has dropped it.
    kind: 'owner_without_stream',
    table: 'conversations',
    text: `select json_build_object('id', c.id) as key, null as detail
           from ${schema}.conversations c
           where not exists (select from streams s where s.id = c.id and s.kind = 'conversation')`,
  },
  {
    kind: 'join_not_announced',
    table: 'events',
    text: `select json_build_object('conversation', m.conversation_id, 'account', m.account_id,
                                    'seq', m.joined_seq) as key, null as detail
           from pg_temp.memberships m
           where not exists (
             select from events e
             where e.stream_id = m.account_id and e.type = 'conversation.joined'
               and e.data->>'conversation' = m.conversation_id::text
               and e.data->>'seq' = m.joined_seq::text)`,
  },
  {
    kind: 'command_repeated',
    table: 'events',
    text: `select json_build_object('actor', actor_id, 'client', client_id) as key,
                  count(*) || ' times' as detail
           from (select actor_id, client_id from events where client_id is not null
                 union all
                 select actor_id, client_id from unchanged_commands) c
           group by actor_id, client_id
           having count(*) > 1`,
  },
  {
    kind: 'command_without_event',
    table: 'unchanged_commands',
    text: `select json_build_object('actor', u.actor_id, 'client', u.client_id) as key,
                  'event ' || u.seq || ' of stream ' || u.stream_id as detail
           from unchanged_commands u
           where not exists (
             select from events e where e.stream_id = u.stream_id and e.seq = u.seq)`,
  },
  {
    kind: 'read_cursor_ahead',
    table: 'memberships',
    repairable: true,
    text: `select json_build_object('conversation', m.conversation_id, 'account', m.account_id,
                                    'joined_seq', m.joined_seq) as key,
                  'at ' || m.read_seq || ', the last event is ' || s.last_seq as detail
           from ${schema}.memberships m
           join streams s on s.id = m.conversation_id
           where m.read_seq > s.last_seq or m.read_seq < 0`,
  },
];

/** Runs the checks of the database as a whole. */
export async function checkWhole(
  client: pg.ClientBase,
  schema: string,
  found: FindingList,
): Promise<void> {
  // A damaged index may hide duplicates, so count in the table itself.
  await client.query('set local enable_indexonlyscan = off');
  for (const { kind, table, repairable = false, text } of checks(schema)) {
    const { rows } = await client.query<{
      key: Record<string, string | number>;
      detail: string | null;
      n: number;
    }>(`select q.*, count(*) over ()::int as n from (${text}) q limit ${PLACES_MAX}`);
    for (const [i, { key, detail, n }] of rows.entries()) {
      const place = detail === null ? { key } : { key, detail };
      found.add(kind, table, place, { repairable, count: i === 0 ? n : 0 });
    }
  }
}

/** Returns the streams of conversations with a read cursor outside them. */
export async function streamsOfCursors(client: pg.ClientBase, schema: string): Promise<StreamId[]> {
  const { rows } = await client.query<{ id: StreamId }>(
    `select distinct s.id from ${schema}.memberships m join streams s on s.id = m.conversation_id
     where m.read_seq > s.last_seq or m.read_seq < 0`,
  );
  return rows.map((row) => row.id);
}
