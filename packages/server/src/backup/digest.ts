import { createHash } from 'node:crypto';
import type pg from 'pg';
import { copyOutSelect, digestOf, prepareSession } from './copy.ts';

/** A digest of all streams: equal digests mean equal streams, event by event. */
export interface StreamsDigest {
  readonly streams: number;
  readonly events: number;
  /** SHA-256 over every stream’s head and every event, streams by id, events by seq. */
  readonly sha256: string;
}

const HEADS = 'select id, kind, last_seq, last_at from streams order by id';
const EVENTS = `select stream_id, seq, type, actor_id, client_id, at, data from events
                order by stream_id, seq`;

/**
 * Returns the digest of all streams as the transaction of `client` sees them. Heads and events must be
 * of one snapshot, so the transaction must be REPEATABLE READ, unless there are no other writers.
 */
export async function digestOfStreamsIn(client: pg.ClientBase): Promise<StreamsDigest> {
  await prepareSession(client);
  const heads = await digestOf(copyOutSelect(client, HEADS));
  const events = await digestOf(copyOutSelect(client, EVENTS));
  return {
    streams: heads.rows,
    events: events.rows,
    sha256: createHash('sha256').update(`${heads.sha256} ${events.sha256}`).digest('hex'),
  };
}
