import { EVENT_DATA, type EventType, type Seq, type StreamId } from '@parley/protocol';
import type pg from 'pg';
import type { Projections } from '../stream/projections.ts';
import { readLogs } from '../stream/read.ts';
import type { StoredEvent } from '../stream/record.ts';
import { AHEAD_MS, StreamTransaction } from '../stream/stream-transaction.ts';
import type { FindingList } from './findings.ts';

/** Events that are in memory at a time: at most some 16 MB of the longest messages. */
const PAGE = 1_000;

interface HeadRow {
  id: string;
  last_seq: number;
  last_at: Date;
}

/** A stream as far as the walk has come. */
interface Walked {
  readonly stream: StreamId;
  seq: number;
  at: string;
  events: number;
}

/**
 * Goes once through the events, in order, looks at each, and lets the projections do their work
 * again (in the shadow tables of this connection).
 *
 * 1. In memory is one page of events, and the ids of the streams whose log is damaged.
 * 2. An event that the projections could not work with is told of and left out.
 * 3. Of a stream whose log is damaged nothing may be repaired: what the tables have is the only
 *    trace of what is missing.
 */
export class LogWalk {
  /** Streams whose log is not whole. */
  readonly damaged = new Set<StreamId>();
  /** Streams whose row can be put right from their log. */
  readonly behind = new Set<StreamId>();
  readonly #client: pg.PoolClient;
  readonly #projections: Projections;
  readonly #found: FindingList;
  /** The stream that the walk is in, and what it has seen of it. */
  #current: Walked | null = null;
  #heads = new Map<string, HeadRow>();

  constructor(client: pg.PoolClient, projections: Projections, found: FindingList) {
    this.#client = client;
    this.#projections = projections;
    this.#found = found;
  }

  /** Walks through all logs, or through those of some streams. */
  async run(only: readonly StreamId[] | null = null): Promise<void> {
    for await (const page of readLogs(this.#client, PAGE, only)) {
      const next = await this.#readHeads(page);
      const sound: StoredEvent[] = [];
      for (const event of page) {
        if (event.stream !== this.#current?.stream) {
          this.#leaveStream();
          this.#current = { stream: event.stream, seq: 0, at: '', events: 0 };
        }
        this.#heads = next;
        this.#followOn(event, this.#current);
        if (this.#isSound(event)) sound.push(event);
      }
      await this.#lookForTargets(sound);
      await this.#project(sound);
    }
    this.#leaveStream();
    await this.#lookForLostLogs(only);
  }

  /** A log of which nothing is left: the walk has not come by. */
  async #lookForLostLogs(only: readonly StreamId[] | null): Promise<void> {
    const { rows } = await this.#client.query<{ id: StreamId; last_seq: number }>(
      // A conversation begins with an event: its stream is never empty.
      `select s.id, s.last_seq from streams s
       where (s.last_seq <> 0 or s.kind = 'conversation')
         and ($1::uuid[] is null or s.id = any($1))
         and not exists (select from events e where e.stream_id = s.id)`,
      [only],
    );
    for (const { id, last_seq } of rows) this.#gap(id, 1, Math.max(1, last_seq));
  }

  async #readHeads(page: readonly StoredEvent[]): Promise<Map<string, HeadRow>> {
    const { rows } = await this.#client.query<HeadRow>({
      name: 'doctor-heads',
      text: 'select id, last_seq, last_at from streams where id = any($1::uuid[])',
      values: [[...new Set(page.map((e) => e.stream))]],
    });
    return new Map(rows.map((row) => [row.id, row]));
  }

  /** Compares the event with the one before it. */
  #followOn(event: StoredEvent, current: Walked): void {
    const { stream, seq, at } = event;
    const missing = seq - current.seq - 1;
    if (missing > 0) this.#gap(stream, current.seq + 1, seq - 1);
    if (missing < 0) this.#damage('seq_repeated', { stream, seq });
    // A clock that had jumped further ahead than that was set right again.
    const back = Date.parse(current.at) - Date.parse(at);
    if (back > 0 && back <= AHEAD_MS) {
      this.#found.add('time_order', 'events', { key: { stream, seq } });
    }
    current.seq = seq;
    current.at = at;
    current.events++;
  }

  #gap(stream: StreamId, from: number, to: number): void {
    const detail = from === to ? `seq ${from}` : `seq ${from} to ${to}`;
    this.damaged.add(stream);
    this.#found.add(
      'gap',
      'events',
      { key: { stream, seq: from }, detail },
      { count: to - from + 1 },
    );
  }

  #damage(
    kind: 'seq_repeated' | 'event_unknown' | 'event_malformed' | 'event_unappliable',
    { stream, seq }: { stream: StreamId; seq: Seq },
    detail?: string,
  ): void {
    this.damaged.add(stream);
    const key = { stream, seq };
    this.#found.add(kind, 'events', detail === undefined ? { key } : { key, detail });
  }

  /** Compares what was seen of a stream with its row. */
  #leaveStream(): void {
    const current = this.#current;
    if (!current) return;
    const { stream, seq, at, events } = current;
    const head = this.#heads.get(stream);
    if (!head) {
      this.damaged.add(stream);
      const place = { key: { stream }, detail: `${events} events` };
      this.#found.add('event_without_stream', 'events', place, { count: events });
    } else if (head.last_seq > seq) {
      this.#gap(stream, seq + 1, head.last_seq);
    } else if (head.last_seq < seq) {
      this.behind.add(stream);
      const detail = `at ${head.last_seq}, the last event is ${seq}`;
      this.#found.add('head_behind', 'streams', { key: { stream }, detail }, { repairable: true });
    } else if (head.last_at.toISOString() !== at) {
      this.behind.add(stream);
      this.#found.add('head_time', 'streams', { key: { stream } }, { repairable: true });
    }
  }

  #isSound(event: StoredEvent): boolean {
    if (!Object.hasOwn(EVENT_DATA, event.type)) {
      this.#damage('event_unknown', event, event.type);
      return false;
    }
    const schema = EVENT_DATA[event.type as EventType];
    const checked = schema.safeParse(JSON.parse(event.data));
    if (checked.success) return true;
    const fields = checked.error.issues.map((issue) => issue.path.join('.') || 'data');
    this.#damage('event_malformed', event, `${event.type}: ${[...new Set(fields)].join(', ')}`);
    return false;
  }

  /** What events refer to must be there: the message of an edit, the joining of a member. */
  async #lookForTargets(events: readonly StoredEvent[]): Promise<void> {
    const targets = events.flatMap(targetsOf);
    if (targets.length === 0) return;
    const { rows } = await this.#client.query<{ n: number }>({
      name: 'doctor-targets',
      text: `select t.n::int as n
             from unnest($1::uuid[], $2::int8[], $3::bool[]) with ordinality
               as t (stream_id, seq, is_message, n)
             left join events e on e.stream_id = t.stream_id and e.seq = t.seq
               and (e.type = 'message.posted' or not t.is_message)
             where e.seq is null
             order by n`,
      values: [
        targets.map((t) => t.stream),
        targets.map((t) => t.seq),
        targets.map((t) => t.isMessage),
      ],
    });
    for (const { n } of rows) {
      const target = targets[n - 1] as Target;
      const { stream, seq, type } = target.event;
      const detail = `${type}: there is no ${target.isMessage ? 'message' : 'event'} ${target.seq}`;
      this.damaged.add(stream);
      this.#found.add('event_without_target', 'events', { key: { stream, seq }, detail });
    }
  }

  async #project(events: readonly StoredEvent[]): Promise<void> {
    if (events.length === 0 || (await this.#tryToProject(events)) === null) return;
    // One of them cannot follow the others: which?
    for (const event of events) {
      const why = await this.#tryToProject([event]);
      if (why !== null) this.#damage('event_unappliable', event, `${event.type}: ${why}`);
    }
  }

  /** Null, or why it did not work; then nothing of it is kept. */
  async #tryToProject(events: readonly StoredEvent[]): Promise<string | null> {
    await this.#client.query('savepoint page');
    try {
      await this.#projections.apply(new StreamTransaction(this.#client, 0), events);
      await this.#client.query('release savepoint page');
      return null;
    } catch (error) {
      const { code, constraint } = error as { code?: string; constraint?: string };
      // A connection that is lost, or a mistake of ours, says nothing about the events: only the
      // classes of wrong data do, and their messages may hold the data.
      if (code === undefined || !/^2[23]/.test(code)) throw error;
      await this.#client.query('rollback to savepoint page');
      return constraint ?? code;
    }
  }
}

interface Target {
  readonly event: StoredEvent;
  readonly stream: string;
  readonly seq: number;
  readonly isMessage: boolean;
}

/**
 * What the event says it is about. `message` is everywhere the seq of the event that posted it, in
 * the conversation that is named or else in the event’s own stream; `seq` one of a conversation.
 */
function targetsOf(event: StoredEvent): Target[] {
  const data: { conversation?: unknown; message?: unknown; seq?: unknown } = JSON.parse(event.data);
  const named = typeof data.conversation === 'string' ? data.conversation : undefined;
  const targets: Target[] = [];
  if (typeof data.message === 'number') {
    targets.push({ event, stream: named ?? event.stream, seq: data.message, isMessage: true });
  }
  if (named !== undefined && typeof data.seq === 'number') {
    targets.push({ event, stream: named, seq: data.seq, isMessage: false });
  }
  return targets;
}
