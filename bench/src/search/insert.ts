import type { Pool } from 'pg';
import type { User } from '../load/setup.ts';

/** A message as it is inserted: that of an author, by index, in the conversation `id`. */
export interface InsertedMessage {
  readonly id: string;
  readonly seq: number;
  readonly author: number;
  readonly body: string;
  readonly at: number;
}

/** Inserts messages with their events, as commands would have, but not the new `last_seq` of their streams. */
export async function insertMessages(
  pool: Pool,
  batch: readonly InsertedMessage[],
  authors: readonly User[],
): Promise<void> {
  await pool.query(
    `with m as (
       select * from unnest($1::uuid[], $2::int8[], $3::uuid[], $4::text[], $5::timestamptz[])
         as m (id, seq, author, body, at)
     ), e as (
       insert into events (stream_id, seq, type, actor_id, at, data)
       select id, seq, 'message.posted', author, at, json_build_object('body', body) from m
     )
     insert into messages (conversation_id, seq, author_id, body, posted_at, changed_seq)
     select id, seq, author, body, at, seq from m`,
    [
      batch.map((m) => m.id),
      batch.map((m) => m.seq),
      batch.map((m) => authors[m.author]?.id),
      batch.map((m) => m.body),
      batch.map((m) => new Date(m.at)),
    ],
  );
}
