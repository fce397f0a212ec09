import { dataOf } from '../stream/record.ts';
import type { Projection } from '../stream/stream-transaction.ts';

/** The projection of changed server settings. */
export const settingsProjections = {
  'server.updated': (tx, events) => {
    for (const e of events) {
      tx.issue(
        'settings-changed',
        `insert into server_settings (name, value, seq)
         select key, value, $2 from jsonb_each($1::jsonb)
         on conflict (name) do update set value = excluded.value, seq = excluded.seq`,
        [JSON.stringify(dataOf(e, 'server.updated')), e.seq],
      );
    }
  },
} satisfies Record<'server.updated', Projection>;
