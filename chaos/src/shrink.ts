import type { CheckOptions } from './checker/check-options.ts';
import { check } from './checker/checker.ts';
import type { Violation } from './checker/violation.ts';
import type { HistoryRecord } from './history/history.ts';

/** The search for a shorter history takes at most this long, ms. */
const PATIENCE_MS = 20_000;

/**
 * Returns the shortest history in which the checker still finds the same violation: whole clients
 * and streams are removed first, then ranges of records, halved down to single ones (delta
 * debugging, Zeller 1999). Every step is checked, so the remainder shows the fault.
 */
export function shortest(
  history: readonly HistoryRecord[],
  violation: Violation,
  options: CheckOptions,
): readonly HistoryRecord[] {
  const until = performance.now() + PATIENCE_MS;
  const stillFails = (records: readonly HistoryRecord[]) =>
    performance.now() < until &&
    check(records, options).some(
      (v) =>
        v.rule === violation.rule && v.what === violation.what && v.stream === violation.stream,
    );
  let smallest = history;
  const without = (leave: (record: HistoryRecord) => boolean) => {
    const fewer = smallest.filter((r) => !leave(r));
    if (fewer.length < smallest.length && stillFails(fewer)) smallest = fewer;
  };
  without((r) => r.kind === 'node' || r.kind === 'quiet');
  without((r) => streamOf(r) !== undefined && streamOf(r) !== violation.stream);
  for (const client of new Set(smallest.map(clientOf))) {
    if (client !== undefined) without((r) => clientOf(r) === client);
  }
  for (let size = Math.ceil(smallest.length / 2); size >= 1; size = Math.floor(size / 2)) {
    for (let from = 0; from < smallest.length; ) {
      const fewer = [...smallest.slice(0, from), ...smallest.slice(from + size)];
      if (stillFails(fewer)) smallest = fewer;
      else from += size;
    }
  }
  return smallest;
}

function streamOf(record: HistoryRecord): string | undefined {
  if (record.kind === 'event') return record.event.stream;
  if (record.kind === 'invoke') return record.conversation;
  return 'stream' in record ? record.stream : undefined;
}

function clientOf(record: HistoryRecord): string | undefined {
  return 'client' in record ? record.client : undefined;
}
