import { expect } from 'vitest';

// Set-up of every test file: byte arrays with the same bytes are equal. Vitest compares them element by element, which
// takes seconds for the files of some tests. It still compares, and reports, those that differ.
const ADDED = Symbol.for('parley.equal-bytes');
// A worker runs many files, and keeps the testers.
if (!(ADDED in globalThis)) {
  Object.defineProperty(globalThis, ADDED, { value: true });
  expect.addEqualityTesters([areSameBytes]);
}

function areSameBytes(a: unknown, b: unknown): true | undefined {
  if (!(a instanceof Uint8Array && b instanceof Uint8Array)) return undefined;
  return a.constructor === b.constructor && Buffer.compare(a, b) === 0 ? true : undefined;
}
