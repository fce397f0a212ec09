import type { Seq } from '@parley/protocol';
import type { StoredEvent } from './record.ts';

/** How many gaps are remembered, and the most seqs of one. Events of other gaps count as lost. */
const GAPS_MAX = 16;
const SEQS_MAX = 500;

/**
 * The gaps of one topic that were filled from the database, until the events that were missing arrive. It distinguishes
 * messages of other nodes that arrived late from those that were lost; only a counter depends on it.
 */
export class FilledGaps {
  /** The seqs of each gap that have not arrived. */
  #gaps: Set<Seq>[] = [];

  /** Adds the events after `head`, up to `last`, except those that have arrived. */
  add(head: Seq, last: Seq, arrived: readonly (readonly StoredEvent[])[]): void {
    if (last - head > SEQS_MAX || this.#gaps.length >= GAPS_MAX) return;
    const missing = new Set<Seq>();
    for (let seq = head + 1; seq <= last; seq++) missing.add(seq as Seq);
    for (const events of arrived) for (const { seq } of events) missing.delete(seq);
    if (missing.size > 0) this.#gaps.push(missing);
  }

  /** Removes events that have arrived. Returns the number of gaps that were completed by them. */
  arrived(events: readonly StoredEvent[]): number {
    if (this.#gaps.length === 0) return 0;
    for (const gap of this.#gaps) for (const { seq } of events) gap.delete(seq);
    const { length } = this.#gaps;
    this.#gaps = this.#gaps.filter((gap) => gap.size > 0);
    return length - this.#gaps.length;
  }
}
