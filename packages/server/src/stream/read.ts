import type { AccountId, ClientId, EventType, Seq, StreamId } from '@parley/protocol';
import type { ClientBase, Pool } from 'pg';
import type { StoredEvent } from './record.ts';

interface EventRow {
  stream_id: StreamId;
  seq: Seq;
  type: EventType;
  actor_id: AccountId;
  client_id: ClientId | null;
  at: Date;
  data: string;
}

/** Reads committed events, for the hub of a node. */
export interface StreamReader {
  /** Returns the events `after < seq ≤ upTo` of a stream in order, at most `limit`. */
  readEvents(stream: StreamId, after: Seq, upTo: Seq, limit: number): Promise<StoredEvent[]>;
  /** Returns the last seq of each of the streams. A stream that does not exist is missing. */
  readHeads(streams: readonly StreamId[]): Promise<Map<StreamId, Seq>>;
}

/** Returns a reader of the database. */
export const readerOf = (pool: Pool): StreamReader => ({
  readEvents: (stream, after, upTo, limit) => readEvents(pool, stream, after, upTo, limit),
  readHeads: (streams) => readHeads(pool, streams),
});

/** Returns the events `after < seq ≤ upTo` of a stream in order, at most `limit`. */
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

/** Returns the last seq of each of the streams. A stream that does not exist is missing. */
export async function readHeads(
  pool: Pool,
  streams: readonly StreamId[],
): Promise<Map<StreamId, Seq>> {
  const { rows } = await pool.query<{ id: StreamId; last_seq: Seq }>({
    name: 'stream-read-heads',
    text: 'select id, last_seq from streams where id = any($1::uuid[])',
    values: [streams],
  });
  return new Map(rows.map((r) => [r.id, r.last_seq]));
}

/** A position in the logs of all streams, which are ordered by stream id, then by seq. */
export interface LogPlace {
  readonly stream: StreamId;
  readonly seq: Seq;
}

/**
 * Reads the logs of all streams, or of some, page by page: by stream id, then by seq. The pages are
 * consistent if the client’s transaction has one snapshot.
 */
export async function* readLogs(
  client: ClientBase,
  pageSize: number,
  only: readonly StreamId[] | null = null,
): AsyncGenerator<StoredEvent[]> {
  let after: LogPlace = {
    stream: '00000000-0000-0000-0000-000000000000' as StreamId,
    seq: 0 as Seq,
  };
  for (;;) {
    const { rows } = await client.query<EventRow>({
      name: only ? 'stream-read-some-logs' : 'stream-read-logs',
      // The lateral join reads the logs of the given streams only.
      text: only
        ? `select e.* from unnest($4::uuid[]) as s (id)
           cross join lateral (
             select stream_id, seq, type, actor_id, client_id, at, data::text as data
             from events
             where stream_id = s.id and (stream_id, seq) > ($1, $2)
             order by seq
             limit $3
           ) e
           where s.id >= $1
           order by e.stream_id, e.seq
           limit $3`
        : `select stream_id, seq, type, actor_id, client_id, at, data::text as data
           from events
           where (stream_id, seq) > ($1, $2)
           order by stream_id, seq
           limit $3`,
      values: [after.stream, after.seq, pageSize, ...(only ? [only] : [])],
    });
    const last = rows.at(-1);
    if (!last) return;
    yield rows.map(toStoredEvent);
    after = { stream: last.stream_id, seq: last.seq };
  }
}

function toStoredEvent(row: EventRow): StoredEvent {
  return {
    stream: row.stream_id,
    seq: row.seq,
    type: row.type,
    actor: row.actor_id,
    client: row.client_id,
    at: row.at.toISOString(),
    data: row.data,
  };
}
