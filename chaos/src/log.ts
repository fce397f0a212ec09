import type { Event } from '@parley/protocol';
import type { RecordOf } from './history.ts';
import { type Stay, staysOf } from './model.ts';

/** The log of a conversation, as the founder read it in the end. */
export class Log {
  readonly stream: string;
  readonly first: number;
  readonly events: readonly Event[];
  readonly #stays: ReadonlyMap<string, readonly Stay[]>;

  constructor({ stream, first, events }: RecordOf<'log'>) {
    this.stream = stream;
    this.first = first;
    this.events = events;
    this.#stays = staysOf(events);
  }

  /** The seq of the last event. */
  get last(): number {
    return this.events[this.events.length - 1]?.seq ?? this.first - 1;
  }

  at(seq: number): Event | undefined {
    return this.events[seq - this.first];
  }

  /** The stay of the account that covers the event `seq`. */
  stayAt(account: string, seq: number): Stay | undefined {
    return this.#stays
      .get(account)
      ?.find((s) => s.joined <= seq && seq <= (s.left ?? Number.POSITIVE_INFINITY));
  }

  /** The stay of the account that goes on. */
  stayNow(account: string): Stay | undefined {
    return this.#stays.get(account)?.find((s) => s.left === null);
  }
}
