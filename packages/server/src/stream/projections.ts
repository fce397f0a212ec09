import type { EventType } from '@parley/protocol';
import { runsOfType } from './event-visibility.ts';
import type { StoredEvent } from './record.ts';
import type { Projection, StatementSink } from './stream-transaction.ts';

/** The projection of every event type, or `none` if its events change no table. */
export type ProjectionTable = Readonly<Record<EventType, Projection | 'none'>>;

/** Applies the projections, which the domains define, to the events of a transaction. */
export class Projections {
  readonly #table: ProjectionTable;

  constructor(table: ProjectionTable) {
    this.#table = table;
  }

  /**
   * Issues the statements that apply the events in order; consecutive events of one type are passed
   * to their projection together.
   */
  apply(tx: StatementSink, events: readonly StoredEvent[]): void {
    for (const run of runsOfType(events)) {
      const projection = this.#table[(run[0] as StoredEvent).type];
      if (projection !== 'none') projection(tx, run);
    }
  }
}
