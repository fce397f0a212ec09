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

/** The last event of a locked stream, within the transaction. */
interface Head {
  lastSeq: number;
  lastAt: number;
}

/** An event that a rule has decided on, without a seq. */
export interface NewEvent<T extends EventType = EventType> {
  readonly stream: StreamId;
  readonly type: T;
  /** A function receives the preceding events of the same command. */
  readonly data: EventData<T> | ((preceding: readonly StoredEvent[]) => EventData<T>);
}

/** Creates a new event; its data is type-checked against its type. */
export function newEvent<T extends EventType>(
  stream: StreamId,
  type: T,
  data: EventData<T> | ((preceding: readonly StoredEvent[]) => EventData<T>),
): NewEvent {
  return { stream, type, data } as NewEvent;
}

/** What a rule decides for one command. */
export type Decision =
  /** The events to store. The first one has the client id of the command. */
  | { readonly events: readonly [NewEvent, ...NewEvent[]] }
  /** Nothing has to change since the event `unchanged` of `stream`. */
  | { readonly unchanged: Seq; readonly stream?: StreamId }
  | { readonly refuse: Refusal };

/**
 * Decides commands inside the transaction, with their streams locked. What it reads from projections of
 * locked streams cannot change before the commit.
 */
export interface Rule<C extends Command = Command> {
  readonly name: string;
  /** Decides one command. */
  decide(tx: StreamTransaction, command: C): Promise<Decision>;
  /** Decides neighbouring commands of a batch with fewer statements: one decision each, in order. */
  decideMany?(tx: StreamTransaction, commands: readonly C[]): Promise<readonly Decision[]>;
}

/** A request of an account to change something. */
export interface Command {
  /** A rule for commands of this type. */
  readonly rule: Rule<this>;
  readonly actor: AccountId;
  readonly clientId: ClientId;
  /** The stream of the command’s first event. It determines the lane. */
  readonly stream: StreamId;
  /** Further streams that events of this command are stored in. */
  readonly alsoLocks?: readonly StreamId[];
  /** Type of the first event. A client id that was used for another type is refused. */
  readonly eventType: EventType;
  /**
   * Everything else that distinguishes the command from others of its type in its stream, in a fixed
   * order. A retry has the same payload; a client id that was used with another one is refused.
   */
  readonly payload: readonly (string | number | boolean | null)[];
  /** The command creates its stream. A retry is answered with the stream that the first one created. */
  readonly createsStream?: boolean;
  /** Estimated bytes that it adds to a transaction. */
  readonly bytes: number;
  /** Records its trace, if tracing is on. */
  readonly trace?: CommandTrace | undefined;
}

/**
 * Changes the tables that are queried, for events of one type, in the transaction that stores the
 * events. It depends only on the events and those tables: `parley doctor` runs it again.
 */
export type Projection = (tx: StreamTransaction, events: readonly StoredEvent[]) => Promise<void>;

/** One transaction of a lane: its locked streams, and the events that it has inserted. */
export class StreamTransaction {
  /** The inserted events, in the order of their commands. */
  readonly inserted: StoredEvent[] = [];
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

  /** Registers a stream that this transaction has locked or inserted. */
  register(stream: StreamId, lastSeq: number, lastAt: number): void {
    this.#heads.set(stream, { lastSeq, lastAt });
  }

  /** Returns whether the stream exists and is locked by this transaction. */
  has(stream: StreamId): boolean {
    return this.#heads.has(stream);
  }

  /** Inserts a new stream, which is locked from then on. */
  async createStream(stream: StreamId, kind: 'conversation' | 'personal'): Promise<void> {
    await this.query('stream-create', 'insert into streams (id, kind) values ($1, $2)', [
      stream,
      kind,
    ]);
    this.register(stream, 0, 0);
  }

  /**
   * Gives the event the next seq of its stream, in memory only: `flush` inserts it. The first event of
   * a command has the client id and the digest of the command.
   *
   * @throws when the stream is not locked, which is a defect of the rule.
   */
  stage(
    event: NewEvent,
    actor: AccountId,
    command: { readonly clientId: ClientId; readonly digest: Buffer } | null,
    preceding: readonly StoredEvent[],
  ): StoredEvent {
    const head = this.#heads.get(event.stream);
    if (!head) throw new Error(`The stream of ${event.type} is not locked`);
    head.lastSeq += 1;
    // If the clock was set back a little, the event gets the time of the one before it. If the last
    // event is far in the future, its time is ignored: the order of events is that of their seqs.
    if (head.lastAt < this.#now || head.lastAt > this.#now + AHEAD_MS) head.lastAt = this.#now;
    const data = typeof event.data === 'function' ? event.data(preceding) : event.data;
    const staged: StoredEvent = {
      stream: event.stream,
      seq: head.lastSeq as Seq,
      type: event.type,
      actor,
      client: command?.clientId ?? null,
      at: new Date(head.lastAt).toISOString(),
      data: JSON.stringify(data),
    };
    if (command) this.#digests.set(staged, command.digest);
    return staged;
  }

  /**
   * Increments the seqs of the streams and inserts the events, in one statement.
   *
   * @throws when a stream has another seq than it had under this transaction’s lock
   */
  async flush(events: readonly StoredEvent[]): Promise<void> {
    if (events.length === 0) return;
    const increments = new Map<StreamId, { n: number; seq: Seq; at: string }>();
    for (const e of events) {
      increments.set(e.stream, { n: (increments.get(e.stream)?.n ?? 0) + 1, seq: e.seq, at: e.at });
    }
    const rows = await this.query<{ id: string; last_seq: number }>(
      'stream-flush',
      `with incremented as (
         update streams s
         set last_seq = s.last_seq + b.n, last_at = b.at
         from unnest($1::uuid[], $2::int[], $3::timestamptz[]) as b (id, n, at)
         where s.id = b.id
         returning s.id, s.last_seq
       ), inserted as (
         insert into events (stream_id, seq, type, actor_id, client_id, at, data, command_digest)
         select e.stream_id, e.seq, e.type, e.actor_id, e.client_id, e.at, e.data::json,
                e.command_digest
         from unnest($4::uuid[], $5::int8[], $6::text[], $7::uuid[], $8::uuid[], $9::timestamptz[],
                     $10::text[], $11::bytea[])
           as e (stream_id, seq, type, actor_id, client_id, at, data, command_digest)
         returning 1
       )
       select id, last_seq,
         -- Evaluated once, when all events are inserted.
         (select reject_ids_of_unchanged_commands($7, $8)
          from (select count(*) from inserted) as done) as reused
       from incremented`,
      [
        [...increments.keys()],
        [...increments.values()].map((b) => b.n),
        [...increments.values()].map((b) => b.at),
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
      const expected = increments.get(row.id as StreamId)?.seq;
      if (row.last_seq !== expected) {
        throw new Error(`Stream ${row.id} is at seq ${row.last_seq} instead of ${expected}`);
      }
    }
    if (rows.length !== increments.size) throw new Error('A locked stream does not exist');
    this.inserted.push(...events);
  }
}
