import type {
  AccountId,
  ClientId,
  EventData,
  EventType,
  Refusal,
  Seq,
  StreamId,
} from '@parley/protocol';
import type { QueryResultRow } from 'pg';
import { listStatement } from '../storage/list-statement.ts';
import type { Pipeline } from '../storage/pipeline.ts';
import type { CommandTrace } from '../tracing/tracing.ts';
import type { StoredEvent } from './record.ts';

/**
 * How far an event's time may be ahead of the clock, so that it is not before the time of the
 * previous event. Larger than any difference between the clocks of nodes that synchronize them.
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

/** A stream that the events of a decision start. */
export interface NewStream {
  readonly id: StreamId;
  readonly kind: 'conversation' | 'personal';
}

/** A statement, prepared under its name. */
export interface Statement {
  readonly name: string;
  readonly text: string;
  readonly values: unknown[];
}

/** The decision of a rule on one command: everything that the transaction stores for it. */
export type Decision =
  | {
      /** The events to store. The first one has the client id of the command. */
      readonly events: readonly [NewEvent, ...NewEvent[]];
      readonly newStreams?: readonly NewStream[];
      /**
       * Further changes, of what is in no event: an address, a password, an entry of the audit log.
       * They are executed after the projections of the events.
       */
      readonly writes?: readonly Statement[];
    }
  /** Nothing has to change: the event `unchanged` of `stream` made the last change. */
  | { readonly unchanged: Seq; readonly stream?: StreamId }
  | { readonly refuse: Refusal };

/** The part of its transaction that a rule uses. */
export interface RuleContext {
  /** Time of the transaction, RFC 3339. */
  readonly at: string;
  /** Runs a statement that reads, and may lock what it reads. */
  query<R extends QueryResultRow>(name: string, text: string, values: unknown[]): Promise<R[]>;
  /** Returns whether the stream exists and is locked by this transaction. */
  has(stream: StreamId): boolean;
  /** Returns the seq of the last event of a stream that this transaction has locked. */
  head(stream: StreamId): Seq;
}

/**
 * Decides commands inside the transaction, with their streams locked. What it reads from
 * projections of locked streams cannot change before the commit. A rule changes nothing itself: its
 * decision lists the changes.
 */
export interface Rule<C extends Command = Command> {
  readonly name: string;
  /**
   * Whether `decide` starts with a statement, without first asking the transaction which streams are
   * locked. That statement is then sent together with the one that locks the streams, right after it,
   * which saves a round trip.
   */
  readonly readsEarly?: boolean;
  /** Decides one command. */
  decide(tx: RuleContext, command: C): Promise<Decision>;
  /** Decides consecutive commands of a batch with fewer statements: one decision each, in order. */
  decideMany?(tx: RuleContext, commands: readonly C[]): Promise<readonly Decision[]>;
}

/** A request of an account to change something. */
export interface Command {
  /** A rule for commands of this type. */
  readonly rule: Rule<this>;
  readonly actor: AccountId;
  readonly clientId: ClientId;
  /** The stream of the command’s first event. */
  readonly stream: StreamId;
  /** Further streams that events of this command are stored in. */
  readonly alsoLocks?: readonly StreamId[];
  /** Type of the first event. A client id that was used with another type is refused. */
  readonly eventType: EventType;
  /**
   * Everything else that distinguishes the command from others of its type in its stream, in fixed
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
export type Projection = (tx: StatementSink, events: readonly StoredEvent[]) => void;

/** Takes statements whose results are not needed. */
export interface StatementSink {
  /** Sends a statement without waiting for the answers to earlier ones. They are executed in order. */
  issue(name: string, text: string, values: unknown[]): void;
}

/**
 * Advances streams and inserts events.
 *
 * The seqs were assigned from what the locks returned. If a stream is at another seq, a deliberate
 * division by zero fails the statement, and with it the transaction: the COMMIT that is already
 * sent does not wait for a check in this process.
 */
const FLUSH = listStatement(
  'stream-flush',
  [
    { id: 'uuid', before: 'int8', after: 'int8', at: 'timestamptz' },
    {
      stream_id: 'uuid',
      seq: 'int8',
      type: 'text',
      actor_id: 'uuid',
      client_id: 'uuid',
      at: 'timestamptz',
      data: 'text',
      command_digest: 'bytea',
    },
  ],
  (streams, events) =>
    `with advanced as (
       update streams s
       set last_seq = a.after, last_at = a.at
       from ${streams.rows} a
       where s.id = a.id and s.last_seq = a.before
       returning s.id
     ), inserted as (
       insert into events (stream_id, seq, type, actor_id, client_id, at, data, command_digest)
       select e.stream_id, e.seq, e.type, e.actor_id, e.client_id, e.at, e.data::json,
              e.command_digest
       from ${events.rows} e
     )
     select 1 / (count(*) = ${streams.count})::int as all_advanced
     from advanced`,
);

/**
 * Fails if one of the ids belongs to a command that changed nothing. A command that changed nothing
 * locks its id until it commits, so the insert of the events waits for it. This is a statement of
 * its own because it must see what was committed during that wait.
 */
const CHECK_IDS = listStatement(
  'stream-check-ids',
  [{ actor_id: 'uuid', client_id: 'uuid' }],
  (events) =>
    `select reject_ids_of_unchanged_commands(array[u.actor_id], array[u.client_id])
     from ${events.rows} i
     cross join lateral (
       select actor_id, client_id from unchanged_commands
       where actor_id = i.actor_id and client_id = i.client_id
       limit 1
     ) u`,
);

/**
 * One transaction: its locked streams, and the events that it has inserted.
 *
 * Statements are executed in the order in which they were issued. The transaction succeeds only if all
 * of them do, including those whose results are not read: see {@link Pipeline}.
 */
export class StreamTransaction implements StatementSink, RuleContext {
  /** The inserted events, in the order of their commands. */
  readonly inserted: StoredEvent[] = [];
  readonly #pipeline: Pipeline;
  readonly #heads = new Map<StreamId, Head>();
  /** Digests of the commands, by the event that has their id. */
  readonly #digests = new Map<StoredEvent, Buffer>();
  readonly #now: number;

  constructor(pipeline: Pipeline, now: number) {
    this.#pipeline = pipeline;
    this.#now = now;
  }

  /** Runs a statement, prepared under `name` on this connection, and returns its rows. */
  query<R extends QueryResultRow>(name: string, text: string, values: unknown[]): Promise<R[]> {
    return this.#pipeline.query<R>(name, text, values);
  }

  issue(name: string, text: string, values: unknown[]): void {
    this.#pipeline.issue(name, text, values);
  }

  #issue({ name, text, values }: Statement): void {
    this.issue(name, text, values);
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

  head(stream: StreamId): Seq {
    const head = this.#heads.get(stream);
    if (!head) throw new Error(`The stream ${stream} is not locked`);
    return head.lastSeq as Seq;
  }

  /** Inserts a new stream, which is locked from then on. */
  createStream({ id, kind }: NewStream): void {
    this.issue('stream-create', 'insert into streams (id, kind) values ($1, $2)', [id, kind]);
    this.register(id, 0, 0);
  }

  /**
   * Gives the event the next seq of its stream, in memory only: `flush` inserts it. The first event of
   * a command has the client id and the digest of the command.
   *
   * @throws when the stream is not locked, which is a bug in the rule
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

  /** Issues the statements that advance the streams and insert the events. */
  flush(events: readonly StoredEvent[]): void {
    if (events.length === 0) return;
    const advances = new Map<StreamId, { before: number; after: Seq; at: string }>();
    for (const e of events) {
      const before = advances.get(e.stream)?.before ?? e.seq - 1;
      advances.set(e.stream, { before, after: e.seq, at: e.at });
    }
    const streams = [...advances.values()];
    const actors = events.map((e) => e.actor);
    const clients = events.map((e) => e.client);
    this.#issue(
      FLUSH(
        [
          [...advances.keys()],
          streams.map((a) => a.before),
          streams.map((a) => a.after),
          streams.map((a) => a.at),
        ],
        [
          events.map((e) => e.stream),
          events.map((e) => e.seq),
          events.map((e) => e.type),
          actors,
          clients,
          events.map((e) => e.at),
          events.map((e) => e.data),
          events.map((e) => this.#digests.get(e) ?? null),
        ],
      ),
    );
    this.#issue(CHECK_IDS([actors, clients]));
    this.inserted.push(...events);
  }
}
