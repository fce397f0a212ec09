// Set-up of every test file while `npm run mutate -- --record` runs: notes which functions each test runs.
import { readFileSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { afterAll, afterEach, beforeEach, expect, type TestContext } from 'vitest';
import { digestOf } from './digest.mjs';

type Task = TestContext['task'];
type Recorded = { functions: Set<string>; ms: number };

const state = globalThis as unknown as { parleyRan?: (key: string) => void };
const folder = process.env.PARLEY_RECORD ?? '';
const file = relative(process.cwd(), expect.getState().testPath ?? '');

/** What ran while no test did: in hooks for all tests. */
const outside = new Set<string>();
const tests = new Map<string, Recorded>();
const running = new Map<string, { name: string; since: number }>();

state.parleyRan = (key) => {
  if (running.size === 0) outside.add(key);
  // Tests that run at the same time are credited with the functions of each other.
  for (const { name } of running.values()) tests.get(name)?.functions.add(key);
};

beforeEach(({ task }) => {
  const name = nameOf(task);
  tests.set(name, tests.get(name) ?? { functions: new Set(), ms: 0 });
  running.set(task.id, { name, since: performance.now() });
});

afterEach(({ task }) => {
  const test = running.get(task.id);
  running.delete(task.id);
  if (test === undefined) return;
  const recorded = tests.get(test.name);
  if (recorded) recorded.ms += performance.now() - test.since;
  // It would seem to find every mutant.
  if (task.result?.state === 'fail') tests.delete(test.name);
});

afterAll(() => {
  // Each key is written once: a test runs a thousand functions.
  const keys = new Map<string, number>();
  const numberOf = (key: string) => {
    const number = keys.get(key) ?? keys.size;
    keys.set(key, number);
    return number;
  };
  const result = {
    file,
    outside: [...outside].map(numberOf),
    tests: [...tests].map(([name, { functions, ms }]) => ({
      name,
      ms: Math.round(ms),
      functions: [...functions].map(numberOf),
    })),
    keys: [...keys.keys()],
    digests: digestsOf([...keys.keys()]),
  };
  writeFileSync(join(folder, `${digestOf(file)}.json`), JSON.stringify(result));
});

/** The digests of the sources: functions have numbers, which are those of one text. */
function digestsOf(keys: string[]): Record<string, string> {
  const files = new Set(keys.map((key) => key.split('#')[0] ?? ''));
  return Object.fromEntries([...files].map((name) => [name, digestOf(readFileSync(name, 'utf8'))]));
}

/** The name of a test with those of its suites, as `vitest -t` compares it. */
function nameOf(task: Task): string {
  const names = [task.name];
  for (let suite = task.suite; suite && suite.name !== ''; suite = suite.suite) {
    names.unshift(suite.name);
  }
  return names.join(' ');
}
