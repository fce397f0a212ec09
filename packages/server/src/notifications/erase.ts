import {
  type AccountId,
  type ClientId,
  NOTIFICATION_DEFAULTS,
  streamOfAccount,
} from '@parley/protocol';
import type pg from 'pg';
import { uuidv7 } from 'uuidv7';
import { type Append, assertStored } from '../stream/append.ts';
import { type Command, newEvent, type Rule } from '../stream/stream-transaction.ts';
import { eraseActivity } from './activity-age.ts';
import { eraseDecisions } from './ledger.ts';

const eraseRule: Rule = {
  name: 'notifications.erase',
  async decide(tx, { actor, stream }) {
    const [row] = await tx.query<{ has_any: boolean }>(
      'notifications-has-any',
      'select exists (select from notification_changes where account_id = $1) as has_any',
      [actor],
    );
    if (!row?.has_any) return { unchanged: tx.head(stream) };
    const data = { ...NOTIFICATION_DEFAULTS, erased: true } as const;
    return { events: [newEvent(stream, 'notifications.changed', data)] };
  },
};

/**
 * Deletes the notification settings, decisions and activity of an erased account, and removes its
 * keywords from the events that carried them. Idempotent.
 */
export async function eraseNotificationSettings(
  { pool, append }: { readonly pool: pg.Pool; readonly append: Append },
  account: AccountId,
): Promise<void> {
  const stream = streamOfAccount(account);
  const command: Command = {
    rule: eraseRule,
    actor: account,
    clientId: uuidv7() as ClientId,
    stream,
    eventType: 'notifications.changed',
    payload: ['erase'],
    bytes: 500,
  };
  assertStored(await append.run(command), 'Notification settings could not be erased');
  await eraseDecisions(pool, account);
  await eraseActivity(pool, account);
  await pool.query({
    name: 'erasures-redact-keywords',
    text: `update events
           set data = case when data::jsonb ? 'erased' then $3::json else $2::json end, command_digest = null
           where stream_id = $1 and type = 'notifications.changed'`,
    values: [
      stream,
      JSON.stringify(NOTIFICATION_DEFAULTS),
      JSON.stringify({ ...NOTIFICATION_DEFAULTS, erased: true }),
    ],
  });
}
