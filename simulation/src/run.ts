import { check, type Violation } from '@parley/chaos/checker/checker';
import type { HistoryRecord } from '@parley/chaos/history/history';
import { EventLoop, StuckError } from './event-loop/event-loop.ts';
import { replaceGlobals } from './event-loop/globals.ts';
import type { Plan } from './plan/plan.ts';
import { CONVERGENCE_MS, type RunOptions, Simulation } from './simulation.ts';

/** The result of a run. */
export interface RunResult {
  readonly violations: readonly Violation[];
  readonly records: readonly HistoryRecord[];
}

/**
 * Within this time, simulated ms, everything arrives: after faults have ended; without hints, when the
 * heads are compared; and without faults, if the sender stops and returns before it has sent.
 */
const DEADLINES = { faults: CONVERGENCE_MS, hints: 4_000, clean: 4_000 };

/** Carries out a plan and checks the result. */
export async function run(plan: Plan, options: RunOptions = {}): Promise<RunResult> {
  const loop = new EventLoop(plan.seed);
  const restore = replaceGlobals(loop);
  const simulation = new Simulation(plan, loop, options);
  const onUncaught = (error: unknown) => simulation.uncaught(error);
  process.on('unhandledRejection', onUncaught);
  process.on('uncaughtException', onUncaught);
  loop.onError = onUncaught;
  // Rejected commands are many, and where they were created is read in traces only.
  const { stackTraceLimit } = Error;
  if (!options.trace) Error.stackTraceLimit = 0;
  let stuck: StuckError | null = null;
  try {
    await simulation.run();
  } catch (error) {
    if (!(error instanceof StuckError)) throw error;
    stuck = error;
  } finally {
    await loop.endTurn();
    process.off('unhandledRejection', onUncaught);
    process.off('uncaughtException', onUncaught);
    Error.stackTraceLimit = stackTraceLimit;
    restore();
  }
  const { records } = simulation.history;
  // What clients have of a run that did not end says nothing.
  if (stuck) return { violations: [{ rule: 'I14 no errors', what: stuck.message }], records };
  const mode = plan.kind === 'faults' ? 'chaos' : 'clean';
  const deadlineMs = DEADLINES[plan.kind];
  return {
    violations: check(records, { mode, deadlineMs, nodes: plan.nodes, isSimulated: true }),
    records,
  };
}
