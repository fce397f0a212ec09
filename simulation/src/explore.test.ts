import { expect, test } from 'vitest';
import { simulate } from '../test/simulate.ts';

/** Schedules of a run of the tests, about a minute on one core: the same ones each time. */
const COUNT = 1_800;

test(`${COUNT} schedules keep every guarantee`, async () => {
  const { code, output } = await simulate('--count', String(COUNT), '--seed', '1', '--brief');
  expect(output).toContain('Every guarantee was kept.');
  expect(code).toBe(0);
}, 600_000);
