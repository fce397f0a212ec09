import type { EventType } from '@parley/protocol';
import { dataOf } from '../stream/record.ts';
import type { Projection, StatementSink } from '../stream/stream-transaction.ts';

/** The projections of sidebars: the layout, the placements of conversations, and which are closed. */
export const sidebarProjections = {
  'sidebar.changed': (tx, events) => {
    for (const e of events) {
      const { sections, unreadOnly, erased } = dataOf(e, 'sidebar.changed');
      tx.issue(
        'sidebar-gone-sections',
        'delete from sidebar_placements where account_id = $1 and section <> all ($2::text[])',
        [e.stream, erased ? [] : sections.map((section) => section.id)],
      );
      if (erased) {
        tx.issue('sidebar-closed-erased', 'delete from sidebar_closed where account_id = $1', [
          e.stream,
        ]);
        tx.issue('sidebar-erased', 'delete from sidebars where account_id = $1', [e.stream]);
        continue;
      }
      tx.issue(
        'sidebar-layout',
        `insert into sidebars (account_id, sections, unread_only, seq) values ($1, $2, $3, $4)
         on conflict (account_id) do update
         set sections = excluded.sections, unread_only = excluded.unread_only, seq = excluded.seq`,
        [e.stream, JSON.stringify(sections), unreadOnly, e.seq],
      );
    }
  },

  'sidebar.moved': (tx, events) => {
    for (const e of events) {
      const { placed, removed } = dataOf(e, 'sidebar.moved');
      if (removed.length > 0) {
        tx.issue(
          'sidebar-removed',
          'delete from sidebar_placements where account_id = $1 and conversation_id = any ($2::uuid[])',
          [e.stream, removed],
        );
      }
      if (placed.length > 0) {
        tx.issue(
          'sidebar-placed',
          `insert into sidebar_placements (account_id, conversation_id, section, rank)
           select $1, p.conversation, p.section, p.rank
           from unnest($2::uuid[], $3::text[], $4::int8[]) p (conversation, section, rank)
           on conflict (account_id, conversation_id) do update
           set section = excluded.section, rank = excluded.rank`,
          [
            e.stream,
            placed.map((one) => one.conversation),
            placed.map((one) => one.section),
            placed.map((one) => one.rank),
          ],
        );
      }
      sidebarChanged(tx, e.stream, e.seq);
    }
  },

  'sidebar.closed': (tx, events) => {
    for (const e of events) {
      const { closed, reopened } = dataOf(e, 'sidebar.closed');
      if (reopened.length > 0) {
        tx.issue(
          'sidebar-reopened',
          'delete from sidebar_closed where account_id = $1 and conversation_id = any ($2::uuid[])',
          [e.stream, reopened],
        );
      }
      if (closed.length > 0) {
        tx.issue(
          'sidebar-closed',
          `insert into sidebar_closed (account_id, conversation_id, closed_seq)
           select $1, c.conversation, c.seq from unnest($2::uuid[], $3::int8[]) c (conversation, seq)
           on conflict (account_id, conversation_id) do update
           set closed_seq = excluded.closed_seq`,
          [e.stream, closed.map((one) => one.conversation), closed.map((one) => one.seq)],
        );
      }
      sidebarChanged(tx, e.stream, e.seq);
    }
  },
} satisfies Partial<Record<EventType, Projection>>;

/** Notes the last change. */
function sidebarChanged(tx: StatementSink, account: string, seq: number): void {
  tx.issue(
    'sidebar-moved',
    `insert into sidebars (account_id, seq) values ($1, $2)
     on conflict (account_id) do update set seq = excluded.seq`,
    [account, seq],
  );
}
