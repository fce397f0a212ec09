import type { Seq, TimelineEvent } from '@parley/protocol';
import { ApiError } from '../api/api-error.ts';
import { StateLoader } from '../api/state-loader.ts';
import { rangeOf, startOfRange } from './event-ranges.ts';

/** How {@link TimelineEvents} gets events. */
export interface TimelineEventsDeps {
  /** Requests the events of the range that begins after a seq. */
  load(after: Seq): Promise<readonly TimelineEvent[]>;
  /** Returns the events that are stored on this device. */
  stored(): Promise<readonly TimelineEvent[]>;
}

interface Range {
  readonly loader: StateLoader<readonly TimelineEvent[], TimelineEvent>;
  /** Null until they are loaded. */
  events: readonly TimelineEvent[] | null;
}

/**
 * Holds the events that are shown between the messages of a group, by the ranges of `event-ranges.ts`. A range is
 * loaded when it is first shown, then changed by events, and loaded again when events were skipped. Until it is loaded,
 * which takes a connection, its stored events are shown.
 */
export class TimelineEvents {
  readonly #deps: TimelineEventsDeps;
  readonly #ranges = new Map<number, Range>();
  readonly #listeners = new Set<() => void>();
  #stored: readonly TimelineEvent[] | null = null;
  #isStoredRead = false;
  /** The ranges that are shown. */
  #shown: readonly number[] = [];
  #last: { readonly ranges: readonly number[]; readonly events: readonly TimelineEvent[] } | null =
    null;

  constructor(deps: TimelineEventsDeps) {
    this.#deps = deps;
  }

  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Returns the events of these ranges: the same array until they change. */
  of(ranges: readonly number[]): readonly TimelineEvent[] {
    if (this.#last?.ranges === ranges) return this.#last.events;
    const found = ranges.flatMap(
      (range) => this.#ranges.get(range)?.events ?? this.#storedOf(range),
    );
    const events = this.#last && isSame(this.#last.events, found) ? this.#last.events : found;
    this.#last = { ranges, events };
    return events;
  }

  /** Loads the events of these ranges, which are shown from now on, unless they are loaded. */
  show(ranges: readonly number[]): void {
    this.#shown = ranges;
    if (!this.#isStoredRead) void this.#readStored();
    for (const range of ranges) this.#load(range);
  }

  /** Loads what could not be loaded. */
  retry(): void {
    if (this.#listeners.size > 0) this.show(this.#shown);
  }

  /** Handles an applied event of the group. */
  applied(event: TimelineEvent): void {
    this.#ranges.get(rangeOf(event.seq))?.loader.applied(event);
  }

  /** Events were skipped: loads those that are shown again. */
  missed(): void {
    const isShown = this.#listeners.size > 0;
    // More may be stored by now.
    this.#isStoredRead = false;
    for (const [range, { loader }] of this.#ranges) {
      if (isShown && this.#shown.includes(range)) loader.missed();
      else this.#ranges.delete(range);
    }
  }

  #load(range: number): void {
    const { loader } = this.#ranges.get(range) ?? this.#add(range);
    if (loader.isLoaded) return;
    loader.load().catch((error: unknown) => {
      // It is loaded when the connection is there again.
      if (!(error instanceof ApiError)) throw error;
    });
  }

  #add(number: number): Range {
    const range: Range = {
      events: null,
      loader: new StateLoader({
        load: () => this.#deps.load(startOfRange(number)),
        replace: (events) => {
          range.events = events;
        },
        apply: (event) => {
          if (!range.events || range.events.some(({ seq }) => seq === event.seq)) return false;
          range.events = [...range.events, event].sort((a, b) => a.seq - b.seq);
          return true;
        },
        changed: () => this.#changed(),
      }),
    };
    this.#ranges.set(number, range);
    return range;
  }

  async #readStored(): Promise<void> {
    this.#isStoredRead = true;
    this.#stored = await this.#deps.stored();
    this.#changed();
  }

  #storedOf(range: number): readonly TimelineEvent[] {
    return this.#stored?.filter(({ seq }) => rangeOf(seq) === range) ?? [];
  }

  #changed(): void {
    if (this.#last) this.#last = { ranges: [], events: this.#last.events };
    for (const listener of this.#listeners) listener();
  }
}

const isSame = (a: readonly TimelineEvent[], b: readonly TimelineEvent[]): boolean =>
  a.length === b.length && a.every((event, n) => event === b[n]);
