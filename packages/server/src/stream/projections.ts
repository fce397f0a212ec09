import type { EventType } from '@parley/protocol';
import type { StoredEvent } from './record.ts';
import type { Projection, StreamTransaction } from './stream-transaction.ts';

/**
 * Which projection follows which type of event. Each domain brings its own; `main.ts` puts them
 * together. Events without one change no table.
 */
export class Projections {
  readonly #byType = new Map<EventType, Projection>();

  constructor(...parts: readonly Partial<Record<EventType, Projection>>[]) {
    for (const part of parts) {
      for (const [type, projection] of Object.entries(part)) {
        if (this.#byType.has(type as EventType)) throw new Error(`Two projections of ${type}`);
        this.#byType.set(type as EventType, projection);
      }
    }
  }

  /** Applies the events in their order; neighbours of one type go to their projection together. */
  async apply(tx: StreamTransaction, events: readonly StoredEvent[]): Promise<void> {
    for (let from = 0; from < events.length; ) {
      const type = (events[from] as StoredEvent).type;
      let to = from + 1;
      while (to < events.length && events[to]?.type === type) to++;
      const projection = this.#byType.get(type);
      if (projection) await projection(tx, events.slice(from, to));
      from = to;
    }
  }
}
