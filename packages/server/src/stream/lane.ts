import { isRetryable, type Refusal, refusal, type StreamId } from '@parley/protocol';
import pg from 'pg';
import type { Clock } from '../clock.ts';
import type { Logger } from '../log.ts';
import type { Metrics } from '../metrics/metrics.ts';
import { CommitOutcomeUnknown, isConnectionError, withTransaction } from '../storage/database.ts';
import { refusalOfDatabaseError } from '../storage/database-refusal.ts';
import { DeferredCommands } from './deferred-commands.ts';
import { applyRedactions, type EventVisibilities } from './event-visibility.ts';
import type { Outcome, Pending } from './outcome.ts';
import type { Projections } from './projections.ts';
import type { StoredEvent } from './record.ts';
import { answerTwin, findRepeated } from './repeated-commands.ts';
import { type Command, type Decision, StreamTransaction } from './stream-transaction.ts';

/** A transaction takes at most this much of what waits. */
const BATCH_COMMANDS = 256;
const BATCH_BYTES = 1024 * 1024;
/** More waiting commands than this are refused at once: the database does not keep up. */
const QUEUE_MAX = 20_000;
/** While the database is unreachable, a command waits this long before it is deferred. */
const UNREACHABLE_MAX_MS = 8_000;
/** Deadlocks and lock time-outs are tried again this often. */
const TRIES = 3;

/** A command in the lane. */
interface Waiting extends Pending {
  /** Its place among the commands of the lane; kept when it is deferred and sent again. */
  readonly order: number;
}

/** Why a command is deferred that nothing is wrong with. */
const BEHIND = 'An earlier command in this stream was deferred; send it again first';

interface LaneDeps {
  readonly pool: pg.Pool;
  readonly clock: Clock;
  readonly log: Logger;
  readonly projections: Projections;
  readonly visibility: EventVisibilities;
  readonly metrics?: Metrics | undefined;
  /** Commands that may wait, if not {@link QUEUE_MAX}. */
  readonly queueMax?: number | undefined;
  /** Hands committed events on. Called after the senders were answered. */
  readonly publish: (events: readonly StoredEvent[]) => void;
  /** Why nothing may be written now; null when it may. */
  readonly rejectWrites?: () => Refusal | null;
}

/**
 * A lane has one transaction under way. All that arrives meanwhile goes into the next one, so many
 * messages share one fsync, while a lone one is committed at once.
 *
 * 1. Commands of one stream are carried out in the order of their arrival.
 * 2. A command is answered `stored` only after COMMIT was confirmed.
 * 3. A batch that fails is tried again one command at a time: a command that fails does not affect others.
 * 4. A command whose COMMIT was cut off is tried again with the same id; when that does not settle
 *    it in time its outcome is `unknown`, never `refused`.
 * 5. While a command is deferred (rejected for now, or of unknown outcome) what its sender sent after
 *    it into that stream is deferred too, until it is sent again: a sender's messages do not overtake
 *    each other.
 */
export class Lane {
  readonly #context: LaneDeps;
  readonly #waiting: Waiting[] = [];
  readonly #deferred = new DeferredCommands();
  #running = false;
  #idle: (() => void)[] = [];

  constructor(context: LaneDeps) {
    this.#context = context;
  }

  /** Puts a command at the end of the lane. */
  push(pending: Pending): void {
    const waiting: Waiting = { ...pending, order: this.#deferred.orderOf(pending.command) };
    if (this.#waiting.length >= (this.#context.queueMax ?? QUEUE_MAX)) {
      this.#defer(waiting, refusal('overloaded', undefined, { retryAfter: 2 }));
      return;
    }
    this.#waiting.push(waiting);
    if (this.#running) return;
    this.#running = true;
    // All that the same turn of the event loop brings shares the first transaction.
    setImmediate(() => void this.#run());
  }

  /** Resolves when nothing waits and nothing is under way. */
  whenIdle(): Promise<void> {
    if (!this.#running) return Promise.resolve();
    return new Promise((resolve) => this.#idle.push(resolve));
  }

  async #run(): Promise<void> {
    while (this.#waiting.length > 0) await this.#settleBatch(this.#nextBatch());
    this.#running = false;
    for (const resolve of this.#idle.splice(0)) resolve();
  }

  #nextBatch(): Waiting[] {
    let bytes = 0;
    let n = 0;
    while (n < this.#waiting.length && n < BATCH_COMMANDS) {
      bytes += this.#waiting[n]?.command.bytes ?? 0;
      if (n > 0 && bytes > BATCH_BYTES) break;
      n++;
    }
    return this.#waiting.splice(0, n);
  }

  /** Brings every command of the batch to its outcome; never throws. */
  async #settleBatch(all: Waiting[]): Promise<void> {
    let batch = all.filter((pending) => !this.#waitsBehind(pending));
    const rejection = this.#context.rejectWrites?.();
    if (rejection) {
      for (const pending of batch) this.#defer(pending, rejection);
      return;
    }
    for (let tries = 1, pause = 25; batch.length > 0; ) {
      try {
        await this.#transact(batch);
        return;
      } catch (error) {
        if (error instanceof CommitOutcomeUnknown) for (const p of batch) p.uncertain = true;
        if (isConnectionError(error)) {
          batch = this.#giveUpOld(batch, error);
          await new Promise((resolve) => setTimeout(resolve, pause));
          pause = Math.min(pause * 2, 500);
        } else if (isTransient(error) && tries < (batch.length > 1 ? 2 : TRIES)) {
          tries++;
        } else if (batch.length > 1) {
          this.#context.log.warn(
            { err: error, commands: batch.length },
            'batch split after an error',
          );
          for (const pending of batch) await this.#settleBatch([pending]);
          return;
        } else {
          this.#fail(batch, error);
          return;
        }
      }
    }
  }

  #giveUpOld(batch: readonly Waiting[], error: unknown): Waiting[] {
    const now = performance.now();
    return batch.filter((pending) => {
      if (this.#waitsBehind(pending)) return false;
      if (now - pending.since < UNREACHABLE_MAX_MS) return true;
      this.#context.log.warn(
        { err: error, uncertain: pending.uncertain },
        'command deferred: database unreachable',
      );
      this.#defer(pending, refusal('unavailable', undefined, { retryAfter: 2 }));
      return false;
    });
  }

  #fail(batch: readonly Waiting[], error: unknown): void {
    for (const pending of batch) {
      this.#context.log.error({ err: error, rule: pending.command.rule.name }, 'command failed');
      const refused = refusalOf(error);
      if (pending.uncertain || isRetryable(refused.code)) this.#defer(pending, refused);
      else pending.settle({ kind: 'refused', refusal: refused });
    }
  }

  /** Answers a command that may be sent again. What its sender sent after it has to wait for it. */
  #defer(pending: Waiting, refused: Refusal): void {
    const { command, order } = pending;
    this.#deferred.defer(command, order, pending.uncertain ? 'unavailable' : refused.code);
    // A commit that was cut off may have stored it, whatever a later attempt ran into.
    if (pending.uncertain) pending.settle({ kind: 'unknown' });
    else pending.settle({ kind: 'refused', refusal: refused });
  }

  /** Whether an earlier command of the same sender has to come first; the command is answered then. */
  #waitsBehind(pending: Waiting): boolean {
    const { command, order } = pending;
    const ahead = this.#deferred.ahead(command, order);
    if (!ahead) {
      this.#deferred.forget(command);
      return false;
    }
    this.#defer(pending, refusal(ahead.code, BEHIND, { retryAfter: 1 }));
    return true;
  }

  async #transact(batch: readonly Pending[]): Promise<void> {
    const { pool, clock, metrics } = this.#context;
    const startedAt = performance.now();
    let executed = startedAt;
    const { tx, outcomes } = await withTransaction(pool, async (client) => {
      const tx = new StreamTransaction(client, clock.now());
      const outcomes = await this.#execute(tx, batch);
      executed = performance.now();
      return { tx, outcomes };
    });
    const committed = performance.now();
    for (const { command, since } of batch) {
      if (!command.trace) continue;
      command.trace.committed({
        since,
        startedAt,
        executed,
        committed,
        commands: batch.length,
      });
      this.#mark(command, tx.inserted);
    }
    // What follows a commit stands here, in order: answers first, then delivery.
    // Nothing may throw out of here any more, or the batch would be taken for failed.
    for (const [i, pending] of batch.entries()) {
      this.#guard(() => pending.settle(outcomes[i] ?? { kind: 'unknown' }));
    }
    if (tx.inserted.length > 0) this.#guard(() => this.#context.publish(tx.inserted));
    metrics?.committed({
      commands: batch.length,
      waitMs: startedAt - (batch[0] as Pending).since,
      transactionMs: committed - startedAt,
      commitMs: committed - executed,
    });
  }

  /** Lets the events of a traced command carry its trace. */
  #mark(command: Command, inserted: readonly StoredEvent[]): void {
    const parent = command.trace?.parent;
    const event = inserted.find((e) => e.client === command.clientId && e.actor === command.actor);
    if (parent && event) event.trace = parent;
  }

  #guard(fn: () => void): void {
    try {
      fn();
    } catch (error) {
      this.#context.log.error({ err: error }, 'publishing after a commit failed');
    }
  }

  async #execute(tx: StreamTransaction, batch: readonly Pending[]): Promise<Outcome[]> {
    await lockStreams(
      tx,
      batch.map((p) => p.command),
    );
    const outcomes = await findRepeated(tx, batch);
    let open = [...batch.keys()].filter((i) => !outcomes[i]);
    while (open.length > 0) open = await this.#executeRound(tx, batch, open, outcomes);
    return outcomes as Outcome[];
  }

  /** Carries out one command of each id, and answers its twins. Returns the places left open. */
  async #executeRound(
    tx: StreamTransaction,
    batch: readonly Pending[],
    open: readonly number[],
    outcomes: (Outcome | undefined)[],
  ): Promise<number[]> {
    const firsts = new Map<string, number>();
    const twins: { place: number; first: number }[] = [];
    for (const place of open) {
      const { command } = batch[place] as Pending;
      const key = `${command.actor} ${command.clientId}`;
      const first = firsts.get(key);
      if (first === undefined) firsts.set(key, place);
      else twins.push({ place, first });
    }
    const fresh = [...firsts.values()];
    for (let from = 0; from < fresh.length; ) {
      const to = this.#segmentEnd(batch, fresh, from);
      await this.#executeSegment(tx, batch, fresh.slice(from, to), outcomes);
      from = to;
    }
    for (const { place, first } of twins) {
      const outcome = outcomes[first] as Outcome;
      outcomes[place] = answerTwin(batch[place] as Pending, batch[first] as Pending, outcome);
    }
    return twins.map((twin) => twin.place).filter((place) => !outcomes[place]);
  }

  /** Neighbours of the same bulk rule are decided together. */
  #segmentEnd(batch: readonly Pending[], fresh: readonly number[], from: number): number {
    const rule = batch[fresh[from] ?? -1]?.command.rule;
    let to = from + 1;
    if (rule?.decideMany)
      while (to < fresh.length && batch[fresh[to] ?? -1]?.command.rule === rule) to++;
    return to;
  }

  async #executeSegment(
    tx: StreamTransaction,
    batch: readonly Pending[],
    places: readonly number[],
    outcomes: (Outcome | undefined)[],
  ): Promise<void> {
    const pendings = places.map((place) => batch[place] as Pending);
    const decisions = await decideAll(
      tx,
      pendings.map((p) => p.command),
    );
    const events: StoredEvent[] = [];
    for (const [n, pending] of pendings.entries()) {
      const decision = decisions[n];
      if (!decision)
        throw new Error(`The rule ${pending.command.rule.name} decided too few commands`);
      outcomes[places[n] as number] = await this.#carryOut(tx, pending, decision, events);
    }
    await tx.flush(events);
    await this.#context.projections.apply(tx, events);
    await applyRedactions(this.#context.visibility, tx, events);
  }

  async #carryOut(
    tx: StreamTransaction,
    { command, digest }: Pending,
    decision: Decision,
    events: StoredEvent[],
  ): Promise<Outcome> {
    if ('refuse' in decision) return { kind: 'refused', refusal: decision.refuse };
    if ('unchanged' in decision) {
      const stream = decision.stream ?? command.stream;
      await this.#holdId(tx, command);
      await tx.query(
        'lane-unchanged',
        `insert into unchanged_commands (actor_id, client_id, stream_id, seq, command_digest)
         values ($1, $2, $3, $4, $5)`,
        [command.actor, command.clientId, stream, decision.unchanged, digest],
      );
      return { kind: 'stored', stream, seq: decision.unchanged, at: tx.at, repeated: false };
    }
    const staged: StoredEvent[] = [];
    for (const event of decision.events) {
      const id = staged.length === 0 ? { clientId: command.clientId, digest } : null;
      staged.push(tx.stage(event, command.actor, id, staged));
    }
    events.push(...staged);
    const { stream, seq, at } = staged[0] as StoredEvent;
    return { kind: 'stored', stream, seq, at, repeated: false };
  }

  /**
   * Makes every other command with this id wait until this transaction ends, also one in another
   * stream: the index of the ids of events keeps the entry of a row that is deleted again.
   */
  async #holdId(tx: StreamTransaction, { actor, clientId, stream }: Command): Promise<void> {
    const place = [stream, '9223372036854775807'];
    await tx.query(
      'lane-hold-id',
      `insert into events (stream_id, seq, type, actor_id, client_id, at, data)
       values ($1, $2, '', $3, $4, now(), 'null')`,
      [...place, actor, clientId],
    );
    await tx.query(
      'lane-release-place',
      'delete from events where stream_id = $1 and seq = $2',
      place,
    );
  }
}

/** Decides neighbouring commands of one rule. */
async function decideAll(
  tx: StreamTransaction,
  commands: readonly Command[],
): Promise<readonly Decision[]> {
  const [first] = commands as readonly [Command];
  if (commands.length > 1 && first.rule.decideMany) return first.rule.decideMany(tx, commands);
  return [await first.rule.decide(tx, first)];
}

/** Locks all streams of the batch in the order of their ids, which no two batches can cross. */
async function lockStreams(tx: StreamTransaction, commands: readonly Command[]): Promise<void> {
  const streams = new Set<StreamId>();
  for (const command of commands) {
    streams.add(command.stream);
    for (const stream of command.alsoLocks ?? []) streams.add(stream);
  }
  const rows = await tx.query<{ id: string; last_seq: number; last_at: Date }>(
    'lane-lock',
    // The sort stands below the locking in the plan: rows are locked in this order.
    `select id, last_seq, last_at from streams where id = any($1::uuid[]) order by id for update`,
    [[...streams]],
  );
  for (const row of rows) tx.register(row.id as StreamId, row.last_seq, row.last_at.getTime());
}

/** Errors of PostgreSQL that the same transaction may not meet again. */
function isTransient(error: unknown): boolean {
  // Deadlock, serialization failure, lock time-out, and a unique key that a competing transaction
  // took first: the next attempt finds its row.
  return (
    error instanceof pg.DatabaseError &&
    ['40P01', '40001', '55P03', '23505'].includes(error.code ?? '')
  );
}

function refusalOf(error: unknown): Refusal {
  const refused = refusalOfDatabaseError(error) ?? refusal('internal');
  // Sooner than the commands behind it stop waiting for it.
  return refused.code === 'disk_full' ? { ...refused, retryAfter: 2 } : refused;
}
