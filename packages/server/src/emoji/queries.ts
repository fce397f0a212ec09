import type { CustomEmoji, CustomEmojiAnswer, EmojiId, Seq } from '@parley/protocol';
import { WORKSPACE_STREAM } from '@parley/protocol';
import type pg from 'pg';
import { timestamp } from '../storage/sql.ts';

/** SQL: the row `e` of emoji as a `CustomEmoji`. */
const CUSTOM_EMOJI = `json_build_object(
  'id', e.id,
  'name', e.names[1],
  'aliases', to_json(e.names[2:]),
  'image', case when e.deleted_at is null then e.image end,
  'creator', e.created_by,
  'createdAt', ${timestamp('e.created_at')},
  'changedSeq', e.seq)`;

/** Returns all custom emoji by name, and the last event of the workspace stream that they contain. */
export async function customEmojiAnswer(pool: pg.Pool): Promise<CustomEmojiAnswer> {
  const { rows } = await pool.query<{ items: CustomEmoji[]; as_of: Seq }>({
    name: 'emoji-all',
    text: `select coalesce((select json_agg(${CUSTOM_EMOJI} order by e.names[1], e.id)
                            from emoji e), '[]') as items,
                  (select last_seq from streams where id = $1) as as_of`,
    values: [WORKSPACE_STREAM],
  });
  return { items: rows[0]?.items ?? [], asOf: rows[0]?.as_of ?? (0 as Seq) };
}

/** Returns a custom emoji, even if it was deleted; null if it does not exist. */
export async function customEmoji(pool: pg.Pool, id: EmojiId): Promise<CustomEmoji | null> {
  const { rows } = await pool.query<{ item: CustomEmoji }>({
    name: 'emoji-one',
    text: `select ${CUSTOM_EMOJI} as item from emoji e where e.id = $1`,
    values: [id],
  });
  return rows[0]?.item ?? null;
}
