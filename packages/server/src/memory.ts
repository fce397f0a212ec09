import { setFlagsFromString } from 'node:v8';

/**
 * Keeps the young generation of the heap at its first size while the modules of the server are loaded.
 * They survive, and V8 would take that for a reason to enlarge it by some 30 MiB, which an idle process
 * then keeps. V8 reads the flag at each collection.
 */
export function holdYoungGeneration(): void {
  setFlagsFromString('--semi-space-growth-factor=1');
}

/** Lets the young generation grow again, as its load demands: a small one costs throughput. */
export function releaseYoungGeneration(): void {
  setFlagsFromString('--semi-space-growth-factor=2');
}
