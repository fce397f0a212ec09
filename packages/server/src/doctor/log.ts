import { EVENT_DATA, type EventType, type Seq, type StreamId } from '@parley/protocol';
import type pg from 'pg';
import { Pipeline } from '../storage/pipeline.ts';
import type { Projections } from '../stream/projections.ts';
import { readLogs } from '../stream/read.ts';
import type { StoredEvent } from '../stream/record.ts';
import { AHEAD_MS, StreamTransaction } from '../stream/stream-transaction.ts';
import type { FindingList } from './findings.ts';

/** Events in memory at a time: at most about 16 MB with the longest messages. */
const PAGE = 1_000;

interface HeadRow {
  id: string;
  last_seq: number;
  last_at: Date;
}

/** A stream up to the current event. */
interface Progress {
  readonly stream: StreamId;
  seq: number;
  at: string;
  events: number;
}

/**
 * Reads all events once, in order, checks each, and applies the projections to the shadow tables of
 * this connection.
 *
 * 1. It holds one page of events in memory, and the ids of damaged streams.
 * 2. An event that cannot be projected becomes a finding and is skipped.
 * 3. A stream whose log is damaged must not be repaired: the tables may hold the only trace of what
 *    is missing.
 */
export class LogWalk {
  /** Streams with a damaged log. */
  readonly damaged = new Set<StreamId>();
  /** Streams whose row in `streams` can be repaired from their log. */
  readonly behind = new Set<StreamId>();
  readonly #client: pg.PoolClient;
  readonly #projections: Projections;
  readonly #findings: FindingList;
  #current: Progress | null = null;
  #heads = new Map<string, HeadRow>();

  constructor(client: pg.PoolClient, projections: Projections, found: FindingList) {
    this.#client = client;
    this.#projections = projections;
    this.#findings = found;
  }

  /** Checks the logs of all streams, or of some. */
  async run(only: readonly StreamId[] | null = null): Promise<void> {
    for await (const page of readLogs(this.#client, PAGE, only)) {
      const next = await this.#readHeads(page);
      const valid: StoredEvent[] = [];
      for (const event of page) {
        if (event.stream !== this.#current?.stream) {
          this.#endStream();
          this.#current = { stream: event.stream, seq: 0, at: '', events: 0 };
        }
        this.#heads = next;
        this.#checkOrder(event, this.#current);
        if (this.#isValid(event)) valid.push(event);
      }
      await this.#checkTargets(valid);
      await this.#project(valid);
    }
    this.#endStream();
    await this.#findEmptyLogs(only);
  }

  /** Finds streams that have lost all their events. */
  async #findEmptyLogs(only: readonly StreamId[] | null): Promise<void> {
    const { rows } = await this.#client.query<{ id: StreamId; last_seq: number }>(
      // The stream of a conversation is never empty: its first event is the creation.
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
  #checkOrder(event: StoredEvent, current: Progress): void {
    const { stream, seq, at } = event;
    const missing = seq - current.seq - 1;
    if (missing > 0) this.#gap(stream, current.seq + 1, seq - 1);
    if (missing < 0) this.#damage('seq_repeated', { stream, seq });
    // A larger step back means that the clock was corrected, which is allowed.
    const back = Date.parse(current.at) - Date.parse(at);
    if (back > 0 && back <= AHEAD_MS) {
      this.#findings.add('time_order', 'events', { key: { stream, seq } });
    }
    current.seq = seq;
    current.at = at;
    current.events++;
  }

  #gap(stream: StreamId, from: number, to: number): void {
    const detail = from === to ? `seq ${from}` : `seq ${from} to ${to}`;
    this.damaged.add(stream);
    this.#findings.add(
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
    this.#findings.add(kind, 'events', detail === undefined ? { key } : { key, detail });
  }

  /** Compares the end of a log with the row of its stream. */
  #endStream(): void {
    const current = this.#current;
    if (!current) return;
    const { stream, seq, at, events } = current;
    const head = this.#heads.get(stream);
    if (!head) {
      this.damaged.add(stream);
      const place = { key: { stream }, detail: `${events} events` };
      this.#findings.add('event_without_stream', 'events', place, { count: events });
    } else if (head.last_seq > seq) {
      this.#gap(stream, seq + 1, head.last_seq);
    } else if (head.last_seq < seq) {
      this.behind.add(stream);
      const detail = `at ${head.last_seq}, the last event is ${seq}`;
      this.#findings.add(
        'head_behind',
        'streams',
        { key: { stream }, detail },
        { repairable: true },
      );
    } else if (head.last_at.toISOString() !== at) {
      this.behind.add(stream);
      this.#findings.add('head_time', 'streams', { key: { stream } }, { repairable: true });
    }
  }

  #isValid(event: StoredEvent): boolean {
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

  /** Checks that what events refer to exists: the message of an edit, the join of a member. */
  async #checkTargets(events: readonly StoredEvent[]): Promise<void> {
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
      this.#findings.add('event_without_target', 'events', { key: { stream, seq }, detail });
    }
  }

  async #project(events: readonly StoredEvent[]): Promise<void> {
    if (events.length === 0 || (await this.#tryToProject(events)) === null) return;
    // The page failed as a whole: find the events that fail.
    for (const event of events) {
      const reason = await this.#tryToProject([event]);
      if (reason !== null) this.#damage('event_unappliable', event, `${event.type}: ${reason}`);
    }
  }

  /** Applies the events, or none of them. Returns null, or the reason why they failed. */
  async #tryToProject(events: readonly StoredEvent[]): Promise<string | null> {
    await this.#client.query('savepoint page');
    try {
      const pipeline = new Pipeline(this.#client);
      this.#projections.apply(new StreamTransaction(pipeline, 0), events);
      await pipeline.command('release savepoint page');
      return null;
    } catch (error) {
      const { code, constraint } = error as { code?: string; constraint?: string };
      // Only SQLSTATE classes 22 and 23 are about the data; a lost connection or a defect of ours is
      // not. Report the constraint or code, because the message may contain the data.
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
 * Returns what the event refers to. `message` is always the seq of a `message.posted`, in the
 * conversation that the event names, or else in the stream of the event; `seq` is an event of the conversation.
 */
function targetsOf(event: StoredEvent): Target[] {
  const data: {
    conversation?: unknown;
    message?: unknown;
    seq?: unknown;
    replyTo?: unknown;
    thread?: unknown;
  } = JSON.parse(event.data);
  const named = typeof data.conversation === 'string' ? data.conversation : undefined;
  const targets: Target[] = [];
  if (typeof data.message === 'number') {
    targets.push({ event, stream: named ?? event.stream, seq: data.message, isMessage: true });
  }
  if (event.type === 'message.posted' && typeof data.replyTo === 'number') {
    targets.push({ event, stream: event.stream, seq: data.replyTo, isMessage: true });
  }
  if (event.type === 'message.posted' && typeof data.thread === 'number') {
    targets.push({ event, stream: event.stream, seq: data.thread, isMessage: true });
  }
  if (named !== undefined && typeof data.seq === 'number') {
    targets.push({ event, stream: named, seq: data.seq, isMessage: false });
  }
  return targets;
}
