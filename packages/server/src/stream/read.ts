import type { AccountId, ClientId, EventType, Seq, StreamId } from '@parley/protocol';
import type { Pool } from 'pg';
import type { StoredEvent } from './record.ts';

interface EventRow {
  stream_id: string;
  seq: number;
  type: string;
  actor_id: string;
  client_id: string | null;
  at: Date;
  data: string;
}

/** The events `after < seq ≤ upTo` of a stream in order, at most `limit`. */
export async function readEvents(
  pool: Pool,
  stream: StreamId,
  after: Seq,
  upTo: Seq,
  limit: number,
): Promise<StoredEvent[]> {
  const { rows } = await pool.query<EventRow>({
    name: 'stream-read-events',
    text: `select stream_id, seq, type, actor_id, client_id, at, data::text as data
           from events
           where stream_id = $1 and seq > $2 and seq <= $3
           order by seq
           limit $4`,
    values: [stream, after, upTo, limit],
  });
  return rows.map(toStoredEvent);
}

/** Where each of the streams stands now. A stream that does not exist is left out. */
export async function readHeads(
  pool: Pool,
  streams: readonly StreamId[],
): Promise<Map<StreamId, Seq>> {
  const { rows } = await pool.query<{ id: string; last_seq: number }>({
    name: 'stream-read-heads',
    text: 'select id, last_seq from streams where id = any($1::uuid[])',
    values: [streams],
  });
  return new Map(rows.map((r) => [r.id as StreamId, r.last_seq as Seq]));
}

function toStoredEvent(row: EventRow): StoredEvent {
  return {
    stream: row.stream_id as StreamId,
    seq: row.seq as Seq,
    type: row.type as EventType,
    actor: row.actor_id as AccountId,
    client: row.client_id as ClientId | null,
    at: row.at.toISOString(),
    data: row.data,
  };
}
