import { refusal } from '@parley/protocol';
import type { CommandResult, Metrics } from '../metrics/metrics.ts';
import type { Tracing } from '../tracing/tracing.ts';
import { BatchWriter, type BatchWriterDeps } from './batch-writer.ts';
import { digestOf } from './command-digest.ts';
import type { Outcome } from './outcome.ts';
import type { Command } from './stream-transaction.ts';

export type { Outcome } from './outcome.ts';

/** What a {@link BatchWriter} needs. Commands of the command line record no metrics and no traces. */
export interface AppendDeps extends Omit<BatchWriterDeps, 'metrics'> {
  readonly metrics?: Metrics;
  readonly tracing?: Tracing;
}

/**
 * The only way to append events to streams.
 *
 * 1. The event of a command is stored once for each (actor, client id), forever.
 * 2. `stored` is answered only when the event is on disk.
 * 3. Events of a stream have the seqs 1, 2, 3 … in the order of their commits.
 * 4. Whether an account may do something is decided inside the transaction that does it.
 * 5. Events are published only after the answer; those of one stream in their order.
 */
export class Append {
  readonly #writer: BatchWriter;
  readonly #metrics: Metrics | undefined;
  readonly #tracing: Tracing | undefined;
  #closed = false;

  constructor(deps: AppendDeps) {
    this.#metrics = deps.metrics;
    this.#tracing = deps.tracing;
    this.#writer = new BatchWriter(deps);
  }

  /** Executes a command; `settle` is called once, when its outcome is known. */
  submit(command: Command, settle: (outcome: Outcome) => void): void {
    if (this.#closed) {
      settle({ kind: 'refused', refusal: refusal('shutting_down', undefined, { retryAfter: 2 }) });
      return;
    }
    const traced = this.#tracing ? this.#traced(command, this.#tracing) : command;
    this.#writer.push({
      command: traced,
      digest: digestOf(command),
      since: performance.now(),
      uncertain: false,
      settle: this.#recorded(traced, settle),
    });
  }

  #traced(command: Command, tracing: Tracing): Command {
    return { ...command, trace: tracing.command(command.rule.name, command.clientId) };
  }

  /** Returns a `settle` that also records the outcome in metrics and traces, after the answer. */
  #recorded(command: Command, settle: (outcome: Outcome) => void): (outcome: Outcome) => void {
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

  /** Rejects further commands, and waits until the accepted ones are settled. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#writer.whenIdle();
  }
}

/**
 * Asserts that a command was stored, for commands of the server itself.
 * @throws otherwise, with the message and the reason
 */
export function assertStored(
  outcome: Outcome,
  message: string,
): asserts outcome is Extract<Outcome, { kind: 'stored' }> {
  if (outcome.kind === 'stored') return;
  const reason = outcome.kind === 'refused' ? outcome.refusal.code : 'unknown outcome';
  throw new Error(`${message}: ${reason}`);
}

const resultOf = (outcome: Outcome): CommandResult =>
  outcome.kind === 'stored' && outcome.repeated ? 'repeated' : outcome.kind;
