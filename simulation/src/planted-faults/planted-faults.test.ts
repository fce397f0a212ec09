import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { simulate } from '../../test/simulate.ts';
import type { PlantedFault } from './planted-fault.ts';
import { PLANTED_FAULTS, PLANTED_IN_EVERY_RUN } from './planted-faults.ts';

const PACKAGES = new URL('../../../packages/', import.meta.url);
/** Every planted fault is found within this many schedules; most within the first. */
const COUNT = 600;

test.each(
  Object.entries(PLANTED_FAULTS).flatMap(([name, { edits }]) =>
    edits.map((edit) => ({ name, ...edit })),
  ),
)('the planted fault $name applies to the built $file', ({ file, find }) => {
  const source = readFileSync(new URL(file, PACKAGES), 'utf8');
  expect(source.split(find).length - 1, find).toBe(1);
});

describe('the simulation', () => {
  const planted = process.env.PARLEY_NIGHTLY ? Object.keys(PLANTED_FAULTS) : PLANTED_IN_EVERY_RUN;
  test.each(planted)(
    'finds the planted fault %s',
    async (name) => {
      const { caughtBy, seed = 1 } = PLANTED_FAULTS[name] as PlantedFault;
      const count = String(COUNT);
      const { code, output } = await simulate(
        '--plant',
        name,
        '--count',
        count,
        '--seed',
        String(seed),
        '--brief',
      );
      expect(output).toContain('violates a guarantee');
      const rules = [...output.matchAll(/^ {2}(I\d+ [^:]+):/gm)].map(([, rule]) => rule);
      expect(
        rules.some((rule) => caughtBy.includes(rule as string)),
        output,
      ).toBe(true);
      expect(code).toBe(1);
    },
    300_000,
  );
});
