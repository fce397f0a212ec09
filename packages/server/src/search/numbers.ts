/** Compact columns of numbers: a search keeps those of millions of messages in memory. */

/** Whole numbers from 0. */
export type Numbers = Uint8Array | Uint16Array | Uint32Array | Float64Array;

/** Returns whole numbers from 0 in the narrowest array that holds them. */
export function narrow(values: Float64Array): Numbers {
  let max = 0;
  for (const value of values) if (value > max) max = value;
  if (max < 2 ** 8) return Uint8Array.from(values);
  if (max < 2 ** 16) return Uint16Array.from(values);
  if (max < 2 ** 32) return Uint32Array.from(values);
  return values;
}

/** Times of a block are stored as their distance from its first: 4 bytes each unless they are 49 days apart. */
const BLOCK_BITS = 6;

/** Times in ascending order, ms. */
export class Times {
  readonly #firsts: Float64Array;
  readonly #distances: Numbers;

  constructor(times: Float64Array) {
    this.#firsts = times.filter((_, n) => n % (1 << BLOCK_BITS) === 0);
    this.#distances = narrow(
      times.map((time, n) => time - (this.#firsts[n >> BLOCK_BITS] as number)),
    );
  }

  /** Bytes in memory. */
  get bytes(): number {
    return this.#firsts.byteLength + this.#distances.byteLength;
  }

  get(n: number): number {
    return (this.#firsts[n >> BLOCK_BITS] as number) + (this.#distances[n] as number);
  }
}

/** Numbers of which most are 0. */
export class SparseNumbers {
  /** The indexes of the others, in ascending order. */
  readonly #places: Uint32Array;
  readonly #values: Numbers;

  constructor(values: Float64Array) {
    const places: number[] = [];
    for (const [n, value] of values.entries()) if (value !== 0) places.push(n);
    this.#places = Uint32Array.from(places);
    this.#values = narrow(Float64Array.from(places, (n) => values[n] as number));
  }

  /** Bytes in memory. */
  get bytes(): number {
    return this.#places.byteLength + this.#values.byteLength;
  }

  get(n: number): number {
    let low = 0;
    let high = this.#places.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#places[middle] as number) < n) low = middle + 1;
      else high = middle;
    }
    return this.#places[low] === n ? (this.#values[low] as number) : 0;
  }
}
