import type { HistoryRecord } from './history.ts';
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
  const found: Violation[] = [];
  const sent = new Map<string, string | undefined>(
    of(history, 'invoke').map((r) => [r.id, r.text]),
  );
  const rivals = new Map(of(history, 'rival').map((r) => [r.id, r.text]));
  for (const { streams, texts } of of(history, 'held')) {
    for (const stream of streams) {
      for (const { type, seq, client } of logs.get(stream)?.events ?? []) {
        if (type !== 'message.posted' && type !== 'message.edited') continue;
        const kept = texts[stream]?.[seq];
        const id = client ?? '';
        if (kept !== undefined && (kept === sent.get(id) || kept === rivals.get(id))) continue;
        const what = `the legal hold has ${kept === undefined ? 'no' : 'another'} text of ${type} at ${seq}`;
        found.push({ rule: 'I16 held', stream, what });
      }
    }
  }
  for (const { isPurged, versions } of of(history, 'purged')) {
    if (isPurged && versions === 0) continue;
    const what = `${versions} versions of texts are left of a released hold${isPurged ? '' : ', which is not purged'}`;
    found.push({ rule: 'I16 held', what });
  }
  return found;
}
