import {
  type AccountId,
  type ClientId,
  type ConversationId,
  type Seq,
  type StreamId,
  streamOfAccount,
  streamOfConversation,
} from '@parley/protocol';
import type pg from 'pg';
import { uuidv7 } from 'uuidv7';
import { EVENT_VISIBILITY } from '../../src/event-types/event-visibility.ts';
import { PROJECTIONS } from '../../src/event-types/projections.ts';
import { type Clock, systemClock } from '../../src/runtime/clock.ts';
import { Append } from '../../src/stream/append.ts';
import { Projections } from '../../src/stream/projections.ts';
import type { StoredEvent } from '../../src/stream/record.ts';
import { testLog } from './database.ts';

/** Builders for tests of the streams, without the domains. */

/** Returns a new command id. */
export const aClientId = (): ClientId => uuidv7() as ClientId;

/** A clock that stands still until it is set. */
export class TestClock implements Clock {
  #now = Date.parse('2026-01-01T00:00:00.000Z');
  now(): number {
    return this.#now;
  }
  set(ms: number): void {
    this.#now = ms;
  }
}

/** Inserts an account row with its personal stream, without the accounts domain. */
export async function anAccount(pool: pg.Pool): Promise<AccountId> {
  const id = uuidv7() as AccountId;
  await pool.query(`insert into streams (id, kind) values ($1, 'personal')`, [streamOfAccount(id)]);
  await pool.query(
    `insert into accounts (id, username, username_key, display_name, email, email_key, created_at)
     values ($1, $2, $2, $2, $2, $2, now())`,
    [id, `u${id}`],
  );
  return id;
}

/** Inserts a group whose members joined before its first event. */
export async function aGroup(
  pool: pg.Pool,
  members: readonly AccountId[],
): Promise<ConversationId> {
  const id = uuidv7() as ConversationId;
  const [owner] = members;
  await pool.query(`insert into streams (id, kind) values ($1, 'conversation')`, [id]);
  await pool.query(
    `insert into conversations (id, kind, visibility, name, created_by, created_at)
     values ($1, 'group', 'private', 'group', $2, now())`,
    [id, owner],
  );
  for (const member of members) {
    await pool.query(
      `insert into memberships (conversation_id, account_id, joined_seq) values ($1, $2, 1)`,
      [id, member],
    );
  }
  return id;
}

/** Creates an Append as a node of the server has it; `publish` receives what it commits. */
export function anAppend(
  pool: pg.Pool,
  clock: Clock = systemClock,
  publish: (events: readonly StoredEvent[]) => void = () => undefined,
): Append {
  const projections = new Projections(PROJECTIONS);
  return new Append({
    pool,
    clock,
    log: testLog,
    projections,
    visibility: EVENT_VISIBILITY,
    publish,
  });
}

/** Returns the events of a conversation from the database. */
export async function logOf(
  pool: pg.Pool,
  conversation: ConversationId,
): Promise<{ seq: Seq; type: string; client_id: string | null; at: Date; data: unknown }[]> {
  const { rows } = await pool.query(
    'select seq, type, client_id, at, data from events where stream_id = $1 order by seq',
    [streamOfConversation(conversation)],
  );
  return rows;
}

/** 1, 2, 3 … n. */
export const upTo = (n: number): Seq[] => Array.from({ length: n }, (_, i) => (i + 1) as Seq);

/** Returns the head of a stream. */
export async function headOf(pool: pg.Pool, stream: StreamId): Promise<Seq> {
  const { rows } = await pool.query('select last_seq from streams where id = $1', [stream]);
  return rows[0].last_seq;
}
