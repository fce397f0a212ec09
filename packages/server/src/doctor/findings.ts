/** Every kind of finding, with its description for operators. */
const FINDINGS = {
  // The log.
  gap: 'events are missing from a stream',
  seq_repeated: 'a stream has two events with the same seq',
  time_order: 'an event has an earlier time than the one before it',
  head_behind: 'a stream’s head is behind its last event',
  head_time: 'the time of a stream’s head differs from that of its last event',
  event_without_stream: 'events belong to a stream that does not exist',
  event_unknown: 'an event has a type that this version of Parley does not know',
  event_malformed: 'the data of an event does not match its type',
  event_unappliable: 'an event contradicts the events before it',
  event_without_target: 'an event refers to something that no earlier event created',
  stream_without_owner: 'a stream belongs to no account or conversation',
  owner_without_stream: 'an account or conversation has no stream',
  join_not_announced: 'a join is missing from the member’s personal stream',
  command_repeated: 'a command (actor and client id) was executed twice',
  command_without_event: 'a command was answered with an event that does not exist',
  // The tables.
  row_missing: 'a row that follows from the events is missing',
  row_without_event: 'no event explains a row',
  row_differs: 'a row does not match the events',
  // State that is in no event.
  read_cursor_ahead: 'a read cursor is outside the range of its conversation',
  // Files.
  file_missing: 'a message refers to a file that does not exist',
  image_missing: 'an account, a group or the server has an image that does not exist',
  content_missing: 'the content of a file is missing',
  content_damaged: 'the content of a file does not match its digest',
  content_unused: 'stored content belongs to no file',
  // The search index.
  index_incomplete: 'a message is missing from the search index',
  index_differs: 'the search index has a message under keys that do not match its text',
} as const;

/** The name of a kind of finding. */
export type FindingKind = keyof typeof FINDINGS;

/** Where a finding is: ids and columns, never what users wrote. */
export interface Place {
  readonly key: Readonly<Record<string, string | number>>;
  readonly detail?: string;
}

/** A kind of difference in one table. */
export interface Finding {
  readonly kind: FindingKind;
  readonly table: string;
  /** {@link FINDINGS} */
  readonly description: string;
  /** The number of places. */
  readonly count: number;
  /** The first places, at most {@link PLACES_MAX}. */
  readonly places: readonly Place[];
  /** Whether `--repair` can repair it from the events. */
  readonly repairable: boolean;
}

/** The most places that a finding names. */
export const PLACES_MAX = 10;

/** Collects findings in bounded memory. */
export class FindingList {
  readonly #entries = new Map<string, { finding: Finding; count: number; places: Place[] }>();

  /** Adds one place, or `count` places of which one is named. */
  add(
    kind: FindingKind,
    table: string,
    place: Place,
    { repairable = false, count = 1 }: { repairable?: boolean; count?: number } = {},
  ): void {
    const name = `${kind} ${table} ${repairable}`;
    let entry = this.#entries.get(name);
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
      this.#entries.set(name, entry);
    }
    entry.count += count;
    if (entry.places.length < PLACES_MAX) entry.places.push(place);
  }

  /** All findings, in the order of {@link FINDINGS}. */
  get all(): Finding[] {
    const order = Object.keys(FINDINGS);
    return [...this.#entries.values()]
      .map(({ finding, count, places }) => ({ ...finding, count, places }))
      .sort((a, b) => order.indexOf(a.kind) - order.indexOf(b.kind));
  }
}
