import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

// Packages export their sources under the condition "source", so that a test
// runs what is in src/ and never a stale build. Not “module”: builds for bundlers that some
// packages offer under it do not run in Node.
const conditions = ['source', 'node'];
const shared = { resolve: { conditions }, ssr: { resolve: { conditions } } };
// Conditions take longer than a second on a busy machine.
const patient = { poll: { timeout: 15_000 } };
const setupFiles = ['property-seed', 'equal-bytes'].map((name) =>
  fileURLToPath(new URL(`scripts/${name}.ts`, import.meta.url)),
);
const texts = fileURLToPath(new URL('packages/web/src/texts/load-for-tests.ts', import.meta.url));

/** Creates the database that test files and servers copy. */
const TEMPLATE = fileURLToPath(
  new URL('packages/server/test/support/template.ts', import.meta.url),
);

/** The cache of transformed sources contains the paths that the packages export, so it is new when they change. */
const manifests = ['client', 'protocol', 'server'].map((name) =>
  readFileSync(new URL(`packages/${name}/package.json`, import.meta.url)),
);
const exportsDigest = createHash('sha256').update(Buffer.concat(manifests)).digest('hex');

/**
 * How many files with a database or a browser run at a time. Each has processes that wait for each other, and uses less
 * than half a core.
 */
const WAITING_FILES = 5;

/** The files of each project that start first, in this order. */
const FIRST_FILES = [
  // Counts the steps of code that no other file of its worker has compiled before.
  'packages/protocol/src/markdown/steps.test.ts',
  // The longest of each project: started last, they would run alone and leave a core idle.
  'chaos/src/run.db.test.ts',
  'packages/server/src/storage/embedded.db.test.ts',
  'packages/server/src/backup/restore.db.test.ts',
  'packages/server/test/fuzz/fuzz.test.ts',
  'packages/server/test/pitfalls/unread.db.test.ts',
  'packages/server/src/push/push.db.test.ts',
  'packages/server/src/backup/backup.db.test.ts',
  'packages/server/src/doctor/repair.db.test.ts',
  'packages/server/test/digest-crash.test.ts',
  'packages/server/test/pitfalls/retry.db.test.ts',
  'packages/server/test/pitfalls/reconnect-storm.db.test.ts',
  'packages/server/test/echo.test.ts',
  'packages/server/src/storage/run-as.db.test.ts',
  'packages/server/test/attacks/attacks.test.ts',
  'packages/server/test/nodes.test.ts',
  'packages/server/test/push-crash.test.ts',
  'packages/server/src/files/s3.db.test.ts',
  'packages/server/test/nodes-signals.test.ts',
  'packages/server/test/pitfalls/other-node.db.test.ts',
  'packages/server/test/session-ends.test.ts',
  'e2e/messages.test.ts',
  'e2e/notices.test.ts',
  'e2e/talk.test.ts',
  'e2e/admin.test.ts',
  'e2e/reading.test.ts',
  'e2e/offline.test.ts',
  'e2e/devices.test.ts',
  'e2e/accounts.test.ts',
  'e2e/upgrade.test.ts',
  'packages/server/src/files/s3-store.test.ts',
  'scripts/check-patterns.test.ts',
  'simulation/src/explore.test.ts',
  'simulation/src/planted-faults/planted-faults.test.ts',
];

/**
 * Sorts by project, and in each {@link FIRST_FILES} before all others. The browser tests come before those of the
 * database, whose many short files keep all workers busy to the end.
 */
class InOrder extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const placeOf = ({ project, moduleId }: TestSpecification) => {
      const first = FIRST_FILES.findIndex((name) => moduleId.endsWith(`/${name}`));
      const group = ['unit', 'browser', 'database'].indexOf(project.name);
      return group * 1_000 + (first < 0 ? FIRST_FILES.length : first);
    };
    const sorted = await super.sort(files);
    return sorted.sort((a, b) => placeOf(a) - placeOf(b));
  }
}

export default defineConfig({
  test: {
    // What was transformed for one project is used by the others, and in later runs.
    experimental: {
      fsModuleCache: true,
      fsModuleCachePath: `node_modules/.cache/vitest-${exportsDigest.slice(0, 12)}`,
    },
    sequence: { sequencer: InOrder },
    projects: [
      {
        ...shared,
        test: {
          name: 'unit',
          // Sources are loaded once for each worker: half of the processor time of these tests.
          isolate: false,
          // Vitest leaves one core free, which with two cores is every other one.
          maxWorkers: Math.max(2, availableParallelism() - 1),
          setupFiles: [...setupFiles, texts],
          // Before all others: these tests use both cores to the full.
          sequence: { groupOrder: 0 },
          include: [
            'packages/*/src/**/*.test.ts',
            'packages/*/src/**/*.test.tsx',
            'bench/src/**/*.test.ts',
            'chaos/src/**/*.test.ts',
            'simulation/src/**/*.test.ts',
            'scripts/**/*.test.ts',
          ],
          exclude: ['**/*.db.test.ts', '**/node_modules/**', '**/dist/**'],
          // Property tests take seconds of processor time, which a shared machine may provide slowly.
          testTimeout: 60_000,
          hookTimeout: 60_000,
          expect: patient,
        },
      },
      {
        ...shared,
        test: {
          name: 'database',
          // As above: loading the sources again for each file took 200 s of processor time.
          isolate: false,
          setupFiles,
          globalSetup: [TEMPLATE],
          sequence: { groupOrder: 1 },
          include: [
            'packages/*/src/**/*.db.test.ts',
            'packages/server/test/**/*.test.ts',
            'bench/src/**/*.db.test.ts',
            'chaos/src/**/*.db.test.ts',
            'simulation/src/**/*.db.test.ts',
          ],
          testTimeout: 60_000,
          hookTimeout: 60_000,
          expect: patient,
          maxWorkers: WAITING_FILES,
          maxConcurrency: 2,
        },
      },
      {
        ...shared,
        test: {
          name: 'browser',
          // As above: Playwright and axe are loaded once for each worker.
          isolate: false,
          globalSetup: [TEMPLATE],
          // Together with the tests of the database: no worker waits for the end of the others’ files.
          sequence: { groupOrder: 1 },
          include: ['e2e/**/*.test.ts'],
          testTimeout: 120_000,
          hookTimeout: 120_000,
          expect: patient,
          maxWorkers: WAITING_FILES,
        },
      },
    ],
  },
});
