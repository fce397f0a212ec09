import type { EventType } from '@parley/protocol';
import { dataOf } from '../stream/record.ts';
import type { Projection } from '../stream/stream-transaction.ts';

/** The projection of statuses: the last event of each account. */
export const statusProjections = {
  'status.changed': (tx, events) => {
    for (const e of events) {
      const data = dataOf(e, 'status.changed');
      const { emoji, text, expiresAt, doNotDisturbUntil, showLastSeen, isAway = false } = data;
      tx.issue(
        'statuses-changed',
        `insert into statuses
           (account_id, emoji, text, expires_at, do_not_disturb_until, shows_last_seen, is_away, seq)
         values ($1, $2, $3, $4, $5, $6, $7, $8)
         on conflict (account_id) do update
         set emoji = excluded.emoji, text = excluded.text, expires_at = excluded.expires_at,
             do_not_disturb_until = excluded.do_not_disturb_until,
             shows_last_seen = excluded.shows_last_seen, is_away = excluded.is_away,
             seq = excluded.seq, changed_at = now()`,
        [e.stream, emoji, text, expiresAt, doNotDisturbUntil, showLastSeen, isAway, e.seq],
      );
    }
  },
} satisfies Partial<Record<EventType, Projection>>;
