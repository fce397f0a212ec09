import { type AccountId, type ClientId, DEFAULT_LAYOUT, streamOfAccount } from '@parley/protocol';
import type pg from 'pg';
import { uuidv7 } from 'uuidv7';
import { type Append, assertStored } from '../stream/append.ts';
import { type Command, newEvent, type Rule } from '../stream/stream-transaction.ts';

const eraseRule: Rule = {
  name: 'sidebar.erase',
  async decide(tx, { actor, stream }) {
    const [row] = await tx.query<{ has_any: boolean }>(
      'sidebar-has-any',
      'select exists (select from sidebars where account_id = $1) as has_any',
      [actor],
    );
    if (!row?.has_any) return { unchanged: tx.head(stream) };
    const data = { ...DEFAULT_LAYOUT, erased: true } as const;
    return { events: [newEvent(stream, 'sidebar.changed', data)] };
  },
};

/**
 * Deletes the sidebar of an erased account, and removes the names of its sections, its placements
 * and the conversations that it closed from old events. Idempotent.
 */
export async function eraseSidebar(
  { pool, append }: { readonly pool: pg.Pool; readonly append: Append },
  account: AccountId,
): Promise<void> {
  const stream = streamOfAccount(account);
  const command: Command = {
    rule: eraseRule,
    actor: account,
    clientId: uuidv7() as ClientId,
    stream,
    eventType: 'sidebar.changed',
    payload: ['erase'],
    bytes: 1_000,
  };
  assertStored(await append.run(command), 'The sidebar could not be erased');
  await pool.query({
    name: 'erasures-redact-sidebar',
    text: `update events
           set data = case when type = 'sidebar.moved' then $4::json
                           when type = 'sidebar.closed' then $5::json
                           when data::jsonb ? 'erased' then $3::json else $2::json end,
               command_digest = null
           where stream_id = $1 and type in ('sidebar.changed', 'sidebar.moved', 'sidebar.closed')`,
    values: [
      stream,
      JSON.stringify(DEFAULT_LAYOUT),
      JSON.stringify({ ...DEFAULT_LAYOUT, erased: true }),
      JSON.stringify({ placed: [], removed: [] }),
      JSON.stringify({ closed: [], reopened: [] }),
    ],
  });
}
