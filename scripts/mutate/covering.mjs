// Finds the tests that run the function of a mutant, from what `npm run mutate -- --record` has noted.
import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { root } from '../run.mjs';
import { digestOf } from './digest.mjs';
import { functionsAffected } from './functions.mjs';

/** Where the recordings are kept: one file for each test file. */
export const RECORDINGS = join(root, 'node_modules/.cache/parley-mutate');
/** How long the tests of each stage took when they were recorded; a file starts its database in about a second. */
const STAGE_MS = [8_000, 20_000, 60_000, 240_000];
const FILE_MS = 1_000;
/** Their names are passed on the command line. */
const MAX_TESTS = 400;

/** Returns what was recorded of each test file. */
export function readRecordings() {
  mkdirSync(RECORDINGS, { recursive: true });
  return readdirSync(RECORDINGS).map((name) =>
    JSON.parse(readFileSync(join(RECORDINGS, name), 'utf8')),
  );
}

/** Whether it was recorded which tests run the functions of a file, as it is now. */
export function isRecorded(recordings, file, source) {
  const digest = digestOf(source);
  return recordings.some(({ digests }) => digests[file] === digest);
}

/**
 * Returns the tests that run the function around a mutant, in stages of growing length: those of the nearest folder
 * first, and of these the tests that run the fewest functions. For a constant, those that run a function that uses it, or
 * any function of the file. Without a recording of the file as it is, there are none.
 */
export function coveringStages(recordings, { file, start }, source) {
  const digest = digestOf(source);
  const numbers = functionsAffected(file, source, start);
  const isWanted = (key) =>
    numbers ? numbers.some((n) => key === `${file}#${n}`) : key.startsWith(`${file}#`);
  const tests = recordings
    .filter(({ digests }) => digests[file] === digest)
    .flatMap((recording) => {
      const wanted = new Set(
        recording.keys.flatMap((key, index) => (isWanted(key) ? [index] : [])),
      );
      const runs = (functions) => functions.some((index) => wanted.has(index));
      const always = runs(recording.outside);
      return recording.tests
        .filter((test) => always || runs(test.functions))
        .map((test) => ({
          file: recording.file,
          name: test.name,
          ms: test.ms,
          distance: distanceOf(recording.file, file),
          width: test.functions.length,
        }));
    })
    .sort((a, b) => a.distance - b.distance || a.width - b.width);
  return inStages(tests);
}

function inStages(tests) {
  const stages = STAGE_MS.map(() => []);
  let number = 0;
  let ms = 0;
  for (const test of tests) {
    const takes = test.ms + (stages[number].some((t) => t.file === test.file) ? 0 : FILE_MS);
    if (ms > 0 && (ms + takes > STAGE_MS[number] || stages[number].length === MAX_TESTS)) {
      number += 1;
      ms = 0;
      if (number === STAGE_MS.length) break;
    }
    stages[number].push(test);
    ms += takes;
  }
  return stages
    .filter((stage) => stage.length > 0)
    .map((stage) => ({
      files: [...new Set(stage.map((t) => t.file))],
      names: stage.map((t) => t.name),
    }));
}

/** How many folders lie between a test file and a source file. */
function distanceOf(test, file) {
  const [a, b] = [dirname(test).split('/'), dirname(file).split('/')];
  let shared = 0;
  while (shared < a.length && a[shared] === b[shared]) shared += 1;
  return a.length + b.length - 2 * shared;
}
