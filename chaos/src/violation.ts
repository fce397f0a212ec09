import type { HistoryRecord, RecordOf } from './history.ts';

/** A broken promise: which one, in which words, and what shows it. */
export interface Violation {
  /** The invariant’s name in docs/guarantees.md. */
  readonly rule: string;
  readonly what: string;
  /** The stream it happened in, for cutting the history down. */
  readonly stream?: string;
  readonly client?: string;
  readonly id?: string;
}

/** The records of one kind, in order. */
export function of<K extends HistoryRecord['kind']>(
  history: readonly HistoryRecord[],
  kind: K,
): RecordOf<K>[] {
  return history.filter((r): r is RecordOf<K> => r.kind === kind);
}
