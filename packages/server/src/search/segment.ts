import { compareDocuments, type Document, Documents } from './documents.ts';
import type { KeySink } from './keys.ts';
import { ByteReader, ByteWriter, writePostings } from './postings.ts';

/** A segment of the index in memory, before it is stored. */

/** A list of postings as bytes, and its length. */
export interface Postings {
  readonly key: number;
  readonly size: number;
  readonly bytes: Uint8Array;
}

/** Collects messages with their keys, and builds a segment of them. */
export class SegmentBuilder {
  readonly #documents: Document[] = [];
  /** The concatenated keys of all documents, and where those of each begin. */
  readonly #keys = new KeyList();
  readonly #begins: number[] = [];

  get size(): number {
    return this.#documents.length;
  }

  /**
   * Adds a document. The caller adds its keys to the returned sink before it adds the next
   * document.
   */
  add(document: Document): KeySink {
    this.#documents.push(document);
    this.#begins.push(this.#keys.length);
    return this.#keys;
  }

  /** Returns the documents, and their packed postings. */
  build(): { documents: Documents; postings: Buffer } {
    const order = Array.from(this.#documents.keys()).sort((a, b) =>
      compareDocuments(this.#documents[a] as Document, this.#documents[b] as Document),
    );
    const documents = Documents.of(order.map((index) => this.#documents[index] as Document));
    return { documents, postings: packed(this.#entries(order)) };
  }

  /** Returns the keys with the new numbers of their reordered documents. */
  #entries(order: readonly number[]): Entries {
    const keys = new Uint32Array(this.#keys.length);
    const docs = new Uint32Array(this.#keys.length);
    let n = 0;
    for (const [doc, index] of order.entries()) {
      const end = this.#begins[index + 1] ?? this.#keys.length;
      for (let i = this.#begins[index] as number; i < end; i++) {
        keys[n] = this.#keys.get(i) ^ SIGN;
        docs[n++] = doc;
      }
    }
    return { keys, docs };
  }
}

/** Converts between keys and unsigned numbers with the same order. */
const SIGN = 0x80000000;

/** A growing list of keys. */
class KeyList implements KeySink {
  #keys = new Int32Array(4_096);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  add(key: number): void {
    if (this.#length === this.#keys.length) {
      const grown = new Int32Array(this.#length * 2);
      grown.set(this.#keys);
      this.#keys = grown;
    }
    this.#keys[this.#length++] = key;
  }

  get(index: number): number {
    return this.#keys[index] as number;
  }
}

/** Pairs of a key and a document that has it. */
interface Entries {
  /** Unsigned, see {@link SIGN}. */
  readonly keys: Uint32Array;
  readonly docs: Uint32Array;
}

/** Returns the packed postings of entries that are in the order of their documents. */
function packed(unsorted: Entries): Buffer {
  const { keys, docs } = sortedByKey(unsorted);
  const writer = new PackedPostingsWriter();
  for (let from = 0; from < keys.length; ) {
    const key = keys[from] as number;
    // A document may have a key more than once.
    let end = from + 1;
    let next = end;
    for (; next < keys.length && keys[next] === key; next++) {
      if (docs[next] !== docs[end - 1]) docs[end++] = docs[next] as number;
    }
    writer.add(key ^ SIGN, docs, from, end);
    from = next;
  }
  return writer.result();
}

/** Bits per digit of the radix sort, and the number of digits in 32 bits. */
const DIGIT_BITS = 11;
const DIGITS = 3;

/** Returns the entries sorted by key, with a stable radix sort. */
function sortedByKey(unsorted: Entries): Entries {
  const length = unsorted.keys.length;
  let from = unsorted;
  let to: Entries = { keys: new Uint32Array(length), docs: new Uint32Array(length) };
  for (let digit = 0; digit < DIGITS; digit++) {
    const shift = digit * DIGIT_BITS;
    const places = new Uint32Array(1 << DIGIT_BITS);
    const mask = places.length - 1;
    for (let i = 0; i < length; i++) {
      const value = ((from.keys[i] as number) >>> shift) & mask;
      places[value] = (places[value] as number) + 1;
    }
    let place = 0;
    for (let value = 0; value < places.length; value++) {
      const count = places[value] as number;
      places[value] = place;
      place += count;
    }
    for (let i = 0; i < length; i++) {
      const key = from.keys[i] as number;
      const value = (key >>> shift) & mask;
      const at = places[value] as number;
      places[value] = at + 1;
      to.keys[at] = key;
      to.docs[at] = from.docs[i] as number;
    }
    [from, to] = [to, from];
  }
  return from;
}

/** The bytes of the list that is being written. */
const list = new ByteWriter();

/** Writes lists of postings, in the order of their keys, as the bytes of a small segment. */
export class PackedPostingsWriter {
  readonly #writer = new ByteWriter();
  #before = -(2 ** 31);
  #lists = 0;

  /** Adds the list of a key: the part of `docs` from `from` to before `end`. */
  add(key: number, docs: ArrayLike<number>, from: number, end: number): void {
    list.clear();
    writePostings(list, docs, from, end);
    this.#writer.varint(key - this.#before);
    this.#before = key;
    this.#writer.varint(end - from);
    this.#writer.varint(list.length);
    this.#writer.append(list);
    this.#lists++;
  }

  /** The number of bytes so far. */
  get length(): number {
    return this.#writer.length;
  }

  result(): Buffer {
    const head = new ByteWriter();
    head.varint(this.#lists);
    return Buffer.concat([head.result(), this.#writer.result()]);
  }
}

/** The lists of postings of a small segment. */
export class PackedPostings {
  readonly #bytes: Uint8Array;
  readonly #keys: Int32Array;
  /** For each key: the size of its list, where its bytes begin, and their number. */
  readonly #places: Uint32Array;

  constructor(bytes: Uint8Array) {
    const reader = new ByteReader(bytes);
    const lists = reader.varint();
    this.#bytes = bytes;
    this.#keys = new Int32Array(lists);
    this.#places = new Uint32Array(lists * 3);
    let key = -(2 ** 31);
    for (let i = 0; i < lists; i++) {
      key += reader.varint();
      this.#keys[i] = key;
      this.#places[i * 3] = reader.varint();
      const length = reader.varint();
      this.#places[i * 3 + 1] = reader.bytes(length).byteOffset - bytes.byteOffset;
      this.#places[i * 3 + 2] = length;
    }
  }

  /** Bytes in memory, approximately. */
  get bytes(): number {
    return this.#bytes.length + this.#keys.length * 16;
  }

  /** Returns the list of a key; undefined if no document has it. */
  get(key: number): Postings | undefined {
    let low = 0;
    let high = this.#keys.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#keys[middle] as number) < key) low = middle + 1;
      else high = middle;
    }
    return this.#keys[low] === key ? this.#at(low) : undefined;
  }

  /** All lists in the order of their keys. */
  *[Symbol.iterator](): Generator<Postings> {
    for (let i = 0; i < this.#keys.length; i++) yield this.#at(i);
  }

  #at(i: number): Postings {
    const from = this.#places[i * 3 + 1] as number;
    return {
      key: this.#keys[i] as number,
      size: this.#places[i * 3] as number,
      bytes: this.#bytes.subarray(from, from + (this.#places[i * 3 + 2] as number)),
    };
  }
}
