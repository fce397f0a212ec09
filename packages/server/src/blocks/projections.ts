import type { EventType } from '@parley/protocol';
import { dataOf } from '../stream/record.ts';
import type { Projection } from '../stream/stream-transaction.ts';

/** The projections of blocks. The actor of their events is the account that blocks. */
export const blockProjections = {
  'account.blocked': (tx, events) => {
    tx.issue(
      'blocks-blocked',
      `insert into blocks (account_id, blocked_id, blocked_at, seq)
       select * from unnest($1::uuid[], $2::uuid[], $3::timestamptz[], $4::int8[])
       on conflict do nothing`,
      [
        events.map((e) => e.stream),
        events.map((e) => dataOf(e, 'account.blocked').account),
        events.map((e) => e.at),
        events.map((e) => e.seq),
      ],
    );
  },

  'account.unblocked': (tx, events) => {
    tx.issue(
      'blocks-unblocked',
      `delete from blocks b using unnest($1::uuid[], $2::uuid[], $3::int8[]) as e (id, blocked, seq)
       where b.account_id = e.id and b.blocked_id = e.blocked and b.seq < e.seq`,
      [
        events.map((e) => e.stream),
        events.map((e) => dataOf(e, 'account.unblocked').account),
        events.map((e) => e.seq),
      ],
    );
  },
} satisfies Partial<Record<EventType, Projection>>;
