import type { AccountId, EventType } from '@parley/protocol';
import type { StoredEvent } from './record.ts';
import type { StatementSink } from './stream-transaction.ts';

/**
 * How an event type affects who may read its stream. The domains define it, so this folder does not
 * depend on event types.
 */
export interface EventVisibility {
  /**
   * Returns whose membership the event ends: it is the last event of the stream that they may see.
   * Null if events of the type never end one.
   */
  readonly endsMembershipOf: ((event: StoredEvent) => AccountId | 'everyone' | null) | null;
  /**
   * Removes text from earlier events of the stream, in the transaction that stores the events. It
   * gets consecutive events of the type together. Null if events of the type remove nothing.
   *
   * It is not part of the projection, which must not change events: `parley doctor` runs projections
   * again.
   */
  readonly redact: ((tx: StatementSink, events: readonly StoredEvent[]) => void) | null;
}

/** The visibility of every event type. */
export type EventVisibilities = Readonly<Record<EventType, EventVisibility>>;

/** Visibility of an event type that changes nothing about who may read what. */
export const NO_CHANGE: EventVisibility = { endsMembershipOf: null, redact: null };

/** Returns whether the event is the last one of its stream that the account may see. */
export function endsMembership(
  visibility: EventVisibilities,
  event: StoredEvent,
  account: AccountId,
): boolean {
  // The type is missing if a newer node stored the event.
  const ended = visibility[event.type]?.endsMembershipOf?.(event);
  return ended === 'everyone' || ended === account;
}

/** Issues the statements that redact earlier events. */
export function applyRedactions(
  visibility: EventVisibilities,
  tx: StatementSink,
  events: readonly StoredEvent[],
): void {
  for (const run of runsOfType(events)) {
    visibility[(run[0] as StoredEvent).type]?.redact?.(tx, run);
  }
}

/** Splits events into runs of consecutive events of one type. */
export function* runsOfType(events: readonly StoredEvent[]): Generator<readonly StoredEvent[]> {
  for (let from = 0; from < events.length; ) {
    const type = (events[from] as StoredEvent).type;
    let to = from + 1;
    while (to < events.length && events[to]?.type === type) to++;
    yield from === 0 && to === events.length ? events : events.slice(from, to);
    from = to;
  }
}
