import { expect, test } from 'vitest';
import type { Plan, Step } from './plan.ts';
import { planRun } from './plan-run.ts';
import { COMMAND_KINDS, kindsIn } from './plan-swarm.ts';

const PLANS = Array.from({ length: 1_000 }, (_, n) => planRun(n + 1));
const READS: readonly Step['op'][] = ['look', 'watch', 'export-hold'];

/** Whether a plan has each of the circumstances that not every plan has. */
const circumstancesOf = (plan: Plan) => ({
  tabs: plan.clients.some(({ isTab }) => isTab),
  retention: plan.retention !== null,
  'user group': plan.hasUserGroup,
  guest: plan.hasGuest,
  hold: plan.hasHold,
});
const opsOf = ({ steps }: Plan) => new Set(steps.map(({ op }) => op));

test('every plan has three clients, two groups, 100 commands and five faults', () => {
  for (const { seed, clients, conversations, steps, faults } of PLANS) {
    expect(clients.length, `${seed}`).toBeGreaterThanOrEqual(3);
    expect(conversations.length, `${seed}`).toBeGreaterThanOrEqual(2);
    const commands = steps.filter(({ op }) => !READS.includes(op));
    expect(commands, `${seed}`).toHaveLength(100);
    expect(faults.length, `${seed}`).toBeGreaterThanOrEqual(5);
  }
});

test('each optional kind is in a third to half of the plans, and every plan has some', () => {
  const sharesOf = (isIn: (plan: Plan) => boolean) => PLANS.filter(isIn).length / PLANS.length;
  for (const kind of COMMAND_KINDS) {
    // Messages are also hidden while a client is away, in plans without this kind of commands.
    const isIn = (plan: Plan) =>
      kind === 'hidings' ? opsOf(plan).has('unhide') : kindsIn(opsOf(plan)).includes(kind);
    expect(sharesOf(isIn), kind).toBeGreaterThan(0.32);
    expect(sharesOf(isIn), kind).toBeLessThan(0.5);
  }
  for (const name of Object.keys(circumstancesOf(PLANS[0] as Plan))) {
    const share = sharesOf(
      (plan) => new Map(Object.entries(circumstancesOf(plan))).get(name) === true,
    );
    expect(share, name).toBeGreaterThan(0.31);
    expect(share, name).toBeLessThan(0.5);
  }
  for (const plan of PLANS) {
    expect(Object.values(circumstancesOf(plan)), `${plan.seed}`).toContain(true);
    expect(kindsIn(opsOf(plan)).length, `${plan.seed}`).toBeGreaterThan(0);
  }
});
