import type {
  AccountId,
  ClientId,
  EventData,
  EventType,
  Refusal,
  Seq,
  StreamId,
} from '@parley/protocol';
import type { PoolClient, QueryResultRow } from 'pg';
import type { CommandTrace } from '../tracing/tracing.ts';
import type { StoredEvent } from './record.ts';

/**
 * How far an event's time may stay ahead of the clock, to be no earlier than that of the event before
 * it. Larger than any difference between the clocks of nodes that synchronize them.
 */
export const AHEAD_MS = 300_000;

/** Where a locked stream stands within a transaction. */
interface Head {
  lastSeq: number;
  lastAt: number;
}

/** An event that a command wants to make. */
export interface NewEvent<T extends EventType = EventType> {
  readonly stream: StreamId;
  readonly type: T;
  /** A function gets the events which the same command has made before this one. */
  readonly data: EventData<T> | ((made: readonly StoredEvent[]) => EventData<T>);
}

/** Makes a new event with its data checked against its type. */
export function newEvent<T extends EventType>(
  stream: StreamId,
  type: T,
  data: EventData<T> | ((made: readonly StoredEvent[]) => EventData<T>),
): NewEvent {
  return { stream, type, data } as NewEvent;
}

/** What a rule decides for one command. */
export type Decision =
  /** The events to make. The first is the command’s own: it keeps the client id. */
  | { readonly events: readonly [NewEvent, ...NewEvent[]] }
  /** All is as the command wants it already, since the event `seq` of `stream`. */
  | { readonly unchanged: Seq; readonly stream?: StreamId }
  | { readonly refuse: Refusal };

/**
 * Decides, inside the transaction and with the streams locked, what commands come to. What it
 * reads cannot change before the commit as far as it is a projection of a locked stream.
 */
export interface Rule<C extends Command = Command> {
  readonly name: string;
  /** Bulk rules get all neighbouring commands of a batch at once; others one at a time. */
  readonly bulk: boolean;
  decide(tx: StreamTransaction, commands: readonly C[]): Promise<readonly Decision[]>;
}

/** Something that an account wants done to a stream. */
export interface Command {
  readonly rule: Rule<never>;
  readonly actor: AccountId;
  readonly clientId: ClientId;
  /** The stream that takes the command’s first event. It chooses the lane. */
  readonly stream: StreamId;
  /** Further streams that get events of this command. */
  readonly alsoLocks?: readonly StreamId[];
  /** Type of the first event: an id used before for another type is refused. */
  readonly makes: EventType;
  /**
   * Everything else that tells this command from another one of its type in its stream, in a fixed
   * order. A retry must have the same payload; an id used before with another one is refused.
   */
  readonly payload: readonly (string | number | boolean | null)[];
  /** The command makes its stream: a repeated one is answered with the stream it made first. */
  readonly createsStream?: boolean;
  /** About how many bytes it brings into a transaction. */
  readonly bytes: number;
  /** Watches it, where traces are wanted. */
  readonly trace?: CommandTrace | undefined;
}

/**
 * Changes the tables that people query, for events of some types, in the transaction that stores
 * the events. It may use nothing but the events and those tables: `parley doctor` runs it again.
 */
export type Projection = (tx: StreamTransaction, events: readonly StoredEvent[]) => Promise<void>;

/** One transaction of a lane: its locked streams, and the events it has made. */
export class StreamTransaction {
  readonly made: StoredEvent[] = [];
  readonly #client: PoolClient;
  readonly #heads = new Map<StreamId, Head>();
  /** Digests of the commands, by the event that has their id. */
  readonly #digests = new Map<StoredEvent, Buffer>();
  readonly #now: number;

  constructor(client: PoolClient, now: number) {
    this.#client = client;
    this.#now = now;
  }

  /** Runs a statement, prepared under `name` on this connection. */
  async query<R extends QueryResultRow>(
    name: string,
    text: string,
    values: unknown[],
  ): Promise<R[]> {
    const { rows } = await this.#client.query<R>({ name, text, values });
    return rows;
  }

  /** Time of this transaction, RFC 3339. An event’s own time may be up to {@link AHEAD_MS} later. */
  get at(): string {
    return new Date(this.#now).toISOString();
  }

  /** Makes a locked stream known, or one that this transaction has inserted. */
  enter(stream: StreamId, lastSeq: number, lastAt: number): void {
    this.#heads.set(stream, { lastSeq, lastAt });
  }

  /** Whether the stream exists and is locked by this transaction. */
  has(stream: StreamId): boolean {
    return this.#heads.has(stream);
  }

  /** Inserts a new stream; this transaction holds it from then on. */
  async createStream(stream: StreamId, kind: 'conversation' | 'personal'): Promise<void> {
    await this.query('unit-create-stream', 'insert into streams (id, kind) values ($1, $2)', [
      stream,
      kind,
    ]);
    this.enter(stream, 0, 0);
  }

  /**
   * Gives the event the next seq of its stream. Only in memory: `flush` writes.
   * The first event of a command carries its id and digest.
   *
   * @throws when the stream is not locked, which is a mistake of the rule.
   */
  take(
    event: NewEvent,
    actor: AccountId,
    command: { readonly clientId: ClientId; readonly digest: Buffer } | null,
    before: readonly StoredEvent[],
  ): StoredEvent {
    const head = this.#heads.get(event.stream);
    if (!head) throw new Error(`An event for a stream that is not locked: ${event.type}`);
    head.lastSeq += 1;
    // A clock that was set back by little dates no event before the one it follows. One that had jumped
    // far ahead must not date the stream in the future for good: the order is that of seq.
    if (head.lastAt < this.#now || head.lastAt > this.#now + AHEAD_MS) head.lastAt = this.#now;
    const data = typeof event.data === 'function' ? event.data(before) : event.data;
    const taken: StoredEvent = {
      stream: event.stream,
      seq: head.lastSeq as Seq,
      type: event.type,
      actor,
      client: command?.clientId ?? null,
      at: new Date(head.lastAt).toISOString(),
      data: JSON.stringify(data),
    };
    if (command) this.#digests.set(taken, command.digest);
    return taken;
  }

  /**
   * Bumps the streams and inserts the events, in one statement. The counts that come back are
   * compared with ours: a stream that moved under our lock would be a broken promise.
   */
  async flush(events: readonly StoredEvent[]): Promise<void> {
    if (events.length === 0) return;
    const bumps = new Map<StreamId, { n: number; seq: Seq; at: string }>();
    for (const e of events) {
      bumps.set(e.stream, { n: (bumps.get(e.stream)?.n ?? 0) + 1, seq: e.seq, at: e.at });
    }
    const rows = await this.query<{ id: string; last_seq: number }>(
      'unit-flush',
      `with bumped as (
         update streams s
         set last_seq = s.last_seq + b.n, last_at = b.at
         from unnest($1::uuid[], $2::int[], $3::timestamptz[]) as b (id, n, at)
         where s.id = b.id
         returning s.id, s.last_seq
       ), written as (
         insert into events (stream_id, seq, type, actor_id, client_id, at, data, command_digest)
         select e.stream_id, e.seq, e.type, e.actor_id, e.client_id, e.at, e.data::json,
                e.command_digest
         from unnest($4::uuid[], $5::int8[], $6::text[], $7::uuid[], $8::uuid[], $9::timestamptz[],
                     $10::text[], $11::bytea[])
           as e (stream_id, seq, type, actor_id, client_id, at, data, command_digest)
       )
       select id, last_seq from bumped`,
      [
        [...bumps.keys()],
        [...bumps.values()].map((b) => b.n),
        [...bumps.values()].map((b) => b.at),
        events.map((e) => e.stream),
        events.map((e) => e.seq),
        events.map((e) => e.type),
        events.map((e) => e.actor),
        events.map((e) => e.client),
        events.map((e) => e.at),
        events.map((e) => e.data),
        events.map((e) => this.#digests.get(e) ?? null),
      ],
    );
    for (const row of rows) {
      const expected = bumps.get(row.id as StreamId)?.seq;
      if (row.last_seq !== expected) {
        throw new Error(`Stream ${row.id} stands at ${row.last_seq}, not at ${expected}`);
      }
    }
    if (rows.length !== bumps.size) throw new Error('A stream to write to has vanished');
    this.made.push(...events);
  }
}
