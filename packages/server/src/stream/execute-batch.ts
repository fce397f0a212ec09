import type { Seq, StreamId } from '@parley/protocol';
import { applyRedactions, type EventVisibilities } from './event-visibility.ts';
import type { Outcome, Pending } from './outcome.ts';
import type { Projections } from './projections.ts';
import type { StoredEvent } from './record.ts';
import { answerDuplicate, findRepeated } from './repeated-commands.ts';
import type { Command, Decision, Statement, StreamTransaction } from './stream-transaction.ts';

/** The effects of stored events within their transaction. */
export interface Consequences {
  readonly projections: Projections;
  readonly visibility: EventVisibilities;
  readonly review?: Review | undefined;
}

/**
 * Reviews the decision of every rule before it is carried out. It may refuse the command or add writes.
 * It does not see commands that were executed before.
 */
export type Review = (command: Command, decision: Decision) => Decision;

/**
 * Executes the commands of a batch in their order, and returns their outcomes, which are valid once
 * the transaction is committed. When it returns, the statements that store the events may still be
 * running; they are issued only after the streams are locked and repeated commands were found.
 *
 * In the common case it waits once: BEGIN, the locks, the search for earlier executions and the
 * reads of the first rule are sent together.
 */
export async function executeBatch(
  tx: StreamTransaction,
  batch: readonly Pending[],
  consequences: Consequences,
): Promise<Outcome[]> {
  const locked = lockStreams(
    tx,
    batch.map((pending) => pending.command),
  );
  const repeated = findRepeated(tx, batch);
  const early = decideEarly(tx, batch);
  await Promise.all([locked, repeated, early?.decisions]);
  const execution = new Execution(tx, batch, consequences, await repeated);
  await execution.run(early ? { indexes: early.indexes, decisions: await early.decisions } : null);
  return execution.outcomes as Outcome[];
}

/** Decisions on the commands at these indexes of the batch. */
interface Decided {
  readonly indexes: readonly number[];
  readonly decisions: readonly Decision[];
}

/** The first commands of a batch, decided before it is known whether they are repeated. */
function decideEarly(
  tx: StreamTransaction,
  batch: readonly Pending[],
): { indexes: readonly number[]; decisions: Promise<readonly Decision[]> } | null {
  const { firsts } = splitDuplicates(batch, [...batch.keys()]);
  const indexes = firsts.slice(0, segmentEnd(batch, firsts, 0));
  const commands = indexes.map((index) => (batch[index] as Pending).command);
  if (!commands[0]?.rule.readsEarly) return null;
  return { indexes, decisions: decideAll(tx, commands) };
}

class Execution {
  readonly outcomes: (Outcome | undefined)[];
  readonly #tx: StreamTransaction;
  readonly #batch: readonly Pending[];
  readonly #consequences: Consequences;

  constructor(
    tx: StreamTransaction,
    batch: readonly Pending[],
    consequences: Consequences,
    outcomes: (Outcome | undefined)[],
  ) {
    this.#tx = tx;
    this.#batch = batch;
    this.#consequences = consequences;
    this.outcomes = outcomes;
  }

  async run(early: Decided | null): Promise<void> {
    let open = [...this.#batch.keys()].filter((index) => !this.outcomes[index]);
    while (open.length > 0) open = await this.#executeRound(open, early);
  }

  /** Executes one command of each client id, and answers its duplicates. Returns the indexes left open. */
  async #executeRound(open: readonly number[], early: Decided | null): Promise<number[]> {
    const { firsts, duplicates } = splitDuplicates(this.#batch, open);
    for (let from = 0; from < firsts.length; ) {
      const to = segmentEnd(this.#batch, firsts, from);
      const indexes = firsts.slice(from, to);
      const isDecided = early !== null && areSame(indexes, early.indexes);
      await this.#segment(indexes, isDecided ? early.decisions : null);
      from = to;
    }
    for (const { index, first } of duplicates) {
      const [duplicate, original] = [this.#batch[index] as Pending, this.#batch[first] as Pending];
      this.outcomes[index] = answerDuplicate(duplicate, original, this.outcomes[first] as Outcome);
    }
    return duplicates.map((duplicate) => duplicate.index).filter((index) => !this.outcomes[index]);
  }

  async #segment(indexes: readonly number[], early: readonly Decision[] | null): Promise<void> {
    const pendings = indexes.map((index) => this.#batch[index] as Pending);
    const decisions =
      early ??
      (await decideAll(
        this.#tx,
        pendings.map((pending) => pending.command),
      ));
    const events: StoredEvent[] = [];
    const writes: Statement[] = [];
    const { review } = this.#consequences;
    /**
     * Senders with a command that the review refused: the rule decided their later commands as if
     * it had been stored.
     */
    const refused = new Set<string>();
    const again: number[] = [];
    for (const [n, pending] of pendings.entries()) {
      const decided = decisions[n];
      if (!decided) {
        throw new Error(`The rule ${pending.command.rule.name} decided too few commands`);
      }
      const index = indexes[n] as number;
      const sender = `${pending.command.actor} ${pending.command.stream}`;
      if ('refuse' in decided && refused.has(sender)) {
        again.push(index);
        continue;
      }
      const decision = review ? review(pending.command, decided) : decided;
      if ('refuse' in decision && !('refuse' in decided)) refused.add(sender);
      this.outcomes[index] = this.#apply(pending, decision, events);
      if ('events' in decision && decision.writes) writes.push(...decision.writes);
    }
    this.#tx.flush(events);
    this.#consequences.projections.apply(this.#tx, events);
    for (const { name, text, values } of writes) this.#tx.issue(name, text, values);
    applyRedactions(this.#consequences.visibility, this.#tx, events);
    if (again.length > 0) await this.#segment(again, null);
  }

  #apply({ command, digest }: Pending, decision: Decision, events: StoredEvent[]): Outcome {
    if ('refuse' in decision) return { kind: 'refused', refusal: decision.refuse };
    if ('unchanged' in decision) {
      const stream = decision.stream ?? command.stream;
      this.#holdId(command);
      this.#tx.issue(
        'batch-unchanged',
        `insert into unchanged_commands (actor_id, client_id, stream_id, seq, command_digest)
         values ($1, $2, $3, $4, $5)`,
        [command.actor, command.clientId, stream, decision.unchanged, digest],
      );
      return {
        kind: 'stored',
        stream,
        seq: decision.unchanged,
        at: this.#tx.at,
        repeated: false,
      };
    }
    for (const stream of decision.newStreams ?? []) this.#tx.createStream(stream);
    const staged: StoredEvent[] = [];
    for (const event of decision.events) {
      const id = staged.length === 0 ? { clientId: command.clientId, digest } : null;
      staged.push(this.#tx.stage(event, command.actor, id, staged));
    }
    events.push(...staged);
    const { stream, seq, at } = staged[0] as StoredEvent;
    return { kind: 'stored', stream, seq, at, repeated: false };
  }

  /**
   * Makes every other command with this client id wait until this transaction ends, even in another
   * stream: the unique index of client ids keeps the entry of a deleted row until then.
   */
  #holdId({ actor, clientId, stream }: Command): void {
    const place = [stream, '9223372036854775807'];
    this.#tx.issue(
      'batch-hold-id',
      `insert into events (stream_id, seq, type, actor_id, client_id, at, data)
       values ($1, $2, '', $3, $4, now(), 'null')`,
      [...place, actor, clientId],
    );
    this.#tx.issue(
      'batch-release-place',
      'delete from events where stream_id = $1 and seq = $2',
      place,
    );
  }
}

/** Separates commands that have the client id of an earlier one of the same account. */
function splitDuplicates(
  batch: readonly Pending[],
  indexes: readonly number[],
): { firsts: number[]; duplicates: { index: number; first: number }[] } {
  const firstOf = new Map<string, number>();
  const duplicates: { index: number; first: number }[] = [];
  for (const index of indexes) {
    const { command } = batch[index] as Pending;
    const key = `${command.actor} ${command.clientId}`;
    const first = firstOf.get(key);
    if (first === undefined) firstOf.set(key, index);
    else duplicates.push({ index, first });
  }
  return { firsts: [...firstOf.values()], duplicates };
}

/**
 * Returns the end of the segment at `from`: consecutive commands of a rule that decides many at
 * once.
 */
function segmentEnd(batch: readonly Pending[], indexes: readonly number[], from: number): number {
  const ruleAt = (n: number) => batch[indexes[n] ?? -1]?.command.rule;
  const rule = ruleAt(from);
  let to = from + 1;
  if (rule?.decideMany) while (to < indexes.length && ruleAt(to) === rule) to++;
  return to;
}

function areSame(indexes: readonly number[], others: readonly number[]): boolean {
  return indexes.length === others.length && indexes.every((index, n) => index === others[n]);
}

/** Decides consecutive commands of one rule. */
async function decideAll(
  tx: StreamTransaction,
  commands: readonly Command[],
): Promise<readonly Decision[]> {
  const [first] = commands as readonly [Command];
  if (commands.length > 1 && first.rule.decideMany) return first.rule.decideMany(tx, commands);
  return [await first.rule.decide(tx, first)];
}

/** Locks all streams of the batch in the order of their ids, so that batches cannot deadlock. */
async function lockStreams(tx: StreamTransaction, commands: readonly Command[]): Promise<void> {
  const streams = new Set<StreamId>();
  for (const command of commands) {
    streams.add(command.stream);
    for (const stream of command.alsoLocks ?? []) streams.add(stream);
  }
  const rows = await tx.query<{ id: StreamId; last_seq: Seq; last_at: Date }>(
    'batch-lock',
    // The plan sorts below the locking, so rows are locked in this order.
    `select id, last_seq, last_at from streams where id = any($1::uuid[]) order by id for update`,
    [[...streams]],
  );
  for (const row of rows) tx.register(row.id, row.last_seq, row.last_at.getTime());
}
