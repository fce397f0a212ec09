// Runs tests with a mutant, or records which functions they run.
import { spawn } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join, relative } from 'node:path';
import { binOf, root, run } from '../run.mjs';
import { RECORDINGS } from './covering.mjs';

/** The outcome of tests that ended without results: it says nothing about the mutant. */
export const NOT_RUN = 'the tests do not run';

/** The running tests: they are in process groups of their own, which a signal to this process does not reach. */
const running = new Set();

/** Ends all running tests. */
export function endTests() {
  for (const { pid } of running) process.kill(-pid, 'SIGKILL');
}

const CONFIG = ['--config', join(root, 'scripts/mutate/vitest.config.ts')];
const PROJECTS = ['--project=unit', '--project=database'];

/** Runs these test files, or all of these folders, and records the functions that each test runs. */
export function record(paths) {
  mkdirSync(RECORDINGS, { recursive: true });
  return run(process.execPath, [binOf('vitest'), 'run', ...CONFIG, ...PROJECTS, ...paths], {
    env: { ...process.env, PARLEY_RECORD: RECORDINGS },
  });
}

/**
 * Returns the first failing test of a stage, `{files, names}`, as `{file, name}`, or a description; null when all of them
 * pass. Without names, all tests of the files run. `description` is the file that describes the mutant.
 */
export function failureOf(
  { files, names },
  { results, description = '', template = '', timeoutMs },
) {
  rmSync(results, { force: true });
  const pattern = names && ['-t', `(${names.map(escaped).join('|')})$`];
  const options = ['--bail=1', '--reporter=json', `--outputFile=${results}`, ...(pattern ?? [])];
  const child = spawn(
    process.execPath,
    [binOf('vitest'), 'run', ...CONFIG, ...PROJECTS, ...options, ...files],
    {
      cwd: root,
      // A separate process group: everything that its tests have started ends with it.
      detached: true,
      stdio: 'ignore',
      env: {
        ...process.env,
        PARLEY_MUTANT: description,
        ...(template && { PARLEY_TEMPLATE: template }),
      },
    },
  );
  running.add(child);
  return new Promise((done) => {
    const timer = setTimeout(() => {
      process.kill(-child.pid, 'SIGKILL');
      done('timed out');
    }, timeoutMs);
    child.once('close', (code) => {
      clearTimeout(timer);
      running.delete(child);
      done(code === 0 ? null : firstFailure(results));
    });
  });
}

const escaped = (text) => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');

function firstFailure(results) {
  try {
    const files = JSON.parse(readFileSync(results, 'utf8')).testResults;
    for (const { name, assertionResults } of files) {
      const test = assertionResults.find((t) => t.status === 'failed');
      if (test) return { file: relative(root, name), name: test.fullName };
    }
    // After the first failure, files that had not ended count as failed as well.
    const file = files.find((each) => each.status === 'failed' && each.message !== '');
    if (file) return `${relative(root, file.name)} does not run`;
  } catch {
    // Ended before it could write its results.
  }
  return NOT_RUN;
}
