/**
 * Sorted lists of document numbers, as bytes: the differences as variable-length integers, or a bitmap
 * where that is shorter.
 */

const VARINTS = 0;
const BITMAP = 1;

/** Writes variable-length integers from 0 to 2^53. */
export class ByteWriter {
  #bytes = new Uint8Array(1024);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  varint(value: number): void {
    this.#reserve(8);
    let rest = value;
    while (rest >= 2 ** 31) {
      this.#bytes[this.#length++] = (rest % 0x80) | 0x80;
      rest = Math.floor(rest / 0x80);
    }
    // 32-bit operations are several times faster, and nearly all numbers are small.
    while (rest >= 0x80) {
      this.#bytes[this.#length++] = (rest & 0x7f) | 0x80;
      rest >>>= 7;
    }
    this.#bytes[this.#length++] = rest;
  }

  bytes(value: Uint8Array): void {
    this.#reserve(value.length);
    this.#bytes.set(value, this.#length);
    this.#length += value.length;
  }

  /** Appends what another writer has written. */
  append(other: ByteWriter): void {
    this.#reserve(other.#length);
    // Most lists are so short that a loop is faster than creating a view.
    if (other.#length > 64) this.#bytes.set(other.#bytes.subarray(0, other.#length), this.#length);
    else {
      for (let i = 0; i < other.#length; i++) {
        this.#bytes[this.#length + i] = other.#bytes[i] as number;
      }
    }
    this.#length += other.#length;
  }

  /** Returns a copy of what was written. */
  result(): Buffer {
    return Buffer.from(this.#bytes.subarray(0, this.#length));
  }

  clear(): void {
    this.#length = 0;
  }

  #reserve(more: number): void {
    if (this.#length + more <= this.#bytes.length) return;
    const grown = new Uint8Array(Math.max(this.#bytes.length * 2, this.#length + more));
    grown.set(this.#bytes.subarray(0, this.#length));
    this.#bytes = grown;
  }
}

/** Reads what {@link ByteWriter} has written. */
export class ByteReader {
  readonly #bytes: Uint8Array;
  #at: number;

  constructor(bytes: Uint8Array, at = 0) {
    this.#bytes = bytes;
    this.#at = at;
  }

  get done(): boolean {
    return this.#at >= this.#bytes.length;
  }

  varint(): number {
    let value = 0;
    let factor = 1;
    for (;;) {
      const byte = this.#bytes[this.#at++];
      if (byte === undefined) throw new Error('The bytes end inside a number');
      if (byte < 0x80) return value + byte * factor;
      value += (byte & 0x7f) * factor;
      factor *= 0x80;
    }
  }

  bytes(length: number): Uint8Array {
    const from = this.#at;
    this.#at += length;
    if (this.#at > this.#bytes.length) throw new Error('The bytes end inside a list');
    return this.#bytes.subarray(from, this.#at);
  }
}

const writer = new ByteWriter();

/** Encodes a sorted list of distinct numbers. */
export function encodePostings(list: ArrayLike<number>): Buffer {
  writer.clear();
  writePostings(writer, list, 0, list.length);
  return writer.result();
}

/** Writes the part of a list from `from` to before `end`, which is sorted and has different numbers. */
export function writePostings(
  to: ByteWriter,
  list: ArrayLike<number>,
  from: number,
  end: number,
): void {
  const length = end - from;
  const last = length === 0 ? 0 : (list[end - 1] as number);
  if (length > 8 && last / 8 < length) {
    const bits = new Uint8Array((last >> 3) + 1);
    for (let i = from; i < end; i++) {
      const doc = list[i] as number;
      bits[doc >> 3] = (bits[doc >> 3] as number) | (1 << (doc & 7));
    }
    to.varint(BITMAP);
    to.bytes(bits);
    return;
  }
  to.varint(VARINTS);
  let before = 0;
  for (let i = from; i < end; i++) {
    const doc = list[i] as number;
    to.varint(doc - before);
    before = doc;
  }
}

/** Returns the list that {@link encodePostings} has written. */
export function decodePostings(bytes: Uint8Array): Uint32Array {
  const list = new Uint32Array(bytes.length * (bytes[0] === BITMAP ? 8 : 1));
  return list.subarray(0, readPostingsInto(list, 0, bytes));
}

/**
 * Reads the list that {@link encodePostings} has written into `list`, from the index `from` on. Returns the index
 * after its last number.
 */
export function readPostingsInto(list: Uint32Array, from: number, bytes: Uint8Array): number {
  let n = from;
  if (bytes[0] === BITMAP) {
    for (let i = 1; i < bytes.length; i++) {
      let bits = bytes[i] as number;
      while (bits !== 0) {
        const bit = 31 - Math.clz32(bits & -bits);
        list[n++] = (i - 1) * 8 + bit;
        bits &= bits - 1;
      }
    }
    return n;
  }
  let doc = 0;
  let value = 0;
  let shift = 0;
  for (let i = 1; i < bytes.length; i++) {
    const byte = bytes[i] as number;
    value |= (byte & 0x7f) << shift;
    if (byte < 0x80) {
      doc += value;
      list[n++] = doc;
      value = 0;
      shift = 0;
    } else shift += 7;
  }
  return n;
}

/** Intersects two sorted lists. */
export function intersect(a: Uint32Array, b: Uint32Array): Uint32Array {
  const [short, long] = a.length <= b.length ? [a, b] : [b, a];
  const both = new Uint32Array(short.length);
  let n = 0;
  let at = 0;
  for (const doc of short) {
    at = firstNotBefore(long, doc, at);
    if (at === long.length) break;
    if (long[at] === doc) both[n++] = doc;
  }
  return both.subarray(0, n);
}

/** Returns the first index from `from` on whose value is not less than `value`; gallops. */
function firstNotBefore(list: Uint32Array, value: number, from: number): number {
  let step = 1;
  let low = from;
  while (low + step < list.length && (list[low + step] as number) < value) {
    low += step;
    step *= 2;
  }
  let high = Math.min(low + step, list.length);
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((list[middle] as number) < value) low = middle + 1;
    else high = middle;
  }
  return low;
}
