import type { HistoryRecord } from './history.ts';

/** The figures of a run, for the report. */
export interface RunFigures {
  readonly commands: number;
  readonly acked: number;
  readonly refused: number;
  /** Events that clients applied. */
  readonly delivered: number;
  /** Sessions that ended while their clients ran. */
  readonly ended: number;
  /** Faults that happened, by name. */
  readonly faults: Readonly<Record<string, number>>;
  /** Faults that were impossible here, and why. */
  readonly skipped: Readonly<Record<string, string>>;
  /** The longest time until all clients had everything after a round, ms. */
  readonly longestQuietMs: number;
  /** How often nodes read events from the database that were not lost, only late. */
  readonly late: number;
  /** The most bytes that waited for readers on one node. */
  readonly mostBuffered: number;
  /** The most resident memory of one node, bytes. */
  readonly mostMemory: number;
  readonly seconds: number;
}

/** Returns the figures of a run from its history. */
export function figuresOf(
  records: readonly HistoryRecord[],
  skipped: RunFigures['skipped'],
  seconds: number,
): RunFigures {
  const count = (kind: HistoryRecord['kind']) => records.filter((r) => r.kind === kind).length;
  const faults: Record<string, number> = {};
  let longestQuietMs = 0;
  let mostBuffered = 0;
  let mostMemory = 0;
  const late = new Map<string, number>();
  for (const record of records) {
    if (record.kind === 'fault' && record.phase === 'begin') {
      faults[record.name] = (faults[record.name] ?? 0) + 1;
    }
    if (record.kind === 'node') {
      late.set(record.node, record.late);
      mostBuffered = Math.max(mostBuffered, record.buffered);
      mostMemory = Math.max(mostMemory, record.rss);
    }
    if (record.kind === 'quiet') longestQuietMs = Math.max(longestQuietMs, record.ms);
  }
  return {
    commands: count('invoke'),
    acked: count('ack'),
    refused: count('nack'),
    delivered: count('event'),
    ended: count('ended'),
    faults,
    skipped,
    longestQuietMs,
    late: [...late.values()].reduce((sum, count) => sum + count, 0),
    mostBuffered,
    mostMemory,
    seconds,
  };
}
