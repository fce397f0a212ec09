import { type AccountId, type ClientId, refusal, type Seq, type StreamId } from '@parley/protocol';
import { listStatement } from '../storage/list-statement.ts';
import type { Outcome, Pending } from './outcome.ts';
import type { Command, StreamTransaction } from './stream-transaction.ts';

/** The stored record of an executed command. */
interface StoredCommand {
  n: number;
  stream_id: StreamId;
  seq: Seq;
  /** Null when the command had nothing to change. */
  type: string | null;
  at: Date | null;
  /** Null in rows from before digests were stored, and where text was redacted. */
  command_digest: Buffer | null;
}

const REPEATED = listStatement(
  'batch-repeated',
  [{ actor_id: 'uuid', client_id: 'uuid', n: 'ordinality' }],
  // Each command is looked up by a key, regardless of table statistics.
  (commands) =>
    `select i.n, e.stream_id, e.seq, e.type, e.at, e.command_digest
     from ${commands.rows} i
     cross join lateral (
       select * from events where actor_id = i.actor_id and client_id = i.client_id limit 1
     ) e
     union all
     select i.n, u.stream_id, u.seq, null, null, u.command_digest
     from ${commands.rows} i
     cross join lateral (
       select * from unchanged_commands
       where actor_id = i.actor_id and client_id = i.client_id
       limit 1
     ) u`,
);

/**
 * Finds commands that were executed before, by any node at any time, and returns their outcomes, by the
 * index of the command. The statement runs after the locks, so it sees what a concurrent attempt has
 * committed.
 */
export async function findRepeated(
  tx: StreamTransaction,
  pendings: readonly Pending[],
): Promise<(Outcome | undefined)[]> {
  const { name, text, values } = REPEATED([
    pendings.map((p) => p.command.actor satisfies AccountId),
    pendings.map((p) => p.command.clientId satisfies ClientId),
  ]);
  const rows = await tx.query<StoredCommand>(name, text, values);
  const outcomes: (Outcome | undefined)[] = new Array(pendings.length);
  for (const row of rows) {
    const n = row.n - 1;
    const { command, digest } = pendings[n] as Pending;
    if (isSame(row, command, digest)) {
      outcomes[n] = {
        kind: 'stored',
        stream: row.stream_id,
        seq: row.seq,
        at: row.at?.toISOString() ?? tx.at,
        repeated: true,
      };
    } else {
      outcomes[n] ??= REUSED;
    }
  }
  return outcomes;
}

/**
 * Returns the answer to the second command with the same id in a batch; undefined if the first was
 * refused and is a different command, so the second must be executed.
 */
export function answerDuplicate(
  duplicate: Pending,
  first: Pending,
  outcome: Outcome,
): Outcome | undefined {
  const isEqual = duplicate.digest.equals(first.digest);
  if (outcome.kind === 'stored') return isEqual ? { ...outcome, repeated: true } : REUSED;
  return isEqual ? outcome : undefined;
}

const REUSED: Outcome = { kind: 'refused', refusal: refusal('client_id_reused') };

function isSame(row: StoredCommand, command: Command, digest: Buffer): boolean {
  if (!command.createsStream && row.stream_id !== command.stream) return false;
  if (row.type !== null && row.type !== command.eventType) return false;
  return row.command_digest === null || row.command_digest.equals(digest);
}
