import type { AccountId, EventType, MessageRetention } from '@parley/protocol';
import { dataOf, type StoredEvent } from '../stream/record.ts';
import type { Projection, StatementSink } from '../stream/stream-transaction.ts';
import { directKey } from './commands.ts';
import { EVERYONE_STREAM } from './everyone.ts';

/**
 * The projections of conversations and memberships. Each is idempotent: counts change by the number
 * of rows that were written. Read cursors are not projected; a membership period starts with one.
 */
export const conversationProjections = {
  'conversation.created': (tx, events) => {
    const data = events.map((e) => dataOf(e, 'conversation.created'));
    tx.issue(
      'conversations-created',
      `insert into conversations
         (id, kind, visibility, name, direct_key, is_everyone, created_by, created_at)
       select e.* from unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::text[],
                              $6::bool[], $7::uuid[], $8::timestamptz[]) as e
       on conflict (id) do nothing`,
      [
        events.map((e) => e.stream),
        data.map((d) => d.kind),
        data.map((d) => d.visibility),
        data.map((d) => d.name),
        data.map((d) => (d.users ? directKey(d.users) : null)),
        events.map((e) => e.stream === EVERYONE_STREAM),
        events.map((e) => e.actor),
        events.map((e) => e.at),
      ],
    );
  },

  'conversation.updated': (tx, events) => {
    for (const e of events) {
      const data = dataOf(e, 'conversation.updated');
      tx.issue(
        'conversations-updated',
        `update conversations
         set name = coalesce($2, name), visibility = coalesce($3, visibility),
             minimum_roles = minimum_roles || $4::jsonb, topic = coalesce($5, topic),
             description = coalesce($6, description),
             slow_mode_seconds = coalesce($7, slow_mode_seconds),
             archived_at = case $8::bool when true then $9::timestamptz when false then null
                                         else archived_at end,
             avatar = case when $10 then $11::uuid else avatar end,
             link_previews = coalesce($12, link_previews)
         where id = $1`,
        [
          e.stream,
          data.name ?? null,
          data.visibility ?? null,
          JSON.stringify(data.minimumRoles ?? {}),
          data.topic ?? null,
          data.description ?? null,
          data.slowModeSeconds ?? null,
          data.archived ?? null,
          e.at,
          data.avatar !== undefined,
          data.avatar ?? null,
          data.linkPreviews ?? null,
        ],
      );
      setRetention(tx, e, data.retention);
    }
  },

  'conversation.deleted': (tx, events) => {
    tx.issue(
      'conversations-deleted',
      `with e as (
         select * from unnest($1::uuid[], $2::int8[], $3::timestamptz[]) as e (id, seq, at)
       ), ended as (
         update memberships m set left_seq = e.seq
         from e
         where m.conversation_id = e.id and m.left_seq is null and m.joined_seq < e.seq
       )
       update conversations c set deleted_at = e.at, member_count = 0
       from e
       where c.id = e.id and c.deleted_at is null`,
      [events.map((e) => e.stream), events.map((e) => e.seq), events.map((e) => e.at)],
    );
  },

  'member.joined': (tx, events) => {
    const data = events.map((e) => dataOf(e, 'member.joined'));
    tx.issue(
      'conversations-member-joined',
      // A returning member keeps the read cursor; a new one starts with everything read.

      `with inserted as (
         insert into memberships (conversation_id, account_id, joined_seq, role, read_seq)
         select e.id, e.account_id, e.seq, e.role,
                coalesce((select max(p.read_seq) from memberships p
                          where p.conversation_id = e.id and p.account_id = e.account_id), e.seq)
         from unnest($1::uuid[], $2::uuid[], $3::int8[], $4::text[]) as e (id, account_id, seq, role)
         on conflict (conversation_id, account_id, joined_seq) do nothing
         returning conversation_id
       )
       update conversations c set member_count = c.member_count + i.n
       from (select conversation_id, count(*)::int as n from inserted group by 1) i
       where c.id = i.conversation_id`,
      [
        events.map((e) => e.stream),
        data.map((d) => d.account),
        events.map((e) => e.seq),
        data.map((d) => d.role),
      ],
    );
  },

  'member.left': (tx, events) => {
    tx.issue(
      'conversations-member-left',
      `with ended as (
         update memberships m set left_seq = e.seq
         from unnest($1::uuid[], $2::uuid[], $3::int8[]) as e (id, account_id, seq)
         where m.conversation_id = e.id and m.account_id = e.account_id
           and m.left_seq is null and m.joined_seq < e.seq
         returning m.conversation_id
       )
       update conversations c set member_count = c.member_count - l.n
       from (select conversation_id, count(*)::int as n from ended group by 1) l
       where c.id = l.conversation_id`,
      [
        events.map((e) => e.stream),
        events.map((e): AccountId => dataOf(e, 'member.left').account),
        events.map((e) => e.seq),
      ],
    );
  },

  'member.role_changed': (tx, events) => {
    for (const e of events) {
      const { account, role } = dataOf(e, 'member.role_changed');
      tx.issue(
        'conversations-role-changed',
        `update memberships set role = $3
         where conversation_id = $1 and account_id = $2
           and joined_seq < $4 and (left_seq is null or left_seq > $4)`,
        [e.stream, account, role, e.seq],
      );
    }
  },
} satisfies Partial<Record<EventType, Projection>>;

/** Stores how long a group keeps messages, if the update changes it. 0 days means forever. */
function setRetention(
  tx: StatementSink,
  event: StoredEvent,
  retention: MessageRetention | undefined,
): void {
  if (retention === undefined) return;
  if (retention === 'server') {
    tx.issue('retention-unset', 'delete from group_retention where conversation_id = $1', [
      event.stream,
    ]);
    return;
  }
  tx.issue(
    'retention-set',
    `insert into group_retention (conversation_id, days, seq) values ($1, $2, $3)
     on conflict (conversation_id) do update set days = excluded.days, seq = excluded.seq`,
    [event.stream, retention === 'keep' ? 0 : retention, event.seq],
  );
}
