import { compareDocuments, type Document, Documents } from './documents.ts';
import { ByteReader, ByteWriter, encodePostings } from './postings.ts';

/** A segment of the index in memory, before it is stored. */

/** A list of postings as bytes, and its length. */
export interface Postings {
  readonly key: number;
  readonly size: number;
  readonly bytes: Uint8Array;
}

/** Collects messages with their keys, and builds a segment of them. */
export class SegmentBuilder {
  readonly #entries: { document: Document; keys: Int32Array }[] = [];

  get size(): number {
    return this.#entries.length;
  }

  add(document: Document, keys: ReadonlySet<number>): void {
    this.#entries.push({ document, keys: Int32Array.from(keys) });
  }

  /** Returns the documents, and their lists of postings in the order of the keys. */
  build(): { documents: Documents; postings: Postings[] } {
    const entries = this.#entries.sort((a, b) => compareDocuments(a.document, b.document));
    const lists = new Map<number, number[]>();
    for (const [n, { keys }] of entries.entries()) {
      for (const key of keys) {
        const list = lists.get(key);
        if (list) list.push(n);
        else lists.set(key, [n]);
      }
    }
    const keys = Int32Array.from(lists.keys()).sort();
    const postings: Postings[] = [];
    for (const key of keys) {
      const list = lists.get(key) as number[];
      postings.push({ key, size: list.length, bytes: encodePostings(list) });
    }
    return { documents: Documents.of(entries.map((entry) => entry.document)), postings };
  }
}

/** Writes lists of postings, in the order of their keys, as the bytes of a small segment. */
export class PackedPostingsWriter {
  readonly #writer = new ByteWriter();
  #before = -(2 ** 31);
  #lists = 0;

  add({ key, size, bytes }: Postings): void {
    this.#writer.varint(key - this.#before);
    this.#before = key;
    this.#writer.varint(size);
    this.#writer.varint(bytes.length);
    this.#writer.bytes(bytes);
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
  /** Of each key: the size of its list, where its bytes begin, and how many there are. */
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
