import type { HistoryRecord } from '../history/history.ts';
import type { Log } from './log.ts';
import { of, type Violation } from './violation.ts';

/**
 * I16: a legal hold keeps every version of the texts that it covers, whoever has deleted or hidden them, and nothing
 * after its release.
 */
export function checkHolds(
  history: readonly HistoryRecord[],
  logs: ReadonlyMap<string, Log>,
): Violation[] {
  const violations: Violation[] = [];
  const sent = new Map<string, string | undefined>(
    of(history, 'invoke').map((r) => [r.id, r.text]),
  );
  const rivals = new Map(of(history, 'rival').map((r) => [r.id, r.text]));
  const acked = new Map<string, number>();
  for (const { stream, seq, t } of of(history, 'ack')) {
    const place = `${stream} ${seq}`;
    acked.set(place, Math.min(t, acked.get(place) ?? t));
  }
  const isRestored = of(history, 'restored').length > 0;
  for (const { streams, texts, since } of of(history, 'held')) {
    // A restore replaces events that an earlier export has.
    if (since !== undefined && isRestored) continue;
    for (const stream of streams) {
      for (const { type, seq, client } of logs.get(stream)?.events ?? []) {
        if (type !== 'message.posted' && type !== 'message.edited') continue;
        const heldText = texts[stream]?.[seq];
        const id = client ?? '';
        if (heldText !== undefined && (heldText === sent.get(id) || heldText === rivals.get(id)))
          continue;
        const ackedAt = acked.get(`${stream} ${seq}`) ?? Number.POSITIVE_INFINITY;
        if (heldText === undefined && since !== undefined && ackedAt >= since) continue;
        const what = `the legal hold has ${heldText === undefined ? 'no' : 'another'} text of ${type} at ${seq}`;
        violations.push({ rule: 'I16 held', stream, what });
      }
    }
  }
  for (const { isPurged, versions } of of(history, 'purged')) {
    if (isPurged && versions === 0) continue;
    const what = `${versions} versions of texts are left of a released hold${isPurged ? '' : ', which is not purged'}`;
    violations.push({ rule: 'I16 held', what });
  }
  return violations;
}
