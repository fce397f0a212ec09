import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, inject, test, vi } from 'vitest';
import { copyCluster } from '../../packages/server/test/support/template.ts';
import { type Options, planRun } from './plan/plan.ts';
import { PRESETS, SHORT, SMALL } from './plan/presets.ts';
import { PLANTED_FAULTS, type PlantedFault } from './planted-faults/planted-faults.ts';
import { reportOf } from './report.ts';
import { type RunResult, run } from './run.ts';

// A run takes some 10 to 30 s; several times that on a busy machine.
vi.setConfig({ testTimeout: 300_000 });

const dirs: string[] = [];
afterAll(() => {
  for (const dir of dirs) rmSync(dir, { recursive: true, force: true });
});

/** Carries out a run in its own folder, which is kept for inspection after a violation. */
async function aRun(options: Options): Promise<RunResult> {
  const [planted = options.mode] = options.planted?.split(',') ?? [];
  const dir = mkdtempSync(join(tmpdir(), `parley-chaos-${planted}-`));
  const template = inject('databaseTemplate');
  const result = await run(planRun(options), dir, {
    ...(template !== undefined && { prepare: (dataDir) => copyCluster(template, dataDir) }),
  });
  if (result.violations.length === 0 || options.planted) dirs.push(dir);
  else console.error([`history and logs: ${dir}`, ...reportOf(result)].join('\n'));
  return result;
}

describe('every guarantee is kept', () => {
  test.each(Object.entries(SHORT))('in a run in %s mode', async (mode, options) => {
    const { violations, figures } = await aRun(options);
    expect(violations).toEqual([]);
    // The run was a real one: clients posted, and the faults happened.
    expect(figures.delivered).toBeGreaterThan(1_000);
    if (options.faults.length > 0) expect(Object.keys(figures.faults)).not.toEqual([]);
    if (mode === 'slow') expect(figures.mostBuffered).toBeGreaterThan(256 * 1024);
  });

  test('while the disk of the only node is full: it continues to serve reads', async () => {
    const { violations, figures } = await aRun({
      ...PRESETS.database,
      ...SMALL,
      mode: 'database',
      seed: 15,
      faultsPerRound: 1,
      faults: ['disk-full'],
    });
    expect(violations).toEqual([]);
    // Where no small disk can be mounted, the run reports why.
    if (figures.skipped['disk-full'] === undefined) {
      expect(figures.faults['disk-full']).toBeGreaterThan(0);
      expect(figures.refused).toBeGreaterThan(0);
    }
  });
});

/** With PARLEY_NIGHTLY=1, also the faults whose rules another fault covers in every run. */
const isNightly = process.env.PARLEY_NIGHTLY === '1';
const planted = Object.entries(PLANTED_FAULTS).filter(([, { nightly }]) => isNightly || !nightly);

test('every rule with a planted fault has one in every run', () => {
  const rules = (faults: readonly PlantedFault[]) =>
    [...new Set(faults.flatMap((f) => f.caughtBy))].sort();
  const always = Object.values(PLANTED_FAULTS).filter((f) => !f.nightly);
  expect(rules(always)).toEqual(rules(Object.values(PLANTED_FAULTS)));
});

/**
 * Faults that are planted together in every run, because most of the time of a short run is its start: no other fault of
 * the run breaks the rules of one. The nightly run plants each of them alone.
 */
const TOGETHER = ['removed-posts', 'false-ack', 'guests-find-all', 'held-too-late'] as const;
const alone = isNightly
  ? planted
  : planted.filter(([name]) => !TOGETHER.some((each) => each === name));

/** Returns which rules a run with planted faults violates. */
async function rulesBroken(
  name: string,
  changes: PlantedFault['run'],
  seed: number,
): Promise<Set<string>> {
  const options = { ...PRESETS[changes.mode], ...SMALL, ...changes, seed, planted: name };
  return new Set((await aRun(options)).violations.map((v) => v.rule));
}

// Two at a time: most of a run is waiting.
describe.concurrent('the checker finds a planted fault:', () => {
  test.each(alone)('%s', async (name, { caughtBy, run: changes }) => {
    // Some faults show only with the right timing: they get another chance with another seed.
    for (const seed of [1, 2, 3]) {
      const rules = await rulesBroken(name, changes, seed);
      if (caughtBy.some((rule) => rules.has(rule))) return;
    }
    expect.fail(`no run of ${name} broke one of: ${caughtBy.join(', ')}`);
  });

  test.skipIf(isNightly)(`${TOGETHER.join(', ')} in one run`, async () => {
    const changes = {
      mode: 'clean',
      faults: [],
      guests: 4,
      commandsPerSecond: 160,
      roundMs: 4_000,
    } as const;
    const missing = new Map(TOGETHER.map((name) => [name, PLANTED_FAULTS[name]?.caughtBy ?? []]));
    const rulesOfAll = [...missing.values()].flat();
    expect([...new Set(rulesOfAll)]).toEqual(rulesOfAll);
    for (const seed of [1, 2, 3]) {
      const rules = await rulesBroken(TOGETHER.join(), changes, seed);
      for (const [name, caughtBy] of missing) {
        if (caughtBy.some((rule) => rules.has(rule))) missing.delete(name);
      }
      if (missing.size === 0) return;
    }
    expect.fail(`not found in three runs: ${[...missing.keys()].join(', ')}`);
  });
});
