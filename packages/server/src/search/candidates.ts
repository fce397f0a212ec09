import type { ConversationId, Seq } from '@parley/protocol';
import type { Queryable } from '../storage/queryable.ts';
import { compareDocuments, type Document, type Documents } from './documents.ts';
import type { Plan } from './plan.ts';
import { decodePostings, intersect } from './postings.ts';
import type { LoadedSegment, SegmentCache } from './segment-cache.ts';
import type { SegmentHead } from './segment-store.ts';
import { Slices } from './slices.ts';

/**
 * Finds the documents in the index that may match a search, the latest first. It reads only as much
 * of the index as needed: segments with the latest documents first, and only the lists of the
 * rarest keys.
 */

/**
 * Large segments whose lists are read at a time: few at first, because the latest often suffice.
 */
const GROUPS = [2, 6, 24];
/**
 * Lists read per large segment: those of the rarest keys. Candidates are compared with their text
 * later.
 */
const LISTS_MAX = 4;

/** A position in the order of documents: those before it are still to be found. */
export type Place = Omit<Document, 'version'>;

/** The next documents, and where the rest begin; null if there are no more. */
export interface Batch {
  readonly documents: readonly Document[];
  readonly rest: Place | null;
}

/** Before all conversations in the order of documents. */
const NO_CONVERSATION = '00000000-0000-0000-0000-000000000000' as ConversationId;

/** The remaining documents of a segment, from the last one down. */
interface Source {
  readonly documents: Documents;
  /** The numbers of the documents; null for all of them. */
  readonly list: Uint32Array | null;
  readonly isAllowed: Uint8Array;
  /** The index of the next one in the list; -1 if none is left. */
  next: number;
  /** The lowest number that is in the period. */
  readonly lowest: number;
}

/** The documents that may match a plan, in a snapshot of the index. */
export class Candidates {
  readonly #on: Queryable;
  readonly #cache: SegmentCache;
  readonly #plan: Plan;
  readonly #before: Place | null;
  readonly #isOver: () => boolean;
  readonly #slices = new Slices();
  /** The unread segments, those with the latest documents first. */
  #unread: SegmentHead[];
  #groups = 0;
  #sources: Source[] = [];
  #previous: Document | null = null;

  /**
   * `segments` are all segments; `before` is where the previous page ended. Once `isOver` returns
   * true, no more segments are read.
   */
  constructor(
    {
      on,
      cache,
      isOver,
    }: { readonly on: Queryable; readonly cache: SegmentCache; readonly isOver: () => boolean },
    segments: readonly SegmentHead[],
    plan: Plan,
    before: Place | null,
  ) {
    this.#on = on;
    this.#isOver = isOver;
    this.#cache = cache;
    this.#plan = plan;
    this.#before = before;
    const to = Math.min(plan.period.to, before ? before.at + 1 : Number.POSITIVE_INFINITY);
    this.#unread = segments.filter(
      ({ firstAt, lastAt }) => lastAt >= plan.period.from && firstAt < to,
    );
  }

  /** Returns the next documents, at most `max`: fewer at the end, or when the search is over. */
  async next(max: number): Promise<Batch> {
    const documents: Document[] = [];
    while (documents.length < max) {
      const source = await this.#nextSource();
      if (source === null) return { documents, rest: this.#restOfUnread() };
      const document = source.documents.get(numberOf(source));
      advance(source);
      if (source.next < 0) this.#sources = this.#sources.filter((one) => one !== source);
      // A message that was indexed again is in two segments.
      if (this.#previous && compareDocuments(this.#previous, document) === 0) continue;
      this.#previous = document;
      documents.push(document);
    }
    return { documents, rest: documents[max - 1] as Document };
  }

  /** Returns the source of the next document; null if there is none, or the search is over. */
  async #nextSource(): Promise<Source | null> {
    for (;;) {
      const first = this.#latestSource();
      const unread = this.#unread[0];
      // An unread segment may have later documents.
      if (!unread || (first && unread.lastAt < first.documents.at(numberOf(first)))) return first;
      if (this.#isOver() && this.#hasAdvancedTo(unread)) return null;
      await this.#read();
    }
  }

  /** Whether a page that ends before this segment makes progress beyond the previous one. */
  #hasAdvancedTo({ lastAt }: SegmentHead): boolean {
    return this.#groups > 0 && (this.#before === null || lastAt + 1 < this.#before.at);
  }

  /** Returns the position before which all unread segments are; null if all are read. */
  #restOfUnread(): Place | null {
    const unread = this.#unread[0];
    return unread ? { at: unread.lastAt + 1, conversation: NO_CONVERSATION, seq: 1 as Seq } : null;
  }

  #latestSource(): Source | null {
    let latest: Source | null = null;
    for (const source of this.#sources) {
      if (!latest || isLater(source, latest)) latest = source;
    }
    return latest;
  }

  /** Reads the next segments: of large ones a group, whose lists are read together. */
  async #read(): Promise<void> {
    const max = GROUPS[Math.min(this.#groups++, GROUPS.length - 1)] as number;
    const group: SegmentHead[] = [];
    let large = 0;
    while (this.#unread.length > 0) {
      const isLarge = this.#unread[0]?.packed === false;
      if (isLarge && large === max) break;
      if (isLarge) large++;
      group.push(this.#unread.shift() as SegmentHead);
      // Small segments are in memory; only as many as needed.
      if (large === 0 && group.length >= 8) break;
    }
    const lists = await this.#listsOfLarge(group.filter((segment) => !segment.packed));
    for (const segment of group) {
      if (!segment.packed && this.#plan.keys.size > 0 && !lists.has(segment.id)) continue;
      const loaded = await this.#cache.load(this.#on, segment.id);
      if (loaded) this.#add(loaded, this.#listOf(loaded, lists.get(segment.id)));
      await this.#slices.pause();
    }
  }

  /** Returns the documents of a segment that have all keys; null for all of them. */
  #listOf({ postings }: LoadedSegment, list: Uint32Array | undefined): Uint32Array | null {
    if (this.#plan.keys.size === 0) return null;
    if (list !== undefined) return list;
    const found = [];
    for (const key of this.#plan.keys) {
      const one = postings?.get(key);
      if (one === undefined) return new Uint32Array();
      found.push(one);
    }
    found.sort((a, b) => a.size - b.size);
    return intersectAll(found.slice(0, LISTS_MAX).map(({ bytes }) => bytes));
  }

  /** Returns the documents that have the rarest keys, for each large segment that has all keys. */
  async #listsOfLarge(segments: readonly SegmentHead[]): Promise<Map<number, Uint32Array>> {
    const all = new Map<number, Uint32Array>();
    const { keys } = this.#plan;
    if (segments.length === 0 || keys.size === 0) return all;
    const { rows } = await this.#on.query<{ segment: number; documents: Buffer }>({
      name: 'search-lists',
      text: `
        select segment_id as segment, documents
        from (
          select segment_id, documents, size,
            row_number() over (partition by segment_id order by size) as n,
            count(*) over (partition by segment_id) as keys
          from search_postings
          where segment_id = any($1::int8[]) and key = any($2::int4[])
        ) l
        where keys = $3 and n <= $4
        order by segment_id, size`,
      values: [segments.map((segment) => segment.id), [...keys], keys.size, LISTS_MAX],
    });
    const bytes = new Map<number, Uint8Array[]>();
    for (const { segment, documents } of rows) {
      bytes.set(segment, [...(bytes.get(segment) ?? []), documents]);
    }
    for (const [segment, lists] of bytes) {
      const list = intersectAll(lists);
      if (list.length > 0) all.set(segment, list);
    }
    return all;
  }

  #add({ documents }: LoadedSegment, list: Uint32Array | null): void {
    const { conversations, period } = this.#plan;
    const isAllowed = Uint8Array.from(documents.conversations, (id) =>
      conversations.has(id) ? 1 : 0,
    );
    const lowest = firstAt(documents, period.from);
    let end = firstAt(documents, period.to);
    if (this.#before) end = Math.min(end, documents.countBefore(this.#before));
    const next = (list === null ? end : countBelow(list, end)) - 1;
    const source: Source = { documents, list, isAllowed, next: next + 1, lowest };
    advance(source);
    if (source.next >= 0) this.#sources.push(source);
  }
}

function numberOf({ list, next }: Source): number {
  return list === null ? next : (list[next] as number);
}

/** Moves to the next document in a conversation that is searched. */
function advance(source: Source): void {
  for (source.next--; source.next >= 0; source.next--) {
    const number = numberOf(source);
    if (number < source.lowest) break;
    if (source.isAllowed[source.documents.conversationIndex(number)] === 1) return;
  }
  source.next = -1;
}

function isLater(a: Source, b: Source): boolean {
  const [m, n] = [numberOf(a), numberOf(b)];
  const [at, other] = [a.documents.at(m), b.documents.at(n)];
  if (at !== other) return at > other;
  const order = compareDocuments(a.documents.get(m), b.documents.get(n));
  return order > 0;
}

/** Returns the first document at or after a time. */
function firstAt(documents: Documents, at: number): number {
  let low = 0;
  let high = documents.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (documents.at(middle) < at) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Returns how many numbers of a sorted list are below a number. */
function countBelow(list: Uint32Array, end: number): number {
  let low = 0;
  let high = list.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((list[middle] as number) < end) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Intersects lists given as bytes, the shortest first. */
function intersectAll(lists: readonly Uint8Array[]): Uint32Array {
  let both: Uint32Array | null = null;
  for (const bytes of lists) {
    if (both?.length === 0) return both;
    const list = decodePostings(bytes);
    both = both === null ? list : intersect(both, list);
  }
  return both ?? new Uint32Array();
}
