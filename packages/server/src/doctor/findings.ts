/** What may be wrong, in words for people. */
export const FINDINGS = {
  // The log.
  gap: 'events are missing from a log',
  seq_repeated: 'a log has a seq twice',
  time_order: 'an event is dated before the one it follows',
  head_behind: 'a stream’s head stands before its last event',
  head_time: 'a stream’s time is not that of its last event',
  event_without_stream: 'events belong to a stream that does not exist',
  event_unknown: 'an event is of a type that this Parley does not know',
  event_malformed: 'the data of an event is not what its type wants',
  event_unappliable: 'an event cannot follow the events before it',
  event_without_target: 'an event is about something that no event before it made',
  stream_without_owner: 'a stream belongs to nobody',
  owner_without_stream: 'an account or conversation has no stream',
  joined_untold: 'a member was never told, in the personal stream, of having joined',
  command_repeated: 'a command (actor and client id) was carried out twice',
  command_without_event: 'a command was answered with an event that does not exist',
  // The tables that follow from it.
  row_missing: 'what the events made is not in the table',
  row_without_event: 'the table has what no event made',
  row_differs: 'the table has other values than the events give',
  // State beside the events.
  read_cursor_ahead: 'a read cursor stands outside its conversation',
} as const;

/** Name of something that may be wrong. */
export type FindingKind = keyof typeof FINDINGS;

/** Where something is wrong: ids and columns, never what people wrote. */
export interface Place {
  readonly key: Readonly<Record<string, string | number>>;
  readonly detail?: string;
}

/** Something that is wrong, in one table. */
export interface Finding {
  readonly kind: FindingKind;
  readonly table: string;
  /** {@link FINDINGS} */
  readonly description: string;
  /** How often. */
  readonly count: number;
  /** The first places, at most {@link PLACES_MAX}. */
  readonly places: readonly Place[];
  /** Whether `--repair` can put it right from the events. */
  readonly repairable: boolean;
}

/** A finding names this many places. */
export const PLACES_MAX = 10;

/** Collects findings; what it keeps does not grow with their number. */
export class FindingList {
  readonly #found = new Map<string, { finding: Finding; count: number; places: Place[] }>();

  /** Notes one place, or `count` of which one is named. */
  add(
    kind: FindingKind,
    table: string,
    place: Place,
    { repairable = false, count = 1 }: { repairable?: boolean; count?: number } = {},
  ): void {
    const name = `${kind} ${table} ${repairable}`;
    let entry = this.#found.get(name);
    if (!entry) {
      const finding = {
        kind,
        table,
        description: FINDINGS[kind],
        count: 0,
        places: [],
        repairable,
      };
      entry = { finding, count: 0, places: [] };
      this.#found.set(name, entry);
    }
    entry.count += count;
    if (entry.places.length < PLACES_MAX) entry.places.push(place);
  }

  /** All that was found, the log first. */
  get all(): Finding[] {
    const order = Object.keys(FINDINGS);
    return [...this.#found.values()]
      .map(({ finding, count, places }) => ({ ...finding, count, places }))
      .sort((a, b) => order.indexOf(a.kind) - order.indexOf(b.kind));
  }
}
