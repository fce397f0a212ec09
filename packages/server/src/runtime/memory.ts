import { setFlagsFromString } from 'node:v8';

/**
 * Keeps the young generation of the heap at its initial size while the modules of the server are
 * loaded. They survive, which would make V8 enlarge it by about 30 MiB that an idle process then
 * keeps. V8 reads the flag at each collection.
 */
export function holdYoungGeneration(): void {
  setFlagsFromString('--semi-space-growth-factor=1');
}

/** Lets the young generation grow with the load again: a small one costs throughput. */
export function releaseYoungGeneration(): void {
  setFlagsFromString('--semi-space-growth-factor=2');
}
