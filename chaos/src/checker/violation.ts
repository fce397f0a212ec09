import type { HistoryRecord, RecordOf } from '../history/history.ts';

/** A broken guarantee: which one, a description, and what shows it. */
export interface Violation {
  /** The invariant’s name in docs/guarantees.md. */
  readonly rule: string;
  readonly what: string;
  /** The stream it happened in, for shortening the history. */
  readonly stream?: string;
  readonly client?: string;
  readonly id?: string;
}

/** Returns the records of one kind, in order. */
export function of<K extends HistoryRecord['kind']>(
  history: readonly HistoryRecord[],
  kind: K,
): RecordOf<K>[] {
  return history.filter((r): r is RecordOf<K> => r.kind === kind);
}
