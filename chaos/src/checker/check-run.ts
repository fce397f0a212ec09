import type { HistoryRecord } from '../history/history.ts';
import type { CheckOptions } from './check-options.ts';
import { of, type Violation } from './violation.ts';

/**
 * Bytes that may be buffered for one reader: sending pauses at 256 KiB, and the events of one
 * transaction, at most 1 MiB, are sent as one piece.
 */
const BUFFERED_MAX = 1.5 * 1024 * 1024;
/** How much the resident memory of a node may grow with slow readers, bytes. */
const GROWTH_MAX = 384 * 1024 * 1024;

/** Checks the servers of a run: they keep up, say so when clients have everything, stay alive, and have correct tables. */
export function checkRun(
  history: readonly HistoryRecord[],
  { mode, deadlineMs }: CheckOptions,
): Violation[] {
  const violations: Violation[] = [];
  for (const { round, ms, missing } of of(history, 'quiet')) {
    if (missing.length === 0) continue;
    const what = `${ms} ms after round ${round + 1} (allowed: ${deadlineMs}): ${missing.slice(0, 5).join('; ')}`;
    violations.push({ rule: 'I8 in time', what });
  }
  for (const { client, missing } of of(history, 'early-live')) {
    const what = `live without everything: ${missing.slice(0, 5).join('; ')}`;
    violations.push({ rule: 'I8 live', client, what });
  }
  for (const { node, how } of of(history, 'died')) {
    violations.push({ rule: 'I14 no errors', what: `${node}: ${how}` });
  }
  for (const { findings } of of(history, 'doctor')) {
    for (const what of findings) violations.push({ rule: 'I11 doctor', what });
  }
  if (mode === 'slow') violations.push(...checkSlow(history), ...checkMemory(history));
  return violations;
}

/** I9: no bytes were lost in transit, so slowness alone must not make a client lose an event. */
function checkSlow(history: readonly HistoryRecord[]): Violation[] {
  return of(history, 'stop')
    .filter(({ counters }) => counters.gapFills > 0)
    .map(({ client, counters }) => ({
      rule: 'I9 nothing repaired',
      client,
      what: `gapFills: ${counters.gapFills}`,
    }));
}

/** I13: the memory of a node stays bounded with slow readers. */
function checkMemory(history: readonly HistoryRecord[]): Violation[] {
  const violations: Violation[] = [];
  const clients = new Set(of(history, 'start').map((r) => r.client)).size;
  const first = new Map<string, number>();
  const worst = new Map<string, { buffered: number; rss: number }>();
  for (const { node, buffered, rss } of of(history, 'node')) {
    if (!first.has(node)) first.set(node, rss);
    const before = worst.get(node) ?? { buffered: 0, rss: 0 };
    worst.set(node, {
      buffered: Math.max(before.buffered, buffered),
      rss: Math.max(before.rss, rss),
    });
  }
  for (const [node, { buffered, rss }] of worst) {
    const growth = rss - (first.get(node) ?? 0);
    if (buffered > BUFFERED_MAX * clients) {
      violations.push({
        rule: 'I13 bounded',
        what: `${node} had ${buffered} bytes waiting for readers`,
      });
    }
    if (growth > GROWTH_MAX) {
      violations.push({ rule: 'I13 bounded', what: `${node} grew by ${growth} bytes` });
    }
  }
  return violations;
}
