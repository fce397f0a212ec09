import { type EventType, LIMITS } from '@parley/protocol';
import { dataOf } from '../stream/record.ts';
import type { Projection } from '../stream/stream-transaction.ts';

/** The projections of custom emoji. The most recently deleted ones keep their names. */
export const emojiProjections = {
  'emoji.changed': (tx, events) => {
    for (const e of events) {
      const { emoji, name, aliases, image, creator } = dataOf(e, 'emoji.changed');
      tx.issue(
        'emoji-changed',
        `insert into emoji (id, names, image, created_by, created_at, seq)
         values ($1, $2::text[], $3, $4, $5, $6)
         on conflict (id) do update set names = excluded.names, seq = excluded.seq`,
        [emoji, [name, ...aliases], image, creator, e.at, e.seq],
      );
    }
  },

  'emoji.deleted': (tx, events) => {
    for (const e of events) {
      tx.issue('emoji-deleted', 'update emoji set deleted_at = $2, seq = $3 where id = $1', [
        dataOf(e, 'emoji.deleted').emoji,
        e.at,
        e.seq,
      ]);
    }
    tx.issue(
      'emoji-forgotten',
      `delete from emoji where deleted_at is not null and seq <=
         (select seq from emoji where deleted_at is not null order by seq desc offset $1 limit 1)`,
      [LIMITS.deletedEmoji],
    );
  },
} satisfies Partial<Record<EventType, Projection>>;
