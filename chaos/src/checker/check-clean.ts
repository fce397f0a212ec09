import type { HistoryRecord } from '../history/history.ts';
import type { CheckOptions } from './check-options.ts';
import { of, type Violation } from './violation.ts';

/**
 * I9: a run without faults needs no repair. Defects that a repair hides (a lost publication, a
 * subscription that is registered too late) are visible only here.
 */
export function checkClean(history: readonly HistoryRecord[], options: CheckOptions): Violation[] {
  return [
    ...checkClients(history),
    ...checkNodes(history, options.isSimulated === true),
    ...checkSessions(history),
    ...checkDelays(history, options.deadlineMs),
  ];
}

function checkClients(history: readonly HistoryRecord[]): Violation[] {
  const violations: Violation[] = [];
  for (const { client, counters, how } of of(history, 'stop')) {
    const { connects, ...repairs } = counters;
    for (const [what, count] of Object.entries(repairs)) {
      if (count > 0)
        violations.push({ rule: 'I9 nothing repaired', client, what: `${what}: ${count}` });
    }
    // A client that stopped immediately may never have connected.
    if (connects > 1 || (connects < 1 && how === 'end')) {
      violations.push({ rule: 'I9 nothing repaired', client, what: `connects: ${connects}` });
    }
  }
  return violations;
}

/**
 * No node repaired anything. It reads events from the database if those of another node are more than a moment late,
 * which happens while the processes of a run wait for the processor, unless time is simulated. Only events that never
 * arrived are a violation.
 */
function checkNodes(history: readonly HistoryRecord[], isSimulated: boolean): Violation[] {
  const violations: Violation[] = [];
  const last = new Map(of(history, 'node').map((r) => [r.node, r]));
  for (const { node, fills, repairs, late, stalled } of last.values()) {
    const isLost = fills + repairs > (isSimulated ? 0 : late);
    const counted = { ...(isLost && { fills, repairs, late }), stalled };
    const found = Object.entries(counted).filter(([, count]) => count > 0);
    if (found.length === 0) continue;
    const what = `${node} had ${found.map(([name, count]) => `${name}: ${count}`).join(', ')}`;
    violations.push({ rule: 'I9 nothing repaired', what });
  }
  return violations;
}

/** No session ended by itself. */
function checkSessions(history: readonly HistoryRecord[]): Violation[] {
  return of(history, 'ended').map(({ client }) => ({
    rule: 'I9 nothing repaired',
    client,
    what: 'its session ended',
  }));
}

/** Every connected client received everything on time. */
function checkDelays(history: readonly HistoryRecord[], deadlineMs: number): Violation[] {
  const sent = new Map(of(history, 'invoke').map((r) => [r.id, r.t]));
  const started = new Map<string, number>();
  const violations: Violation[] = [];
  for (const record of history) {
    if (record.kind === 'start') started.set(record.client, record.t);
    if (record.kind !== 'event' || record.event.client === null) continue;
    const { client, event, t } = record;
    const since = sent.get(event.client as string);
    if (since === undefined) continue;
    const delay = t - Math.max(since, started.get(client) ?? 0);
    if (delay > deadlineMs) {
      const what = `${event.seq} took ${delay} ms`;
      violations.push({ rule: 'I8 in time', stream: event.stream, client, what });
    }
  }
  return violations;
}
