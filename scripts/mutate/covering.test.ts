import { expect, test } from 'vitest';
import { coveringStages, isRecorded } from './covering.mjs';
import { digestOf } from './digest.mjs';
import { functionAt, functionsAffected, functionsOf, reporting } from './functions.mjs';

const FILE = 'packages/a/src/b/c.ts';
const SOURCE = `const one = 1;
export function outer(x: number): number {
  const inner = (y: number) => ({ sum: x + y });
  return [1, 2].map((n) => inner(n).sum).reduce((a, b) => a + b, one);
}
class Box<T> { readonly #of: T; constructor(of: T) { this.#of = of; } get of() { return this.#of; } }
`;

test('a source that reports its functions does the same, and names each function that runs', () => {
  const ran = new Set<string>();
  const text = reporting(FILE, SOURCE)
    .replace(/export |: number|: T|<T>|readonly /g, '')
    .concat('\nreturn outer(10) + new Box(5).of;');
  const host = globalThis as { parleyRan?: (key: string) => void };
  host.parleyRan = (key) => ran.add(key);
  try {
    expect(new Function(text)()).toBe(29);
  } finally {
    delete host.parleyRan;
  }
  expect([...ran].sort()).toEqual([0, 1, 2, 3, 4, 5].map((n) => `${FILE}#${n}`));
});

test('a position belongs to the innermost function around it', () => {
  const functions = functionsOf(FILE, SOURCE);
  const at = (text: string) => functionAt(functions, SOURCE.indexOf(text));
  expect([at('const one'), at('const inner'), at('x + y'), at('inner(n)'), at('a + b')]).toEqual([
    undefined,
    0,
    1,
    2,
    3,
  ]);
});

test('a constant affects the functions that use it, also through other constants', () => {
  const source = `const a = 1;
const b = a + 1;
export const free = 2;
const f = () => a;
function g() { return b; }
function h() { return 3; }
`;
  const affected = (text: string) => functionsAffected(FILE, source, source.indexOf(text));
  expect(affected('1;')).toEqual([0, 1]);
  expect(affected('a + 1')).toEqual([1]);
  expect(affected('2;')).toBeUndefined();
  expect(affected('return 3')).toEqual([2]);
});

test('the nearest and narrowest tests that run the function come first, and long ones later', () => {
  const test = (name: string, ms: number, ...functions: number[]) => ({ name, ms, functions });
  const digests = { [FILE]: digestOf(SOURCE) };
  const keys = ['other.ts#0', `${FILE}#0`, `${FILE}#1`];
  const near = {
    ...{ file: 'packages/a/src/b/x.test.ts', digests, keys, outside: [] },
    tests: [
      test('wide', 10, 0, 1, 2),
      test('narrow', 10, 1),
      test('elsewhere', 10, 0),
      test('long', 9_000, 0, 1),
    ],
  };
  const far = {
    ...{ file: 'packages/a/test/y.test.ts', digests, keys, outside: [1] },
    tests: [test('in all of its file', 10)],
  };
  const stale = { ...near, digests: { [FILE]: 'of another text' } };
  const mutant = { file: FILE, start: SOURCE.indexOf('const inner') };
  expect(coveringStages([far, near, stale], mutant, SOURCE)).toEqual([
    { files: [near.file], names: ['narrow'] },
    { files: [near.file, far.file], names: ['long', 'wide', 'in all of its file'] },
  ]);
  expect(coveringStages([stale], mutant, SOURCE)).toEqual([]);
  expect(isRecorded([stale], FILE, SOURCE)).toBe(false);
  // A recorded file that no test runs there.
  const untested = { file: FILE, start: SOURCE.indexOf('this.#of') };
  expect(isRecorded([stale, near], FILE, SOURCE)).toBe(true);
  expect(coveringStages([stale, near], untested, SOURCE)).toEqual([]);
  // Those of a constant run a function that uses it: one, in the first function.
  const ofConstant = coveringStages([near], { file: FILE, start: 0 }, SOURCE);
  expect(ofConstant.flatMap((stage) => stage.names)).toEqual(['narrow', 'long', 'wide']);
});
