import type { Refusal, StreamId } from '@parley/protocol';
import { refusal } from '@parley/protocol';
import type pg from 'pg';
import type { Clock } from '../clock.ts';
import type { Logger } from '../log.ts';
import type { CommandResult, Metrics } from '../metrics/metrics.ts';
import type { Tracing } from '../tracing/tracing.ts';
import { digestOf } from './command-digest.ts';
import type { EventVisibilities } from './event-visibility.ts';
import { Lane } from './lane.ts';
import type { Outcome } from './outcome.ts';
import type { Projections } from './projections.ts';
import type { StoredEvent } from './record.ts';
import type { Command } from './stream-transaction.ts';

export type { Outcome } from './outcome.ts';

/** Transactions under way at a time, and with it connections to the database. */
const LANES = 4;

/**
 * The one way into a stream.
 *
 * 1. The event of a command is stored once for each (actor, client id), for ever.
 * 2. `stored` is said only when the event is on disk.
 * 3. Events of a stream have the seqs 1, 2, 3 … in the order of their commits.
 * 4. Who may do it is decided inside the transaction that does it.
 * 5. After the answer, and only then, the events are published; those of one stream in their order.
 */
export class Append {
  readonly #lanes: Lane[];
  readonly #metrics: Metrics | undefined;
  readonly #tracing: Tracing | undefined;
  #closed = false;

  constructor(context: {
    pool: pg.Pool;
    clock: Clock;
    log: Logger;
    projections: Projections;
    visibility: EventVisibilities;
    metrics?: Metrics;
    tracing?: Tracing;
    queueMax?: number;
    publish: (events: readonly StoredEvent[]) => void;
    /** Why nothing may be written now (the disk is full, say); null when it may. */
    rejectWrites?: () => Refusal | null;
  }) {
    this.#metrics = context.metrics;
    this.#tracing = context.tracing;
    this.#lanes = Array.from({ length: LANES }, () => new Lane(context));
  }

  /** Hands a command over; `settle` is called once, when its outcome is known. */
  submit(command: Command, settle: (outcome: Outcome) => void): void {
    if (this.#closed) {
      settle({ kind: 'refused', refusal: refusal('shutting_down', undefined, { retryAfter: 2 }) });
      return;
    }
    const traced = this.#tracing ? this.#traced(command, this.#tracing) : command;
    const lane = this.#lanes[laneOf(command.stream)] as Lane;
    lane.push({
      command: traced,
      digest: digestOf(command),
      since: performance.now(),
      uncertain: false,
      settle: this.#watched(traced, settle),
    });
  }

  #traced(command: Command, tracing: Tracing): Command {
    return { ...command, trace: tracing.command(command.rule.name, command.clientId) };
  }

  /** Counts the outcome, after it was told. */
  #watched(command: Command, settle: (outcome: Outcome) => void): (outcome: Outcome) => void {
    const metrics = this.#metrics;
    if (!metrics) return settle;
    return (outcome) => {
      settle(outcome);
      const result = resultOf(outcome);
      metrics.command(command.rule.name, result);
      if (outcome.kind === 'stored') command.trace?.settled(result, outcome.stream, outcome.seq);
      else command.trace?.settled(result);
    };
  }

  /** `submit` as a promise. */
  run(command: Command): Promise<Outcome> {
    return new Promise((resolve) => this.submit(command, resolve));
  }

  /** Takes no more commands and waits until those at hand are settled. */
  async close(): Promise<void> {
    this.#closed = true;
    await Promise.all(this.#lanes.map((lane) => lane.whenIdle()));
  }
}

const resultOf = (outcome: Outcome): CommandResult =>
  outcome.kind === 'stored' && outcome.repeated ? 'repeated' : outcome.kind;

/** The last hexadecimal digits of a UUID are random: they spread streams evenly. */
function laneOf(stream: StreamId): number {
  return Number.parseInt(stream.slice(-4), 16) % LANES;
}
