import type { Seq } from './ids.ts';

/** Returns whether a value is a {@link Seq}. Unlike its schema, this needs no validation library. */
export const isSeq = (value: unknown): value is Seq =>
  Number.isSafeInteger(value) && Number(value) >= 0;
