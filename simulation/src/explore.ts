import { Trace, tableOf } from './history/trace.ts';
import type { Plan } from './plan/plan.ts';
import { planRun } from './plan/plan-run.ts';
import { type RunResult, run } from './run.ts';
import { shrink } from './shrink.ts';
import type { RunOptions } from './simulation.ts';

/** A plan that violates a guarantee, and its result. */
export interface Failure {
  readonly plan: Plan;
  readonly result: RunResult;
}

/** The extent of an exploration. */
export interface Exploration {
  /** Schedules with faults. */
  readonly schedules: number;
  /** Schedules without faults, in which no repairs may be needed. */
  readonly clean: number;
  readonly commands: number;
  readonly faults: number;
  readonly seconds: number;
  readonly failure: Failure | null;
}

/** When an exploration ends. */
export interface Extent {
  readonly seconds: number | null;
  readonly count: number | null;
}

/** Runs the plans of consecutive seeds until its end, or until a guarantee is violated. */
export async function explore(
  firstSeed: number,
  { seconds, count }: Extent,
  options: RunOptions = {},
): Promise<Exploration> {
  const startedAt = performance.now();
  const elapsed = () => (performance.now() - startedAt) / 1000;
  const counts = { schedules: 0, clean: 0, commands: 0, faults: 0 };
  let failure: Failure | null = null;
  const isOver = (seed: number) =>
    (seconds !== null && elapsed() >= seconds) || (count !== null && seed - firstSeed >= count);
  for (let seed = firstSeed; !failure && !isOver(seed); seed++) {
    const plan = planRun(seed);
    const result = await run(plan, options).catch((error: unknown) => {
      throw new Error(`Seed ${seed} could not be run`, { cause: error });
    });
    if (plan.kind === 'clean') counts.clean++;
    else counts.schedules++;
    counts.commands += plan.steps.length;
    counts.faults += plan.faults.length;
    if (result.violations.length > 0) failure = { plan, result };
  }
  return { ...counts, seconds: elapsed(), failure };
}

/** Returns the failure with as few commands and faults as possible. */
export async function reduce({ plan, result }: Failure, options: RunOptions): Promise<Plan> {
  const rule = result.violations[0]?.rule;
  return shrink(plan, async (fewer) => {
    const { violations } = await run(fewer, options);
    return violations.some((violation) => violation.rule === rule);
  });
}

/** Runs a plan, and returns what happened: all lines, a table of the commands, and the violations. */
export async function traceOf(plan: Plan, options: RunOptions = {}): Promise<string[]> {
  const trace = new Trace();
  const { records, violations } = await run(plan, {
    ...options,
    trace: (at, who, what) => trace.add(at, who, what),
  });
  const found = violations.map(({ rule, what, client, stream }) =>
    trace.names.in(`${rule}: ${[what, client, stream].filter(Boolean).join(', ')}`),
  );
  return [...trace.lines, '', ...tableOf(records, trace.names), '', ...found];
}
