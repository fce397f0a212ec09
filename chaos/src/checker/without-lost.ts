import type { HistoryRecord, RecordOf } from '../history/history.ts';
import { of } from './violation.ts';

/** The answer to a request that was on its way when the database was stopped arrives within this time, ms. */
const UNDER_WAY_MS = 200;

/** An event that a restore has undone at `t`; `id` is that of its command. */
interface LostEvent {
  readonly identity: string;
  readonly id: string | null;
  readonly t: number;
}

/**
 * Leaves out what a restore of the database has undone: its events at clients, and the answers that name
 * them. A restore from an older backup loses what came after it, acknowledged or not. A client that does not
 * read, or is frozen, may receive such an answer at any time until it opens another connection.
 */
export function withoutLost(history: readonly HistoryRecord[]): readonly HistoryRecord[] {
  const restored = of(history, 'restored');
  if (restored.length === 0) return history;
  const places = new Map<string, LostEvent[]>();
  for (const { lost, t } of restored) {
    for (const event of lost) {
      const place = `${event.stream} ${event.seq}`;
      const identity = `${event.at} ${event.actor} ${event.client}`;
      places.set(place, [...(places.get(place) ?? []), { identity, id: event.client, t }]);
    }
  }
  /**
   * Where the log has the event of each command: an answer that names it there is from after the restore,
   * unless the command had also been stored at the same place before it, with the same text or another one.
   */
  const logged = new Set(
    of(history, 'log').flatMap(({ stream, events }) =>
      events.map(({ seq, client }) => `${stream} ${seq} ${client}`),
    ),
  );
  const connects = new Map<string, number[]>();
  for (const { client, t } of of(history, 'connect')) {
    connects.set(client, [...(connects.get(client) ?? []), t]);
  }
  const senders = new Map(of(history, 'invoke').map(({ id, client }) => [id, client]));
  /** Whether an answer may be from before the restore that has undone an event. */
  const isUnderWay = (answer: RecordOf<'ack'>, { id, t }: LostEvent) => {
    if (answer.t <= t + UNDER_WAY_MS) return true;
    // Requests have senders of their own, without connections.
    const isOfConnection = id === answer.id && !senders.get(id)?.includes('!');
    if (!isOfConnection) return false;
    return connects.get(answer.client)?.some((at) => at > t && at <= answer.t) === false;
  };
  return history.filter((record) => {
    if (record.kind === 'event') {
      const { stream, seq, at, actor, client } = record.event;
      const lost = places.get(`${stream} ${seq}`) ?? [];
      return !lost.some(({ identity }) => identity === `${at} ${actor} ${client}`);
    }
    if (record.kind !== 'ack') return true;
    const place = `${record.stream} ${record.seq}`;
    const lost = places.get(place) ?? [];
    const isStoredOnce = !lost.some(({ id }) => id === record.id);
    if (isStoredOnce && logged.has(`${place} ${record.id}`)) return true;
    return !lost.some((event) => isUnderWay(record, event));
  });
}
