import type { EventType } from '@parley/protocol';
import { conversationProjections } from '../conversations/projections.ts';
import { dataOf } from '../stream/record.ts';
import type { Projection } from '../stream/stream-transaction.ts';

/** The projections of bans and group links. */
export const admissionProjections = {
  'member.banned': (tx, events) => {
    tx.issue(
      'admission-banned',
      `insert into bans (conversation_id, account_id, banned_by, banned_at, seq)
       select * from unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::timestamptz[], $5::int8[])
       on conflict do nothing`,
      [
        events.map((e) => e.stream),
        events.map((e) => dataOf(e, 'member.banned').account),
        events.map((e) => e.actor),
        events.map((e) => e.at),
        events.map((e) => e.seq),
      ],
    );
  },

  'member.unbanned': (tx, events) => {
    tx.issue(
      'admission-unbanned',
      `delete from bans b using unnest($1::uuid[], $2::uuid[], $3::int8[]) as e (id, account_id, seq)
       where b.conversation_id = e.id and b.account_id = e.account_id and b.seq < e.seq`,
      [
        events.map((e) => e.stream),
        events.map((e) => dataOf(e, 'member.unbanned').account),
        events.map((e) => e.seq),
      ],
    );
  },

  'link.created': (tx, events) => {
    const data = events.map((e) => dataOf(e, 'link.created'));
    tx.issue(
      'admission-link-created',
      `insert into group_links
         (id, conversation_id, created_by, created_at, expires_at, max_uses)
       select * from unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::timestamptz[],
                            $5::timestamptz[], $6::int[])
       on conflict (id) do nothing`,
      [
        data.map((d) => d.link),
        events.map((e) => e.stream),
        events.map((e) => e.actor),
        events.map((e) => e.at),
        data.map((d) => d.expiresAt),
        data.map((d) => d.maxUses),
      ],
    );
  },

  'link.revoked': (tx, events) => {
    tx.issue(
      'admission-link-revoked',
      `update group_links l set revoked_at = e.at
       from unnest($1::uuid[], $2::timestamptz[]) as e (id, at)
       where l.id = e.id and l.revoked_at is null`,
      [events.map((e) => dataOf(e, 'link.revoked').link), events.map((e) => e.at)],
    );
  },

  'member.joined': (tx, events) => {
    conversationProjections['member.joined'](tx, events);
    const used = events.flatMap((e) => {
      const { account, link } = dataOf(e, 'member.joined');
      return link ? [{ account, link, seq: e.seq }] : [];
    });
    if (used.length === 0) return;
    tx.issue(
      'admission-link-used',
      `insert into group_link_uses (link_id, account_id, seq)
       select * from unnest($1::uuid[], $2::uuid[], $3::int8[]) on conflict do nothing`,
      [used.map((u) => u.link), used.map((u) => u.account), used.map((u) => u.seq)],
    );
  },
} satisfies Partial<Record<EventType, Projection>>;
