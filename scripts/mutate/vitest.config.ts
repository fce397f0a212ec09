import { readFileSync } from 'node:fs';
import { relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification, type VitestPluginContext } from 'vitest/node';
import base from '../../vitest.config.ts';
import { reporting } from './functions.mjs';

// The test configuration with one source file loaded in a changed form, or with functions that report that they run;
// files on disk do not change.
const root = fileURLToPath(new URL('../../', import.meta.url));
const description = process.env.PARLEY_MUTANT ?? '';
const mutant: { path: string; code: string } | undefined =
  description === '' ? undefined : JSON.parse(readFileSync(description, 'utf8'));

const plugin = {
  name: 'mutant',
  enforce: 'pre' as const,
  load: (id: string) => (id.split('?')[0] === mutant?.path ? mutant?.code : undefined),
  // The cache is keyed by the files on disk.
  configureVitest: ({ experimental_defineCacheKeyGenerator: define }: VitestPluginContext) =>
    define(({ id }) => (id.split('?')[0] === mutant?.path ? false : undefined)),
};

/** The folder for the functions that each test runs, while they are recorded. */
const record = process.env.PARLEY_RECORD ?? '';
const isRecorded = (path: string) =>
  record !== '' && /^packages\/\w+\/src\/(?!.*\.test\.tsx?$).*\.tsx?$/.test(relative(root, path));
const recorder = {
  name: 'recorder',
  enforce: 'pre' as const,
  load(id: string) {
    const path = id.split('?')[0] ?? '';
    return isRecorded(path)
      ? reporting(relative(root, path), readFileSync(path, 'utf8'))
      : undefined;
  },
  configureVitest: ({ experimental_defineCacheKeyGenerator: define }: VitestPluginContext) =>
    define(({ id }) => (isRecorded(id.split('?')[0] ?? '') ? 'recorded' : undefined)),
};
const plugins = record === '' ? [plugin] : [recorder];
const setupFiles = record === '' ? [] : [fileURLToPath(new URL('record.ts', import.meta.url))];

/**
 * One worker that loads sources once for all test files: half of the processor time. A mutant often makes a
 * test wait for what never happens.
 */
const quickly = { isolate: false, maxWorkers: 1, testTimeout: 30_000 };
/** Runs the files in the order in which they were named: the first failure ends the run. */
class AsNamed extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const placeOf = ({ moduleId }: TestSpecification) =>
      process.argv.findIndex((name) => name !== '' && moduleId.endsWith(name));
    return [...files].sort((a, b) => placeOf(a) - placeOf(b));
  }
}

const { test = {} } = base;
export default defineConfig({
  test: {
    ...test,
    sequence: { sequencer: AsNamed },
    projects: (test.projects ?? []).map((project) =>
      typeof project === 'object' && 'test' in project
        ? {
            ...project,
            plugins,
            test: {
              ...project.test,
              ...quickly,
              setupFiles: [project.test?.setupFiles ?? [], setupFiles].flat(),
            },
          }
        : project,
    ),
  },
});
